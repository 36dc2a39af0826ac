//! What a change of the public interface asks of the version.

use anyhow::{Context, Result};
use std::collections::BTreeSet;

/// A version without what can follow its three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u64, u64, u64);

impl Version {
    /// Reads `1.2.3`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut numbers = text.split(['-', '+']).next().unwrap_or_default().split('.').map(str::parse);
        let mut next =
            || numbers.next().and_then(Result::ok).with_context(|| format!("{text:?} is no version"));
        Ok(Self(next()?, next()?, next()?))
    }

    /// The least version that may come after this one with such a change, as Cargo compares versions.
    fn after(self, change: Change) -> Self {
        match (change, self) {
            (Change::None, same) => same,
            (Change::Added, Self(0, minor, patch)) => Self(0, minor, patch + 1),
            (Change::Added, Self(major, minor, _)) => Self(major, minor + 1, 0),
            (Change::Broken, Self(0, minor, _)) => Self(0, minor + 1, 0),
            (Change::Broken, Self(major, ..)) => Self(major + 1, 0, 0),
        }
    }
}

/// How an interface differs from an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    None,
    /// There is more, and everything that was there.
    Added,
    /// Something is gone, or is another thing.
    Broken,
}

/// What is wrong with `now`, if the interface `before` was released as `released`.
pub(super) fn finding(released: Version, before: &str, now: Version, api: &str) -> Option<String> {
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (before.lines().collect(), api.lines().collect());
    let (gone, come): (Vec<_>, Vec<_>) = (old.difference(&new).collect(), new.difference(&old).collect());
    let change = match (gone.first(), come.first()) {
        (Some(_), _) => Change::Broken,
        (None, Some(_)) => Change::Added,
        (None, None) => Change::None,
    };
    let least = released.after(change);
    let first = gone
        .first()
        .map_or_else(|| come.first().map(|line| format!("+ {line}")), |line| Some(format!("- {line}")));
    (now < least).then(|| {
        let Version(major, minor, patch) = least;
        format!(
            "{} lines of its interface are gone and {} are new since its last release, as `{}`; make its version \
             {major}.{minor}.{patch} or more",
            gone.len(),
            come.len(),
            first.unwrap_or_default()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{Version, finding};

    fn judge(before: &str, api: &str, released: &str, now: &str) -> Option<String> {
        finding(Version::parse(released).unwrap(), before, Version::parse(now).unwrap(), api)
    }

    #[test]
    fn what_is_gone_asks_for_an_incompatible_version() {
        let found = judge("a\nb\n", "a\nc\n", "0.1.4", "0.1.5").unwrap();
        assert_eq!(
            found,
            "1 lines of its interface are gone and 1 are new since its last release, as `- b`; make its version \
             0.2.0 or more"
        );
        assert_eq!(judge("a\nb\n", "a\nc\n", "0.1.4", "0.2.0"), None);
        assert!(judge("a\n", "", "1.2.3", "1.3.0").unwrap().contains("2.0.0 or more"));
        assert_eq!(judge("a\n", "", "1.2.3", "2.0.0"), None);
    }

    #[test]
    fn what_is_new_asks_for_a_compatible_one() {
        assert!(
            judge("a\n", "a\nb\n", "0.1.4", "0.1.4").unwrap().contains("as `+ b`; make its version 0.1.5")
        );
        assert_eq!(judge("a\n", "a\nb\n", "0.1.4", "0.1.5"), None);
        assert!(judge("a\n", "a\nb\n", "1.2.3", "1.2.4").unwrap().contains("1.3.0 or more"));
    }

    #[test]
    fn the_same_interface_asks_for_nothing_and_versions_do_not_go_back() {
        assert_eq!(judge("a\n", "a\n", "0.1.4", "0.1.4"), None);
        assert!(judge("a\n", "a\n", "0.1.4", "0.1.3").is_some());
        assert!(Version::parse("1.2").is_err());
        assert_eq!(Version::parse("1.2.3-rc.1").unwrap(), Version(1, 2, 3));
    }
}
