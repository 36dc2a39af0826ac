//! Tests that no name with a meaning of Windows' own, and no junction, leads out of a directory.
//!
//! Beside the preopened directory lie files that no guest was given, which are the same afterwards.

use crate::common::errno::{Errno, INVAL, LOOP, NOENT, NOTDIR, PERM, SUCCESS};
use crate::common::guest::Guest;
use crate::common::ops::{
    CREAT, DIRECTORY, EXCL, FOLLOW, NOFOLLOW, READ, SYMBOLIC_LINK, TRUNC, TYPE_DIRECTORY, WRITE,
};
use crate::on_host::files::sandbox::Site;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Paths that mean something else to Windows than entries of the directory; `outside` is an absolute path with `\\`.
fn hostile(outside: &str) -> Vec<String> {
    let drive = &outside[..2];
    let absolute = &outside[2..];
    let mut paths: Vec<String> = [
        format!("{outside}\\secret"),
        format!("{outside}/secret"),
        format!("{absolute}\\secret"),
        format!("{drive}secret"),
        format!("{drive}..\\outside\\secret"),
        drive.to_owned(),
        format!("{drive}\\"),
        format!("{drive}."),
        format!("\\\\?\\{outside}\\secret"),
        format!("\\\\.\\{outside}\\secret"),
        format!("\\??\\{outside}\\secret"),
        format!("\\\\?\\UNC\\localhost\\{}$\\secret", &drive[..1]),
        format!("\\\\localhost\\{}${absolute}\\secret", &drive[..1]),
        format!("\\\\127.0.0.1\\{}$\\", &drive[..1]),
    ]
    .into();
    let roots = ["..", "d\\..\\..", "d/..\\..", ".\\..", "d\\sub\\..\\..\\..", "..\\inside\\.."];
    paths.extend(roots.iter().flat_map(|root| {
        ["", "\\", "\\outside", "\\outside\\secret", "\\outside\\new", "/outside\\secret", "\\."]
            .map(|rest| format!("{root}{rest}"))
            .into_iter()
            // `..` by itself is for the tests of all systems.
            .filter(|path| path.contains('\\'))
    }));
    let devices =
        ["nul", "con", "conin$", "conout$", "aux", "prn", "com1", "com9", "lpt1", "COM\u{b9}", "clock$"];
    paths.extend(devices.iter().flat_map(|device| {
        ["", ".txt", " ", ".", ":", " .x", "::$DATA"].map(|end| format!("{device}{end}"))
    }));
    paths.extend(devices.iter().map(|device| format!("d/{device}")));
    let others = [
        "f:stream",
        "f::$DATA",
        "f:stream:$DATA",
        "d::$INDEX_ALLOCATION",
        "d:$I30:$INDEX_ALLOCATION",
        "d:x/g",
        "f.",
        "f ",
        "f. .",
        "d./g",
        "d /g",
        "f*",
        "f?",
        "<",
        ">",
        "f|",
        "\"f\"",
        "$mft",
        "$Extend/$Reparse",
        "PROGRA~1",
        "progra~1/x",
        "\\\\.\\pipe\\made",
        "\\\\.\\PhysicalDrive0",
        "\\\\.\\C:",
        "\\Device\\HarddiskVolume1",
        "\\\\?\\GLOBALROOT\\Device",
        "\\\\?\\pipe\\made",
        "d\\g",
        "\\f",
        "f\\",
        "a\tb",
        "a\u{1}",
    ];
    paths.extend(others.map(str::to_owned));
    paths
}

/// Everything that a guest can ask for a path.
fn try_all(guest: &mut Guest, path: &str) -> Vec<(&'static str, Errno)> {
    let opened = |found: Result<u32, Errno>| found.err().unwrap_or(SUCCESS);
    vec![
        ("open", opened(guest.open(3, path, (FOLLOW, 0, READ, 0)))),
        ("open itself", opened(guest.open(3, path, (NOFOLLOW, 0, READ, 0)))),
        ("write", opened(guest.open(3, path, (FOLLOW, 0, READ | WRITE, 0)))),
        ("open a directory", opened(guest.open(3, path, (FOLLOW, DIRECTORY, READ, 0)))),
        ("create", opened(guest.open(3, path, (NOFOLLOW, CREAT | TRUNC, READ | WRITE, 0)))),
        ("create anew", opened(guest.open(3, path, (FOLLOW, CREAT | EXCL, READ | WRITE, 0)))),
        ("stat", guest.stat(3, path, FOLLOW).err().unwrap_or(SUCCESS)),
        ("stat itself", guest.stat(3, path, NOFOLLOW).err().unwrap_or(SUCCESS)),
        ("set times", guest.set_times(3, path, FOLLOW, (1, 1, 5))),
        ("set its own times", guest.set_times(3, path, NOFOLLOW, (1, 1, 5))),
        ("create directory", guest.at("path_create_directory", 3, path)),
        ("remove directory", guest.at("path_remove_directory", 3, path)),
        ("unlink", guest.at("path_unlink_file", 3, path)),
        ("rename", guest.rename((3, path), (3, "taken"))),
        ("rename to", guest.rename((3, "f"), (3, path))),
        ("link", guest.link(0, (3, path), (3, "taken"))),
        ("link to", guest.link(0, (3, "f"), (3, path))),
        ("symlink at", guest.symlink("f", 3, path)),
        ("symlink to", guest.symlink(path, 3, "taken")),
        ("readlink", guest.readlink(3, path).err().unwrap_or(SUCCESS)),
    ]
}

