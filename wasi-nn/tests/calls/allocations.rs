//! Tests that a loop of inferences allocates nothing on the host, and that a loop of failures keeps nothing.

use crate::common::direct;
use crate::common::fixture::{Fixture, READY, SUM};
use crate::common::guest::{BUFFER, Guest, OUT, TENSOR};
use std::sync::atomic::AtomicU8;
use test_support::View;
use test_support::counting::peak;
use wasi_policy::Memory;

const CALLS: &[(&str, &[u32])] = &[
    ("set_input", &[READY, 0, TENSOR]),
    ("set_input", &[READY, 1, TENSOR]),
    ("compute", &[READY]),
    ("get_output", &[READY, 0, BUFFER, 400, OUT]),
    ("get_output", &[READY, 1, BUFFER, 400, OUT]),
];

/// The bytes of the host's memory that the calls took at most, beyond what there was.
fn inference(f: &mut Guest) -> usize {
    let Guest { ctx, memory } = f;
    let view = memory.view;
    let cells: Vec<_> = memory.iter().copied().map(AtomicU8::new).collect();
    let ((), bytes) = peak(|| {
        for (name, args) in CALLS {
            let memory = match view {
                View::Shared => Memory::shared(&cells),
                _ => Memory::plain(memory),
            };
            assert_eq!(direct::call(name, ctx, memory, args).unwrap(), 0);
        }
    });
    bytes
}

#[test]
fn a_loop_of_inferences_allocates_nothing() {
    for view in [View::Plain, View::Shared] {
        let mut f = Fixture::ready();
        f.view = view;
        let floats: Vec<u8> = (0..100_u16).flat_map(|n| f32::from(n).to_le_bytes()).collect();
        f.put_tensor(1, &[100], &floats);
        // The first time the backend of the tests grows its buffers.
        assert!(inference(&mut f) > 0);
        for _ in 0..1000 {
            assert_eq!(inference(&mut f), 0, "{view:?}");
        }
    }
}

/// A guest that asks for sizes, or makes the same mistake, in a loop: the words for the host are made anew, and the
/// old ones do not pile up.
#[test]
fn a_loop_of_failures_keeps_nothing() {
    let mut f = Fixture::ready();
    f.load(SUM).unwrap();
    let mut round = || {
        for (name, args) in [
            ("get_output", &[READY, 0, BUFFER, 0, OUT][..]),
            ("set_input", &[READY, 7, TENSOR]),
            ("compute", &[99]),
            ("unload", &[99]),
            ("init_execution_context", &[99, OUT]),
            ("load", &[0, 0, 0, 0, OUT]),
            ("load_by_name", &[BUFFER, 5, OUT]),
        ] {
            let Guest { ctx, memory, .. } = &mut *f;
            assert_ne!(direct::call(name, ctx, Memory::plain(memory), args).unwrap(), 0);
        }
    };
    round();
    let (_, once) = peak(&mut round);
    let (_, often) = peak(|| (0..1000).for_each(|_| round()));
    assert_eq!(often, once);
    assert!(once < 1024, "{once}");
}
