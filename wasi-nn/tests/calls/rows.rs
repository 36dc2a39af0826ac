//! The rows of each errno that a call documents, and the tests that run them.
//!
//! Each row is one way to fail, on a fresh fixture, with plain and with shared memory. The harness looks at what is
//! not written; a test compares the rows with the documentation of the calls in both directions.

mod documented;
mod graph;
mod running;

use crate::common::errno::{Errno, MISSING_MEMORY};
use crate::common::fixture::{FRESH, Fixture, GRAPH, READY, X_PLUS_Y};
use crate::common::guest::{BUFFER, OUT};
use test_support::View;
use wasi_policy::MemoryFault;

/// One way for a call to fail.
pub(crate) struct Row {
    call: &'static str,
    errno: &'static str,
    why: &'static str,
    act: fn(&mut Fixture) -> Errno,
}

/// Rows as `call: errno "why" => |fixture| ...;`
macro_rules! rows {
    ($($call:ident: $errno:ident $why:literal => $act:expr;)*) => {
        pub(super) const ROWS: &[$crate::rows::Row] = &[$($crate::rows::Row {
            call: stringify!($call),
            errno: stringify!($errno),
            why: $why,
            act: $act,
        }),*];
    };
}
use rows;

fn all() -> impl Iterator<Item = &'static Row> {
    [graph::ROWS, running::ROWS].into_iter().flatten()
}

/// Runs every row, and says all that is wrong at once.
fn run(view: View) {
    let mut wrong = Vec::new();
    for Row { call, errno, why, act } in all() {
        let mut f = Fixture::ready();
        f.view = view;
        let given = act(&mut f);
        if given.name() != *errno {
            wrong.push(format!("{call} gave {given:?} and not {errno}: {why}"));
        }
        if f.ctx.last_error().is_some_and(|reason| !reason.starts_with(&format!("{call}: "))) {
            wrong.push(format!("{call} told the host `{}`", f.reason()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_call_fails_as_documented() {
    run(View::Plain);
}

#[test]
fn calls_on_shared_memory_fail_alike() {
    run(View::Shared);
}

/// A guest without a memory, or with one whose addresses WASI cannot express, is told so by every call that needs
/// one, before anything else that is wrong with the call.
#[test]
fn without_a_usable_memory() {
    for fault in [MemoryFault::Missing, MemoryFault::SixtyFourBit] {
        let mut f = Fixture::ready();
        f.view = View::Unusable(fault);
        for (name, args) in [
            ("load", vec![0x100, 1, 3, 0, OUT]),
            ("load", vec![0, 0, 99, 99, 0]),
            ("load_by_name", vec![0, 3, OUT]),
            ("load_by_name_with_config", vec![0, 3, 0, 0, OUT]),
            ("init_execution_context", vec![GRAPH, OUT]),
            ("init_execution_context", vec![99, OUT]),
            ("set_input", vec![FRESH, 0, 0]),
            ("get_output", vec![READY, 0, BUFFER, 8, OUT]),
            ("get_output", vec![READY, 0, 0, 0, OUT]),
        ] {
            assert_eq!(f.call(name, &args), MISSING_MEMORY, "{name} {fault:?}");
            assert_eq!(f.reason(), format!("{name}: {fault}"));
        }
        // These need none.
        for (name, args, errno) in [
            ("compute", [READY], "success"),
            ("compute", [99], "invalid_argument"),
            ("finalize_execution_context", [FRESH], "success"),
            ("unload", [GRAPH], "success"),
            ("compute_single", [READY], "unsupported_operation"),
        ] {
            assert_eq!(f.call(name, &args).name(), errno, "{name}");
        }
        assert_eq!((f.toy.loads(), f.toy.executions()), (1, 1));
        f.view = View::Plain;
        assert_eq!(f.floats(READY, 0), Ok(X_PLUS_Y.to_vec()));
    }
}
