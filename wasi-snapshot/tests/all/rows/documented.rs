//! The rows against the documentation of the calls: each errno listed there happens in a row, and no row
//! gives one that is not listed.

use super::{Row, all};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

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

type Errnos = BTreeMap<String, BTreeSet<String>>;

fn source(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Rust function behind each import, as `module::function`, from the table of imports.
fn functions() -> BTreeMap<String, String> {
    let text = source("imports.rs").replace('\n', " ");
    let mut found = BTreeMap::new();
    for line in text.split(';') {
        let Some((head, function)) = line.rsplit_once(" = ") else { continue };
        if !head.trim_end().ends_with(')') || function.contains('$') {
            continue;
        }
        let name = head.split('(').next().unwrap_or_default().rsplit([' ', '{']).next().unwrap_or_default();
        let function = function.trim().trim_end_matches("::<V>");
        found.insert(function.to_owned(), name.to_owned());
    }
    found
}

/// The errnos in the doc comments of a file's functions.
fn listed(file: &str) -> Errnos {
    let (mut found, mut doc) = (Errnos::new(), Vec::new());
    for line in source(&format!("calls/{file}.rs")).lines() {
        if let Some(text) = line.strip_prefix("///") {
            doc.push(text.trim().to_owned());
        } else if let Some(rest) = line.strip_prefix("pub fn ") {
            let name = rest.split(['(', '<']).next().unwrap_or_default().to_owned();
            let mut errnos = BTreeSet::new();
            // Parameters are listed before, and links after.
            let errors = doc.iter().skip_while(|text| *text != "# Errors").skip(1);
            for text in errors.take_while(|text| !text.starts_with("# ")) {
                if let Some(errno) = text.strip_prefix("* `").and_then(|text| text.split('`').next()) {
                    errnos.insert(errno.to_owned());
                }
                if let Some((_, rest)) = text.split_once("Those of [`") {
                    let other = rest.split('`').next().unwrap_or_default();
                    errnos.extend(found[other].iter().cloned());
                }
            }
            found.insert(name, errnos);
            doc.clear();
        } else if !line.starts_with("#[") {
            doc.clear();
        }
    }
    found
}

/// The documented errnos of each import.
fn documented() -> Errnos {
    let functions = functions();
    let files: BTreeSet<_> = functions.keys().filter_map(|function| function.split("::").next()).collect();
    let mut found = Errnos::new();
    for file in files {
        for (function, mut errnos) in listed(file) {
            let Some(name) = functions.get(&format!("{file}::{function}")) else { continue };
            if name.starts_with("path_") {
                errnos.extend(EVERY_PATH.iter().map(|errno| (*errno).to_owned()));
            }
            found.insert(name.clone(), errnos);
        }
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
