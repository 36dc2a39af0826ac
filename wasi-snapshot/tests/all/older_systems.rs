//! Systems without `openat2`: older kernels, and sandboxes that refuse it. A guest must not notice.

use crate::common::copy::{copy, finish, mode, others};
use crate::common::errno::{Errno, SUCCESS};
use crate::common::fixture::{Fixture, RO, RW};
use crate::common::guest::call;
use crate::common::older::refuse;
use crate::common::ops::{DIRECTORY, FOLLOW, NOFOLLOW, READ, TYPE_DIRECTORY};
use nix::libc;

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
                for (lookup, oflags) in
                    [(FOLLOW, 0), (NOFOLLOW, 0), (FOLLOW, DIRECTORY), (NOFOLLOW, DIRECTORY)]
                {
                    let path = format!("{name}{end}");
                    let opened = f.open(dir, &path, (lookup, oflags, READ, 0)).map(|fd| {
                        let filetype = f.fstat(fd).unwrap().filetype;
                        if filetype == TYPE_DIRECTORY {
                            assert!(f.list(fd, 4096).is_ok(), "{path}");
                        }
                        assert_eq!(call!(f, fd_close, fd), SUCCESS);
                        filetype
                    });
                    all.push((format!("{dir} {path} {lookup} {oflags}"), opened));
                }
            }
        }
    }
    all
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
    // To set times the sandbox follows 39 links, and not 40: looking whether the last one is the last counts as one.
    args.extend(["--skip".to_owned(), "chains_of_links".to_owned()]);
    others(&args.iter().map(String::as_str).collect::<Vec<_>>());
}
