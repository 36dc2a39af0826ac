//! Directories of the host for tests: building, describing and comparing them.

use super::system;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What is at each path below a directory: type, mode, links, contents and modification time. Access times
/// are left out, since reading may change them.
pub(crate) fn describe(root: &Path) -> BTreeMap<Vec<u8>, String> {
    let mut found = BTreeMap::new();
    visit(root, root, &mut found);
    found
}

fn visit(root: &Path, path: &Path, found: &mut BTreeMap<Vec<u8>, String>) {
    let metadata = path.symlink_metadata().unwrap();
    let contents = if metadata.is_file() {
        fs::read(path).unwrap().escape_ascii().to_string()
    } else if metadata.is_symlink() {
        format!("-> {:?}", fs::read_link(path).unwrap())
    } else {
        String::new()
    };
    let line = format!("{} {contents}", system::describe(path, &metadata));
    found.insert(system::bytes(path.strip_prefix(root).unwrap().as_os_str()), line);
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            visit(root, &entry.unwrap().path(), found);
        }
    }
}
