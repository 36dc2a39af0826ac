//! `cargo xtask tidy`: the rules of this house that no compiler checks.
//!
//! A rule looks at one file, as a path and a text, or at all of them when it compares several. The rules also run on
//! the real tree as a test, so that plain `cargo test` finds what this finds.

mod hygiene;
mod libraries;
mod proposals;
mod shape;

use crate::project;
use anyhow::{Result, bail};
use std::collections::BTreeMap;

/// What is wrong, and where.
#[derive(Debug, PartialEq)]
struct Finding {
    path: String,
    /// Counted from one; zero when the finding is about the whole file.
    line: usize,
    problem: String,
}

impl Finding {
    fn at(path: &str, line: usize, problem: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, problem: problem.into() }
    }

    fn whole(path: &str, problem: impl Into<String>) -> Self {
        Self::at(path, 0, problem)
    }
}

/// A rule about one text file.
struct Rule {
    name: &'static str,
    fix: &'static str,
    check: fn(path: &str, text: &str) -> Vec<Finding>,
}

/// A rule that compares files.
struct TreeRule {
    name: &'static str,
    fix: &'static str,
    check: fn(&Texts) -> Vec<Finding>,
}

/// The text files of the tree by path, relative to the root and with `/` on every system.
pub(crate) type Texts = BTreeMap<String, String>;

/// The text files of the working tree, for other tasks that judge them.
pub(crate) fn texts() -> Result<Texts> {
    Ok(read_tree()?.0)
}

/// Checks the working tree.
pub(crate) fn run() -> Result<()> {
    let (texts, mut problems) = read_tree()?;
    problems.extend(hygiene::check(&project::shell()?)?);
    for rule in shape::RULES {
        for (path, text) in &texts {
            problems
                .extend((rule.check)(path, text).iter().map(|finding| word(finding, rule.name, rule.fix)));
        }
    }
    for rule in [libraries::RULES, proposals::RULES].into_iter().flatten() {
        problems.extend((rule.check)(&texts).iter().map(|finding| word(finding, rule.name, rule.fix)));
    }
    if !problems.is_empty() {
        bail!("{}\ntidy: {} findings (the rules are in xtask/src/tidy)", problems.join("\n"), problems.len());
    }
    println!("tidy: {} files are in order", texts.len());
    Ok(())
}

fn word(finding: &Finding, rule: &str, fix: &str) -> String {
    let line = if finding.line == 0 { String::new() } else { format!(":{}", finding.line) };
    format!("{}{line}: {} [{rule}]; {fix}", finding.path, finding.problem)
}

/// The texts that git knows or would add, and what is wrong with files as wholes.
fn read_tree() -> Result<(Texts, Vec<String>)> {
    let shell = project::shell()?;
    let (mut texts, mut problems) = (Texts::new(), Vec::new());
    for (path, bytes) in project::files(&shell)? {
        if let Some(finding) = shape::check_bytes(&path, &bytes) {
            problems.push(word(&finding, "bytes", shape::BYTES_FIX));
        }
        if let Ok(text) = String::from_utf8(bytes) {
            texts.insert(path, text);
        }
    }
    Ok((texts, problems))
}

/// The lines of a text that are not comments, numbered from one.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::{Finding, code_lines, run, word};

    #[test]
    fn the_tree_is_tidy() {
        if let Err(error) = run() {
            panic!("{error:#}");
        }
    }

    #[test]
    fn a_finding_says_where_what_which_rule_and_the_fix() {
        let text = word(&Finding::at("a/b.rs", 3, "it is crooked"), "straight", "bend it back");
        assert_eq!(text, "a/b.rs:3: it is crooked [straight]; bend it back");
        let text = word(&Finding::whole("a/b.rs", "it is long"), "size", "split it");
        assert_eq!(text, "a/b.rs: it is long [size]; split it");
    }

    #[test]
    fn comments_are_not_code() {
        let lines: Vec<_> = code_lines("//! one\n  // two\nthree // four\n").collect();
        assert_eq!(lines, [(3, "three // four")]);
    }
}
