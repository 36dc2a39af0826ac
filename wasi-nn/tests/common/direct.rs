//! A linker of our own, without an engine: every import as a function over 32-bit arguments.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use wasi_nn::{Nn, NnCtx};
use wasi_policy::{Flags, Gate, LinkError, Linker, Memory, Params, Permit, Proposal, Returns, Trap};

type Function = Box<dyn Fn(&mut NnCtx, Memory<'_>, &[u32]) -> Result<u32, Trap> + Send + Sync>;

/// The functions by name, registered once for all tests.
static FUNCTIONS: LazyLock<BTreeMap<&'static str, Function>> = LazyLock::new(|| {
    let mut direct = Direct::default();
    Nn::register(permit(), &mut direct, |ctx: &mut NnCtx| ctx).unwrap();
    direct.0
});

#[derive(Default)]
struct Direct(BTreeMap<&'static str, Function>);

impl Linker<NnCtx> for Direct {
    fn func<P: Params, R: Returns>(
        &mut self,
        module: &'static str,
        name: &'static str,
        f: impl Fn(&mut NnCtx, Memory<'_>, P) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        assert_eq!(module, "wasi_ephemeral_nn");
        let function = move |ctx: &mut NnCtx, memory: Memory<'_>, args: &[u32]| {
            // No allocation, since some tests count those of a call.
            let mut slots = [0; 5];
            slots.iter_mut().zip(args).for_each(|(slot, arg)| *slot = u64::from(*arg));
            let params = P::from_slots(&slots[..args.len()]);
            let params = params.unwrap_or_else(|| panic!("{name} does not take {args:?}"));
            let result = f(ctx, memory, params)?.into_slot();
            Ok(u32::try_from(result.expect("every function returns an errno")).unwrap())
        };
        assert!(self.0.insert(name, Box::new(function)).is_none(), "{name} is defined twice");
        Ok(())
    }
}

/// A permit as a command would get it that was called with `-S nn`.
pub(crate) fn permit() -> Permit<Nn> {
    Gate::new(Flags::none().allow("nn")).permit().unwrap()
}

/// Calls a function by name.
pub(crate) fn call(name: &str, ctx: &mut NnCtx, memory: Memory<'_>, args: &[u32]) -> Result<u32, Trap> {
    let function = FUNCTIONS.get(name).unwrap_or_else(|| panic!("there is no {name}"));
    function(ctx, memory, args)
}
