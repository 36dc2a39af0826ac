//! The errnos that the docs of a proposal's calls list, to hold against those that the tests make happen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Names of errnos, by the name of the import that gives them.
pub type Errnos = BTreeMap<String, BTreeSet<String>>;

/// The errnos that each import's call documents, in the crate at `folder`: its `imports.rs` says which function of
/// `calls/` stands behind an import.
#[must_use]
pub fn errnos(folder: &str) -> Errnos {
    let read = |path: &str| {
        let path = Path::new(folder).join("src").join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let mut files = BTreeMap::new();
    let documented = functions(&read("imports.rs")).into_iter().map(|(import, (file, function))| {
        let path = format!("calls/{file}.rs");
        let listed = files.entry(file).or_insert_with(|| listed(&read(&path)));
        let errnos = listed.get(&function).unwrap_or_else(|| panic!("{path} has no public {function}"));
        (import, errnos.clone())
    });
    documented.collect()
}

/// The file and the function behind each import, from lines as `fd_tell(fd: u32, offset: u32) = fd_rw::tell;`.
fn functions(table: &str) -> BTreeMap<String, (String, String)> {
    let table = table.replace('\n', " ");
    let entries = table.split(';').filter_map(|entry| {
        let (head, call) = entry.rsplit_once(" = ")?;
        let (file, function) = call.trim().trim_end_matches("::<V>").split_once("::")?;
        let name = head.trim_end().strip_suffix(')')?.rsplit_once('(')?.0.rsplit(' ').next()?;
        Some((name.to_owned(), (file.to_owned(), function.to_owned())))
    });
    entries.collect()
}

/// The errnos under `# Errors` in the doc of each public function of a file. A function may refer to one before it.
fn listed(file: &str) -> Errnos {
    let (mut found, mut doc) = (Errnos::new(), Vec::new());
    for line in file.lines() {
        if let Some(text) = line.strip_prefix("///") {
            doc.push(text.trim());
        } else if let Some(rest) = line.strip_prefix("pub fn ") {
            let name = rest.split(['(', '<']).next().unwrap_or_default().to_owned();
            let mut errnos = BTreeSet::new();
            let errors = doc.iter().skip_while(|text| **text != "# Errors").skip(1);
            for text in errors.take_while(|text| !text.starts_with("# ")) {
                let mut named = text.split('`').skip(1).step_by(2);
                if text.starts_with("Those of [`") {
                    errnos.extend(found[named.next().unwrap_or_default()].iter().cloned());
                    errnos.extend(named.map(str::to_owned));
                } else if text.starts_with("* `") {
                    errnos.extend(named.next().map(str::to_owned));
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

#[cfg(test)]
mod tests {
    use super::{functions, listed};

    #[test]
    fn an_import_leads_to_the_list_in_a_doc() {
        let table = "use a;\nlet result = $call(1);\nfunctions! { linker;\n    b_c(fd: u32,\n        ptr: u32)\n    \
            = b::c::<V>;\n    b_d() = b::d;\n}";
        let functions = functions(table);
        let behind = |name: &str| functions.get(name).map(|(file, function)| format!("{file} {function}"));
        assert_eq!((functions.len(), behind("b_c")), (2, Some("b c".to_owned())));
        assert_eq!(behind("b_d"), Some("b d".to_owned()));

        let file = "/// C.\n///\n/// * `fd`: one\n///\n/// # Errors\n///\n/// * `badf`: no `fd`\n/// * `io`: ah\n///\n\
            /// # See also\n///\n/// * `perm`\n#[doc]\npub fn c<V>(\n\n/// # Errors\n///\n\
            /// Those of [`c`], `perm` too.\npub fn d()\n/// # Errors\n\n/// * `io`\nfn e()\n";
        let listed = listed(file);
        let errnos = |name: &str| listed[name].iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        assert_eq!((listed.len(), errnos("c"), errnos("d")), (2, "badf io".into(), "badf io perm".into()));
    }
}
