//! The functions of the proposal, called without an engine.

use std::sync::OnceLock;
use test_support::Direct;
use wasi_policy::{Flags, Gate, Import, Permit};
use wasi_snapshot::Snapshot;

pub(crate) const PREVIEW1: &str = "wasi_snapshot_preview1";
pub(crate) const UNSTABLE: &str = "wasi_unstable";

/// A permit as a command would get it that was called without flags, on a platform that the matrix lists or not: the tests
/// are what has to pass before it does.
pub(crate) fn permit() -> Permit<Snapshot> {
    Gate::new(Flags::none().on_unlisted_platforms()).permit().unwrap()
}

/// The functions of one of the two modules, with their types.
pub(crate) fn imports(module: &str) -> Vec<Import> {
    let mut imports = test_support::imports(permit());
    imports.retain(|import| import.module == module);
    imports
}

/// The functions, registered once for all tests.
pub(crate) fn direct() -> &'static Direct<Snapshot> {
    static DIRECT: OnceLock<Direct<Snapshot>> = OnceLock::new();
    DIRECT.get_or_init(|| Direct::new(permit()))
}
