//! Tests that no path leads out of a preopened directory, whatever the call, the way of looking up, or the links.
//!
//! Beside the preopened directory lie files that no guest was given. After every call they are compared:
//! contents, names, inodes, modification times.

use super::GROUND;
use crate::common::errno::{Errno, LOOP, PERM, SUCCESS};
use crate::common::guest::{Guest, OUT, PATH, PATH2, call};
use crate::common::ops::{CREAT, DIRECTORY, EXCL, FOLLOW, NOFOLLOW, READ, SYMBOLIC_LINK, TRUNC, WRITE};
use crate::common::place::{Ground, Place};
use std::collections::BTreeMap;
use std::fs;
use wasi_snapshot::{Perms, WasiCtx};

/// A preopened directory, and what lies outside.
pub(crate) struct Site {
    pub(crate) root: Place,
}

impl Site {
    pub(crate) fn new() -> Self {
        let root = Place::new(GROUND);
        for dir in ["inside/d/sub", "outside/dir/sub", "outside/empty"] {
            root.make_dir(dir);
        }
        for (file, contents) in [
            ("inside/f", "mine"),
            ("inside/d/g", "mine"),
            ("outside/secret", "secret"),
            ("outside/dir/secret", "secret"),
        ] {
            root.make_file(file, contents);
        }
        Site { root }
    }

    pub(crate) fn guest(&self) -> Guest {
        Guest::new(self.inside().preopen(WasiCtx::builder(), "/", Perms::read_write()))
    }

    fn inside(&self) -> Place {
        self.root.at("inside")
    }

    /// What no guest may change, nor learn of.
    pub(crate) fn outside(&self) -> BTreeMap<Vec<u8>, String> {
        self.root.at("outside").describe()
    }

    /// An absolute path to something in it. What is in memory has none, so it takes the root for one.
    fn absolute(&self, path: &str) -> String {
        match &self.root {
            Place::Host(_, root, _) => root.join(path).to_str().unwrap().to_owned(),
            Place::Memory(_) => format!("/{path}"),
        }
    }
}

/// Symlinks that lead out: a name and a target, relative to the preopened directory.
const LINKS: &[(&str, &str)] = &[
    ("to_secret", "../outside/secret"),
    ("to_dir", "../outside/dir"),
    ("to_dir_slash", "../outside/dir/"),
    ("to_dir_dot", "../outside/dir/."),
    ("to_dir_slashes", "..//outside//dir//"),
    ("to_empty", "../outside/empty"),
    ("to_nothing", "../outside/new"),
    ("parent", ".."),
    ("grandparent", "../.."),
    ("parent_slash", "../"),
    ("through", "d/../../outside/dir"),
    ("and_back", "../inside/d"),
    ("d/up", "../.."),
    ("d/sub/up", "../../../outside/dir"),
    ("chain", "chain2"),
    ("chain2", "d/chain3"),
    ("d/chain3", "../to_dir"),
    ("chain_slash", "chain2/"),
];

/// Symlinks that only the host can make, since their targets are absolute.
fn absolute_links(site: &Site) -> Vec<(&'static str, String)> {
    let of = |name: &str| site.absolute(&format!("outside/{name}"));
    vec![
        ("abs_secret", of("secret")),
        ("abs_dir", of("dir")),
        ("abs_dir_slash", of("dir/")),
        ("abs_new", of("new")),
        ("abs_root", "/".to_owned()),
        // Inside, but by way of the root.
        ("abs_inside", site.absolute("inside/d")),
    ]
}

