//! `cargo xtask release-check`: each crate could be released as it is.
//!
//! Crates have versions of their own, and a release of one is a tag like `wasi-policy-v0.1.0`. What others can name is
//! listed in the crate's `api.txt`, so that a review sees it change; against the list at the last tag, the version
//! has to fit.

mod api;
mod manifest;
mod modules;
mod versions;
mod words;

use crate::{project, tidy};
use anyhow::{Context, Result, ensure};
use manifest::{Package, packages, problems};
use std::fs;
use versions::{Version, finding};
use xshell::{Shell, cmd};

/// Checks every crate that is released.
pub(crate) fn check() -> Result<()> {
    let (shell, texts) = (project::shell()?, tidy::texts()?);
    let packages = packages(&texts)?;
    let mut found = Vec::new();
    for package in &packages {
        found.extend(problems(&texts, package));
        let api = api::list(&texts, &package.folder)?;
        found.extend(stale(&texts, package, &api));
        found.extend(unfit(&shell, package, &api)?);
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    pack(&shell, &packages)
}

/// Writes the list of each crate's interface.
pub(crate) fn write() -> Result<()> {
    let texts = tidy::texts()?;
    for package in packages(&texts)? {
        let api = api::list(&texts, &package.folder)?;
        fs::write(project::root().join(&package.folder).join("api.txt"), api)?;
    }
    Ok(())
}

fn stale(texts: &tidy::Texts, package: &Package, api: &str) -> Option<String> {
    let path = format!("{}/api.txt", package.folder);
    let is_fresh = texts.get(&path).is_some_and(|text| text == api);
    (!is_fresh)
        .then(|| format!("{path} is stale; run `cargo xtask release-check --write` and read what it changes"))
}

/// A version that is too small for what changed since the last release.
fn unfit(shell: &Shell, package: &Package, api: &str) -> Result<Option<String>> {
    let name = &package.name;
    let pattern = format!("{name}-v*");
    let tags = cmd!(shell, "git tag --list {pattern} --sort=-version:refname").quiet().read()?;
    let Some(tag) = tags.lines().next() else {
        println!("{name} {}: nothing was released yet, so any version fits", package.version);
        return Ok(None);
    };
    let released = Version::parse(tag.trim_start_matches(&format!("{name}-v")))?;
    let before = cmd!(shell, "git show {tag}:{name}/api.txt")
        .quiet()
        .read()
        .with_context(|| format!("the release {tag} has no {name}/api.txt"))?;
    println!("{name} {}: last released as {tag}", package.version);
    let found = finding(released, &before, Version::parse(&package.version)?, api);
    Ok(found.map(|problem| format!("{name}: {problem} in {name}/Cargo.toml")))
}

/// Packs what can be published, in one go, since the crates need each other; and lists the files of the rest.
fn pack(shell: &Shell, packages: &[Package]) -> Result<()> {
    let mut chosen = Vec::new();
    for package in packages {
        let name = &package.name;
        match &package.unpublished {
            None => chosen.extend(["--package", name.as_str()]),
            Some(why) => {
                let files =
                    cmd!(shell, "cargo package --package {name} --list --allow-dirty --offline").read()?;
                println!("{name}: {} files, and not packed, since {why}", files.lines().count());
            }
        }
    }
    Ok(cmd!(shell, "cargo package {chosen...} --allow-dirty --offline").run()?)
}

#[cfg(test)]
mod tests {
    use super::{Package, api, packages, problems, stale, unfit};
    use crate::tidy;
    use xshell::{Shell, cmd};

    #[test]
    fn every_crate_is_in_order() {
        let texts = tidy::texts().unwrap();
        for package in packages(&texts).unwrap() {
            assert_eq!(problems(&texts, &package), [""; 0]);
            let api = api::list(&texts, &package.folder).unwrap();
            assert_eq!(stale(&texts, &package, &api), None);
        }
    }

    #[test]
    fn an_interface_that_changed_shows() {
        let mut texts = tidy::texts().unwrap();
        let package: Package = packages(&texts).unwrap().remove(0);
        let root = texts.get_mut("wasi-policy/src/lib.rs").unwrap();
        root.push_str("\n/// More.\npub fn more() {}\n");
        let api = api::list(&texts, &package.folder).unwrap();
        assert!(api.contains("wasi_policy::more: fn more()\n"));
        assert!(stale(&texts, &package, &api).unwrap().starts_with("wasi-policy/api.txt is stale"));
    }

    #[test]
    fn a_version_has_to_fit_what_changed_since_the_tag() {
        let shell = Shell::new().unwrap();
        let folder = shell.create_temp_dir().unwrap();
        shell.change_dir(folder.path());
        let mut package = packages(&tidy::texts().unwrap()).unwrap().remove(0);
        package.version = "0.1.0".to_owned();
        cmd!(shell, "git init --quiet").quiet().run().unwrap();
        assert_eq!(unfit(&shell, &package, "a\n").unwrap(), None);
        shell.write_file(format!("{}/api.txt", package.name), "a\nb\n").unwrap();
        cmd!(shell, "git add .").quiet().run().unwrap();
        let person = ["-c", "user.name=a", "-c", "user.email=a"];
        cmd!(shell, "git {person...} commit --quiet --message 1").quiet().run().unwrap();
        for version in ["0.0.9", "0.1.0"] {
            let tag = format!("{}-v{version}", package.name);
            cmd!(shell, "git {person...} tag {tag}").quiet().run().unwrap();
        }
        assert_eq!(unfit(&shell, &package, "a\nb\n").unwrap(), None);
        let found = unfit(&shell, &package, "a\n").unwrap().unwrap();
        assert!(found.starts_with("wasi-policy: 1 lines") && found.contains("0.2.0 or more"), "{found}");
    }
}
