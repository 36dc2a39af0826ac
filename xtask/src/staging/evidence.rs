//! The evidence of a proposal, read from its crate, and what it lacks.

use super::demands::Demands;
use crate::tidy::Texts;
use wasi_policy::Descriptor;

/// Something that a stage asks for and a proposal lacks, and the way to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) what: String,
    pub(super) fix: String,
}

/// What a row with this RFC lacks of `demands`, in a workspace with these adapters.
pub(super) fn gaps(
    texts: &Texts,
    row: &Descriptor,
    rfc: &str,
    demands: Demands,
    adapters: &[String],
) -> Vec<Gap> {
    let package = format!("wasi-{}", row.name());
    let text = |path: &str| texts.get(path).map_or("", String::as_str);
    let mut gaps = Vec::new();
    let mut lacks = |what: String, fix: String| gaps.push(Gap { what, fix });
    if row.platforms().is_empty() {
        lacks("tests that pass on some platform".into(), "list it in the row".into());
    }
    for platform in demands.platforms.iter().filter(|platform| !row.supports(**platform)) {
        let fix = format!(
            "run them there, list {platform} in the row, and say how under [package.metadata.proposal.evidence]"
        );
        lacks(format!("tests that pass on {platform}"), fix);
    }
    let place = format!("{package}/tests/smoke.rs");
    let smoke = tests(text(&place));
    let untested: Vec<_> = adapters.iter().filter(|engine| !smoke.contains(&engine.as_str())).collect();
    if demands.all_engines {
        for engine in untested {
            lacks(format!("a smoke test on {engine}"), format!("write `fn {engine}` in {place}"));
        }
    } else if untested.len() == adapters.len() {
        let fix = format!("write one in {place} that is named after the engine");
        lacks("a smoke test on some engine".into(), fix);
    }
    if !demands.is_complete {
        return gaps;
    }
    let source = format!("{package}/src/");
    let is_allowed = |text: &str| text.contains(concat!("allow(", "missing_docs"));
    let allows = texts.iter().any(|(path, text)| path.starts_with(&source) && is_allowed(text));
    // That each member inherits the lint is a rule of tidy.
    if allows || !text("Cargo.toml").contains("\nmissing_docs = \"deny\"") {
        let fix = "let the workspace deny `missing_docs`, and allow none in the crate";
        lacks("documentation of every public item".into(), fix.into());
    }
    if text(&format!("{package}/CHANGELOG.md")).trim().is_empty() {
        lacks("a changelog".into(), format!("write {package}/CHANGELOG.md"));
    }
    if text(rfc).is_empty() || text(rfc).contains("<!--") {
        let fix = format!("answer what the comments in {rfc} ask, and delete them");
        lacks("an RFC without open prompts".into(), fix);
    }
    gaps
}

/// The names of the tests in a file that always run.
fn tests(text: &str) -> Vec<&str> {
    let mut attributes: Vec<&str> = Vec::new();
    let mut names = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[") {
            attributes.push(line);
        } else if let Some((name, _)) = line.strip_prefix("fn ").and_then(|rest| rest.split_once('(')) {
            let may_not_run = |line: &&str| line.starts_with("#[ignore") || line.starts_with("#[cfg");
            if attributes.contains(&"#[test]") && !attributes.iter().any(may_not_run) {
                names.push(name);
            }
            attributes.clear();
        } else if !line.starts_with("//") {
            attributes.clear();
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::demands;
    use super::{Texts, gaps, tests};
    use wasi_policy::Platform::{self, Linux, MacOs, Windows};
    use wasi_policy::{Descriptor, Stage};

    const SMOKE: &str = "#[test]\nfn wasmtime() {\n    fn inner() {}\n}\n#[test]\nfn wasmi() {}";

    /// Everything that can be asked for, but for files that are replaced.
    fn missing(replaced: &[(&str, &str)], stage: Stage, platforms: &'static [Platform]) -> Vec<String> {
        let files = [
            ("Cargo.toml", "[workspace.lints.rust]\nmissing_docs = \"deny\""),
            ("wasi-probe/CHANGELOG.md", "# Changes"),
            ("wasi-probe/tests/smoke.rs", SMOKE),
            ("rfcs/0009-wasi-probe.md", "# RFC"),
        ];
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        let texts: Texts = files.iter().chain(replaced).map(owned).collect();
        let row = Descriptor::new("probe", stage).with_platforms(platforms);
        let adapters = ["wasmi", "wasmtime"].map(str::to_owned);
        let gaps = gaps(&texts, &row, "rfcs/0009-wasi-probe.md", demands::of(stage), &adapters);
        assert!(gaps.iter().all(|gap| !gap.fix.is_empty()));
        gaps.into_iter().map(|gap| gap.what).collect()
    }

    #[test]
    fn each_stage_asks_for_its_platforms() {
        for stage in Stage::ALL {
            assert_eq!(missing(&[], stage, &Platform::ALL), [""; 0], "{stage}");
        }
        assert_eq!(missing(&[], Stage::One, &[]), ["tests that pass on some platform"]);
        assert_eq!(missing(&[], Stage::One, &[Windows]), [""; 0]);
        assert_eq!(missing(&[], Stage::Two, &[Windows]), ["tests that pass on Linux"]);
        assert_eq!(missing(&[], Stage::Three, &[Linux]), ["tests that pass on macOS"]);
        for stage in [Stage::Four, Stage::Five] {
            assert_eq!(missing(&[], stage, &[Linux, MacOs]), ["tests that pass on Windows"]);
            assert_eq!(missing(&[], stage, &[Linux, Windows]), ["tests that pass on macOS"]);
        }
    }

    #[test]
    fn from_stage_2_on_more_is_asked_for() {
        for (path, text, early, late) in [
            ("wasi-probe/tests/smoke.rs", "#[test]\nfn wasmi() {}", None, "a smoke test on wasmtime"),
            ("wasi-probe/CHANGELOG.md", "", None, "a changelog"),
            ("rfcs/0009-wasi-probe.md", "# RFC <!-- Why? -->", None, "an RFC without open prompts"),
            ("Cargo.toml", "", None, "documentation of every public item"),
            (
                "wasi-probe/src/a.rs",
                concat!("#![allow(", "missing_docs)]"),
                None,
                "documentation of every public item",
            ),
            ("wasi-probe/tests/smoke.rs", "", Some("a smoke test on some engine"), "a smoke test on wasmi"),
        ] {
            let missing = |stage| missing(&[(path, text)], stage, &Platform::ALL);
            assert_eq!(missing(Stage::One).first().map(String::as_str), early, "{path}");
            assert_eq!(missing(Stage::Two)[0], late, "{path}");
        }
    }

    #[test]
    fn a_test_that_may_not_run_shows_nothing() {
        let text = "#[test]\n// Why.\n#[ignore = \"slow\"]\nfn slow() {}\n#[cfg(unix)]\n#[test]\nfn somewhere() {}\n\
                    fn helper() {}\n#[test]\nfn wasmi() {}";
        assert_eq!(tests(text), ["wasmi"]);
    }
}
