//! What a proposal has to show, read from its crate.

use crate::tidy::Texts;
use toml::Table;
use wasi_policy::{Demands, Descriptor, Documentation, Engines};

/// What is there.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    /// The tests of its smoke target, which are named after the engines.
    pub(super) smoke: Vec<String>,
    /// Whether a public item without documentation does not compile.
    pub(super) is_documented: bool,
    pub(super) has_changelog: bool,
    /// Whether the RFC is there and nothing in it waits for an answer.
    pub(super) is_argued: bool,
}

/// Something that a stage asks for and a proposal lacks, and the way to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) what: String,
    pub(super) mend: String,
}

impl Evidence {
    /// What the files of the workspace have for a row.
    pub(super) fn of(texts: &Texts, row: &Descriptor) -> Self {
        let text = |path: &str| texts.get(path).map_or("", String::as_str);
        let package = format!("wasi-{}", row.name());
        let smoke = [format!("{package}/tests/smoke.rs"), format!("{package}/tests/smoke/main.rs")];
        let source = format!("{package}/src/");
        let allows = texts.iter().any(|(path, text)| {
            path.starts_with(&source) && text.contains(concat!("allow(", "missing_docs"))
        });
        let rfc = text(row.rfc_path());
        Self {
            smoke: smoke.iter().flat_map(|path| tests(text(path))).collect(),
            is_documented: !allows
                && denies_missing_docs(text("Cargo.toml"), text(&format!("{package}/Cargo.toml"))),
            has_changelog: !text(&format!("{package}/CHANGELOG.md")).trim().is_empty(),
            is_argued: !rfc.is_empty() && !rfc.contains("<!--"),
        }
    }

