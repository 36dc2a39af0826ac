//! The rows of each errno that a call documents, and the tests that run them.
//!
//! Each row is one way to fail, on a fresh [`Fixture`], through both modules. The harness looks at what is
//! not written; a test below compares the rows with the documentation of the calls in both directions.

mod documented;
mod fd;
mod path;
mod path_ends;
mod rest;

pub(crate) use path::CALLS;

use crate::common::errno::Errno;
use crate::common::fixture::{Fixture, populated};
use crate::common::place::Ground;
use test_support::View;
use wasi_snapshot::Limits;

/// One way for a call to fail.
pub(crate) struct Row {
    call: &'static str,
    errno: &'static str,
    why: &'static str,
    act: fn(&mut Fixture) -> Errno,
}

/// Rows as `call: "errno" "why" => |fixture| ...;`
macro_rules! rows {
    ($($call:ident: $errno:literal $why:literal => $act:expr;)*) => {
        pub(super) const ROWS: &[$crate::rows::Row] = &[$($crate::rows::Row {
            call: stringify!($call),
            errno: $errno,
            why: $why,
            act: $act,
        }),*];
    };
}
use rows;

fn all() -> impl Iterator<Item = &'static Row> {
    [fd::ROWS, path::ROWS, path_ends::ROWS, rest::ROWS].into_iter().flatten()
}

/// Only a host has such links.
fn needs_host(row: &Row) -> bool {
    (row.call, row.errno) == ("path_readlink", "ilseq") && row.why == "a target that is no UTF-8"
}

/// A connection of Windows may end twice.
fn needs_unix(row: &Row) -> bool {
    (row.call, row.errno, row.why) == ("sock_shutdown", "notconn", "both sides have ended already")
}

/// Runs every row, and says all that is wrong at once. A call that fails must leave all files as they are,
/// so the rows can share them.
fn run(ground: Ground, prepare: fn(&mut Fixture), rows: impl Iterator<Item = &'static Row>) {
    let root = populated(ground);
    let mut limits = Limits::default();
    limits.max_fds = 32;
    let before = root.describe();
    let mut wrong = Vec::new();
    let rows = rows.filter(|row| ground != Ground::Memory || !needs_host(row));
    for Row { call, errno, why, act } in rows.filter(|row| cfg!(unix) || !needs_unix(row)) {
        let mut fixture = Fixture::over(&root, limits.clone());
        prepare(&mut fixture);
        let given = act(&mut fixture);
        if given != Errno::named(errno) {
            wrong.push(format!("{call} gave {given:?} and not {errno}: {why}"));
        }
        assert_eq!(root.describe(), before, "{call} changed files: {why}, {errno}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_call_fails_as_documented() {
    run(Ground::Host, |_| {}, all());
}

#[test]
fn calls_fail_alike_on_directories_in_memory() {
    assert_eq!(all().filter(|row| needs_host(row)).count(), 1);
    run(Ground::Memory, |_| {}, all());
}

#[test]
fn calls_fail_alike_below_a_layer() {
    run(Ground::Layered, |_| {}, all());
}

#[test]
fn the_older_module_fails_alike() {
    run(Ground::Host, |fixture| fixture.use_unstable(), all().filter(|row| row.call != "sock_accept"));
}

#[test]
fn calls_on_shared_memory_fail_alike() {
    run(Ground::Host, |fixture| fixture.view = View::Shared, all());
}
