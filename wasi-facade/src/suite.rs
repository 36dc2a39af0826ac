//! The trait of lists of proposals, as types: what a host was built with.

mod needed;
mod offers;
#[cfg(any(feature = "wasmtime", feature = "wasmi"))]
mod place;

pub use offers::Status;
#[cfg(any(feature = "wasmtime", feature = "wasmi"))]
pub(crate) use offers::{Offer, offers};
#[cfg(any(feature = "wasmtime", feature = "wasmi"))]
pub use place::Place;

use needed::Needed;
use std::any::Any;
use wasi_policy::recording::Recording;
use wasi_policy::{Descriptor, Flags, Gate, Import, LinkError, Linker, Proposal, Refusal};

/// A list of proposals: `()` is the empty one, `(P, S)` is `S` and then `P`.
///
/// It is a type so that each host call is compiled for the place its context has in the store, with no
/// look-up and no cast. [`Host::with`](crate::Host::with) makes longer ones. Sealed.
pub trait Suite: sealed::Suite + 'static {
    /// The contexts of all proposals, nested like the list.
    type Contexts: Send + 'static;

    /// The bytes that the guest has written.
    #[doc(hidden)]
    fn bytes_written(contexts: &Self::Contexts) -> u64;

    /// What each proposal says about itself, in order.
    #[must_use]
    fn members() -> Vec<Member>;

    /// Registers every proposal that `gate` permits and passes over the others.
    ///
    /// # Errors
    ///
    /// [`LinkError`] if two proposals offer the same import.
    fn register<T: 'static, L: Linker<T>>(
        gate: &Gate,
        linker: &mut L,
        contexts: impl Fn(&mut T) -> &mut Self::Contexts + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError>;

    /// Registers what a module imports and nothing else, by the gate, and gives the imports that nobody offers.
    ///
    /// `imports` are the module's functions, as pairs of module and name. This is how a [`Host`](crate::Host) links its
    /// programs, and how an engine of the embedder's own links all proposals at once. Whether a module runs whose imports
    /// nobody offers is the embedder's to decide; [`Trap::unknown_import`](wasi_policy::Trap::unknown_import) is for
    /// calls of them. The types of imports are the engine's to compare.
    ///
    /// ```
    /// # #[cfg(feature = "snapshot")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use wasi_facade::policy::recording::Recording;
    /// use wasi_facade::policy::{Flags, Gate};
    /// use wasi_facade::{Ours, Suite};
    ///
    /// // The linker of any engine takes the place of this list, and its store's data has the contexts.
    /// let mut linker = Recording::new();
    /// type State = <Ours as Suite>::Contexts;
    /// let imports = [("wasi_snapshot_preview1", "fd_write"), ("env", "beep")];
    /// let gate = Gate::new(Flags::none());
    /// let nobodys = Ours::register_needed(&gate, &mut linker, &imports, |state: &mut State| state)?;
    /// assert_eq!(nobodys, [("env", "beep")]);
    /// assert_eq!(linker.imports().len(), 1);
    ///
    /// let imports = [("wasi_ephemeral_nn", "load")];
    /// let refused = Ours::register_needed(&gate, &mut linker, &imports, |state: &mut State| state);
    /// assert!(refused.unwrap_err().to_string().starts_with("imports wasi_ephemeral_nn.load; the proposal `nn` is off"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "snapshot"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// [`NeededError`] if an import is of a proposal that the gate refuses, or cannot be linked.
    fn register_needed<'m, T: 'static, L: Linker<T>>(
        gate: &Gate,
        linker: &mut L,
        imports: &[(&'m str, &'m str)],
        contexts: impl Fn(&mut T) -> &mut Self::Contexts + Copy + Send + Sync + 'static,
    ) -> Result<Vec<(&'m str, &'m str)>, NeededError>
    where
        Self: Sized,
    {
        let mut needed = Needed::new(linker, imports);
        Self::register(gate, &mut needed, contexts)?;
        needed.others::<Self>(gate)
    }
}

