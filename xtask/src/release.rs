//! `cargo xtask release-check`: each crate could be released as it is; run before a release, and no step of CI.
//!
//! Crates have versions of their own, and a release of one is a tag like `wasi-policy-v0.1.0`. Cargo packs and builds
//! what is to be published, and cargo-semver-checks holds the version against the interface at the last tag.

mod manifest;

use crate::{project, tidy, tools};
use anyhow::{Result, ensure};
use manifest::{Package, packages, problems};
use xshell::{Shell, cmd};

/// Checks every crate that is released.
pub(crate) fn check() -> Result<()> {
    let (shell, texts) = (project::shell()?, tidy::texts()?);
    let packages = packages(&texts)?;
    let found: Vec<_> = packages.iter().flat_map(|package| problems(&texts, package)).collect();
    ensure!(found.is_empty(), "{}", found.join("\n"));
    pack(&shell, &packages)?;
    for Package { name, version, .. } in &packages {
        match last_tag(&shell, name)? {
            Some(tag) => tools::semver(&shell, name, &tag)?,
            None => println!("{name} {version}: nothing was released yet, so any version fits"),
        }
    }
    Ok(())
}

fn last_tag(shell: &Shell, package: &str) -> Result<Option<String>> {
    let pattern = format!("{package}-v[0-9]*");
    let tags = cmd!(shell, "git tag --list {pattern} --sort=-version:refname").quiet().read()?;
    Ok(tags.lines().next().map(str::to_owned))
}

/// Packs and builds what can be published, in one go, since the crates need each other; lists the files of the rest.
fn pack(shell: &Shell, packages: &[Package]) -> Result<()> {
    let mut chosen = Vec::new();
    for Package { name, unpublished, .. } in packages {
        if let Some(why) = unpublished {
            let list = cmd!(shell, "cargo package --package {name} --list --allow-dirty --offline").read()?;
            println!("{name}: {} files, and not packed, since {why}", list.lines().count());
        } else {
            chosen.extend(["--package", name.as_str()]);
        }
    }
    Ok(cmd!(shell, "cargo package {chosen...} --allow-dirty --offline").run()?)
}

#[cfg(test)]
mod tests {
    use super::{last_tag, packages, problems};
    use crate::tidy;
    use xshell::{Shell, cmd};

    #[test]
    fn every_crate_is_in_order() {
        let texts = tidy::texts().unwrap();
        for package in packages(&texts).unwrap() {
            assert_eq!(problems(&texts, &package), [""; 0]);
        }
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
