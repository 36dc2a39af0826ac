//! `cargo xtask release-check`: each crate could be released as it is; run before a release, and no step of CI.
//!
//! Crates have versions of their own, and a release of one is a tag like `wasi-policy-v0.1.0`. Cargo packs and builds
//! what is to be published, packs the adapters of the other lines from the copies that `cargo xtask lines` makes, and cargo-semver-checks holds the version against the interface at the last tag.

use crate::{lines, project, tools};
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use xshell::{Shell, cmd};

/// What has to be in a manifest, or be inherited from the workspace, as `cargo metadata` names it.
const KEYS: &[&str] = &["description", "license", "rust_version", "categories", "keywords", "readme"];

/// Checks every crate that is released.
pub(crate) fn check() -> Result<()> {
    let shell = project::shell()?;
    let packages = released(&shell)?;
    let found: Vec<_> = packages.iter().flat_map(problems).collect();
    ensure!(found.is_empty(), "{}", found.join("\n"));
    let chosen = names(&packages).into_iter().map(|name| format!("--package={name}"));
    cmd!(shell, "cargo package {chosen...} --allow-dirty --offline").run()?;
    lines::package(&shell)?;
    for name in names(&packages) {
        match last_tag(&shell, &name)? {
            Some(tag) => tools::semver(&shell, &name, &tag)?,
            None => println!("{name}: nothing was released yet, so any version fits"),
        }
    }
    Ok(())
}

/// The default members of the workspace, which are what others build upon.
pub(crate) fn released(shell: &Shell) -> Result<Vec<Value>> {
    let (packages, defaults) = project::packages(shell)?;
    Ok(packages.into_iter().filter(|package| defaults.contains(&package["id"])).collect())
}

pub(crate) fn names(packages: &[Value]) -> Vec<String> {
    packages.iter().filter_map(|package| package["name"].as_str()).map(str::to_owned).collect()
}

/// What a manifest and the list of changes beside it lack.
fn problems(package: &Value) -> Vec<String> {
    let (name, version) = (&package["name"], package["version"].as_str().unwrap_or_default());
    let is_empty = |value: &Value| value.is_null() || *value == json!("") || *value == json!([]);
    let lacking = KEYS.iter().filter(|key| is_empty(&package[**key]));
    let mut problems: Vec<_> =
        lacking.map(|key| format!("the manifest of {name} lacks `{key}`; write it")).collect();
    if package["publish"] == Value::Array(Vec::new()) {
        problems.push(format!("the manifest of {name} forbids to publish it; take `publish = false` away"));
    }
    let changes =
        Path::new(package["manifest_path"].as_str().unwrap_or_default()).with_file_name("CHANGELOG.md");
    if !has_entry(&fs::read_to_string(changes).unwrap_or_default(), version) {
        problems.push(format!(
            "the CHANGELOG.md of {name} says nothing about {version}; write a section `## [{version}]`"
        ));
    }
    problems
}

/// Whether a list of changes has a section for a version with something in it, in the form of Keep a Changelog.
fn has_entry(changes: &str, version: &str) -> bool {
    let lines = changes.lines().skip_while(|line| !line.starts_with(&format!("## [{version}]"))).skip(1);
    lines.take_while(|line| !line.starts_with("## ")).any(|line| line.starts_with("- "))
}

fn last_tag(shell: &Shell, package: &str) -> Result<Option<String>> {
    let pattern = format!("{package}-v[0-9]*");
    let tags = cmd!(shell, "git tag --list {pattern} --sort=-version:refname").quiet().read()?;
    Ok(tags.lines().next().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::{has_entry, json, last_tag, problems, released};
    use crate::project;
    use xshell::{Shell, cmd};

    #[test]
    fn every_crate_is_in_order() {
        let packages = released(&project::shell().unwrap()).unwrap();
        assert!(packages.len() > 3);
        assert_eq!(packages.iter().flat_map(problems).collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn what_a_crate_lacks_is_named() {
        let found = problems(
            &json!({ "name": "p", "version": "1.2.3", "description": "", "keywords": [], "license": "MIT", "publish": [] }),
        );
        assert_eq!(found.len(), 7);
        assert_eq!(found[0], "the manifest of \"p\" lacks `description`; write it");
        assert!(has_entry("# C\n\n## [1.2.3] - 2026-01-01\n\n- All.\n", "1.2.3"));
        assert!(!has_entry("## [1.2.3]\n\n## [1.2.2]\n\n- Less.\n", "1.2.3"));
    }

    #[test]
    fn the_last_tag_is_that_of_the_highest_version() {
        let shell = Shell::new().unwrap();
        let folder = shell.create_temp_dir().unwrap();
        shell.change_dir(folder.path());
        cmd!(shell, "git init --quiet").quiet().run().unwrap();
        assert_eq!(last_tag(&shell, "a").unwrap(), None);
        let person = ["-c", "user.name=a", "-c", "user.email=a"];
        cmd!(shell, "git {person...} commit --quiet --allow-empty --message 1").quiet().run().unwrap();
        for tag in ["a-v0.10.0", "a-v0.9.0", "a-b-v1.0.0", "b-v2.0.0"] {
            cmd!(shell, "git {person...} tag {tag}").quiet().run().unwrap();
        }
        assert_eq!(last_tag(&shell, "a").unwrap().as_deref(), Some("a-v0.10.0"));
    }
}
