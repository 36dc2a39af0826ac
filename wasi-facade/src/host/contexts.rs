//! The contexts of one run, one for each proposal of the host.

use super::instance::Instance;
use crate::suite::Place;
#[cfg(any(feature = "snapshot", feature = "nn"))]
use crate::suite::{WithNn, WithSnapshot};
use crate::{Ours, Suite};
use wasi_policy::{InterruptHandle, OnInterrupt, Proposal};

/// The contexts of one run or one [`Instance`], one for each proposal of a [`Suite`]; [`ContextOf`] finds one of them.
///
/// A [`WasiCtx`](crate::WasiCtx) turns into those of a default [`Host`](crate::Host) by itself, and so does
/// a pair of one and an [`NnCtx`](crate::NnCtx);
/// [`with`](Self::with) adds the context of a proposal of the embedder's, in the order in which
/// [`Host::with`](crate::Host::with) added the proposals.
pub struct Contexts<S: Suite = Ours> {
    pub(super) list: S::Contexts,
    pub(super) interrupt: InterruptHandle,
    /// What the run may wait for; nobody wakes that once the run has ended.
    pub(super) wakes: Vec<OnInterrupt>,
}

impl Contexts<()> {
    /// The contexts of no proposal at all.
    #[must_use]
    pub fn none() -> Self {
        Contexts { list: (), interrupt: InterruptHandle::default(), wakes: Vec::new() }
    }
}

impl<S: Suite> Contexts<S> {
    /// Adds the context of the proposal `P`.
    #[must_use]
    pub fn with<P>(self, context: P::Context) -> Contexts<(P, S)>
    where
        P: Proposal<Context: Send + 'static> + 'static,
    {
        Contexts { list: (context, self.list), interrupt: self.interrupt, wakes: self.wakes }
    }

    /// Calls `wake` when the run is interrupted or its time is up, to wake a host call that waits; see
    /// [`InterruptHandle::on_interrupt`].
    #[must_use]
    pub fn on_interrupt(mut self, wake: impl Fn() + Send + Sync + 'static) -> Self {
        self.wakes.push(self.interrupt.on_interrupt(wake));
        self
    }

    /// What ends the run from another thread, which then gives
    /// [`Outcome::Interrupted`](crate::Outcome::Interrupted).
    ///
    /// A guest that waits in a host call ends within milliseconds. One that computes does so too if the host was told to
    /// be [`interruptible`](crate::Host::interruptible), and otherwise with its next call that waits.
    ///
    /// ```
    /// # #[cfg(feature = "snapshot")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use wasi_facade::{Contexts, Host, Outcome, WasiCtx};
    ///
    /// // Computes for ever.
    /// let module = wat::parse_str(r#"(module (func (export "_start") (loop $again (br $again))))"#)?;
    /// let program = Host::new().interruptible().compile(&module)?;
    /// let contexts = Contexts::from(WasiCtx::builder().build()?);
    /// let handle = contexts.interrupt_handle();
    /// std::thread::spawn(move || handle.interrupt());
    /// assert_eq!(program.run(contexts)?, Outcome::Interrupted);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "snapshot"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.interrupt.clone()
    }
}

/// The way to the context of one proposal, by its type, in a live [`Instance`] and in [`Contexts`].
///
/// The compiler finds the place `At` of the proposal among those of the host; one that is not there does not compile. Sealed
/// by the trait of places.
///
/// ```
/// # #[cfg(feature = "snapshot")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wasi_facade::snapshot::{MemDir, MemLimits, Perms};
/// use wasi_facade::{ContextOf, Host, Snapshot, WasiCtx};
///
/// # let module = wat::parse_str("(module)")?;
/// let mut instance = Host::new().compile(&module)?.start(WasiCtx::builder().build()?)?;
/// // Between two calls the guest gets a directory.
/// let files = MemDir::new(MemLimits::default());
/// let fd = instance.context::<Snapshot>().push_dir(files, "/files", Perms::read_only())?;
/// assert_eq!(fd, 3);
/// let ctx: WasiCtx = instance.into_context::<Snapshot>();
/// # drop(ctx);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "snapshot"))]
/// # fn main() {}
/// ```
///
/// ```compile_fail
/// # use wasi_facade::{ContextOf, Contexts, Snapshot};
/// Contexts::none().context::<Snapshot>();
/// ```
pub trait ContextOf<At>: Sized {
    /// The proposals.
    type Suite: Suite;

