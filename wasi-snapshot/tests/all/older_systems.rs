//! Systems without `openat2`: older kernels, and sandboxes that refuse it. A guest must not notice.

use crate::common::copy::{copy, finish, mode};
use crate::common::errno::{Errno, SUCCESS};
use crate::common::fixture::{Fixture, RO, RW};
use crate::common::guest::call;
use crate::common::older::refuse;
use crate::common::ops::{DIRECTORY, FOLLOW, NOFOLLOW, READ, TRUNC, TYPE_DIRECTORY, WRITE};
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
