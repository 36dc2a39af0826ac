//! The functions of the proposal, called without an engine, and with 32-bit arguments, as all of them take.

use std::sync::LazyLock;
use test_support::Direct;
use wasi_nn::{Nn, NnCtx};
use wasi_policy::{Flags, Gate, Memory, Permit, Trap};

/// The functions, registered once for all tests.
static DIRECT: LazyLock<Direct<Nn>> = LazyLock::new(|| Direct::new(permit()));

/// A permit as a command would get it that was called with `-S nn`.
pub(crate) fn permit() -> Permit<Nn> {
    Gate::new(Flags::none().allow("nn")).permit().unwrap()
}

/// Calls a function by name.
pub(crate) fn call(name: &str, ctx: &mut NnCtx, memory: Memory<'_>, args: &[u32]) -> Result<u32, Trap> {
    // No allocation, since some tests count those of a call.
    let mut slots = [0; 5];
    slots.iter_mut().zip(args).for_each(|(slot, arg)| *slot = u64::from(*arg));
    let result = DIRECT.call("wasi_ephemeral_nn", name, ctx, memory, &slots[..args.len()])?;
    Ok(u32::try_from(result.expect("every function returns an errno")).unwrap())
}