/// What is below, and what it is.
fn inside(site: &Site) -> BTreeMap<Vec<u8>, String> {
    site.root.at("inside").describe()
}

#[test]
fn names_with_a_meaning_reach_nothing() {
    let site = Site::new();
    let outside = std::path::absolute(site.root.path().join("outside")).unwrap();
    let paths = hostile(outside.to_str().unwrap());
    assert!(paths.len() >= 100, "{}", paths.len());
    let (before, mine) = (site.outside(), inside(&site));
    let mut guest = site.guest();
    for path in &paths {
        for (what, errno) in try_all(&mut guest, path) {
            assert!([NOENT, INVAL, PERM].contains(&errno), "{what} {path:?}: {errno:?}");
        }
        assert_eq!(inside(&site), mine, "{path:?}");
    }
    assert_eq!(site.outside(), before);
}

/// Makes a junction, which leads to a directory by its absolute path and takes no right to make.
pub(super) fn junction(target: &Path, link: &Path) {
    let mklink =
        Command::new("cmd").arg("/c").arg("mklink").arg("/J").arg(link).arg(target).output().unwrap();
    assert!(mklink.status.success() && link.read_link().is_ok(), "{mklink:?}");
}

#[test]
fn junctions_lead_nowhere() {
    let site = Site::new();
    let path = |name: &str| site.root.path().join(name);
    junction(&path("outside/dir"), &path("inside/out"));
    // Absolute, so it leads nowhere for a guest, wherever that is.
    junction(&path("inside/d"), &path("inside/in"));
    let before = site.outside();
    let mut guest = site.guest();
    for name in ["out", "in"] {
        assert_eq!(guest.stat(3, name, NOFOLLOW).unwrap().filetype, SYMBOLIC_LINK);
        for below in ["", "/", "/.", "/secret", "/g", "/sub", "/new", "/..", "/../f", "/../secret"] {
            let path = format!("{name}{below}");
            for errno in [
                guest.open(3, &path, (FOLLOW, 0, READ, 0)).err().unwrap_or(SUCCESS),
                guest.open(3, &path, (FOLLOW, DIRECTORY, READ, 0)).err().unwrap_or(SUCCESS),
                guest.stat(3, &path, FOLLOW).err().unwrap_or(SUCCESS),
                guest.set_times(3, &path, FOLLOW, (1, 1, 5)),
            ] {
                assert!([PERM, LOOP, NOENT, NOTDIR].contains(&errno), "{path}: {errno:?}");
            }
        }
        for below in ["new", "secret", "g"] {
            let path = format!("{name}/{below}");
            for errno in [
                guest.open(3, &path, (NOFOLLOW, CREAT | TRUNC, READ | WRITE, 0)).err().unwrap_or(SUCCESS),
                guest.at("path_create_directory", 3, &path),
                guest.at("path_unlink_file", 3, &path),
                guest.rename((3, "f"), (3, path.as_str())),
                guest.link(0, (3, "f"), (3, path.as_str())),
            ] {
                assert_ne!(errno, SUCCESS, "{path}");
            }
        }
        // A target by an absolute path is not told.
        assert_eq!(guest.readlink(3, name).err(), Some(PERM));
        assert_eq!(guest.at("path_remove_directory", 3, name), NOTDIR);
    }
    // Unlinking takes the junction, and not what it leads to.
    assert_eq!(guest.at("path_unlink_file", 3, "in"), SUCCESS);
    assert_eq!(guest.stat(3, "d", NOFOLLOW).unwrap().filetype, TYPE_DIRECTORY);
    assert_eq!(site.outside(), before);
}
