//! `--dir`: a directory for the guest, and what it may do there.

use crate::failure::Failure;
use std::path::PathBuf;
use wasi_facade::snapshot::Perms;

/// A directory for the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directory {
    pub(crate) host: PathBuf,
    pub(crate) guest: String,
    pub(crate) perms: Perms,
}

/// Takes a permission away.
type Restriction = fn(Perms) -> Perms;

/// What a guest may be kept from where it may write, each named like the method of [`Perms`].
const RESTRICTIONS: &[(&str, Restriction)] = &[
    ("no-create", Perms::no_create),
    ("no-delete", Perms::no_delete),
    ("no-rename", Perms::no_rename),
    ("no-link", Perms::no_link),
    ("no-symlink", Perms::no_symlink),
    ("no-set-times", Perms::no_set_times),
    ("no-follow", Perms::no_follow),
];

/// Their names.
pub(crate) fn restrictions() -> String {
    let names: Vec<_> = RESTRICTIONS.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

/// Takes `HOST[::GUEST[::WITH]]` apart.
pub(crate) fn directory(text: &str) -> Result<Directory, String> {
    let mut parts = text.split("::");
    let host = parts.next().unwrap_or_default();
    let guest = parts.next().unwrap_or(host);
    let perms = parts.next().map_or(Ok(Perms::read_write()), permissions)?;
    if host.is_empty() || guest.is_empty() || parts.next().is_some() {
        return Err("write HOST, HOST::GUEST or HOST::GUEST::WITH".to_owned());
    }
    Ok(Directory { host: host.into(), guest: guest.to_owned(), perms })
}

/// Refuses two directories that the guest would know by one name, since it could only find one of them.
pub(crate) fn check(dirs: &[Directory]) -> Result<(), Failure> {
    for (index, dir) in dirs.iter().enumerate() {
        let same = |first: &&Directory| plain(&first.guest) == plain(&dir.guest);
        if let Some(first) = dirs.iter().take(index).find(same) {
            let (one, other) = (first.host.display(), dir.host.display());
            return Err(Failure::usage(format_args!(
                "the guest would know both `{one}` and `{other}` as `{}`; leave one away, or name it with \
                 `--dir {other}::NAME`",
                dir.guest
            )));
        }
    }
    Ok(())
}

/// A name without what libcs take for nothing: slashes at its end, and slashes and `./` at its front; and whether it is
/// absolute.
fn plain(name: &str) -> (bool, &str) {
    let mut plain = name.trim_end_matches('/');
    while let Some(rest) = plain.strip_prefix('/').or_else(|| plain.strip_prefix("./")) {
        plain = rest;
    }
    (name.starts_with('/'), if plain == "." { "" } else { plain })
}

fn permissions(text: &str) -> Result<Perms, String> {
    let (read_only, others): (Vec<_>, Vec<_>) = text.split(',').partition(|word| *word == "ro");
    let perms = if read_only.is_empty() { Perms::read_write() } else { Perms::read_only() };
    others.into_iter().try_fold(perms, |perms, word| {
        let known = RESTRICTIONS.iter().find(|(name, _)| *name == word);
        let (_, restrict) = known
            .ok_or_else(|| format!("the third part has `{word}`; it can have `ro`, {}", restrictions()))?;
        Ok(restrict(perms))
    })
}

#[cfg(test)]
mod tests {
    use super::{Directory, check, directory};
    use wasi_facade::snapshot::Perms;

    #[test]
    fn names_that_are_the_same() {
        let fails =
            |one: &str, other: &str| check(&[directory(one), directory(other)].map(Result::unwrap)).is_err();
        for (one, other) in [
            ("a", "a"),
            ("a", "./a/"),
            ("a::x", "b::x"),
            ("a::x", "b::x//"),
            (".", "a::./"),
            ("/", "a:://"),
            ("a::/x", "b::/x/::ro"),
            ("a::/x", "b:://x"),
            ("a::/x", "b::/./x"),
            ("a::/", "b::/."),
        ] {
            assert!(fails(one, other), "{one} {other}");
            assert!(fails(other, one), "{one} {other}");
        }
        for (one, other) in
            [("a", "b"), ("a", "/a"), (".", "/"), ("a::x", "a::y"), ("a::.x", "a::x"), ("a::/x", "a::/x/.")]
        {
            assert!(!fails(one, other), "{one} {other}");
        }
    }

    #[test]
    fn directories() {
        let dir = |host: &str, guest: &str, perms| {
            Ok(Directory { host: host.into(), guest: guest.to_owned(), perms })
        };
        let all = Perms::read_write();
        assert_eq!(directory("a"), dir("a", "a", all));
        assert_eq!(directory("a::/b"), dir("a", "/b", all));
        assert_eq!(directory("a::b::ro"), dir("a", "b", Perms::read_only()));
        assert_eq!(directory("a::b::no-delete,no-link"), dir("a", "b", all.no_delete().no_link()));
        assert_eq!(directory("a::b::no-follow,ro"), dir("a", "b", Perms::read_only().no_follow()));
        for wrong in ["rw", "", "ro,", "no-delete no-link"] {
            let error = directory(&format!("a::b::{wrong}")).unwrap_err();
            assert!(error.contains("`ro`, no-create, no-delete"), "{wrong}: {error}");
        }
        for wrong in ["", "::b", "a::", "a::b::ro::c"] {
            assert!(directory(wrong).is_err(), "{wrong}");
        }
    }
}
