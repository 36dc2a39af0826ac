//! The shape that needs unsafe code, apart from all others.
#![allow(unsafe_code, reason = "the engine's unchecked functions cannot be had without")]

use super::{kept, touch, touch_type};
use std::time::Duration;
use wasmtime::ValRaw;

pub(super) fn slots() -> impl FnMut(u64) -> Duration {
    kept(|linker| {
        // SAFETY: the engine passes as many slots as the type has parameters or results, whichever are
        // more, with an `i32` written in each of the two that are parameters; the closure reads those two
        // as `i32` and writes the one result as `i32`, as the type says.
        unsafe {
            linker
                .func_new_unchecked("bench", "touch", touch_type(), |mut caller, slots| {
                    let [first, second] = slots else { wasmtime::bail!("the engine passes two slots") };
                    let (at, add) = (first.assume_init_ref().get_u32(), second.assume_init_ref().get_u32());
                    first.write(ValRaw::u32(touch(&mut caller, at, add)?));
                    Ok(())
                })
                .map(drop)
        }
    })
}
