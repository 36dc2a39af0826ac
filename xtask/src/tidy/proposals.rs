//! Rules about what every proposal has: a row in the matrix, a crate, and an RFC that says something.

use super::{Finding, Texts, TreeRule};

const MATRIX: &str = "wasi-policy/src/matrix.rs";

/// What an RFC has to speak about: each word is in a heading with text under it.
const SECTIONS: &[&str] = &["motivation", "scope", "implementation", "alternatives", "security", "staging"];

pub(super) const RULES: &[TreeRule] = &[TreeRule {
    name: "rfc",
    mend: "write the missing part; rfcs/0001-wasi-snapshot.md shows the form",
    check: rfcs,
}];

fn rfcs(texts: &Texts) -> Vec<Finding> {
    let Some(matrix) = texts.get(MATRIX) else {
        return vec![Finding::whole(MATRIX, "the matrix of proposals is gone")];
    };
    let paths = arguments(matrix, ".rfc(\"");
    let names = arguments(matrix, "Descriptor::new(\"");
    let mut findings = Vec::new();
    if names.len() != paths.len() {
        findings.push(Finding::whole(MATRIX, format!("{} proposals and {} RFCs", names.len(), paths.len())));
    }
    for name in names {
        let manifest = format!("wasi-{name}/Cargo.toml");
        if !texts.contains_key(&manifest) {
            findings.push(Finding::whole(MATRIX, format!("the proposal {name} has no {manifest}")));
        }
    }
    for path in paths {
        match texts.get(path) {
            Some(text) => findings.extend(sections(path, text)),
            None => findings.push(Finding::whole(MATRIX, format!("{path} is not there"))),
        }
    }
    findings
}

/// The string arguments after a piece of code.
fn arguments<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn sections(path: &str, text: &str) -> Vec<Finding> {
    let mut parts: Vec<(String, bool)> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            parts.push((title.to_lowercase(), false));
        } else if let Some((_, filled)) = parts.last_mut() {
            *filled |= !line.trim().is_empty() && !line.starts_with('#');
        }
    }
    let empty = parts.iter().filter(|(_, filled)| !filled);
    let empty = empty.map(|(title, _)| Finding::whole(path, format!("the section {title:?} is empty")));
    let absent = SECTIONS.iter().filter(|word| !parts.iter().any(|(title, _)| title.contains(**word)));
    let absent = absent.map(|word| Finding::whole(path, format!("no section is about {word}")));
    empty.chain(absent).collect()
}

#[cfg(test)]
mod tests {
    use super::{MATRIX, SECTIONS, Texts, rfcs, sections};

    const ROW: &str = "Descriptor::new(\"a\", Stage::One).rfc(\"rfcs/0001-a.md\")";

    fn whole() -> String {
        SECTIONS.iter().map(|word| format!("## {word}\n\nSome.\n")).collect()
    }

    fn texts(files: &[(&str, &str)]) -> Texts {
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_row_has_a_crate_and_an_rfc() {
        let good = whole();
        assert!(
            rfcs(&texts(&[(MATRIX, ROW), ("wasi-a/Cargo.toml", ""), ("rfcs/0001-a.md", &good)])).is_empty()
        );
        assert_eq!(rfcs(&texts(&[(MATRIX, ROW), ("wasi-a/Cargo.toml", "")])).len(), 1);
        assert_eq!(rfcs(&texts(&[(MATRIX, ROW), ("rfcs/0001-a.md", &good)])).len(), 1);
        assert_eq!(rfcs(&texts(&[(MATRIX, "Descriptor::new(\"a\")"), ("wasi-a/Cargo.toml", "")])).len(), 1);
        assert_eq!(rfcs(&texts(&[])).len(), 1);
    }

    #[test]
    fn every_section_is_there_and_says_something() {
        assert!(sections("rfcs/a.md", &whole()).is_empty());
        let emptied = whole().replacen("Some.", "", 1);
        assert_eq!(sections("rfcs/a.md", &emptied).len(), 1);
        let shortened = whole().replacen("## scope\n", "", 1);
        assert_eq!(sections("rfcs/a.md", &shortened).len(), 1);
    }
}
