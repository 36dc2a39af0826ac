//! A Rust of another version than the one that runs this: Debian's, unpacked beside the system and without root.

use crate::project;
use crate::setup::{or_skip, quiet};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The package of the compiler, and those that have the standard library.
const PACKAGES: [&str; 3] = ["rustc-web", "libstd-rust-web-VERSION", "libstd-rust-web-dev"];

/// The newest version that Debian has.
pub(crate) const NEWEST: &str = "1.96";

/// The rustc of a version, such as `1.85`, for cargo's variable `RUSTC`; fetched unless it is there. `None`, with the
/// reason printed, where it cannot be had.
///
/// # Errors
///
/// Where CI is set and apt is there, the reason that it cannot be had.
pub(crate) fn debian(shell: &Shell, version: &str) -> Result<Option<PathBuf>> {
    let name = format!("rustc-{version}");
    let folder = project::target().join("packages").join(&name);
    let wrapper = folder.join("rustc");
    if wrapper.is_file() {
        return Ok(Some(wrapper));
    }
    if quiet(cmd!(shell, "apt-get --version")).is_err() {
        println!("skipped: {name} is a package of Debian's, and apt is not installed");
        return Ok(None);
    }
    let part = folder.with_file_name("rustc-part");
    match or_skip(&name, download(shell, version, &part))? {
        Some(true) => {}
        Some(false) => {
            println!("skipped: apt has no rustc-web {version}; Debian has it, and its security archive");
            return Ok(None);
        }
        None => return Ok(None),
    }
    // An interrupted fetch must not be mistaken for a whole one, so the final name appears last.
    shell.remove_path(&folder)?;
    fs::rename(&part, &folder).with_context(|| format!("cannot name {}", folder.display()))?;
    Ok(Some(wrapper))
}

/// Unpacks the compiler, its library and what the system lacks for them into a folder, which is emptied first. False if
/// the system is one whose archives do not have it.
fn download(shell: &Shell, version: &str, part: &Path) -> Result<bool> {
    shell.remove_path(part)?;
    let apt = part.join("apt");
    for place in ["lists/partial", "cache/archives/partial"] {
        shell.create_dir(apt.join(place))?;
    }
    // The system's own lists may be old or absent, and only root may renew them.
    let options = [("lists", "Dir::State::lists"), ("cache", "Dir::Cache")]
        .map(|(place, name)| format!("--option={name}={}", apt.join(place).display()));
    let options = &options;
    quiet(cmd!(shell, "apt-get -qq {options...} update"))?;
    let list = cmd!(shell, "apt-cache {options...} madison rustc-web").quiet().read()?;
    let full = find(&list, version).with_context(|| {
        format!("apt has no rustc-web {version}; Debian has it, and its security archive")
    })?;
    let wanted = PACKAGES.map(|name| format!("{}={full}", name.replace("VERSION", version)));
    let plan =
        cmd!(shell, "apt-get -qq {options...} --simulate --allow-downgrades --no-install-recommends install")
            .args(&wanted);
    let plan = plan.quiet().read()?;
    let all: BTreeSet<_> = wanted.into_iter().chain(absent(&plan)).collect();
    {
        let _here = shell.push_dir(&apt);
        quiet(cmd!(shell, "apt-get -qq {options...} download {all...}"))?;
    }
    for archive in
        shell.read_dir(&apt)?.iter().filter(|path| path.extension().is_some_and(|end| end == "deb"))
    {
        quiet(cmd!(shell, "dpkg --extract {archive} {part}"))?;
    }
    shell.remove_path(apt)?;
    let wrapper = part.join("rustc");
    shell.write_file(&wrapper, script())?;
    quiet(cmd!(shell, "chmod +x {wrapper}"))?;
    quiet(cmd!(shell, "{wrapper} --version"))?;
    Ok(true)
}

/// Runs the compiler of its own folder with the libraries that are there.
fn script() -> String {
    format!(
        "#!/bin/sh\nhere=${{0%/*}}\nexport LD_LIBRARY_PATH=\"$here/usr/lib/{ARCH}-linux-gnu\"\n\
         exec \"$here/usr/bin/rustc\" \"$@\"\n"
    )
}

/// The package's version that is one of Rust `version`, in what `apt-cache madison` prints: name, version and source
/// between bars.
fn find<'t>(list: &'t str, version: &str) -> Option<&'t str> {
    let is_one = |full: &&str| full.strip_prefix(version).is_some_and(|rest| rest.starts_with('.'));
    list.lines().filter_map(|line| line.split('|').nth(1)).map(str::trim).find(is_one)
}

/// The packages, as `name=version`, that a plan of apt's would add, and not those that it would only replace: the
/// system's libraries suit each other.
fn absent(plan: &str) -> impl Iterator<Item = String> + '_ {
    let added = plan.lines().filter_map(|line| line.strip_prefix("Inst ")?.split_once(" ("));
    added
        .filter(|(name, _)| !name.contains('['))
        .filter_map(|(name, rest)| Some(format!("{name}={}", rest.split_whitespace().next()?)))
}

#[cfg(test)]
mod tests {
    use super::{absent, find};

    #[test]
    fn the_version_is_found_by_its_beginning() {
        let list = " rustc-web | 1.96.0+dfsg1-1~deb12u2 | http://a bookworm-security/main amd64 Packages\n rustc-web \
                    | 1.85.0+dfsg3-1~deb12u3 | http://a bookworm/main amd64 Packages\n";
        assert_eq!(find(list, "1.85"), Some("1.85.0+dfsg3-1~deb12u3"));
        assert_eq!(find(list, "1.9"), None);
        assert_eq!(find("", "1.85"), None);
    }

    #[test]
    fn only_what_is_absent_is_taken() {
        let plan = "Remv rustc [1.63.0]\nInst libedit2 (3.1-20221030-2 Debian:12.12/oldstable [amd64])\n\
                    Inst libc6 [2.36-9] (2.36-10 Debian:12.12/oldstable [amd64])\nConf libedit2 (3.1-20221030-2 Debian)";
        assert_eq!(absent(plan).collect::<Vec<_>>(), ["libedit2=3.1-20221030-2"]);
    }
}
