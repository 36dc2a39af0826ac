//! Tests of the host's memory that a directory in memory takes, whatever a guest does there.

use super::alone;
use crate::common::errno::{Errno, NOSPC, SUCCESS};
use crate::common::guest::{Guest, call};
use crate::common::ops::{CREAT, NOFOLLOW, READ, WRITE};
use test_support::counting::peak;
use wasi_snapshot::{Limits, MemDir, MemLimits, Perms, WasiCtx};

const MAX: usize = 1 << 20;
const ROOT: u32 = 3;

/// Makes the `n`th thing of a kind.
type Make = fn(&mut Guest, u32) -> Errno;

/// Each is repeated until there is no room, by a name of its own each time.
const WAYS: &[(&str, Make)] = &[
    ("empty files", |g, n| match g.open(ROOT, format!("{n}"), (NOFOLLOW, CREAT, READ, 0)) {
        Ok(fd) => call!(g, fd_close, fd),
        Err(errno) => errno,
    }),
    ("files of some bytes", |g, n| match g.open(ROOT, format!("{n}"), (NOFOLLOW, CREAT, WRITE, 0)) {
        Ok(fd) => {
            let written = g.write(fd, [b'x'; 1000]);
            assert_eq!(call!(g, fd_close, fd), SUCCESS);
            written.map_or_else(|errno| errno, |_| SUCCESS)
        }
        Err(errno) => errno,
    }),
    ("directories with long names", |g, n| g.at("path_create_directory", ROOT, format!("{n:0255}"))),
    ("directories inside each other", |g, n| {
        let inner = g.at("path_create_directory", ROOT, "new/d");
        let moved = if n == 0 { SUCCESS } else { g.rename((ROOT, "top"), (ROOT, "new/d/top")) };
        [inner, moved, g.rename((ROOT, "new/d"), (ROOT, "top"))]
            .into_iter()
            .find(|errno| *errno != SUCCESS)
            .unwrap_or(SUCCESS)
    }),
    ("symlinks to far away", |g, n| g.symlink("x".repeat(4000), ROOT, format!("{n}"))),
    ("names of one file", |g, n| g.link(0, (ROOT, "file"), (ROOT, &format!("{n:0100}")))),
    ("one file that grows", |g, n| match g.open(ROOT, "file", (NOFOLLOW, 0, WRITE, 0)) {
        Ok(fd) => {
            let grown = call!(g, fd_filestat_set_size, fd, (u64::from(n) + 1) << 12);
            assert_eq!(call!(g, fd_close, fd), SUCCESS);
            grown
        }
        Err(errno) => errno,
    }),
    ("files that are gone but open", |g, _| {
        let Ok(fd) = g.open(ROOT, "gone", (NOFOLLOW, CREAT, WRITE, 0)) else { return NOSPC };
        let written = g.write(fd, [b'x'; 8000]);
        assert_eq!(g.at("path_unlink_file", ROOT, "gone"), SUCCESS);
        written.map_or_else(|errno| errno, |_| SUCCESS)
    }),
];

#[test]
fn whatever_is_made_stays_within_the_limit() {
    let _alone = alone();
    for (what, make) in WAYS {
        let mut limits = Limits::default();
        limits.max_fds = 1 << 16;
        let builder = WasiCtx::builder().limits(limits);
        let dir = MemDir::new(MemLimits::default().max_bytes(MAX));
        dir.add("file", "contents").unwrap();
        dir.add("new/x", "").unwrap();
        let mut g = Guest::new(builder.preopen(dir, "/", Perms::read_write()));
        let (count, taken) = peak(|| {
            let mut count = 0;
            loop {
                match make(&mut g, count) {
                    SUCCESS => count += 1,
                    errno => {
                        assert_eq!(errno, NOSPC, "{what} {count}");
                        break count;
                    }
                }
            }
        });
        assert!(count > 100, "{what}: only {count}");
        // Twice as much, as documented, and the harness's copies of memory.
        assert!(taken < 2 * MAX + (1 << 18), "{count} {what} took {taken} bytes");
        // Everything that there is can be listed, so nothing was lost at the limit.
        assert!(g.list(ROOT, 16_384).is_ok());
    }
}
