//! Attributes of files, with the host's own as the oracle.

use crate::common::errno::SUCCESS;
use crate::common::fixture::{DIR, FILE, Fixture, LISTENER, RO, RW, STDIN, STDOUT, STREAM};
use crate::common::guest::{Guest, OUT, PATH, SIZE, call, writes};
use crate::common::ops::{
    FOLLOW, Filestat, NOFOLLOW, REGULAR_FILE, SOCKET_STREAM, SYMBOLIC_LINK, TYPE_DIRECTORY, UNKNOWN,
};
use rustix::fs::{AtFlags, Timespec, Timestamps};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use tempfile::TempDir;
use wasi_snapshot::{Perms, WasiCtx};

const ATIM: u32 = 1;
const ATIM_NOW: u32 = 1 << 1;
const MTIM: u32 = 1 << 2;
const MTIM_NOW: u32 = 1 << 3;

/// What the host says, but for the numbers that are hidden from guests.
fn of_host(path: &Path, stat: Filestat) -> Filestat {
    let host = path.symlink_metadata().unwrap();
    let nanos =
        |seconds: i64, nanos: i64| u64::try_from(i128::from(seconds) * 1_000_000_000 + i128::from(nanos));
    Filestat {
        nlink: host.nlink(),
        size: host.size(),
        atim: nanos(host.atime(), host.atime_nsec()).unwrap(),
        mtim: nanos(host.mtime(), host.mtime_nsec()).unwrap(),
        ctim: nanos(host.ctime(), host.ctime_nsec()).unwrap(),
        ..stat
    }
}

#[test]
fn attributes_are_the_hosts() {
    let mut f = Fixture::new();
    for (path, filetype) in [
        ("f", REGULAR_FILE),
        ("d", TYPE_DIRECTORY),
        ("d/g", REGULAR_FILE),
        ("link", SYMBOLIC_LINK),
        ("dangling", SYMBOLIC_LINK),
        ("out", SYMBOLIC_LINK),
        ("fifo", UNKNOWN),
        (".", TYPE_DIRECTORY),
        ("d/..", TYPE_DIRECTORY),
    ] {
        let stat = f.stat(RW, path, NOFOLLOW).unwrap();
        assert_eq!(stat.filetype, filetype, "{path}");
        assert_eq!(stat, of_host(&f.rw().join(path), stat), "{path}");
    }
    assert_eq!(f.stat(RW, "link", FOLLOW), f.stat(RW, "f", NOFOLLOW));
    assert_eq!(f.stat(RW, "dirlink", FOLLOW), f.stat(RW, "d", NOFOLLOW));
    for (fd, path) in [(FILE, "f"), (DIR, "d"), (RW, ".")] {
        assert_eq!(f.fstat(fd), f.stat(RW, path, NOFOLLOW), "{path}");
    }
}

/// The record byte by byte: what lies where, what is padding, and what is left alone.
#[test]
fn the_record_of_preview1() {
    let mut f = Fixture::new();
    let stat = f.fstat(FILE).unwrap();
    let words = [stat.dev, stat.ino, REGULAR_FILE.into(), 1, 10, stat.atim, stat.mtim, stat.ctim]
        .map(u64::to_le_bytes);
    for at in [SIZE - 64, OUT + 1] {
        f.mask();
        writes!(f, fd_filestat_get(FILE, at) => at, words.concat());
    }
    f.mask();
    let (path, len) = f.put(PATH, "f");
    writes!(f, path_filestat_get(RW, NOFOLLOW, path, len, OUT) => OUT, words.concat());
}

/// In the older module the number of links has 32 bits and lies beside the type.
#[test]
fn the_record_of_the_older_module() {
    let mut f = Fixture::new();
    let stat = f.fstat(FILE).unwrap();
    f.use_unstable();
    let links = u64::from(REGULAR_FILE) | 1 << 32;
    let words = [stat.dev, stat.ino, links, 10, stat.atim, stat.mtim, stat.ctim].map(u64::to_le_bytes);
    f.mask();
    writes!(f, fd_filestat_get(FILE, SIZE - 56) => SIZE - 56, words.concat());
    f.mask();
    let (path, len) = f.put(PATH, "f");
    writes!(f, path_filestat_get(RW, NOFOLLOW, path, len, OUT) => OUT, words.concat());
}

#[test]
fn streams_have_a_type_and_nothing_else() {
    let mut f = Fixture::new();
    for (fd, filetype) in
        [(STDIN, UNKNOWN), (STDOUT, UNKNOWN), (STREAM, SOCKET_STREAM), (LISTENER, SOCKET_STREAM)]
    {
        let mut record = [0; 64];
        record[16] = filetype;
        f.mask();
        writes!(f, fd_filestat_get(fd, OUT) => OUT, record);
    }
}

#[test]
fn files_are_told_apart_and_hosts_are_not_told() {
    let mut f = Fixture::new();
    fs::hard_link(f.rw().join("f"), f.rw().join("same")).unwrap();
    let of = |f: &mut Fixture, path| f.stat(RW, path, NOFOLLOW).unwrap();
    let (file, same, dir) = (of(&mut f, "f"), of(&mut f, "same"), of(&mut f, "d"));
    assert_eq!((file.dev, file.ino), (same.dev, same.ino));
    assert_eq!(file.nlink, 2);
    assert_eq!(file.dev, dir.dev);
    assert_ne!(file.ino, dir.ino);
    let host = f.rw().join("f").metadata().unwrap();
    assert_ne!(file.ino, host.ino());
    assert_ne!(file.dev, host.dev());
    // Another guest cannot even tell that it sees the same file.
    let mut other = Guest::new(WasiCtx::builder().preopen_dir(f.rw(), "/", Perms::read_only()));
    assert_ne!(other.stat(3, "f", NOFOLLOW).unwrap().ino, file.ino);
}

