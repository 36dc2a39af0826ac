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
    /// What it does, as it is written.
    source: &'static str,
}

/// Rows as `call: "errno" "why" => |fixture| ...;`
macro_rules! rows {
    ($($call:ident: $errno:literal $why:literal => $act:expr;)*) => {
        pub(super) const ROWS: &[$crate::rows::Row] = &[$($crate::rows::Row {
            call: stringify!($call),
            errno: $errno,
            why: $why,
            act: $act,
            source: stringify!($act),
        }),*];
    };
}
use rows;

fn all() -> impl Iterator<Item = &'static Row> {
    [fd::ROWS, path::ROWS, path_ends::ROWS, rest::ROWS].into_iter().flatten()
}

/// The symlinks of the fixture, as the start of a path, which not every system makes.
const LINKS: [&str; 7] = ["link", "dirlink", "dangling", "loop", "out", "absolute", "rawlink"];

/// Where no symlink is made, none is refused either.
fn needs_links(row: &Row) -> bool {
    (row.call, row.errno) == ("path_symlink", "exist")
        || LINKS.iter().any(|name| row.source.contains(&format!("\"{name}")))
}

/// Only a host has such links.
fn needs_host(row: &Row) -> bool {
    (row.call, row.errno) == ("path_readlink", "ilseq") && row.why == "a target that is no UTF-8"
}

/// A connection of Windows may end twice, and names are Unicode there.
fn needs_unix(row: &Row) -> bool {
    needs_host(row)
        || (row.call, row.errno, row.why) == ("sock_shutdown", "notconn", "both sides have ended already")
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
    for Row { call, errno, why, act, .. } in rows.filter(|row| cfg!(unix) || !needs_unix(row)) {
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

fn without_links() -> impl Iterator<Item = &'static Row> {
    all().filter(|row| !needs_links(row))
}

/// The calls of the older module.
fn is_older(row: &&Row) -> bool {
    row.call != "sock_accept"
}

fn shared(fixture: &mut Fixture) {
    fixture.view = View::Shared;
}

#[test]
fn every_call_fails_as_documented() {
    run(Ground::Host, |_| {}, without_links());
}

#[test]
fn calls_fail_alike_on_directories_in_memory() {
    assert_eq!(all().filter(|row| needs_host(row)).count(), 1);
    run(Ground::Memory, |_| {}, all());
}

#[test]
fn calls_fail_alike_below_a_layer() {
    run(Ground::Layered, |_| {}, without_links());
}

#[test]
fn the_older_module_fails_alike() {
    run(Ground::Host, |fixture| fixture.use_unstable(), without_links().filter(is_older));
}

#[test]
fn calls_on_shared_memory_fail_alike() {
    run(Ground::Host, shared, without_links());
}

#[test]
fn calls_fail_alike_at_symlinks() {
    let links = || all().filter(|row| needs_links(row));
    run(Ground::Host, |_| {}, links());
    run(Ground::Layered, |_| {}, links());
    run(Ground::Host, |fixture| fixture.use_unstable(), links().filter(is_older));
    run(Ground::Host, shared, links());
}
