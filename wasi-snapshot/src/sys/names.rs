//! The names that Windows gives a meaning of its own, which no path of a guest's may have there.
//!
//! The check is pure, so that its tests run on every system. The rules are those of "Naming Files, Paths, and Namespaces"
//! in Microsoft's documentation of Win32, and of the advisories CVE-2024-51745 and CVE-2024-51756, by which devices were
//! opened under names that a shorter list had forgotten.

use crate::errno::Errno;
use crate::path::{Component, components};

/// Bytes that no name has: what separates, what streams of a file are named with, what patterns are made of.
const SPECIAL: &[char] = &['\\', ':', '<', '>', '"', '|', '?', '*'];

/// Devices of a fixed name.
const DEVICES: &[&str] = &["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"];

/// Devices with a digit behind their name.
const PORTS: &[&str] = &["COM", "LPT"];

/// What a file system of Windows keeps at its root and does not show.
const OF_FILE_SYSTEM: &[&str] = &[
    "$MFT", "$MFTMIRR", "$LOGFILE", "$VOLUME", "$ATTRDEF", "$BITMAP", "$BOOT", "$BADCLUS", "$SECURE",
    "$UPCASE", "$EXTEND",
];

/// How long a name may be, in units of UTF-16.
const MAX_UNITS: usize = 255;

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Something that is there.
    Existing,
    /// Something that may be made: at the last step.
    New,
}

/// Makes sure that every step of a path is a name and nothing else.
///
/// # Errors
///
/// `noent` for a step that cannot be there, `inval` for a last one that cannot be made, as with Linux's file system of
/// Windows (vfat); `nametoolong`.
pub(super) fn check(path: &str, purpose: Purpose) -> Result<(), Errno> {
    let mut steps = components(path).peekable();
    while let Some(step) = steps.next() {
        let Component::Name(name) = step else { continue };
        if name.encode_utf16().nth(MAX_UNITS).is_some() {
            return Err(Errno::Nametoolong);
        }
        if has_meaning(name) {
            let is_last = steps.peek().is_none();
            return Err(if is_last && purpose == Purpose::New { Errno::Inval } else { Errno::Noent });
        }
    }
    Ok(())
}

/// Would Windows take the name for something else than that of an entry of the directory?
fn has_meaning(name: &str) -> bool {
    name.contains(|c: char| c < ' ' || SPECIAL.contains(&c))
        // Both are cut off: the name would be another one's.
        || name.ends_with(['.', ' '])
        || is_device(name)
        || is_short(name)
        || OF_FILE_SYSTEM.iter().any(|own| name.eq_ignore_ascii_case(own))
}

/// Is it a device, whatever its case, its extensions, and the spaces before them?
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches(' ');
    if DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device)) {
        return true;
    }
    let mut letters = stem.chars();
    let Some(digit) = letters.next_back() else { return false };
    let digits = digit.is_ascii_digit() || matches!(digit, '\u{b9}' | '\u{b2}' | '\u{b3}');
    digits && PORTS.iter().any(|port| letters.as_str().eq_ignore_ascii_case(port))
}

/// Does it have the form of a second, short name that a file may have been given, such as `PROGRA~1`?
fn is_short(name: &str) -> bool {
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let Some((_, number)) = stem.rsplit_once('~') else { return false };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && stem.chars().count() <= 8 && extension.chars().count() <= 3 && !extension.contains('.')
}

#[cfg(test)]
mod tests {
    use super::{DEVICES, Errno, OF_FILE_SYSTEM, PORTS, Purpose, SPECIAL, check};

