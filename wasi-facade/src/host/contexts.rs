//! The contexts of one run, one for each proposal of the host.

use super::interrupter::Interrupter;
#[cfg(any(feature = "snapshot", feature = "nn"))]
use crate::suite::{WithNn, WithSnapshot};
use crate::{Ours, Suite};
#[cfg(all(feature = "snapshot", feature = "nn"))]
use std::sync::LazyLock;
use wasi_policy::Proposal;

/// The contexts of one run, one for each proposal of a [`Suite`].
///
/// A [`WasiCtx`](crate::WasiCtx) turns into those of a default [`Host`](crate::Host) by itself, and so does
/// a pair of one and an [`NnCtx`](crate::NnCtx);
/// [`with`](Self::with) adds the context of a proposal of the embedder's, in the order in which
/// [`Host::with`](crate::Host::with) added the proposals.
pub struct Contexts<S: Suite = Ours> {
    pub(super) list: S::Contexts,
    pub(super) interrupter: Interrupter,
}

impl Contexts<()> {
    /// The contexts of no proposal at all.
    #[must_use]
    pub fn none() -> Self {
        Contexts { list: (), interrupter: Interrupter::default() }
    }
}

impl<S: Suite> Contexts<S> {
    /// Adds the context of the proposal `P`.
    #[must_use]
    pub fn with<P>(self, context: P::Context) -> Contexts<(P, S)>
    where
        P: Proposal<Context: Send + 'static> + 'static,
    {
        Contexts { list: (context, self.list), interrupter: self.interrupter }
    }

    /// Calls `interrupt` when the run is interrupted or its time is up, to wake a host call that waits.
    #[must_use]
    pub fn on_interrupt(self, interrupt: impl Fn() + Send + Sync + 'static) -> Self {
        self.interrupter.also(Box::new(interrupt));
        self
    }

    /// What ends the run from another thread.
    #[must_use]
    pub fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
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
    Contexts::none().with::<wasi_snapshot::Snapshot>(context).on_interrupt(move || handle.interrupt())
}

#[cfg(all(feature = "snapshot", not(feature = "nn")))]
impl From<wasi_snapshot::WasiCtx> for Contexts {
    fn from(context: wasi_snapshot::WasiCtx) -> Self {
        others(snapshot(context))
    }
}

/// Inference without graphs of the host's: guests bring their models, to the embedded engine if it is compiled in.
#[cfg(all(feature = "snapshot", feature = "nn"))]
impl From<wasi_snapshot::WasiCtx> for Contexts {
    fn from(context: wasi_snapshot::WasiCtx) -> Self {
        // One for the process: equal models of all guests are loaded once, and its limits are for all of them.
        static REGISTRY: LazyLock<wasi_nn::Registry> = LazyLock::new(registry);
        (context, wasi_nn::NnCtx::builder(REGISTRY.clone()).build()).into()
    }
}

/// What guests bring models to, where the host has said nothing.
#[cfg(all(feature = "snapshot", feature = "nn"))]
fn registry() -> wasi_nn::Registry {
    #[cfg(feature = "nn-onnx")]
    return wasi_nn::Registry::of_backend(wasi_nn_onnx::Onnx::new());
    #[cfg(not(feature = "nn-onnx"))]
    wasi_nn::Registry::default()
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
    others.with::<wasi_nn::Nn>(inference).on_interrupt(move || handle.interrupt())
}
