//! Tests of every function of both modules with any arguments in any state.
//!
//! No call panics, takes much memory, hangs beyond an interrupt, writes to the guest when it fails (the
//! harness looks at that), or touches what lies outside the preopened directories.

use super::alone;
use crate::common::direct::{PREVIEW1, UNSTABLE, imports};
use crate::common::fixture::{Fixture, populated};
use crate::common::place::{Ground, MEMORY};
use proptest::prelude::*;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;
use test_support::counting::peak;
use test_support::{View, same_cases};
use wasi_policy::{Import, Trap, ValType};
use wasi_snapshot::Limits;

/// What a call may take: two copies of the guest's memory are the harness's, the rest is far more than any
/// call needs on a memory of this size.
const BOUND: usize = 4 << 20;

/// Where [`furnish`] puts things.
const PATHS: u64 = 0x1000;
const IOVECS: u64 = 0x2000;
const SUBSCRIPTIONS: u64 = 0x3000;

/// Paths of every kind, 16 bytes each.
const NAMED: &[&str] = &[
    "f",
    "d",
    "d/g",
    "new",
    "new/",
    "link",
    "dirlink",
    "dirlink/",
    "dangling",
    "loop",
    "out",
    "out/",
    "absolute",
    "fifo",
    "empty",
    "empty/.",
    ".",
    "..",
    "../outside",
    "d/../f",
    "full/x",
    "/etc",
    "a\0b",
    "rawlink",
    "d/new",
];

/// Puts something useful into memory, so that calls get further than their first check.
fn furnish(f: &mut Fixture) {
    f.mask();
    for (index, name) in (0_u32..).zip(NAMED) {
        f.put(PATHS as u32 + 16 * index, name);
    }
    let iovecs = [(0x5000, 10), (0x5008, 0), (0x5100, 1000), (0x5004, 100), (0xfff0, 16), (0xfff0, 17)];
    let words = iovecs.iter().flat_map(|(ptr, len): &(u32, u32)| [ptr.to_le_bytes(), len.to_le_bytes()]);
    f.put(IOVECS as u32, words.flatten().collect::<Vec<_>>());
    let mut subscriptions = vec![0; 48 * 8];
    for (index, tag) in [0, 1, 2, 0, 1, 2, 1, 7].into_iter().enumerate() {
        subscriptions[index * 48 + 8] = tag;
        subscriptions[index * 48 + 16] = if tag == 0 { 1 } else { index as u8 + 3 };
    }
    f.put(SUBSCRIPTIONS as u32, subscriptions);
}

/// A 32-bit argument: a descriptor, a pointer, a length, flags.
fn narrow() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => 0..14_u64,
        3 => (0..NAMED.len() as u64).prop_map(|index| PATHS + 16 * index),
        2 => Just(IOVECS),
        1 => Just(SUBSCRIPTIONS),
        2 => 0x4000..0x10_000_u64,
        1 => prop_oneof![Just(0xffff), Just(0x1_0000), Just(1 << 29), Just(1 << 31), Just(u64::from(u32::MAX))],
        1 => any::<u32>().prop_map(u64::from),
    ]
}

/// A 64-bit argument: rights, an offset, a cookie, a time. Sizes that a disk could really hold, but should
/// not, are left out: the next to 16 MiB is beyond all disks.
fn wide() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..100_u64,
        3 => prop_oneof![Just(2), Just(64), Just(66), Just((1 << 30) - 1)],
        1 => 0..1_u64 << 24,
        2 => prop_oneof![Just(u64::MAX), Just(1 << 63), Just((1 << 63) - 1), Just(u64::MAX - 1), Just(1 << 62)],
    ]
}

/// One call: the number of the function, and more arguments of both kinds than any takes.
#[derive(Clone, Debug)]
struct Call {
    function: usize,
    narrow: [u64; 10],
    wide: [u64; 10],
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let one = (0..46_usize, prop::array::uniform10(narrow()), prop::array::uniform10(wide()));
    prop::collection::vec(one.prop_map(|(function, narrow, wide)| Call { function, narrow, wide }), 1..40)
}

fn run(ground: Ground, module: &'static str, view: View, calls: &[Call]) {
    let functions = imports(module);
    let mut f = Fixture::over(&populated(ground), Limits::default());
    let outside = f.outside();
    // Files in memory are the guest's to fill; one that grows is there twice for a moment.
    let bound = BOUND + if ground == Ground::Memory { 2 * MEMORY } else { 0 };
    if module == UNSTABLE {
        f.use_unstable();
    }
    f.view = view;
    f.make_accept_and_receive_possible();
    // Whatever waits for what never comes is ended soon; most cases are over by then.
    let handle = f.ctx.interrupt_handle();
    let (done, finished) = channel::<()>();
    let watch = thread::spawn(move || {
        if finished.recv_timeout(Duration::from_millis(20)).is_err() {
            handle.interrupt();
        }
    });
    for Call { function, narrow, wide } in calls {
        let Import { name, params, .. } = &functions[function % functions.len()];
        let slots: Vec<u64> = params
            .iter()
            .enumerate()
            .map(|(index, ty)| match ty {
                ValType::I32 => narrow[index],
                _ => wide[index],
            })
            .collect();
        // Space that is really taken, and not only addressed.
        if *name == "fd_allocate" && slots[1].saturating_add(slots[2]) < 1 << 62 && slots[2] > 1 << 20 {
            continue;
        }
        furnish(&mut f);
        let (outcome, taken) = peak(|| match *name {
            "proc_exit" => Err(f.outcome(name, &slots).unwrap_err()),
            _ => f.outcome(name, &slots),
        });
        match outcome {
            // The harness has looked at the number of the errno, and at the memory.
            Ok(_) | Err(Trap::Memory(_) | Trap::Interrupted) => {}
            Err(Trap::Exit(code)) => assert_eq!((*name, u64::from(code)), ("proc_exit", slots[0])),
            Err(trap) => panic!("{name}{slots:x?}: {trap}"),
        }
        assert!(taken < bound, "{name}{slots:x?} took {taken} bytes");
    }
    drop(done);
    watch.join().unwrap();
    assert_eq!(f.outside(), outside);
}

proptest! {
    #![proptest_config(same_cases(250))]

    #[test]
    fn preview1_takes_anything(calls in calls()) {
        let _alone = alone();
        run(Ground::Host, PREVIEW1, View::Plain, &calls);
    }

    #[test]
    fn directories_in_memory_take_anything(calls in calls()) {
        let _alone = alone();
        run(Ground::Memory, PREVIEW1, View::Plain, &calls);
    }

    #[test]
    fn the_older_module_takes_anything(calls in calls()) {
        let _alone = alone();
        run(Ground::Host, UNSTABLE, View::Plain, &calls);
    }
}

proptest! {
    #![proptest_config(same_cases(30))]

    #[test]
    fn shared_memory_takes_anything(calls in calls()) {
        let _alone = alone();
        run(Ground::Host, PREVIEW1, View::Shared, &calls);
    }
}
