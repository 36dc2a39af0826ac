//! What a proposal has to show, read from its crate.

use super::demands::Demands;
use crate::tidy::Texts;
use wasi_policy::Descriptor;

/// What is there.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence<'a> {
    rfc: &'a str,
    /// The tests of its smoke target, which are named after the engines.
    smoke: Vec<String>,
    /// Whether a public item without documentation does not compile.
    is_documented: bool,
    has_changelog: bool,
    /// Whether the RFC is there and nothing in it waits for an answer.
    is_argued: bool,
}

/// Something that a stage asks for and a proposal lacks, and the way to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) what: String,
    pub(super) fix: String,
}

impl<'a> Evidence<'a> {
    /// What the files of the workspace have for a row with this RFC.
    pub(super) fn of(texts: &Texts, row: &Descriptor, rfc: &'a str) -> Self {
        let text = |path: &str| texts.get(path).map_or("", String::as_str);
        let package = format!("wasi-{}", row.name());
        let smoke = [format!("{package}/tests/smoke.rs"), format!("{package}/tests/smoke/main.rs")];
        let source = format!("{package}/src/");
        let allows = texts.iter().any(|(path, text)| {
            path.starts_with(&source) && text.contains(concat!("allow(", "missing_docs"))
        });
        Self {
            rfc,
            smoke: smoke.iter().flat_map(|path| tests(text(path))).collect(),
            // That each member inherits the lint is a rule of tidy.
            is_documented: !allows && text("Cargo.toml").contains("\nmissing_docs = \"deny\""),
            has_changelog: !text(&format!("{package}/CHANGELOG.md")).trim().is_empty(),
            is_argued: !text(rfc).is_empty() && !text(rfc).contains("<!--"),
        }
    }

    /// What is missing from `demands`, for a workspace with these adapters.
    pub(super) fn gaps(&self, row: &Descriptor, demands: Demands, adapters: &[String]) -> Vec<Gap> {
        let name = row.name();
        let mut gaps = Vec::new();
        let mut lacks = |what: String, fix: String| gaps.push(Gap { what, fix });
        if row.platforms().is_empty() {
            lacks("tests that pass on some platform".into(), "list it in the row".into());
        }
        for platform in demands.platforms.iter().filter(|platform| !row.supports(**platform)) {
            lacks(
                format!("tests that pass on {platform}"),
                format!("let the hosted workflow run them there, and list {platform} in the row"),
            );
        }
        let place = format!("wasi-{name}/tests/smoke.rs");
        let untested: Vec<_> = adapters.iter().filter(|engine| !self.smoke.contains(engine)).collect();
        if demands.all_engines {
            for engine in untested {
                lacks(format!("a smoke test on {engine}"), format!("write `fn {engine}` in {place}"));
            }
        } else if untested.len() == adapters.len() {
            let fix = format!("write one in {place} that is named after the engine");
            lacks("a smoke test on some engine".into(), fix);
        }
        if demands.is_complete {
            if !self.is_documented {
                let fix = "let the workspace deny `missing_docs`, and allow none in the crate";
                lacks("documentation of every public item".into(), fix.into());
            }
            if !self.has_changelog {
                lacks("a changelog".into(), format!("write wasi-{name}/CHANGELOG.md"));
            }
            if !self.is_argued {
                let fix = format!("answer what the comments in {} ask, and delete them", self.rfc);
                lacks("an RFC without open prompts".into(), fix);
            }
        }
        gaps
    }
}

/// The names of the tests in a file that always run.
fn tests(text: &str) -> Vec<String> {
    let mut attributes: Vec<&str> = Vec::new();
    let mut names = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[") {
            attributes.push(line);
        } else if let Some(rest) = line.strip_prefix("fn ") {
            let is_test = attributes.contains(&"#[test]");
            let may_not_run =
                attributes.iter().any(|line| line.starts_with("#[ignore") || line.starts_with("#[cfg"));
            if let (true, false, Some((name, _))) = (is_test, may_not_run, rest.split_once('(')) {
                names.push(name.to_owned());
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
    use super::{Evidence, tests};
    use wasi_policy::Platform::{self, Linux, MacOs, Windows};
    use wasi_policy::{Descriptor, Stage};

    fn whole(smoke: &[&str]) -> Evidence<'static> {
        let smoke = smoke.iter().map(|name| (*name).to_owned()).collect();
        Evidence {
            rfc: "rfcs/0009-wasi-probe.md",
            smoke,
            is_documented: true,
            has_changelog: true,
            is_argued: true,
        }
    }

    fn missing(evidence: &Evidence<'_>, stage: Stage, platforms: &'static [Platform]) -> Vec<String> {
        let row = Descriptor::new("probe", stage).with_platforms(platforms);
        let gaps = evidence.gaps(&row, demands::of(stage), &["wasmi".to_owned(), "wasmtime".to_owned()]);
        assert!(gaps.iter().all(|gap| !gap.fix.is_empty()));
        gaps.into_iter().map(|gap| gap.what).collect()
    }

    #[test]
    fn each_stage_asks_for_its_platforms() {
        let whole = whole(&["wasmtime", "wasmi"]);
        for stage in Stage::ALL {
            assert_eq!(missing(&whole, stage, &Platform::ALL), [""; 0], "{stage}");
        }
        assert_eq!(missing(&whole, Stage::One, &[]), ["tests that pass on some platform"]);
        assert_eq!(missing(&whole, Stage::One, &[Windows]), [""; 0]);
        assert_eq!(missing(&whole, Stage::Two, &[Windows]), ["tests that pass on Linux"]);
        assert_eq!(missing(&whole, Stage::Three, &[Linux]), ["tests that pass on macOS"]);
        assert_eq!(missing(&whole, Stage::Four, &[Linux, MacOs]), ["tests that pass on Windows"]);
    }

    #[test]
    fn a_smoke_test_is_asked_for_on_one_engine_and_then_on_all() {
        assert_eq!(missing(&whole(&["wasmi"]), Stage::Zero, &Platform::ALL), [""; 0]);
        assert_eq!(missing(&whole(&["wasmi"]), Stage::Two, &Platform::ALL), ["a smoke test on wasmtime"]);
        assert_eq!(missing(&whole(&["other"]), Stage::Zero, &Platform::ALL), ["a smoke test on some engine"]);
    }

    #[test]
    fn documentation_is_asked_for_from_stage_2_on() {
        let evidence = Evidence { smoke: whole(&["wasmtime", "wasmi"]).smoke, ..Evidence::default() };
        assert_eq!(missing(&evidence, Stage::One, &Platform::ALL), [""; 0]);
        let lacks = missing(&evidence, Stage::Two, &Platform::ALL);
        assert_eq!(
            lacks,
            ["documentation of every public item", "a changelog", "an RFC without open prompts"]
        );
    }

    #[test]
    fn a_test_that_may_not_run_shows_nothing() {
        let text = "#[test]\nfn wasmtime() {\n    fn inner() {}\n}\n#[test]\n// Why.\n#[ignore = \"slow\"]\n\
                    fn slow() {}\n#[cfg(unix)]\n#[test]\nfn somewhere() {}\nfn helper() {}\n#[test]\nfn wasmi() {}";
        assert_eq!(tests(text), ["wasmtime", "wasmi"]);
    }
}
