//! The folders of the packages that `cargo xtask setup` brings, for tests and benches that do not know `xtask`.
//!
//! A package lies in `target/packages/NAME-VERSION`, where `target` is Cargo's.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

/// A package that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    package: &'static str,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.package.rsplit_once('-').map_or(self.package, |(name, _)| name);
        write!(f, "target/packages/{} is absent; `cargo xtask setup {name}` brings it", self.package)
    }
}

impl std::error::Error for Absent {}

/// The folder of a package.
///
/// # Errors
///
/// [`Absent`] if it was not fetched.
pub fn folder(package: &'static str) -> Result<PathBuf, Absent> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = manifest.parent().unwrap_or(manifest);
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
    let folder = target.join("packages").join(package);
    if folder.is_dir() { Ok(folder) } else { Err(Absent { package }) }
}

/// What a test needs; `None`, with the reason printed, where it is absent.
///
/// # Panics
///
/// If it is absent where `CI` is set, since nothing may be skipped there.
#[must_use]
#[track_caller]
pub fn or_skip<T>(needed: Result<T, Absent>) -> Option<T> {
    match needed {
        Ok(thing) => Some(thing),
        Err(absent) => {
            let in_ci = env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
            assert!(!in_ci, "{absent}, and nothing is skipped where CI is set");
            eprintln!("skipped: {absent}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Absent, folder};

    #[test]
    fn what_is_absent_is_named_with_the_way_out() {
        let absent = folder("no-such-package-1.0").unwrap_err();
        assert_eq!(absent, Absent { package: "no-such-package-1.0" });
        let expected =
            "target/packages/no-such-package-1.0 is absent; `cargo xtask setup no-such-package` brings it";
        assert_eq!(absent.to_string(), expected);
    }
}