    /// The context of the proposal `P`.
    fn context<P: Proposal>(&mut self) -> &mut P::Context
    where
        Self::Suite: Place<P, At>;

    /// The context of the proposal `P`, without the others.
    fn into_context<P: Proposal>(self) -> P::Context
    where
        Self::Suite: Place<P, At>;
}

impl<S: Suite, At> ContextOf<At> for Contexts<S> {
    type Suite = S;

    fn context<P: Proposal>(&mut self) -> &mut P::Context
    where
        S: Place<P, At>,
    {
        S::find(&mut self.list)
    }

    fn into_context<P: Proposal>(self) -> P::Context
    where
        S: Place<P, At>,
    {
        S::take(self.list)
    }
}

impl<S: Suite, At> ContextOf<At> for Instance<S> {
    type Suite = S;

    fn context<P: Proposal>(&mut self) -> &mut P::Context
    where
        S: Place<P, At>,
    {
        S::find(self.contexts_mut())
    }

    fn into_context<P: Proposal>(self) -> P::Context
    where
        S: Place<P, At>,
    {
        S::take(self.into_contexts().list)
    }
}

/// Gives the proposals that nothing has to be said about a context to start with.
#[cfg(any(feature = "snapshot", feature = "nn"))]
fn others(contexts: Contexts<WithNn<WithSnapshot<()>>>) -> Contexts {
    // New proposals go here.
    contexts
}

#[cfg(feature = "snapshot")]
fn snapshot(context: wasi_snapshot::WasiCtx) -> Contexts<(wasi_snapshot::Snapshot, ())> {
    let handle = context.interrupt_handle();
    Contexts::none().with::<wasi_snapshot::Snapshot>(context).on_interrupt(move || {
        handle.interrupt();
    })
}

#[cfg(all(feature = "snapshot", not(feature = "nn")))]
impl From<wasi_snapshot::WasiCtx> for Contexts {
    fn from(context: wasi_snapshot::WasiCtx) -> Self {
        others(snapshot(context))
    }
}

/// Inference with nothing: no graphs of the host's, and no models of guests', which run where a host has chosen only.
#[cfg(all(feature = "snapshot", feature = "nn"))]
impl From<wasi_snapshot::WasiCtx> for Contexts {
    fn from(context: wasi_snapshot::WasiCtx) -> Self {
        (context, wasi_nn::NnCtx::builder(wasi_nn::Registry::default()).build()).into()
    }
}

#[cfg(all(feature = "snapshot", feature = "nn"))]
impl From<(wasi_snapshot::WasiCtx, wasi_nn::NnCtx)> for Contexts {
    fn from((context, inference): (wasi_snapshot::WasiCtx, wasi_nn::NnCtx)) -> Self {
        others(with_inference(snapshot(context), inference))
    }
}

#[cfg(all(feature = "nn", not(feature = "snapshot")))]
impl From<wasi_nn::NnCtx> for Contexts {
    fn from(inference: wasi_nn::NnCtx) -> Self {
        others(with_inference(Contexts::none(), inference))
    }
}

#[cfg(feature = "nn")]
fn with_inference<S: Suite>(others: Contexts<S>, inference: wasi_nn::NnCtx) -> Contexts<(wasi_nn::Nn, S)> {
    let handle = inference.interrupt_handle();
    others.with::<wasi_nn::Nn>(inference).on_interrupt(move || {
        handle.interrupt();
    })
}
