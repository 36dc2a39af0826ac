//! Rules about what every proposal has: a row in the matrix, a crate, and an RFC that says something.

use super::{Finding, Texts, TreeRule, code_lines};
use crate::metadata::Metadata;
use std::collections::BTreeMap;
use wasi_policy::Descriptor;
use wasi_policy::matrix::PROPOSALS;

const MATRIX: &str = "wasi-policy/src/matrix.rs";

/// Where an RFC begins. Its sections are prompts, and nobody argues for it.
const TEMPLATE: &str = "rfcs/0000-template.md";

/// What an RFC has to speak about: each is in a heading with text under it.
const SECTIONS: &[&str] =
    &["motivation", "scope", "implementation", "alternatives", "security", "staging", "open questions"];

pub(super) const RULES: &[TreeRule] = &[
    TreeRule {
        name: "rfc",
        fix: "write the missing part; rfcs/README.md says how",
        check: |texts| rfcs(texts, PROPOSALS),
    },
    TreeRule {
        name: "row",
        fix: "give the crate a row in the matrix; `cargo xtask new-proposal` does",
        check: |texts| rows(texts, PROPOSALS),
    },
    TreeRule {
        name: "number",
        fix: "give the RFC the next free number; the template has the sections",
        check: numbers,
    },
];

/// Each RFC that a proposal names has every section, and each says something. That it is there is a rule of staging.
fn rfcs(texts: &Texts, rows: &[Descriptor]) -> Vec<Finding> {
    let (metadata, _) = Metadata::read(texts, rows);
    let check = |metadata: &Metadata| {
        let text = texts.get(&metadata.rfc).map(|text| problems(text)).unwrap_or_default();
        text.into_iter().map(|problem| Finding::whole(&metadata.rfc, problem)).collect::<Vec<_>>()
    };
    metadata.values().flat_map(check).collect()
}

/// Each row has a crate that implements the trait, and no other crate does.
fn rows(texts: &Texts, rows: &[Descriptor]) -> Vec<Finding> {
    let crates = implementors(texts);
    let known: Vec<String> = rows.iter().map(|row| format!("wasi-{}", row.name())).collect();
    let strangers = crates.iter().filter(|(package, _)| !known.iter().any(|known| known == *package)).map(
        |(package, (path, line))| {
            Finding::at(path, *line, format!("{package} implements `Proposal` and has no row, and so no RFC"))
        },
    );
    let empty = known.iter().filter(|package| !crates.contains_key(package.as_str()));
    let empty = empty.map(|package| {
        Finding::whole(MATRIX, format!("{package}, which has a row, does not implement `Proposal`"))
    });
    strangers.chain(empty).collect()
}

/// The packages whose sources implement `Proposal`, and where.
fn implementors(texts: &Texts) -> BTreeMap<&str, (&str, usize)> {
    let sources = texts.iter().filter_map(|(path, text)| {
        let (package, rest) = path.split_once("/src/")?;
        let is_member = rest.ends_with(".rs") && texts.contains_key(&format!("{package}/Cargo.toml"));
        let (line, _) = code_lines(text).find(|(_, code)| {
            let code = code.trim_start();
            code.starts_with("impl") && code.contains("Proposal for ")
        })?;
        is_member.then_some((package, (path.as_str(), line)))
    });
    sources.collect()
}

/// No two RFCs share a number, and the template has every section.
fn numbers(texts: &Texts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    for path in texts.keys().filter(|path| path.starts_with("rfcs/") && *path != "rfcs/README.md") {
        let number = path["rfcs/".len()..].split('-').next().unwrap_or_default();
        if number.len() != 4 || !number.bytes().all(|byte| byte.is_ascii_digit()) || !path.ends_with(".md") {
            findings.push(Finding::whole(path, "its name is not four digits, a dash and the proposal's"));
        } else if let Some(other) = taken.insert(number, path) {
            findings.push(Finding::whole(path, format!("has the number of {other}")));
        }
    }
    let template = texts.get(TEMPLATE).map(|text| sections(text)).unwrap_or_default();
    for word in SECTIONS.iter().filter(|word| !template.iter().any(|(title, _)| title.contains(**word))) {
        findings.push(Finding::whole(TEMPLATE, format!("no section is about {word}")));
    }
    findings
}

