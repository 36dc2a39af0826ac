//! Whose a directory is, by its owner and its list of access, in the text that Windows has for both (SDDL).

#[allow(
    unsafe_code,
    reason = "calls of Win32 that no safe crate of the tree has; each block names its invariant"
)]
mod calls;

use std::fs::{self, File};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What makes a directory the user's alone.
pub(super) const MAKES_PRIVATE: &str = "icacls DIRECTORY /inheritance:r /grant:r %USERNAME%:(OI)(CI)F";

/// Who may have access besides the user: the system and administrators, who have it to everything, and whoever owns or
/// makes what is in it.
const HARMLESS: [&str; 4] = ["SY", "BA", "OW", "CO"];

/// Who may own the directories above, and change what is in them: besides those, what installs Windows, by its number.
const INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

/// Rights that change neither a directory's name, nor those of what is in it, nor who has rights. They are the ones that are
/// written as letters: to list, to add, to look, to write attributes.
const KEEPS_NAMES: [&str; 15] =
    ["CC", "DC", "LC", "SW", "RP", "WP", "LO", "CR", "RC", "GR", "GW", "GX", "FR", "FW", "FX"];

/// The other ones: `DELETE`, `WRITE_DAC`, `WRITE_OWNER`, `FILE_DELETE_CHILD`, and all of them (`GENERIC_ALL`).
const DELETE: u32 = 0x1_0000;
const CHANGES_NAMES: u32 = DELETE | 0x4_0000 | 0x8_0000 | 0x40 | 0x1000_0000;

/// `FILE_WRITE_ATTRIBUTES`.
const WRITE_ATTRIBUTES: u32 = 0x100;

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
    Ok(is_for(&calls::descriptor(dir)?, &user()?))
}

/// The user whom this process is of, as texts name them: well-known users have short names there.
fn user() -> io::Result<String> {
    let user = calls::normal(&format!("O:{}", calls::user()?))?;
    Ok(user.strip_prefix("O:").unwrap_or(&user).to_owned())
}

/// The directory above `dir` in which somebody else could put another one in its place: one of another user's, or one of
/// which others may change the name, the names of what is in it, or the access.
pub(super) fn replaceable(dir: &Path) -> io::Result<Option<PathBuf>> {
    let user = user()?;
    for above in dir.ancestors().skip(1) {
        if !keeps_names(&calls::descriptor(above)?, &user, above.parent().is_none()) {
            return Ok(Some(above.to_owned()));
        }
    }
    Ok(None)
}

/// Opens a file to set its times. Whoever has it mapped shares it with nobody who writes, and this is not writing.
pub(super) fn open_to_date(file: &Path) -> io::Result<File> {
    File::options().access_mode(WRITE_ATTRIBUTES).open(file)
}

/// Does a text of an owner and a list of access leave everything to a user?
fn is_for(text: &str, user: &str) -> bool {
    let Some((owner, mut entries)) = parts(text) else { return false };
    // An administrator's files can be those of all of them.
    (owner == user || owner == "BA") && entries.all(|entry| is_harmless(&entry, user))
}

/// Does it leave names to a user and the system? That a root may be deleted says nothing.
fn keeps_names(text: &str, user: &str, is_root: bool) -> bool {
    let Some((owner, mut entries)) = parts(text) else { return false };
    let changes = if is_root { CHANGES_NAMES & !DELETE } else { CHANGES_NAMES };
    let keeps = |rights: &str| match rights.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).is_ok_and(|rights| rights & changes == 0),
        None => rights.as_bytes().chunks(2).all(|right| {
            KEEPS_NAMES.iter().any(|known| known.as_bytes() == right) || (is_root && right == b"SD")
        }),
    };
    [user, "BA", "SY", INSTALLER].contains(&owner)
        && entries.all(|entry| {
            // Such an entry is for what is made in it only, which has it itself then.
            let is_inherited_only = entry.flags.as_bytes().chunks(2).any(|flag| flag == b"IO");
            is_inherited_only || is_harmless(&entry, user) || entry.whom == INSTALLER || keeps(entry.rights)
        })
}

/// An entry of a list of access.
struct Entry<'t> {
    kind: &'t str,
    flags: &'t str,
    rights: &'t str,
    whom: &'t str,
}

