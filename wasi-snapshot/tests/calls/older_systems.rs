//! Tests of systems without `openat2`: older kernels, and sandboxes that refuse it. A guest must not notice.

use crate::common::errno::{Errno, SUCCESS};
use crate::common::fixture::{Fixture, RO, RW};
use crate::common::guest::{Guest, call};
use crate::common::older::refuse;
use crate::common::ops::{DIRECTORY, FOLLOW, NOFOLLOW, READ, TRUNC, TYPE_DIRECTORY, WRITE};
use crate::common::place::{Ground, Place};
use crate::on_host::files::ends::{CALLS, populate, tree};
use nix::libc;
use std::collections::BTreeMap;
use test_support::copy::{copy, finish, mode, others};
use wasi_snapshot::{Perms, WasiCtx};

/// What becomes of each way to open each kind of entry, by itself and as a directory.
fn openings(f: &mut Fixture) -> Vec<(String, Result<u8, Errno>)> {
    let mut all = Vec::new();
    let names = [
        "f",
        "d",
        "link",
        "dirlink",
        "dangling",
        "loop",
        "out",
        "absolute",
        "fifo",
        "nothing",
        "d/../dirlink",
    ];
    for dir in [RW, RO] {
        for name in names {
            for end in ["", "/", "/.", "/g", "/g/"] {
                for (lookup, oflags, rights) in [
                    (FOLLOW, 0, READ),
                    (NOFOLLOW, 0, READ),
                    (FOLLOW, DIRECTORY, READ),
                    (NOFOLLOW, DIRECTORY, READ),
                    (FOLLOW, DIRECTORY, READ | WRITE),
                    (FOLLOW, DIRECTORY | TRUNC, READ),
                    (NOFOLLOW, 0, WRITE),
                ] {
                    let path = format!("{name}{end}");
                    let opened = f.open(dir, &path, (lookup, oflags, rights, 0)).map(|fd| {
                        let filetype = f.fstat(fd).unwrap().filetype;
                        if filetype == TYPE_DIRECTORY {
                            assert!(f.list(fd, 4096).is_ok(), "{path}");
                        }
                        assert_eq!(call!(f, fd_close, fd), SUCCESS);
                        filetype
                    });
                    all.push((format!("{dir} {path} {lookup} {oflags} {rights}"), opened));
                }
            }
        }
    }
    all
}

/// A directory with links that lead out of it, back into it, and around in it, and what lies outside.
fn site() -> Place {
    let root = Place::new(Ground::Host);
    root.make_dir("in");
    populate(&root.at("in"));
    root.make_dir("outside/dir");
    root.make_file("outside/secret", "secret");
    let back = root.path().join("in/full").to_str().unwrap().to_owned();
    for (target, link) in [
        ("../outside", "out"),
        ("../outside/secret", "out_to_file"),
        ("../outside/nothing", "out_to_nothing"),
        ("..", "parent"),
        ("../in/full", "and_back"),
        ("full/../../in/file", "through_and_back"),
        ("/", "absolute"),
        (back.as_str(), "absolute_back"),
        ("to_full", "chain"),
        ("full/sub/../../to_file", "around"),
        ("file/", "file_slash"),
        ("full/", "full_slash"),
        ("full/.", "full_dot"),
        ("..", "full/up"),
        ("../file", "full/sub/up"),
    ] {
        root.make_link(target, &format!("in/{link}"));
    }
    root
}

/// What becomes of each call on each path that goes through a link, and of what there is if it changed anything.
fn calls() -> Vec<(String, Errno, BTreeMap<String, String>)> {
    let starts = "out out_to_file out_to_nothing parent and_back through_and_back absolute absolute_back chain around \
                  file_slash full_slash full_dot full/up full/sub/up full/up/out full/up/../to_full";
    let looks = ["open", "stat", "lstat", "readlink"];
    let start =
        |root: &Place| Guest::new(root.at("in").preopen(WasiCtx::builder(), "/", Perms::read_write()));
    let mut all = Vec::new();
    let mut root = site();
    let mut guest = start(&root);
    for (name, ours, _) in CALLS {
        for path in starts.split_whitespace() {
            for end in ["", "/", "/..", "/sub", "/new"] {
                let path = format!("{path}{end}");
                let errno = ours(&mut guest, &path);
                let mut after = BTreeMap::new();
                if errno == SUCCESS && !looks.iter().any(|look| name.starts_with(look)) {
                    let here = root.path().to_str().unwrap().to_owned();
                    after = tree(&root).into_iter().map(|(at, line)| (at, line.replace(&here, ""))).collect();
                    root = site();
                    guest = start(&root);
                }
                all.push((format!("{name} {path}"), errno, after));
            }
        }
    }
    all
}

#[test]
fn no_call_is_another() {
    if mode().is_none() {
        finish(copy("older_systems::no_call_is_another", "no openat2"));
        return;
    }
    let expected = calls();
    refuse(libc::SYS_openat2, libc::ENOSYS);
    for (with, without) in expected.iter().zip(calls()) {
        assert_eq!(*with, without);
    }
}

#[test]
fn a_guest_does_not_notice() {
    if mode().is_none() {
        finish(copy("older_systems::a_guest_does_not_notice", "no openat2"));
        return;
    }
    let mut f = Fixture::new();
    let expected = openings(&mut f);
    refuse(libc::SYS_openat2, libc::ENOSYS);
    for (with, without) in expected.iter().zip(openings(&mut f)) {
        assert_eq!(*with, without);
    }
}

/// What the tests of paths ask for, and the system's own calls as their oracle.
#[test]
fn paths_lead_where_they_lead() {
    if mode().is_none() {
        finish(copy("older_systems::paths_lead_where_they_lead", "no openat2"));
        return;
    }
    refuse(libc::SYS_openat2, libc::ENOSYS);
    let themes = ["ends", "filestat", "names", "nofollow", "readonly", "sandbox"];
    let mut args: Vec<_> = themes.iter().map(|theme| format!("on_host::files::{theme}::")).collect();
    args.push("memory_dirs::creating_through_a_link_with_a_slash".to_owned());
    // To set times the sandbox follows 39 links, and not 40: looking whether the last one is the last counts as one.
    args.extend(["--skip".to_owned(), "chains_of_links".to_owned()]);
    others(&args.iter().map(String::as_str).collect::<Vec<_>>());
}
