//! The trait of lists of proposals, as types: what a host was built with.

use wasi_policy::recording::Recording;
use wasi_policy::{Descriptor, Flags, Gate, Import, LinkError, Linker, Proposal};

/// A list of proposals: `()` is the empty one, `(P, S)` is `S` and then `P`.
///
/// It is a type so that each host call is compiled for the place its context has in the store, with no
/// look-up and no cast. [`Host::with`](crate::Host::with) makes longer ones. Sealed.
pub trait Suite: sealed::Suite + 'static {
    /// The contexts of all proposals, nested like the list.
    type Contexts: Send + 'static;

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
    /// The version of its crate, if it is compiled in.
    pub version: Option<&'static str>,
    /// Everything it can define, as far as this build knows; or why it cannot be linked.
    pub imports: Result<Vec<Import>, LinkError>,
}

mod sealed {
    pub trait Suite {}
    impl Suite for () {}
    impl<P, S: Suite> Suite for (P, S) {}
}

impl Suite for () {
    type Contexts = ();

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

    fn members() -> Vec<Member> {
        let mut members = S::members();
        members.push(Member {
            descriptor: P::DESCRIPTOR,
            version: Some(P::VERSION),
            imports: imports::<P>(),
        });
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
