//! Whose a directory is, by its owner and its list of access, in the text that Windows has for both (SDDL).

#[allow(
    unsafe_code,
    reason = "calls of Win32 that no safe crate of the tree has; each block names its invariant"
)]
mod calls;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What makes a directory the user's alone.
pub(super) const MAKES_PRIVATE: &str = "icacls DIRECTORY /inheritance:r /grant:r %USERNAME%:(OI)(CI)F";

/// Who may have access besides the user: the system and administrators, who have it to everything, and whoever owns or
/// makes what is in it.
const HARMLESS: [&str; 4] = ["SY", "BA", "OW", "CO"];

/// Makes `dir` for this user alone, as what will be in it. Directories above it get their usual access.
pub(super) fn make_private(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let (Some(parent), Some(name)) = (dir.parent(), dir.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    // `absolute`, since the parent of a plain name is nothing.
    let parent = std::path::absolute(dir)?.parent().map_or(parent.to_owned(), Path::to_owned);
    fs::create_dir_all(&parent)?;
    let access = format!("D:P(A;OICI;FA;;;{})", calls::user()?);
    match calls::create_dir(&parent.canonicalize()?.join(name), &access) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Is `dir` the user's own, with access for nobody else?
pub(super) fn is_private(dir: &Path) -> io::Result<bool> {
    // Well-known users have short names in such texts, so the user's name is what comes back.
    let user = calls::normal(&format!("O:{}", calls::user()?))?;
    let user = user.strip_prefix("O:").unwrap_or(&user).to_owned();
    Ok(is_for(&calls::descriptor(dir)?, &user))
}

/// Nobody can put another directory in its place unnoticed: that one would have another owner, which every opening sees.
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(super) fn replaceable(_: &Path) -> io::Result<Option<PathBuf>> {
    Ok(None)
}

/// Does a text of an owner and a list of access leave everything to a user?
fn is_for(text: &str, user: &str) -> bool {
    let Some((owner, access)) = text.strip_prefix("O:").and_then(|rest| rest.split_once("D:")) else {
        // Without a list everybody has access.
        return false;
    };
    // A group of the owner's may stand between.
    let owner = owner.split("G:").next().unwrap_or(owner);
    // An administrator's files can be those of all of them.
    if owner != user && owner != "BA" {
        return false;
    }
    let mut entries = access.split('(').skip(1).peekable();
    // `NO_ACCESS_CONTROL` has no entries, and an empty list gives nobody access, not even the user.
    entries.peek().is_some()
        && entries.all(|entry| {
            let fields: Vec<_> = entry.trim_end_matches(')').split(';').collect();
            let denies = fields.first().is_some_and(|kind| kind.ends_with('D'));
            let whom = fields.get(5).copied().unwrap_or_default();
            denies || whom == user || HARMLESS.contains(&whom)
        })
}

#[cfg(test)]
mod tests {
    use super::super::{Cache, CacheError};
    use super::{calls, is_for};
    use std::fs;

    #[test]
    fn access_is_for_the_user_or_not() {
        let user = "S-1-5-21-1-2-3-1001";
        for (text, expected) in [
            ("O:S-1-5-21-1-2-3-1001D:P(A;OICI;FA;;;S-1-5-21-1-2-3-1001)", true),
            ("O:S-1-5-21-1-2-3-1001G:DUD:PAI(A;;FA;;;S-1-5-21-1-2-3-1001)(A;;FA;;;SY)(A;ID;FA;;;BA)", true),
            ("O:BAD:(A;OICIIO;GA;;;CO)(A;;FA;;;OW)", true),
            ("O:S-1-5-21-1-2-3-1001D:(D;;FA;;;WD)(A;;FA;;;S-1-5-21-1-2-3-1001)", true),
            ("O:S-1-5-21-1-2-3-1001D:(A;;FA;;;S-1-5-21-1-2-3-1001)(A;;FR;;;WD)", false),
            ("O:S-1-5-21-1-2-3-1001D:(A;OICIIO;FW;;;BU)", false),
            ("O:S-1-5-21-1-2-3-1002D:(A;;FA;;;S-1-5-21-1-2-3-1001)", false),
            ("O:S-1-5-21-1-2-3-1001D:NO_ACCESS_CONTROL", false),
            ("O:S-1-5-21-1-2-3-1001", false),
            ("", false),
        ] {
            assert_eq!(is_for(text, user), expected, "{text}");
        }
    }

    #[test]
    fn a_cache_is_the_users_alone_and_that_of_others_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Cache::open(dir.path().join("above/cache")).is_ok());
        assert!(Cache::open(dir.path().join("above/cache")).is_ok());
        let open = fs::canonicalize(dir.path()).unwrap().join("open");
        calls::create_dir(&open, &format!("D:P(A;OICI;FA;;;{})(A;OICI;FA;;;WD)", calls::user().unwrap()))
            .unwrap();
        assert!(matches!(Cache::open(&open), Err(CacheError::NotPrivate(_))));
    }
}