    const DIGITS: [char; 13] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '\u{b9}', '\u{b2}', '\u{b3}'];

    /// Names that mean something else than themselves, each as Windows documents it.
    fn hostile() -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let devices = DEVICES.iter().map(|device| (*device).to_owned());
        let ports = PORTS.iter().flat_map(|port| DIGITS.map(|digit| format!("{port}{digit}")));
        for device in devices.chain(ports) {
            let lower = device.to_lowercase();
            names.extend([
                format!("{device}.txt"),
                format!("{lower}.tar.gz"),
                format!("{device} "),
                format!("{device} .txt"),
                format!("{device}."),
                format!("{device}:"),
                lower,
                device,
            ]);
        }
        names.extend(SPECIAL.iter().map(|special| format!("a{special}b")));
        names.extend((1..32).map(|control| format!("a{}", char::from(control))));
        names.extend(OF_FILE_SYSTEM.iter().map(|own| own.to_lowercase()));
        let others = [
            "C:",
            "C:\\",
            "c:f",
            "C:\\Windows",
            "\\",
            "\\\\",
            "\\\\server\\share",
            "\\\\?\\C:\\f",
            "\\\\.\\PhysicalDrive0",
            "\\??\\C:",
            "..\\",
            "..\\..\\f",
            "a\\..\\..\\f",
            ".\\f",
            "f::$DATA",
            "f:s",
            "f:s:$DATA",
            "d::$INDEX_ALLOCATION",
            "d:$I30:$INDEX_ALLOCATION",
            ":s",
            "f.",
            "f..",
            "f ",
            "f. ",
            "f .",
            "...",
            ". ",
            ".. ",
            " .",
            "f\t",
            "f\n",
            "f\r",
            "PROGRA~1",
            "progra~1",
            "PROGR~12",
            "A~1",
            "~1",
            "FILE~1.TXT",
            "file~9.h",
            "ABCDEF~1.",
            "*",
            "?",
            "a?",
            "<",
            ">",
            "|",
            "\"f\"",
        ];
        names.extend(others.map(str::to_owned));
        names
    }

    #[test]
    fn names_with_a_meaning_reach_no_system() {
        let names = hostile();
        assert!(names.len() >= 100, "{}", names.len());
        for name in &names {
            assert_eq!(check(name, Purpose::Existing), Err(Errno::Noent), "{name:?}");
            assert_eq!(check(name, Purpose::New), Err(Errno::Inval), "{name:?}");
            for way in [format!("{name}/f"), format!("d/{name}/f"), format!("{name}/..")] {
                assert_eq!(check(&way, Purpose::Existing), Err(Errno::Noent), "{way:?}");
                assert_eq!(check(&way, Purpose::New), Err(Errno::Noent), "{way:?}");
            }
            assert_eq!(check(&format!("d/../{name}"), Purpose::New), Err(Errno::Inval), "{name:?}");
        }
    }

    #[test]
    fn names_without_one_do() {
        let names = [
            "f",
            "f.txt",
            ".f",
            "..f",
            "f.g.h",
            "a b",
            " a",
            "CONSOLE",
            "con1",
            "COM",
            "COM10",
            "COMx",
            "LPT",
            "nul-1",
            "xNUL",
            "NULL",
            "aux_",
            "$HOME",
            "~",
            "~f",
            "f~",
            "f~a",
            "abcdefghi~1",
            "f~1.html",
            "f~1.a.b",
            "file.~1~",
            "ä",
            "日本",
            "a'b",
            "a;b",
            "a,b",
            "a=b",
            "a+b",
            "[a]",
            "{a}",
            "(a)",
            "a&b",
            "a%b",
            "a!b",
            "a#b",
            "a`b",
            "a^b",
            "-",
            "_",
        ];
        for name in names {
            for path in [name.to_owned(), format!("{name}/{name}"), format!("./{name}"), format!("../{name}")]
            {
                assert_eq!(check(&path, Purpose::Existing), Ok(()), "{path:?}");
                assert_eq!(check(&path, Purpose::New), Ok(()), "{path:?}");
            }
        }
        for path in [".", "..", "../..", "a/.."] {
            assert_eq!(check(path, Purpose::New), Ok(()), "{path:?}");
        }
    }

    #[test]
    fn names_have_a_length_in_units_of_utf_16() {
        for (name, units) in [("a", 1), ("ä", 1), ("日", 1), ("😀", 2)] {
            let fits = name.repeat(255 / units);
            assert_eq!(check(&fits, Purpose::New), Ok(()), "{name}");
            let long = format!("{fits}{}", "a".repeat(2));
            assert_eq!(check(&long, Purpose::New), Err(Errno::Nametoolong), "{name}");
        }
    }
}