fn times(stat: Result<Filestat, crate::common::errno::Errno>) -> (u64, u64) {
    stat.map(|stat| (stat.atim, stat.mtim)).unwrap()
}

#[test]
fn times_are_set_to_the_nanosecond_and_only_those_asked_for() {
    let mut f = Fixture::new();
    for path in ["f", "d", ".", "fifo", "empty/", "link", "dirlink"] {
        assert_eq!(f.set_times(RW, path, FOLLOW, (11, 22, ATIM | MTIM)), SUCCESS, "{path}");
        assert_eq!(times(f.stat(RW, path, FOLLOW)), (11, 22), "{path}");
        assert_eq!(f.set_times(RW, path, FOLLOW, (33, 44, ATIM)), SUCCESS);
        assert_eq!(times(f.stat(RW, path, FOLLOW)), (33, 22), "{path}");
        assert_eq!(f.set_times(RW, path, FOLLOW, (55, 66, MTIM)), SUCCESS);
        assert_eq!(times(f.stat(RW, path, FOLLOW)), (33, 66), "{path}");
        assert_eq!(f.set_times(RW, path, FOLLOW, (77, 88, 0)), SUCCESS);
        assert_eq!(times(f.stat(RW, path, FOLLOW)), (33, 66), "{path}");
    }
    for fd in [FILE, DIR, RW] {
        assert_eq!(call!(f, fd_filestat_set_times, fd, 123, 456, ATIM | MTIM), SUCCESS, "{fd}");
        assert_eq!(times(f.fstat(fd)), (123, 456), "{fd}");
    }
}

#[test]
fn now_is_now() {
    let mut f = Fixture::new();
    for flags in [ATIM_NOW, MTIM_NOW, ATIM_NOW | MTIM_NOW, ATIM_NOW | MTIM] {
        assert_eq!(f.set_times(RW, "f", NOFOLLOW, (1, 1, ATIM | MTIM)), SUCCESS);
        // The kernel's time for files lags behind the clock by a tick.
        let before = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
        let before = u64::try_from(before.tv_sec).unwrap() * 1_000_000_000;
        assert_eq!(f.set_times(RW, "f", NOFOLLOW, (7, 7, flags)), SUCCESS);
        let (atim, mtim) = times(f.stat(RW, "f", NOFOLLOW));
        assert_eq!(atim >= before, flags & ATIM_NOW != 0, "{flags}");
        assert_eq!(mtim >= before, flags & MTIM_NOW != 0, "{flags}");
        assert_eq!(mtim == 7, flags & MTIM != 0, "{flags}");
    }
}

#[test]
fn the_times_of_a_symlink_are_its_own() {
    let mut f = Fixture::new();
    let target = f.stat(RW, "f", NOFOLLOW);
    for link in ["link", "dangling", "out", "absolute"] {
        assert_eq!(f.set_times(RW, link, NOFOLLOW, (11, 22, ATIM | MTIM)), SUCCESS, "{link}");
        assert_eq!(times(f.stat(RW, link, NOFOLLOW)), (11, 22), "{link}");
    }
    assert_eq!(f.stat(RW, "f", NOFOLLOW), target);
}

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

/// The largest and the oddest times that a guest can ask for.
#[test]
fn any_time_can_be_asked_for() {
    let mut f = Fixture::new();
    let second = 1_000_000_000;
    for time in
        [0, 1, second - 1, second, 4_294_967_295 * second, i64::MAX.cast_unsigned(), u64::MAX - 1, u64::MAX]
    {
        // The oracle is the same request by a native call on a file beside it.
        let native = f.rw().join("d/g");
        let host = Timespec {
            tv_sec: i64::try_from(time / second).unwrap(),
            tv_nsec: i64::try_from(time % second).unwrap(),
        };
        let both = Timestamps { last_access: host, last_modification: host };
        rustix::fs::utimensat(rustix::fs::CWD, &native, &both, AtFlags::empty()).unwrap();
        let expected = f.stat(RW, "d/g", NOFOLLOW).unwrap();
        assert_eq!(f.set_times(RW, "f", FOLLOW, (time, time, ATIM | MTIM)), SUCCESS);
        assert_eq!(times(f.stat(RW, "f", NOFOLLOW)), (expected.atim, expected.mtim), "{time}");
        assert_eq!(f.set_times(RW, "link", NOFOLLOW, (time, time, ATIM | MTIM)), SUCCESS);
        assert_eq!(call!(f, fd_filestat_set_times, FILE, time, time, ATIM | MTIM), SUCCESS);
        assert_eq!(call!(f, fd_filestat_set_times, RW, time, time, ATIM | MTIM), SUCCESS);
    }
}

#[test]
fn a_refused_time_touches_nothing() {
    let mut f = Fixture::new();
    let before = f.everything();
    for flags in [ATIM | ATIM_NOW, MTIM | MTIM_NOW, ATIM | MTIM | MTIM_NOW, 15, 16, u32::MAX] {
        assert_ne!(f.set_times(RW, "f", FOLLOW, (1, 1, flags)), SUCCESS);
        assert_ne!(call!(f, fd_filestat_set_times, FILE, 1, 1, flags), SUCCESS);
    }
    assert_ne!(call!(f, fd_filestat_set_times, RO, 1, 1, ATIM), SUCCESS);
    assert_eq!(f.everything(), before);
}