/// The owner and the entries of a text; none without a list, with which everybody has access.
fn parts(text: &str) -> Option<(&str, impl Iterator<Item = Entry<'_>>)> {
    let (owner, access) = text.strip_prefix("O:")?.split_once("D:")?;
    // A group of the owner's may stand between.
    let owner = owner.split("G:").next().unwrap_or(owner);
    let mut entries = access.split('(').skip(1).peekable();
    // `NO_ACCESS_CONTROL` has no entries, and an empty list gives nobody access, not even the user.
    entries.peek()?;
    let entries = entries.map(|entry| {
        let mut fields = entry.trim_end_matches(')').split(';');
        let mut next = || fields.next().unwrap_or_default();
        let (kind, flags, rights) = (next(), next(), next());
        // Numbers of kinds of objects are of no matter here.
        let (_, _, whom) = (next(), next(), next());
        Entry { kind, flags, rights, whom }
    });
    Some((owner, entries))
}

/// Does an entry deny access, or give it to those who have it anyway?
fn is_harmless(entry: &Entry<'_>, user: &str) -> bool {
    entry.kind.ends_with('D') || entry.whom == user || HARMLESS.contains(&entry.whom)
}

#[cfg(test)]
mod tests {
    use super::super::{Cache, CacheError};
    use super::{calls, is_for, keeps_names};
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

    #[test]
    fn names_are_left_to_the_user_or_not() {
        let user = "S-1-5-21-1-2-3-1001";
        // The first is what Windows gives the root of its own drive.
        for (text, expected) in [
            (
                "O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464D:PAI(A;;LC;;;AU)(A;OICIIO;SDGXGWGR;;;AU)\
                 (A;;FA;;;SY)(A;OICIIO;GA;;;SY)(A;OICIIO;GA;;;BA)(A;;FA;;;BA)(A;OICI;0x1200a9;;;BU)",
                true,
            ),
            ("O:SYD:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;WD)(A;OICIIO;GXGR;;;WD)", true),
            ("O:S-1-5-21-1-2-3-1001D:(A;;FA;;;S-1-5-21-1-2-3-1001)(A;;CCDCLCSWRPWPLOCRRC;;;WD)", true),
            ("O:BAD:(D;;FA;;;BU)(A;;FR;;;BU)", true),
            // As a folder for temporary files: whoever makes something in it has more rights to that only.
            ("O:SYD:(A;CI;DCLCRPCR;;;BU)(A;OICIIO;GA;;;CO)", true),
            ("O:S-1-5-21-1-2-3-1002D:(A;;FA;;;S-1-5-21-1-2-3-1001)", false),
            ("O:SYD:(A;;FA;;;AU)", false),
            ("O:SYD:(A;;0x1301bf;;;AU)", false),
            ("O:SYD:(A;;0x40;;;AU)", false),
            ("O:SYD:(A;;DT;;;AU)", false),
            ("O:SYD:(A;;LCWO;;;AU)", false),
            ("O:SYD:(A;;LCWD;;;AU)", false),
            ("O:SYD:(XA;;FA;;;WD;(@User.Title==\"it\"))", false),
            ("O:SYD:(A;;0xnone;;;AU)", false),
            ("O:SYD:NO_ACCESS_CONTROL", false),
            ("", false),
        ] {
            assert_eq!(keeps_names(text, user, false), expected, "{text}");
        }
        for (rights, expected) in [("0x1301bf", true), ("LCSD", true), ("0x1301ff", false), ("DTSD", false)] {
            let text = format!("O:SYD:(A;OICI;{rights};;;AU)");
            assert_eq!(keeps_names(&text, user, true), expected, "{text}");
        }
    }

    #[test]
    fn a_cache_that_others_can_replace_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (above, user) = (fs::canonicalize(dir.path()).unwrap().join("above"), calls::user().unwrap());
        let others = |rights: &str| {
            let access = format!("D:P(A;OICI;FA;;;{user})(A;OICI;{rights};;;WD)");
            calls::set_access(&above, &access).unwrap();
        };
        Cache::open(above.join("cache")).unwrap();
        others("FA");
        let refused = Cache::open(above.join("cache")).unwrap_err();
        assert!(
            matches!(&refused, CacheError::Replaceable { above: named, .. } if *named == above),
            "{refused}"
        );
        // They may look.
        others("FR");
        Cache::open(above.join("cache")).unwrap();
    }
}
