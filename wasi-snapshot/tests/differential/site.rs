//! Twin trees: one for the guest, one for the system, both with files beside them that nobody may reach.

use super::beneath::Beneath;
use crate::common::place::{Ground, Place};
use rustix::fs::{CWD, Mode};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use wasi_snapshot::Perms;

/// What guests are compared on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) ground: Ground,
    pub(crate) perms: Perms,
    /// How the system resolves paths.
    pub(crate) beneath: Beneath,
    /// Can the guest's host resolve a path in one call?
    pub(crate) openat2: bool,
}

/// The two trees, as they are at first.
pub(crate) struct Site {
    pub(crate) guest: Place,
    pub(crate) native: Place,
}

impl Site {
    pub(crate) fn new(world: World) -> Self {
        let host = || Place::host_in(&temporary());
        let guest = if world.ground == Ground::Host { host() } else { Place::new(world.ground) };
        let site = Site { guest, native: host() };
        for place in [&site.guest, &site.native] {
            furnish(place, world.ground);
        }
        site
    }

    /// The directory that a side has.
    pub(crate) fn inside(place: &Place) -> Place {
        place.at("inside")
    }
}

/// Where trees are made and removed by the thousand: in memory, if the system has a place there and nobody has named
/// another.
fn temporary() -> PathBuf {
    let memory = Path::new("/dev/shm");
    match std::env::var_os("TMPDIR") {
        None if memory.is_dir() => memory.to_owned(),
        _ => std::env::temp_dir(),
    }
}

/// The symlinks: target and name.
const LINKS: &[(&str, &str)] = &[
    ("f", "link"),
    ("d", "dirlink"),
    ("d/", "slashlink"),
    ("f/", "fileslash"),
    ("nowhere", "dangling"),
    ("loop", "loop"),
    ("b", "a"),
    ("a", "b"),
    ("../outside/secret", "out"),
    ("../outside", "outdir"),
    // It leaves and comes back.
    ("../inside/f", "back"),
    // It stays inside, on a detour.
    ("d/../f", "updown"),
    ("..", "d/up"),
    (".", "here"),
    ("/nowhere/at/all", "absolute"),
    ("/", "root"),
];

fn furnish(place: &Place, twin: Ground) {
    for dir in ["inside/d/e", "inside/empty", "outside/dir"] {
        place.make_dir(dir);
    }
    place.make_file("outside/secret", "secret");
    let inside = Site::inside(place);
    inside.make_file("f", "0123456789");
    inside.make_hard_link("f", "g");
    inside.make_file("d/f", "in d");
    inside.make_file("d/h", "written only");
    for (target, name) in LINKS {
        inside.make_link(target, name);
    }
    // Systems go as many steps as 40.
    for steps in 39..=41 {
        inside.make_link(&format!("{}f", "here/".repeat(steps - 1)), &format!("steps{steps}"));
    }
    // Only the host has modes, and names that are no UTF-8. What lacks permissions is shown to everybody but a user who
    // has them all.
    if let (Place::Host(_, path, _), Ground::Host) = (&inside, twin) {
        inside.make_dir("shut/e");
        inside.make_dir("locked/e");
        inside.make_file("locked/f", "locked");
        inside.make_file("unread", "unread");
        for (name, mode) in [("shut", 0), ("locked", 0o555), ("locked/f", 0o444), ("unread", 0o222)] {
            fs::set_permissions(path.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        symlink(std::ffi::OsStr::from_bytes(b"\xff"), path.join("d/a")).unwrap();
        let flags = rustix::fs::OFlags::CREATE | rustix::fs::OFlags::CLOEXEC;
        let name = path.join(std::ffi::OsStr::from_bytes(b"d/\xfe"));
        rustix::fs::openat(CWD, name, flags, Mode::RUSR).unwrap();
    }
}

/// Gives the owner all permissions below a directory, and says what was there: types and modes by path.
pub(crate) fn open_up(root: &Path) -> BTreeMap<Vec<u8>, u32> {
    let mut found = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let metadata = path.symlink_metadata().unwrap();
        let mode = metadata.permissions().mode();
        found.insert(path.strip_prefix(root).unwrap().as_os_str().as_bytes().to_vec(), mode);
        if !metadata.is_symlink() && mode & 0o600 != 0o600 || metadata.is_dir() && mode & 0o700 != 0o700 {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode | 0o700)).unwrap();
        }
        if metadata.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    found
}