fn problems(text: &str) -> Vec<String> {
    let sections = sections(text);
    let empty = sections.iter().filter(|(_, filled)| !filled);
    let empty = empty.map(|(title, _)| format!("the section {title:?} is empty"));
    let absent = SECTIONS.iter().filter(|word| !sections.iter().any(|(title, _)| title.contains(**word)));
    empty.chain(absent.map(|word| format!("no section is about {word}"))).collect()
}

/// The titles of the sections, and whether each says something: prompts, which are comments, do not.
fn sections(text: &str) -> Vec<(String, bool)> {
    let mut sections: Vec<(String, bool)> = Vec::new();
    for line in without_comments(text).lines() {
        if let Some(title) = line.strip_prefix("## ") {
            sections.push((title.to_lowercase(), false));
        } else if let Some((_, filled)) = sections.last_mut() {
            *filled |= !line.trim().is_empty() && !line.starts_with('#');
        }
    }
    sections
}

fn without_comments(text: &str) -> String {
    let mut parts = text.split("<!--");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.split_once("-->").map_or("", |(_, after)| after))
}

#[cfg(test)]
mod tests {
    use super::{SECTIONS, TEMPLATE, Texts, numbers, problems, rfcs, rows};
    use wasi_policy::{Descriptor, Stage};

    const ROW: Descriptor = Descriptor::new("a", Stage::One);

    fn whole() -> String {
        SECTIONS.iter().map(|word| format!("## {word}\n\nSome.\n")).collect()
    }

    fn texts(files: &[(&str, &str)]) -> Texts {
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn the_rfc_of_a_proposal_has_every_section_and_each_says_something() {
        let manifest = "[package.metadata.proposal]\nrfc = 'rfcs/0001-a.md'\nmaintainers = 'ask'\n";
        let files = [("wasi-a/Cargo.toml", manifest), ("rfcs/0001-a.md", "# RFC")];
        assert_eq!(rfcs(&texts(&files), &[ROW]).len(), SECTIONS.len());
        assert!(problems(&whole()).is_empty());
        for nothing in ["", "<!-- Why, and\nfor whom? -->"] {
            let emptied = whole().replacen("Some.", nothing, 1);
            assert_eq!(problems(&emptied), ["the section \"motivation\" is empty"]);
        }
        let shortened = whole().replacen("## scope\n", "", 1);
        assert_eq!(problems(&shortened), ["no section is about scope"]);
        assert!(problems(&whole().replacen("Some.", "<!-- Why? -->\nBecause.", 1)).is_empty());
    }

    #[test]
    fn a_row_and_a_crate_belong_together() {
        let files = [("wasi-a/Cargo.toml", ""), ("wasi-a/src/lib.rs", "impl Proposal for A {")];
        assert!(rows(&texts(&files), &[ROW]).is_empty());
        let findings = rows(&texts(&files[..1]), &[ROW]);
        assert_eq!(findings[0].problem, "wasi-a, which has a row, does not implement `Proposal`");
        let findings = rows(&texts(&files), &[]);
        assert_eq!((findings[0].path.as_str(), findings[0].line), ("wasi-a/src/lib.rs", 1));
        assert_eq!(findings[0].problem, "wasi-a implements `Proposal` and has no row, and so no RFC");
        let example = [files[0], ("wasi-a/src/lib.rs", "//! impl Proposal for A {\n")];
        assert!(rows(&texts(&example), &[]).is_empty());
    }

    #[test]
    fn numbers_are_taken_once() {
        let good = whole();
        let template = (TEMPLATE, good.as_str());
        assert!(numbers(&texts(&[template, ("rfcs/0001-a.md", ""), ("rfcs/README.md", "")])).is_empty());
        assert_eq!(numbers(&texts(&[template, ("rfcs/0001-a.md", ""), ("rfcs/0001-b.md", "")])).len(), 1);
        for name in ["rfcs/1-a.md", "rfcs/a.md", "rfcs/00a1-a.md", "rfcs/0001-a.txt"] {
            assert_eq!(numbers(&texts(&[template, (name, "")])).len(), 1, "{name}");
        }
        assert_eq!(numbers(&texts(&[])).len(), SECTIONS.len());
    }
}