/// What a module imports and does not get; as text, the rest of a sentence that begins with its name.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NeededError {
    /// It imports from a proposal that the gate refuses.
    #[error("imports {import}; {refusal}")]
    Refused {
        /// The first such import, as `module.name`, bounded and escaped.
        import: String,
        /// Why.
        refusal: Refusal,
    },
    /// An import cannot be linked.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// Nests the proposals that are compiled in, the first innermost: a line each, with its feature.
macro_rules! ours {
    ($($with:ident = $feature:literal => $proposal:ty;)*) => {
        $(
            #[cfg(feature = $feature)]
            pub(crate) type $with<S> = ($proposal, S);
            #[cfg(not(feature = $feature))]
            pub(crate) type $with<S> = S;
        )*

        /// The proposals of this repository that are compiled in.
        pub type Ours = ours!(@nest (), $($with)*);
    };
    (@nest $inner:ty, $first:ident $($rest:ident)*) => { ours!(@nest $first<$inner>, $($rest)*) };
    (@nest $inner:ty,) => { $inner };
}

ours! {
    WithSnapshot = "snapshot" => wasi_snapshot::Snapshot;
    WithNn = "nn" => wasi_nn::Nn;
    // New proposals go here.
}

/// A proposal of a [`Suite`], as a value.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its row of the matrix.
    pub descriptor: Descriptor,
    /// The version of its crate.
    pub version: &'static str,
    imports: fn() -> Result<Vec<Import>, LinkError>,
}

impl Member {
    /// Everything that it can define. The proposal registers its functions to tell.
    ///
    /// # Errors
    ///
    /// Why it cannot be linked.
    pub fn imports(&self) -> Result<Vec<Import>, LinkError> {
        (self.imports)()
    }
}

mod sealed {
    pub trait Suite {}
    impl Suite for () {}
    impl<P, S: Suite> Suite for (P, S) {}
}

/// The bytes that a guest has written, if this is the context that counts them.
fn bytes_written(context: &dyn Any) -> u64 {
    #[cfg(feature = "snapshot")]
    if let Some(context) = context.downcast_ref::<wasi_snapshot::WasiCtx>() {
        return context.bytes_written();
    }
    let _ = context;
    0
}

impl Suite for () {
    type Contexts = ();

    fn bytes_written((): &()) -> u64 {
        0
    }

    fn members() -> Vec<Member> {
        Vec::new()
    }

    fn register<T: 'static, L: Linker<T>>(
        _: &Gate,
        _: &mut L,
        _: impl Fn(&mut T) -> &mut () + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        Ok(())
    }
}

impl<P, S> Suite for (P, S)
where
    P: Proposal<Context: Send + 'static> + 'static,
    S: Suite,
{
    type Contexts = (P::Context, S::Contexts);

    fn bytes_written((context, others): &Self::Contexts) -> u64 {
        bytes_written(context).saturating_add(S::bytes_written(others))
    }

    fn members() -> Vec<Member> {
        let mut members = S::members();
        members.push(Member { descriptor: P::DESCRIPTOR, version: P::VERSION, imports: imports::<P> });
        members
    }

    fn register<T: 'static, L: Linker<T>>(
        gate: &Gate,
        linker: &mut L,
        contexts: impl Fn(&mut T) -> &mut Self::Contexts + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        S::register(gate, linker, move |state| &mut contexts(state).1)?;
        match gate.permit::<P>() {
            Ok(permit) => P::register(permit, linker, move |state| &mut contexts(state).0),
            Err(_) => Ok(()),
        }
    }
}

/// What `P` defines. Nothing is ever called, so asking needs no flag; a platform that `P` does not support
/// stays a refusal, and an empty list.
fn imports<P: Proposal<Context: 'static>>() -> Result<Vec<Import>, LinkError> {
    let gate = Gate::new(Flags::none().allow(P::DESCRIPTOR.name()));
    let mut recording = Recording::new();
    if let Ok(permit) = gate.permit::<P>() {
        P::register(permit, &mut recording, |context: &mut P::Context| context)?;
    }
    Ok(recording.imports().to_vec())
}
