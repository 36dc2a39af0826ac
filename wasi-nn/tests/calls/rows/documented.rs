//! The rows against the documentation of the calls: each errno listed there happens in a row, and no row gives one
//! that is not listed.

use super::all;
use test_support::documented::{Errnos, errnos};

/// What no row makes happen, and where it does.
const ELSEWHERE: &[(&str, &str)] = &[
    // `without_a_usable_memory`, for all calls that need a memory.
    ("missing_memory", "load load_by_name init_execution_context set_input get_output"),
    // It is the errors of `load_by_name` and its own.
    ("missing_memory", "load_by_name_with_config"),
];

#[test]
fn rows_and_documentation_agree() {
    let documented = errnos(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(documented.len(), 12);
    let mut tested = Errnos::new();
    for row in all() {
        tested.entry(row.call.to_owned()).or_default().insert(row.errno.to_owned());
    }
    for (errno, names) in ELSEWHERE {
        for name in names.split(' ') {
            assert!(
                tested.get_mut(name).unwrap().insert((*errno).to_owned()),
                "{name} has a row for {errno}"
            );
        }
    }
    assert_eq!(tested, documented);
}
