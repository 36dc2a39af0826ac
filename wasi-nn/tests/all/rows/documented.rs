//! The rows against the documentation of the calls: each errno listed there happens in a row, and no row gives one
//! that is not listed.

use super::all;
use crate::common::errno;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What no row makes happen, and where it does.
const ELSEWHERE: &[(&str, &str)] = &[
    // `without_a_usable_memory`, for all calls that need a memory.
    ("missing_memory", "load load_by_name init_execution_context set_input get_output"),
    // It is the errors of `load_by_name` and its own.
    ("missing_memory", "load_by_name_with_config"),
];

type Errnos = BTreeMap<String, BTreeSet<String>>;

/// The file and the function behind each import, by its name, from the table of imports.
fn functions() -> BTreeMap<String, (String, String)> {
    let table = source("imports.rs").replace('\n', " ");
    let entries = table.split(';').filter_map(|entry| {
        let (head, call) = entry.rsplit_once(" = ")?;
        let (file, function) = call.trim().split_once("::")?;
        let name = head.trim_end().strip_suffix(')')?.rsplit_once('(')?.0.rsplit(' ').next()?;
        Some((name.to_owned(), (file.to_owned(), function.to_owned())))
    });
    entries.collect()
}

fn source(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The errnos that the doc comment of a function names.
fn listed(file: &str, function: &str) -> BTreeSet<String> {
    let text = source(&format!("calls/{file}.rs"));
    let (before, _) = text
        .split_once(&format!("pub fn {function}("))
        .unwrap_or_else(|| panic!("{file}.rs has no {function}"));
    let doc = || before.lines().rev().take_while(|line| line.starts_with("///") || line.starts_with("#["));
    let names = doc().flat_map(|line| line.split('`').skip(1).step_by(2));
    let known = names.filter(|name| errno::NAMES.contains(name));
    let mut found: BTreeSet<_> = known.map(str::to_owned).collect();
    if doc().any(|line| line.contains("Those of [`")) {
        found.extend(listed(file, "load_by_name"));
    }
    found
}

#[test]
fn rows_and_documentation_agree() {
    let functions = functions();
    assert_eq!(functions.len(), 12);
    let documented: Errnos =
        functions.iter().map(|(name, (file, function))| (name.clone(), listed(file, function))).collect();
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
