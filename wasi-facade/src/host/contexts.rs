//! What one run works on: a context for each proposal of the host.

use crate::{Ours, Suite};
use wasi_policy::Proposal;

/// The contexts of one run, one for each proposal of a [`Suite`].
///
/// A [`WasiCtx`](crate::WasiCtx) turns into those of a default [`Host`](crate::Host) by itself;
/// [`with`](Self::with) adds the context of a proposal of the embedder's, in the order in which
/// [`Host::with`](crate::Host::with) added the proposals.
pub struct Contexts<S: Suite = Ours> {
    pub(super) list: S::Contexts,
    pub(super) interrupts: Interrupts,
}

/// What wakes the guest's host calls up when it is interrupted.
pub(super) type Interrupts = Vec<Box<dyn Fn() + Send + Sync>>;

impl Contexts<()> {
    /// The contexts of no proposal at all.
    #[must_use]
    pub fn none() -> Self {
        Contexts { list: (), interrupts: Vec::new() }
    }
}

impl<S: Suite> Contexts<S> {
    /// Adds the context of the proposal `P`.
    #[must_use]
    pub fn with<P>(self, context: P::Context) -> Contexts<(P, S)>
    where
        P: Proposal<Context: Send + 'static> + 'static,
    {
        Contexts { list: (context, self.list), interrupts: self.interrupts }
    }

    /// Calls `interrupt` when the guest's time is up, to wake a host call that waits.
    #[must_use]
    pub fn on_interrupt(mut self, interrupt: impl Fn() + Send + Sync + 'static) -> Self {
        self.interrupts.push(Box::new(interrupt));
        self
    }
}

#[cfg(feature = "snapshot")]
impl From<wasi_snapshot::WasiCtx> for Contexts {
    fn from(context: wasi_snapshot::WasiCtx) -> Self {
        let handle = context.interrupt_handle();
        Contexts::none().with::<wasi_snapshot::Snapshot>(context).on_interrupt(move || handle.interrupt())
    }
}
