//! A linker of our own, without an engine: every import as a function over 64-bit slots.
//!
//! It is written as a third party would write one for an engine with untyped calls.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use wasi_policy::{Flags, Gate, LinkError, Linker, Memory, Params, Proposal, Returns, Trap};
use wasi_snapshot::{Snapshot, WasiCtx};

pub(crate) const PREVIEW1: &str = "wasi_snapshot_preview1";
pub(crate) const UNSTABLE: &str = "wasi_unstable";

type Function = dyn Fn(&mut WasiCtx, Memory<'_>, &[u64]) -> Result<Option<u64>, Trap> + Send + Sync;

/// All imports, by module and name.
#[derive(Default)]
pub(crate) struct Direct {
    functions: BTreeMap<(&'static str, &'static str), Box<Function>>,
}

impl Linker<WasiCtx> for Direct {
    fn func<P: Params, R: Returns>(
        &mut self,
        module: &'static str,
        name: &'static str,
        f: impl Fn(&mut WasiCtx, Memory<'_>, P) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        let function = move |ctx: &mut WasiCtx, memory: Memory<'_>, slots: &[u64]| {
            let params = P::from_slots(slots)
                .unwrap_or_else(|| panic!("{name} takes {} arguments, not {}", P::TYPES.len(), slots.len()));
            f(ctx, memory, params).map(R::into_slot)
        };
        match self.functions.insert((module, name), Box::new(function)) {
            None => Ok(()),
            Some(_) => Err(LinkError::new(module, name, "it is defined twice")),
        }
    }
}

impl Direct {
    /// The functions of the proposal, registered once for all tests.
    pub(crate) fn get() -> &'static Self {
        static DIRECT: OnceLock<Direct> = OnceLock::new();
        DIRECT.get_or_init(|| {
            let permit = Gate::new(Flags::none()).permit::<Snapshot>().unwrap();
            let mut direct = Direct::default();
            Snapshot::register(permit, &mut direct, |ctx: &mut WasiCtx| ctx).unwrap();
            direct
        })
    }

    pub(crate) fn call(
        &self,
        module: &'static str,
        name: &str,
        ctx: &mut WasiCtx,
        memory: Memory<'_>,
        slots: &[u64],
    ) -> Result<Option<u64>, Trap> {
        let known = self.functions.iter().find(|((m, n), _)| (*m, *n) == (module, name));
        let (_, function) = known.unwrap_or_else(|| panic!("there is no {module}.{name}"));
        function(ctx, memory, slots)
    }
}