/// Paths that leave without any link.
fn plain(site: &Site) -> Vec<String> {
    let secret = site.absolute("outside/secret");
    let mut paths = vec![format!("/{secret}"), secret];
    paths.extend(
        [
            "/",
            "//",
            "/.",
            "/..",
            "/etc/passwd",
            "..",
            "../",
            "..//",
            "../.",
            "./..",
            "./../",
            "../..",
            "d/../..",
            "d/../../",
            "d/../../.",
            "d/./.././..",
            "d/sub/../../..",
            "../outside",
            "../outside/secret",
            "../outside/new",
            "../inside",
            "../inside/f",
            "d/../../inside/f",
            "d/../../outside/secret",
            "./../outside/secret",
            "d//..//..//outside//secret",
            "d/sub/../../../outside/dir/",
            "../outside/dir/.",
        ]
        .map(str::to_owned),
    );
    paths
}

/// Ways to go through a link; the first two act on the link itself if nothing follows it.
fn through(link: &str) -> Vec<String> {
    let ends = [
        "",
        "/",
        "//",
        "/.",
        "/./",
        "/..",
        "/../outside/secret",
        "/secret",
        "/new",
        "/sub",
        "/sub/",
        "/sub/..",
    ];
    let mut paths = vec![link.to_owned(), format!("d/../{link}")];
    paths.extend(ends[1..].iter().map(|end| format!("{link}{end}")));
    paths
}

