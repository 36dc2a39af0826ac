//! What a released crate says about itself: in its manifest and its list of changes.

use crate::tidy::Texts;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use toml::{Table, Value};

/// What has to be in a manifest, or be inherited from the workspace.
const KEYS: &[&str] = &["description", "license", "rust-version", "categories", "keywords", "readme"];

/// A crate that is released.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    /// The folder, from the root of the workspace.
    pub(super) folder: String,
    pub(super) version: String,
    /// Why a registry cannot have it, if so.
    pub(super) unpublished: Option<String>,
    manifest: Table,
}

/// The default members of the workspace, which are what others build upon.
pub(super) fn packages(texts: &Texts) -> Result<Vec<Package>> {
    let root = parse(texts, "Cargo.toml")?;
    let members = root.get("workspace").and_then(|workspace| workspace.get("default-members")?.as_array());
    let members = members.context("Cargo.toml has no workspace with default-members")?;
    let mut packages = Vec::new();
    for member in members.iter().filter_map(Value::as_str) {
        let manifest = parse(texts, &format!("{member}/Cargo.toml"))?;
        let get = |key: &str| manifest.get("package").and_then(|package| package.get(key));
        let word = |key: &str| get(key).and_then(Value::as_str).map(str::to_owned);
        let is_private = get("publish").and_then(Value::as_bool) == Some(false);
        packages.push(Package {
            name: word("name").with_context(|| format!("{member}/Cargo.toml names no package"))?,
            folder: member.to_owned(),
            version: word("version")
                .with_context(|| format!("{member}/Cargo.toml has no version of its own"))?,
            unpublished: is_private.then(|| "its manifest says `publish = false`".to_owned()),
            manifest,
        });
    }
    // Whatever needs a crate that no registry has cannot be there either.
    while let Some((at, needed)) = spread(&packages) {
        packages[at].unpublished = Some(format!("it depends on {needed}, which is not published"));
    }
    Ok(packages)
}

fn spread(packages: &[Package]) -> Option<(usize, String)> {
    let blocked: BTreeSet<_> = packages
        .iter()
        .filter(|package| package.unpublished.is_some())
        .map(|package| &package.name)
        .collect();
    packages.iter().enumerate().filter(|(_, package)| package.unpublished.is_none()).find_map(
        |(at, package)| {
            let dependencies = package.manifest.get("dependencies")?.as_table()?;
            let needed = dependencies.keys().find(|name| blocked.contains(name))?;
            Some((at, needed.clone()))
        },
    )
}

/// What the files beside a crate's sources lack.
pub(super) fn problems(texts: &Texts, package: &Package) -> Vec<String> {
    let (name, version) = (&package.folder, &package.version);
    let get = |key: &&&str| package.manifest.get("package").and_then(|table| table.get(**key));
    let mut problems: Vec<_> = KEYS
        .iter()
        .filter(|key| get(key).is_none_or(|value| value.as_str() == Some("")))
        .map(|key| format!("{name}/Cargo.toml: [package] lacks `{key}`; write it"))
        .collect();
    let changes = texts.get(&format!("{name}/CHANGELOG.md")).map_or("", String::as_str);
    if !has_entry(changes, version) {
        problems.push(format!(
            "{name}/CHANGELOG.md says nothing about {version}; write a section `## [{version}]`"
        ));
    }
    problems
}

/// Whether a list of changes has a section for a version with something in it, in the form of Keep a Changelog.
fn has_entry(changes: &str, version: &str) -> bool {
    let mut lines = changes.lines().skip_while(|line| !line.starts_with(&format!("## [{version}]"))).skip(1);
    lines.by_ref().take_while(|line| !line.starts_with("## ")).any(|line| line.starts_with("- "))
}

fn parse(texts: &Texts, path: &str) -> Result<Table> {
    texts
        .get(path)
        .with_context(|| format!("no {path}"))?
        .parse()
        .with_context(|| format!("cannot read {path}"))
}

#[cfg(test)]
mod tests {
    use super::{has_entry, packages, problems};
    use crate::tidy::Texts;

    const WHOLE: &str = "[package]\nname = 'p'\nversion = '1.2.3'\ndescription = 'd'\nlicense.workspace = true\n\
                         rust-version = '1'\ncategories = ['c']\nkeywords = ['k']\nreadme = 'README.md'\n";

    fn texts(p: &str, changes: &str) -> Texts {
        let files = [
            ("Cargo.toml", "[workspace]\ndefault-members = ['p', 'q']\n"),
            ("p/Cargo.toml", p),
            ("q/Cargo.toml", "[package]\nname = 'q'\nversion = '0.1.0'\npublish = false\n"),
            ("p/CHANGELOG.md", changes),
        ];
        files.map(|(path, text)| (path.to_owned(), text.to_owned())).into()
    }

    #[test]
    fn a_whole_manifest_has_nothing_missing() {
        let texts = texts(WHOLE, "# Changes\n\n## [1.2.3] - 2026-01-01\n\n- All.\n");
        let packages = packages(&texts).unwrap();
        assert!(packages[0].unpublished.is_none());
        assert_eq!(problems(&texts, &packages[0]), [""; 0]);
        let found = problems(&texts, &packages[1]);
        assert!(found[0].starts_with("q/Cargo.toml: [package] lacks `description`"), "{found:?}");
        assert_eq!(found.len(), 7);
    }

    #[test]
    fn a_version_without_changes_is_named() {
        let texts = texts(WHOLE, "## [1.2.2]\n\n- Less.\n");
        let found = problems(&texts, &packages(&texts).unwrap()[0]);
        assert_eq!(found, ["p/CHANGELOG.md says nothing about 1.2.3; write a section `## [1.2.3]`"]);
        assert!(!has_entry("## [1.2.3]\n\n## [1.2.2]\n\n- Less.\n", "1.2.3"));
    }

    #[test]
    fn who_needs_what_is_not_published_is_not_either() {
        let texts = texts(&format!("{WHOLE}[dependencies]\nq = '1'\n"), "");
        let packages = packages(&texts).unwrap();
        assert_eq!(packages[0].unpublished.as_deref(), Some("it depends on q, which is not published"));
    }
}
