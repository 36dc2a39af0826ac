//! Tests of the import table against the published witx: names, types, numbers.

use crate::common::direct::permit;
use crate::common::errno::Witx;
use std::collections::BTreeMap;
use test_support::Names;
use test_support::witx::{Signature, cases, functions, published, registered};
use wasi_policy::Proposal;
use wasi_snapshot::Snapshot;

/// The imports of one module as the crate registers them.
fn of_crate(module: &str) -> BTreeMap<String, Signature> {
    registered(permit(), module)
}

#[test]
fn both_modules_have_the_functions_of_the_witx() {
    assert_eq!(of_crate("wasi_snapshot_preview1").len(), 46);
    assert_eq!(of_crate("wasi_unstable").len(), 45);
    let Some(published) = published() else { return };
    for (module, document) in
        [("wasi_snapshot_preview1", &published.preview1), ("wasi_unstable", &published.unstable)]
    {
        assert_eq!(of_crate(module), functions(document, module), "{module}");
    }
}

#[test]
fn nothing_else_is_registered() {
    let imports = test_support::imports(permit());
    assert_eq!(imports.len(), 46 + 45);
    let mut modules: Vec<_> = imports.iter().map(|import| import.module).collect();
    modules.dedup();
    assert_eq!(modules, Snapshot::DESCRIPTOR.modules());
}

/// The names that these tests use for errnos have the numbers of the witx.
#[test]
fn the_errnos_of_the_tests_are_those_of_the_witx() {
    let Some(published) = published() else { return };
    for document in [&published.preview1, &published.unstable] {
        assert_eq!(cases(document, "errno"), Witx::NAMES);
    }
}