type Call = (&'static str, fn(&mut Guest, &str) -> Errno);

fn open(guest: &mut Guest, path: &str, how: (u32, u32, u64, u32)) -> Errno {
    guest.open(3, path, how).err().unwrap_or(SUCCESS)
}

/// Every call with a path, in every way that matters to links.
const CALLS: &[Call] = &[
    ("mkdir", |guest, path| guest.at("path_create_directory", 3, path)),
    ("rmdir", |guest, path| guest.at("path_remove_directory", 3, path)),
    ("unlink", |guest, path| guest.at("path_unlink_file", 3, path)),
    ("stat", |guest, path| guest.stat(3, path, FOLLOW).err().unwrap_or(SUCCESS)),
    ("lstat", |guest, path| match guest.stat(3, path, NOFOLLOW) {
        Ok(stat) => {
            assert_eq!(stat.filetype, SYMBOLIC_LINK, "{path} shows something else than the link");
            SUCCESS
        }
        Err(errno) => errno,
    }),
    ("utimes", |guest, path| guest.set_times(3, path, FOLLOW, (1, 1, 5))),
    ("lutimes", |guest, path| guest.set_times(3, path, NOFOLLOW, (1, 1, 5))),
    ("readlink", |guest, path| guest.readlink(3, path).err().unwrap_or(SUCCESS)),
    ("symlink", |guest, path| guest.symlink("f", 3, path)),
    ("link from", |guest, path| guest.link(0, (3, path), (3, "hard"))),
    ("link to", |guest, path| guest.link(0, (3, "f"), (3, path))),
    ("rename from", |guest, path| guest.rename((3, path), (3, "renamed"))),
    ("rename to", |guest, path| guest.rename((3, "f"), (3, path))),
    ("rename a directory to", |guest, path| guest.rename((3, "d/sub"), (3, path))),
    ("open", |guest, path| open(guest, path, (FOLLOW, 0, READ, 0))),
    ("open nofollow", |guest, path| open(guest, path, (NOFOLLOW, 0, READ, 0))),
    ("open directory", |guest, path| open(guest, path, (FOLLOW, DIRECTORY, READ, 0))),
    ("open directory nofollow", |guest, path| open(guest, path, (NOFOLLOW, DIRECTORY, READ, 0))),
    ("write", |guest, path| open(guest, path, (FOLLOW, 0, WRITE, 0))),
    ("create", |guest, path| open(guest, path, (FOLLOW, CREAT, READ | WRITE, 0))),
    ("create nofollow", |guest, path| open(guest, path, (NOFOLLOW, CREAT, WRITE, 0))),
    ("create to read", |guest, path| open(guest, path, (FOLLOW, CREAT, READ, 0))),
    ("create new", |guest, path| open(guest, path, (FOLLOW, CREAT | EXCL, WRITE, 0))),
    ("cut", |guest, path| open(guest, path, (FOLLOW, TRUNC, READ, 0))),
    ("cut nofollow", |guest, path| open(guest, path, (NOFOLLOW, TRUNC, WRITE, 0))),
    ("create and cut", |guest, path| open(guest, path, (FOLLOW, CREAT | TRUNC, WRITE, 0))),
];

/// The calls that act on a symlink itself when its name ends the path.
const ON_LINKS: &[&str] =
    &["unlink", "lstat", "lutimes", "readlink", "link from", "rename from", "rename to"];

/// Makes every call with every path: it fails, or it is about the link itself; and outside is as it was.
fn try_all(make_links: fn(&Site, &mut Guest)) {
    let new_site = || {
        let site = Site::new();
        let mut guest = site.guest();
        make_links(&site, &mut guest);
        (site, guest)
    };
    let (mut site, mut guest) = new_site();
    let names = links_in(&site.inside());
    assert!(!names.is_empty());
    let mut outside = site.outside();
    let mut inside = site.inside().describe();
    for (name, call) in CALLS {
        let mut paths: Vec<(String, bool)> = plain(&site).into_iter().map(|path| (path, false)).collect();
        for link in &names {
            let ways = through(link).into_iter().enumerate();
            paths.extend(ways.map(|(index, path)| (path, index < 2)));
        }
        for (path, is_link) in paths {
            let errno = call(&mut guest, &path);
            let may_succeed = is_link && ON_LINKS.contains(name);
            assert!(errno != SUCCESS || may_succeed, "{name} {path} succeeded");
            assert_eq!(site.outside(), outside, "{name} {path} gave {errno:?}");
            if site.inside().describe() != inside {
                assert!(may_succeed, "{name} {path} changed what is inside and gave {errno:?}");
                (site, guest) = new_site();
                outside = site.outside();
                inside = site.inside().describe();
            }
        }
    }
}

/// All symlinks below a directory, as paths relative to it.
fn links_in(dir: &Place) -> Vec<String> {
    let all = dir.describe();
    let links = all.iter().filter(|(_, line)| line.contains("-> "));
    links.map(|(path, _)| String::from_utf8(path.clone()).unwrap()).collect()
}

#[test]
fn links_of_the_host() {
    try_all(|site, _| {
        for (name, target) in LINKS {
            site.inside().make_link(target, name);
        }
        for (name, target) in absolute_links(site) {
            site.inside().make_link(&target, name);
        }
    });
}

#[test]
fn links_of_the_guest() {
    try_all(|site, guest| {
        for (name, target) in LINKS {
            assert_eq!(guest.symlink(target, 3, name), SUCCESS, "{name}");
        }
        for (name, target) in absolute_links(site) {
            assert_eq!(guest.symlink(&target, 3, name), PERM, "{name}");
        }
    });
}

/// Whether something outside exists must not be told by the errno.
#[test]
fn outside_looks_the_same_whether_it_is_there_or_not() {
    let site = Site::new();
    for (name, target) in LINKS {
        site.inside().make_link(target, name);
    }
    let pairs = [
        ("../outside/secret", "../outside/missing"),
        ("../outside/dir/secret", "../missing/secret"),
        ("to_dir/secret", "to_dir/missing"),
        ("to_dir/sub/", "to_dir/missing/"),
        ("parent/outside/secret", "parent/outside/missing"),
        ("to_secret/", "to_nothing/"),
        ("to_secret/x", "to_nothing/x"),
    ];
    for (name, call) in CALLS {
        for (there, missing) in pairs {
            let mut guest = site.guest();
            let (there, missing) = ((there, call(&mut guest, there)), (missing, call(&mut guest, missing)));
            assert_eq!(there.1, missing.1, "{name} tells {} from {}", there.0, missing.0);
        }
    }
}

/// How many symlinks may be followed is the system's affair, and ours must agree with it.
#[test]
fn chains_of_links_are_as_long_as_the_system_allows() {
    const MOST: usize = if cfg!(windows) && !matches!(GROUND, Ground::Memory) { 63 } else { 40 };
    let site = Site::new();
    let mut guest = site.guest();
    site.inside().make_link("f", "l1");
    for n in 2..=MOST + 5 {
        assert_eq!(guest.symlink(format!("l{}", n - 1), 3, format!("l{n}")), SUCCESS);
    }
    for n in [1, 2, MOST - 1, MOST, MOST + 1, MOST + 2, MOST + 5] {
        let path = format!("l{n}");
        if let Place::Host(_, root, _) = site.inside() {
            assert_eq!(fs::read(root.join(&path)).is_ok(), n <= MOST, "the system's own limit");
        }
        let expected = if n <= MOST { Ok(()) } else { Err(LOOP) };
        assert_eq!(guest.stat(3, &path, FOLLOW).map(drop), expected, "{n}");
        assert_eq!(guest.open_read(3, &path).map(drop), expected, "{n}");
        assert_eq!(guest.set_times(3, &path, FOLLOW, (0, 0, 5)), expected.err().unwrap_or(SUCCESS), "{n}");
    }
}

/// Long ways that end where they should: no stack, no descriptors, no patience is used up.
#[test]
fn deep_paths() {
    let site = Site::new();
    let mut guest = site.guest();
    for path in
        ["./".repeat(2000) + "f", "d/../".repeat(800) + "f", "d//".to_owned() + &"sub/../".repeat(500) + "g"]
    {
        if let Place::Host(_, root, _) = site.inside() {
            assert!(fs::read(root.join(&path)).is_ok(), "the system gets there");
        }
        let stat = guest.stat(3, &path, FOLLOW);
        assert!(stat.is_ok(), "{stat:?}");
        assert!(guest.open_read(3, &path).is_ok());
    }
    let up = "d/".to_owned() + &"../".repeat(1000) + "outside/secret";
    assert_eq!(guest.open_read(3, up), Err(PERM));
}

/// A directory that was opened keeps its own bounds, though the preopened one above it would allow more.
#[test]
fn an_opened_directory_is_a_sandbox_of_its_own() {
    let site = Site::new();
    site.inside().make_link("../f", "d/to_f");
    let mut guest = site.guest();
    let dir = guest.open_read(3, "d").unwrap();
    for path in ["..", "../f", "sub/../../f", "to_f"] {
        assert_eq!(guest.open_read(dir, path), Err(PERM), "{path}");
    }
    assert!(guest.open_read(3, "d/to_f").is_ok());
    assert!(guest.open_read(dir, "sub/../g").is_ok());
}

/// Two paths, one good and one bad: the good side must not be touched either.
#[test]
fn calls_with_two_paths_change_nothing_when_one_leads_out() {
    let site = Site::new();
    let mut guest = site.guest();
    let (inside, outside) = (site.inside().describe(), site.outside());
    for bad in ["../outside/new", "/tmp/new", "d/../../new"] {
        let (good, good_len) = guest.put(PATH, "f");
        let (path, len) = guest.put(PATH2, bad);
        for _ in 0..2 {
            assert_eq!(call!(guest, path_rename, 3, good, good_len, 3, path, len), PERM);
            assert_eq!(call!(guest, path_rename, 3, path, len, 3, good, good_len), PERM);
            assert_eq!(call!(guest, path_link, 3, 0, good, good_len, 3, path, len), PERM);
            assert_eq!(call!(guest, path_link, 3, 0, path, len, 3, good, good_len), PERM);
            assert_eq!(call!(guest, path_symlink, good, good_len, 3, path, len), PERM);
        }
        assert_eq!(guest.u32(OUT), u32::from_le_bytes(*b"????"));
    }
    assert_eq!((site.inside().describe(), site.outside()), (inside, outside));
}
