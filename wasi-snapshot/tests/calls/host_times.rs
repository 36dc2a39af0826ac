//! A test of times that only files of the host have.

use crate::common::guest::Guest;
use crate::common::ops::{FOLLOW, NOFOLLOW};
use rustix::fs::{AtFlags, Timespec, Timestamps};
use std::fs;
use std::os::unix::fs::MetadataExt;
use tempfile::TempDir;
use wasi_snapshot::{Perms, WasiCtx};

/// Times that no guest can set, but that files of the host may have.
#[test]
fn times_of_the_host_beyond_64_bits_are_clamped() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("f");
    fs::write(&path, "").unwrap();
    let mut guest = Guest::new(WasiCtx::builder().preopen_dir(dir.path(), "/", Perms::read_write()));
    let fd = guest.open_read(3, "f").unwrap();
    for (seconds, nanos) in [
        (-1, 0),
        (-1, 999_999_999),
        (i64::from(i32::MIN), 0),
        (0, 0),
        (i64::from(i32::MAX) + 1, 5),
        (4_000_000_000, 1),
        (i64::from(u32::MAX), 999_999_999),
        (20_000_000_000, 0),
        (i64::MAX, 0),
        (i64::MIN, 0),
    ] {
        let time = Timespec { tv_sec: seconds, tv_nsec: nanos };
        let times = Timestamps { last_access: time, last_modification: time };
        rustix::fs::utimensat(rustix::fs::CWD, &path, &times, AtFlags::empty()).unwrap();
        // The file system may have clamped it first; what counts is what it says now.
        let kept = path.symlink_metadata().unwrap();
        let exact = i128::from(kept.mtime()) * 1_000_000_000 + i128::from(kept.mtime_nsec());
        let expected = u64::try_from(exact.clamp(0, i128::from(u64::MAX))).unwrap();
        let expected = if kept.mtime() < 0 { 0 } else { expected };
        for stat in [guest.stat(3, "f", FOLLOW), guest.stat(3, "f", NOFOLLOW), guest.fstat(fd)] {
            assert_eq!(stat.unwrap().mtim, expected, "{seconds}");
        }
    }
}
