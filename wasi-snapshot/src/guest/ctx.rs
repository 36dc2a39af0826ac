//! The context of one guest: everything its calls can see and touch.

use crate::guest::identity::Identity;
use crate::guest::limits::Limits;
use crate::guest::quota::Quota;
use crate::guest::strings::Strings;
use crate::guest::subscription::Subscription;
use crate::guest::table::Table;
use crate::sys::interrupt::Interrupt;
use crate::world::clocks::Clocks;
use crate::world::random;
use crate::world::scheduler::Scheduler;
use std::fmt;
use wasi_policy::InterruptHandle;

/// What one guest may see and touch, and the state of its descriptors.
///
/// It is made by a [`WasiCtxBuilder`](crate::WasiCtxBuilder), lives in the store's data, and serves one guest: two guests with one
/// context would share descriptors.
pub struct WasiCtx {
    pub(crate) args: Strings,
    pub(crate) environ: Strings,
    pub(crate) table: Table,
    pub(crate) limits: Limits,
    pub(crate) quota: Quota,
    pub(crate) clocks: Clocks,
    /// The host itself, if there is none.
    pub(crate) scheduler: Option<Box<dyn Scheduler>>,
    pub(crate) random: random::RandomBytes,
    pub(crate) identity: Identity,
    pub(crate) interrupt: Interrupt,
    /// Kept from one `poll_oneoff` to the next, so that a guest that polls in a loop allocates once.
    pub(crate) subscriptions: Vec<Subscription>,
}

impl WasiCtx {
    /// A handle that ends the guest while it waits in a host call.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.interrupt.handle()
    }

    pub(crate) fn new(args: Strings, environ: Strings, table: Table, limits: Limits) -> Self {
        WasiCtx {
            args,
            environ,
            table,
            quota: Quota::new(&limits),
            limits,
            clocks: Clocks::default(),
            scheduler: None,
            random: random::RandomBytes::default(),
            identity: Identity::default(),
            interrupt: Interrupt::default(),
            subscriptions: Vec::new(),
        }
    }
}

impl fmt::Debug for WasiCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = self.table.entries().count();
        f.debug_struct("WasiCtx").field("open", &open).field("limits", &self.limits).finish_non_exhaustive()
    }
}
