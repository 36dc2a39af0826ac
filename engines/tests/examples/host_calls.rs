//! The cost of a host function through each adapter, beside a bare one of its engine's: the median of paired rounds.
//!
//! The work of the function is to count and to write eight bytes to the guest's memory.

use engine_tests::{Binding, Engine, Guest, Imports, Make, Running, each};
use std::time::{Duration, Instant};
use wasi_policy::{LinkError, Linker};

const ROUNDS: usize = 101;
/// A round takes about as long on an interpreter as on a compiler.
const ROUND: Duration = Duration::from_millis(20);

/// The parameters of the host function are a place in memory and what to add.
const GUEST: &str = r#"(module
  (import "bench" "touch" (func $touch (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (param $n i64) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno) (call $touch (i32.const 64) (i32.const 1))))
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br_if $again (i64.ne (local.get $n) (i64.const 0))))
    (local.get $errno)))"#;

struct Touch;

impl Imports<u64> for Touch {
    fn define<T: 'static, L: Linker<T>>(
        self,
        linker: &mut L,
        context: impl Fn(&mut T) -> &mut u64 + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        linker.func("bench", "touch", move |state: &mut T, mut memory, (at, add): (u32, u32)| {
            let count = context(state);
            *count += u64::from(add);
            memory.write_u64(at, *count)?;
            Ok(0_u32)
        })
    }
}

fn ours<E: Engine>(binding: Binding) -> Running {
    let started = E::start(GUEST.as_bytes(), Touch, 0, binding).expect("the engine takes the guest");
    started.bound.expect("the guest has a memory");
    let mut guest = started.guest;
    Box::new(move |calls| {
        let start = Instant::now();
        assert_eq!(guest.call("run", &[calls]), Ok(Some(0)));
        start.elapsed()
    })
}

struct Sides;

impl Make for Sides {
    type Made = [Running; 3];

    fn make<E: Engine>() -> [Running; 3] {
        [E::bare(GUEST.as_bytes()), ours::<E>(Binding::Slot), ours::<E>(Binding::Lookup)]
    }
}

fn main() {
    for (engine, [mut bare, mut slot, mut lookup]) in each::<Sides>() {
        let mut calls = 1000;
        while bare(calls) < ROUND {
            calls *= 2;
        }
        let mut rounds: Vec<[f64; 3]> = (0..ROUNDS)
            .map(|_| [&mut bare, &mut slot, &mut lookup].map(|side| side(calls).as_secs_f64() / calls as f64))
            .collect();
        let mut median = |value: fn(&[f64; 3]) -> f64| {
            rounds.sort_by(|a, b| value(a).total_cmp(&value(b)));
            value(&rounds[ROUNDS / 2])
        };
        let (bare, slot, lookup) = (median(|r| r[0]), median(|r| r[1] / r[0]), median(|r| r[2] / r[0]));
        println!(
            "{engine}: bare {:.1} ns; one_instance {slot:.2}, many_instances {lookup:.2} of it",
            bare * 1e9
        );
    }
}
