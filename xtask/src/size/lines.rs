//! Lines and bytes of each crate: code, comments, tests, data.
//!
//! Code is formatted, so an item ends at the first line as far from the margin that is `}` or ends with `;`.

use crate::project::Files;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

/// Where files are that belong to no crate.
pub(super) const ELSEWHERE: &str = "(elsewhere)";

/// An amount of text. Blank lines have bytes and do not count as lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) lines: u64,
    pub(super) bytes: u64,
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.lines += other.lines;
        self.bytes += other.bytes;
    }
}

/// What a crate consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) code: Amount,
    /// And prose.
    pub(super) comments: Amount,
    /// With their comments.
    pub(super) tests: Amount,
    pub(super) data: Amount,
}

impl Parts {
    /// Bytes of all parts.
    pub(super) fn bytes(&self) -> u64 {
        [self.code, self.comments, self.tests, self.data].iter().map(|part| part.bytes).sum()
    }

    fn part(&mut self, kind: Kind) -> &mut Amount {
        match kind {
            Kind::Code => &mut self.code,
            Kind::Comment => &mut self.comments,
            Kind::Test => &mut self.tests,
            Kind::Data => &mut self.data,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Test,
    Data,
}

/// What each crate consists of, and the files outside of crates as one more.
pub(super) fn crates(files: &Files) -> BTreeMap<String, Parts> {
    let names: BTreeSet<_> = files.keys().filter_map(|path| path.strip_suffix("/Cargo.toml")).collect();
    let mut crates: BTreeMap<String, Parts> = BTreeMap::new();
    for (path, bytes) in files {
        let parts = crates.entry(owner(path, &names).to_owned()).or_default();
        for (kind, amount) in count(path, bytes) {
            *parts.part(kind) += amount;
        }
    }
    crates
}

/// The crate that a file belongs to.
pub(super) fn owner<'a>(path: &'a str, crates: &BTreeSet<&str>) -> &'a str {
    let folder = path.split('/').next().unwrap_or_default();
    if path.contains('/') && crates.contains(folder) { folder } else { ELSEWHERE }
}

/// The lines of a file by what they are.
fn count(path: &str, bytes: &[u8]) -> Vec<(Kind, Amount)> {
    let ending = path.rsplit('.').next().unwrap_or_default();
    let comment = match ending {
        "rs" | "c" | "h" | "js" => Some("//"),
        "wat" => Some(";;"),
        "py" | "sh" | "toml" | "yml" => Some("#"),
        _ => None,
    };
    let text = match (std::str::from_utf8(bytes), comment) {
        (Ok(text), Some(_)) => text,
        (Ok(text), None) if ending == "md" => return vec![(Kind::Comment, whole(text))],
        (Ok(text), None) => return vec![(Kind::Data, whole(text))],
        (Err(_), _) => return vec![(Kind::Data, Amount { lines: 0, bytes: bytes.len() as u64 })],
    };
    let is_test = path.split('/').any(|part| matches!(part, "tests" | "tests.rs"));
    let comment = comment.unwrap_or_default();
    // The margin of an item that only tests have.
    let mut item: Option<&str> = None;
    let mut kinds = Vec::new();
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        let amount = Amount { lines: u64::from(!content.is_empty()), bytes: line.len() as u64 };
        let margin = &line[..line.len() - line.trim_start().len()];
        let kind = if is_test || item.is_some() {
            Kind::Test
        } else if ending == "rs" && content == "#[cfg(test)]" {
            item = Some(margin);
            Kind::Test
        } else if content.starts_with(comment) {
            Kind::Comment
        } else {
            Kind::Code
        };
        if item == Some(margin) && (content == "}" || content.ends_with(';')) {
            item = None;
        }
        kinds.push((kind, amount));
    }
    kinds
}

fn whole(text: &str) -> Amount {
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    Amount { lines: lines as u64, bytes: text.len() as u64 }
}

#[cfg(test)]
mod tests {
    use super::{Amount, ELSEWHERE, Files, crates};

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn a_file_is_taken_apart() {
        let text = "//! About.\n\nfn a() {\n    // Why.\n}\n\n#[cfg(test)]\nmod tests {\n    use x;\n    fn b() {\n    }\n}\nfn c() {}\n";
        let crates = crates(&files(&[("a/Cargo.toml", "[package]\n"), ("a/src/lib.rs", text)]));
        let parts = crates["a"];
        assert_eq!((parts.code.lines, parts.comments.lines, parts.tests.lines), (4, 2, 6));
        assert_eq!(parts.bytes(), text.len() as u64 + 10);
    }

    #[test]
    fn what_only_tests_use_ends_with_its_line() {
        let text = "#[cfg(test)]\nuse a::b;\n#[cfg(test)]\n#[path = \"x\"]\nmod tests;\nfn c() {}\n";
        let parts = crates(&files(&[("a/Cargo.toml", ""), ("a/src/lib.rs", text)]))["a"];
        assert_eq!((parts.code.lines, parts.tests.lines), (1, 5));
    }

    #[test]
    fn folders_and_endings_tell() {
        let list = [
            ("a/Cargo.toml", "# c\nx\n"),
            ("a/tests/b.rs", "// c\nfn\n"),
            ("a/src/c/tests.rs", "fn\n"),
            ("a/d.md", "One.\n\nTwo.\n"),
            ("a/e.witx", "(x)\n"),
            ("guests/f.wat", ";; c\n(x)\n"),
        ];
        let crates = crates(&files(&list));
        let parts = crates["a"];
        assert_eq!((parts.code.lines, parts.comments.lines, parts.tests.lines), (1, 3, 3));
        assert_eq!(parts.data, Amount { lines: 1, bytes: 4 });
        assert_eq!((crates[ELSEWHERE].code.lines, crates[ELSEWHERE].comments.lines), (1, 1));
    }

    #[test]
    fn what_is_no_text_has_no_lines() {
        let parts = crates(&[("a.wasm".to_owned(), b"\0asm\xff\n".to_vec())].into())[ELSEWHERE];
        assert_eq!(parts.data, Amount { lines: 0, bytes: 6 });
    }
}
