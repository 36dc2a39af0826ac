//! The rows against the documentation of the calls: each errno listed there happens in a row, and no row
//! gives one that is not listed.

use super::{Row, all};
use std::collections::BTreeSet;
use test_support::documented::{Errnos, errnos};

/// What no row makes happen: why not, or where else it is.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("random_get", "io", "the system would have to be without entropy"),
    ("fd_allocate", "notsup", "it takes a file system without allocation"),
    ("fd_readdir", "nomem", "it takes a limit of its own; the tests of listings have it"),
    ("fd_pread", "notconn", "what can be connected has no offsets"),
    ("fd_pwrite", "notconn", "what can be connected has no offsets"),
    ("fd_pread", "again", "what has to be waited for has no offsets"),
    ("fd_pwrite", "again", "what has to be waited for has no offsets"),
    ("fd_pwrite", "pipe", "what has readers has no offsets"),
    ("fd_pwrite", "nospc", "it takes a full disk"),
    ("path_create_directory", "dquot", "it takes a limit of its own; the tests of quotas have it"),
    ("path_link", "dquot", "it takes a limit of its own; the tests of quotas have it"),
    ("path_open", "dquot", "it takes a limit of its own; the tests of quotas have it"),
    ("path_rename", "dquot", "it takes a limit of its own; the tests of the disk have it"),
    ("path_symlink", "dquot", "it takes a limit of its own; the tests of quotas have it"),
    ("fd_allocate", "dquot", "it takes a limit of its own; the tests of quotas have it"),
    ("fd_filestat_set_size", "dquot", "it takes a limit of its own; the tests of quotas have it"),
    ("fd_pwrite", "dquot", "it takes a limit of its own; the tests of quotas have it"),
    ("fd_write", "dquot", "it takes a limit of its own; the tests of quotas have it"),
    ("poll_oneoff", "intr", "it takes a limit of its own; the tests of quotas have it"),
    ("clock_res_get", "notsup", "it takes a context without clocks; `own_clocks.rs` has it"),
    ("clock_time_get", "notsup", "it takes a context without clocks; `own_clocks.rs` has it"),
    ("path_link", "xdev", "it takes two file systems; `two_file_systems` has it where there are"),
    ("path_rename", "xdev", "it takes two file systems; `two_file_systems` has it where there are"),
];

/// What `calls/path.rs` promises for every path, in its words above all calls.
const EVERY_PATH: &[&str] = &["badf", "notdir", "noent", "perm", "inval", "ilseq", "nametoolong", "loop"];

/// The documented errnos of each import.
fn documented() -> Errnos {
    let mut found = errnos(env!("CARGO_MANIFEST_DIR"));
    for (_, errnos) in found.iter_mut().filter(|(name, _)| name.starts_with("path_")) {
        errnos.extend(EVERY_PATH.iter().map(|errno| (*errno).to_owned()));
    }
    found
}

#[test]
fn every_documented_errno_has_a_row_and_every_row_is_documented() {
    let documented = documented();
    // All but `proc_exit`, which is not in the table and gives no errno.
    assert_eq!(documented.len(), 45, "{:?}", documented.keys());
    let pairs = |errnos: &Errnos| -> BTreeSet<(String, String)> {
        let pairs =
            errnos.iter().flat_map(|(call, errnos)| errnos.iter().map(|errno| (call.clone(), errno.clone())));
        pairs.collect()
    };
    let excused = ELSEWHERE.iter().map(|(call, errno, _)| ((*call).to_owned(), (*errno).to_owned()));
    let rows = all().map(|row: &Row| (row.call.to_owned(), row.errno.to_owned()));
    let tested: BTreeSet<_> = rows.chain(excused).collect();
    let documented = pairs(&documented);
    let untested: Vec<_> = documented.difference(&tested).collect();
    let undocumented: Vec<_> = tested.difference(&documented).collect();
    assert!(untested.is_empty(), "documented, but no row: {untested:?}");
    assert!(undocumented.is_empty(), "a row, but not documented: {undocumented:?}");
}