    /// What is missing from `demands`, for a workspace with these adapters.
    pub(super) fn gaps(&self, row: &Descriptor, demands: Demands, adapters: &[&str]) -> Vec<Gap> {
        let name = row.name();
        let mut gaps = Vec::new();
        let mut lacks = |what: String, mend: String| gaps.push(Gap { what, mend });
        let supported = row.supported_platforms();
        if supported.is_empty() {
            lacks("tests that pass on some platform".into(), "list it in the row".into());
        }
        for platform in demands.platforms.platforms().iter().filter(|wanted| !supported.contains(wanted)) {
            lacks(
                format!("tests that pass on {platform}"),
                format!("let the hosted workflow run them there, and list {platform} in the row"),
            );
        }
        let is_tested = |engine: &&&str| self.smoke.iter().any(|test| test == **engine);
        let place = format!("wasi-{name}/tests/smoke.rs");
        match demands.engines {
            Engines::Any if adapters.iter().any(|engine| is_tested(&engine)) => {}
            Engines::Any => lacks(
                "a smoke test on some engine".into(),
                format!("write one in {place} that is named after the engine"),
            ),
            Engines::All => {
                for engine in adapters.iter().filter(|engine| !is_tested(engine)) {
                    lacks(format!("a smoke test on {engine}"), format!("write `fn {engine}` in {place}"));
                }
            }
        }
        if demands.documentation == Documentation::Complete {
            if !self.is_documented {
                let mend = "inherit the workspace's lints, and allow no missing documentation";
                lacks("documentation of every public item".into(), mend.into());
            }
            if !self.has_changelog {
                lacks("a changelog".into(), format!("write wasi-{name}/CHANGELOG.md"));
            }
            if !self.is_argued {
                let mend = format!("answer what the comments in {} ask, and delete them", row.rfc_path());
                lacks("an RFC without open prompts".into(), mend);
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

fn denies_missing_docs(root: &str, package: &str) -> bool {
    let parse = |text: &str| text.parse::<Table>().unwrap_or_default();
    let (root, package) = (parse(root), parse(package));
    let level = root.get("workspace").and_then(|table| table.get("lints")?.get("rust")?.get("missing_docs"));
    let inherits = package.get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
    let is_denied =
        level.and_then(|level| level.as_str()).is_some_and(|level| matches!(level, "deny" | "forbid"));
    is_denied && inherits == Some(true)
}

#[cfg(test)]
mod tests {
    use super::{Evidence, denies_missing_docs, tests};
    use wasi_policy::{Descriptor, Platform, Stage};

    const ADAPTERS: &[&str] = &["wasmtime", "wasmi"];

    fn row(stage: Stage, platforms: &'static [Platform]) -> Descriptor {
        Descriptor::new("probe", stage).rfc("rfcs/0009-wasi-probe.md").platforms(platforms)
    }

    fn whole() -> Evidence {
        let smoke = ADAPTERS.iter().map(|name| (*name).to_owned()).collect();
        Evidence { smoke, is_documented: true, has_changelog: true, is_argued: true }
    }

    fn missing(evidence: &Evidence, stage: Stage, platforms: &'static [Platform]) -> Vec<String> {
        let gaps = evidence.gaps(&row(stage, platforms), stage.demands(), ADAPTERS);
        assert!(gaps.iter().all(|gap| !gap.mend.is_empty()));
        gaps.into_iter().map(|gap| gap.what).collect()
    }

    #[test]
    fn who_has_everything_may_stand_anywhere() {
        for stage in Stage::ALL {
            assert_eq!(missing(&whole(), stage, &Platform::ALL), [""; 0], "{stage}");
        }
    }

    #[test]
    fn each_stage_asks_for_its_platforms() {
        use Platform::{Linux, MacOs, Windows};
        assert_eq!(missing(&whole(), Stage::One, &[]), ["tests that pass on some platform"]);
        assert_eq!(missing(&whole(), Stage::One, &[Windows]), [""; 0]);
        assert_eq!(missing(&whole(), Stage::Two, &[Windows]), ["tests that pass on Linux"]);
        assert_eq!(missing(&whole(), Stage::Three, &[Linux]), ["tests that pass on macOS"]);
        assert_eq!(missing(&whole(), Stage::Four, &[Linux, MacOs]), ["tests that pass on Windows"]);
    }

    #[test]
    fn a_smoke_test_is_asked_for_on_one_engine_and_then_on_all() {
        let mut evidence = whole();
        evidence.smoke = vec!["wasmi".into()];
        assert_eq!(missing(&evidence, Stage::Zero, &Platform::ALL), [""; 0]);
        assert_eq!(missing(&evidence, Stage::Two, &Platform::ALL), ["a smoke test on wasmtime"]);
        evidence.smoke = vec!["something_else".into()];
        assert_eq!(missing(&evidence, Stage::Zero, &Platform::ALL), ["a smoke test on some engine"]);
    }

    #[test]
    fn documentation_is_asked_for_from_stage_2_on() {
        let evidence = Evidence { smoke: whole().smoke, ..Evidence::default() };
        assert_eq!(missing(&evidence, Stage::One, &Platform::ALL), [""; 0]);
        assert_eq!(
            missing(&evidence, Stage::Two, &Platform::ALL),
            ["documentation of every public item", "a changelog", "an RFC without open prompts"]
        );
    }

    #[test]
    fn a_test_that_may_not_run_shows_nothing() {
        let lines = [
            "#[test]",
            "fn wasmtime() {",
            "    fn inner() {}",
            "}",
            "#[test]",
            "// Why.",
            "#[ignore = \"slow\"]",
            "fn slow() {}",
            "#[cfg(unix)]",
            "#[test]",
            "fn somewhere() {}",
            "fn helper() {}",
            "#[test]",
            "fn wasmi() {}",
        ];
        assert_eq!(tests(&lines.join("\n")), ["wasmtime", "wasmi"]);
    }

    #[test]
    fn missing_documentation_is_denied_at_the_root_and_inherited() {
        let root = "[workspace.lints.rust]\nmissing_docs = 'deny'";
        let package = "[lints]\nworkspace = true";
        assert!(denies_missing_docs(root, package));
        assert!(!denies_missing_docs(&root.replace("deny", "warn"), package));
        assert!(!denies_missing_docs(root, ""));
    }
}
