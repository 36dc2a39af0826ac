//! Attributes of files, with what can be seen from outside as the oracle.

use super::GROUND;
use crate::common::errno::{NOENT, NOTDIR, SUCCESS};
use crate::common::fixture::{DIR, FILE, Fixture, LISTENER, RO, RW, STDIN, STDOUT, STREAM};
use crate::common::guest::{Guest, OUT, PATH, call, writes};
use crate::common::ops::{
    FOLLOW, Filestat, NOFOLLOW, REGULAR_FILE, SOCKET_STREAM, SYMBOLIC_LINK, TYPE_DIRECTORY, UNKNOWN,
};
use crate::common::place::{Ground, Place, number};
use test_support::SIZE;
use wasi_snapshot::{Perms, WasiCtx};

const ATIM: u32 = 1;
const ATIM_NOW: u32 = 1 << 1;
const MTIM: u32 = 1 << 2;
const MTIM_NOW: u32 = 1 << 3;

/// What the place says, but for the numbers that are hidden from guests. On Windows the standard library, which is asked, has
/// no time of the last change.
fn of_place(place: &Place, path: &str, stat: Filestat) -> Filestat {
    let seen = place.stat(path).unwrap();
    Filestat {
        filetype: number(seen.filetype),
        nlink: seen.nlink,
        size: seen.size,
        atim: seen.atim,
        mtim: seen.mtim,
        ctim: if cfg!(windows) { stat.ctim } else { seen.ctim },
        ..stat
    }
}

#[test]
fn attributes_are_those_of_the_place() {
    let mut f = Fixture::on(GROUND);
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
        if !f.rw().has(path) {
            assert!(path == "fifo" && (GROUND == Ground::Memory || cfg!(windows)), "{path}");
            continue;
        }
        let stat = f.stat(RW, path, NOFOLLOW).unwrap();
        assert_eq!(stat.filetype, filetype, "{path}");
        assert_eq!(stat, of_place(&f.rw(), path, stat), "{path}");
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
    let mut f = Fixture::on(GROUND);
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
    let mut f = Fixture::on(GROUND);
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
    let mut f = Fixture::on(GROUND);
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
    let mut f = Fixture::on(GROUND);
    f.rw().make_hard_link("f", "same");
    let of = |f: &mut Fixture, path| f.stat(RW, path, NOFOLLOW).unwrap();
    let (file, same, dir) = (of(&mut f, "f"), of(&mut f, "same"), of(&mut f, "d"));
    assert_eq!((file.dev, file.ino), (same.dev, same.ino));
    assert_eq!(file.nlink, 2);
    assert_eq!(file.dev, dir.dev);
    assert_ne!(file.ino, dir.ino);
    let seen = f.rw().stat("f").unwrap();
    assert_ne!(file.ino, seen.ino);
    assert_ne!(file.dev, seen.dev);
    // Another guest cannot even tell that it sees the same file.
    let mut other = Guest::new(f.rw().preopen(WasiCtx::builder(), "/", Perms::read_only()));
    assert_ne!(other.stat(3, "f", NOFOLLOW).unwrap().ino, file.ino);
}

fn times(stat: Result<Filestat, crate::common::errno::Errno>) -> (u64, u64) {
    stat.map(|stat| (stat.atim, stat.mtim)).unwrap()
}

#[test]
fn times_are_set_to_the_step_and_only_those_asked_for() {
    // A host's steps may be longer than a nanosecond.
    let step = if cfg!(windows) { 100 } else { 1 };
    let times_at = |atim: u64, mtim: u64| (atim * step, mtim * step);
    let mut f = Fixture::on(GROUND);
    for path in ["f", "d", ".", "fifo", "empty/", "link", "dirlink"] {
        if !f.rw().has(path) {
            continue;
        }
        assert_eq!(f.set_times(RW, path, FOLLOW, (11 * step, 22 * step, ATIM | MTIM)), SUCCESS, "{path}");
        assert_eq!(times(f.stat(RW, path, FOLLOW)), times_at(11, 22), "{path}");
        assert_eq!(f.set_times(RW, path, FOLLOW, (33 * step, 44 * step, ATIM)), SUCCESS);
        assert_eq!(times(f.stat(RW, path, FOLLOW)), times_at(33, 22), "{path}");
        assert_eq!(f.set_times(RW, path, FOLLOW, (55 * step, 66 * step, MTIM)), SUCCESS);
        assert_eq!(times(f.stat(RW, path, FOLLOW)), times_at(33, 66), "{path}");
        assert_eq!(f.set_times(RW, path, FOLLOW, (77 * step, 88 * step, 0)), SUCCESS);
        assert_eq!(times(f.stat(RW, path, FOLLOW)), times_at(33, 66), "{path}");
    }
    for fd in [FILE, DIR, RW] {
        assert_eq!(call!(f, fd_filestat_set_times, fd, 123 * step, 456 * step, ATIM | MTIM), SUCCESS, "{fd}");
        assert_eq!(times(f.fstat(fd)), times_at(123, 456), "{fd}");
    }
}

/// A path has to lead somewhere even if nothing is to be set there. Linux does not look.
#[test]
fn setting_no_time_needs_a_file() {
    let mut f = Fixture::on(GROUND);
    for (path, lookup, errno) in [
        ("nothing", NOFOLLOW, NOENT),
        ("nothing", FOLLOW, NOENT),
        ("d/nothing", NOFOLLOW, NOENT),
        ("f/g", NOFOLLOW, NOTDIR),
        ("f/", NOFOLLOW, NOTDIR),
        ("dangling", FOLLOW, NOENT),
        ("dangling", NOFOLLOW, SUCCESS),
        ("f", NOFOLLOW, SUCCESS),
    ] {
        assert_eq!(f.set_times(RW, path, lookup, (77, 88, 0)), errno, "{path} {lookup}");
    }
}

#[cfg(unix)]
#[test]
fn now_is_now() {
    let mut f = Fixture::on(GROUND);
    for flags in [ATIM_NOW, MTIM_NOW, ATIM_NOW | MTIM_NOW, ATIM_NOW | MTIM] {
        assert_eq!(f.set_times(RW, "f", NOFOLLOW, (1, 1, ATIM | MTIM)), SUCCESS);
        // The kernel's time for files lags behind the clock by a tick.
        let before = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() * 1_000_000_000 - 1_000_000_000;
        assert_eq!(f.set_times(RW, "f", NOFOLLOW, (7, 7, flags)), SUCCESS);
        let (atim, mtim) = times(f.stat(RW, "f", NOFOLLOW));
        assert_eq!(atim >= before, flags & ATIM_NOW != 0, "{flags}");
        assert_eq!(mtim >= before, flags & MTIM_NOW != 0, "{flags}");
        assert_eq!(mtim == 7, flags & MTIM != 0, "{flags}");
    }
}

#[test]
fn the_times_of_a_symlink_are_its_own() {
    let mut f = Fixture::on(GROUND);
    let target = f.stat(RW, "f", NOFOLLOW);
    for link in ["link", "dangling", "out", "absolute"] {
        assert_eq!(f.set_times(RW, link, NOFOLLOW, (1100, 2200, ATIM | MTIM)), SUCCESS, "{link}");
        assert_eq!(times(f.stat(RW, link, NOFOLLOW)), (1100, 2200), "{link}");
    }
    assert_eq!(f.stat(RW, "f", NOFOLLOW), target);
}

#[cfg(unix)]
/// The largest and the oddest times that a guest can ask for.
#[test]
fn any_time_can_be_asked_for() {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps};
    let mut f = Fixture::on(GROUND);
    let second = 1_000_000_000;
    for time in [0, 1, second - 1, second, 4_294_967_295 * second, i64::MAX as u64, u64::MAX - 1, u64::MAX] {
        let expected = match f.rw() {
            // File systems of the host clamp times. The oracle is the same request, natively.
            Place::Host(_, root, _) => {
                let host = Timespec {
                    tv_sec: i64::try_from(time / second).unwrap(),
                    tv_nsec: i64::try_from(time % second).unwrap(),
                };
                let both = Timestamps { last_access: host, last_modification: host };
                rustix::fs::utimensat(CWD, root.join("d/g"), &both, AtFlags::empty()).unwrap();
                times(f.stat(RW, "d/g", NOFOLLOW))
            }
            Place::Memory(_) => (time, time),
        };
        assert_eq!(f.set_times(RW, "f", FOLLOW, (time, time, ATIM | MTIM)), SUCCESS);
        assert_eq!(times(f.stat(RW, "f", NOFOLLOW)), expected, "{time}");
        assert_eq!(f.set_times(RW, "link", NOFOLLOW, (time, time, ATIM | MTIM)), SUCCESS);
        assert_eq!(call!(f, fd_filestat_set_times, FILE, time, time, ATIM | MTIM), SUCCESS);
        assert_eq!(call!(f, fd_filestat_set_times, RW, time, time, ATIM | MTIM), SUCCESS);
    }
}

#[test]
fn a_refused_time_touches_nothing() {
    let mut f = Fixture::on(GROUND);
    let before = f.everything();
    for flags in [ATIM | ATIM_NOW, MTIM | MTIM_NOW, ATIM | MTIM | MTIM_NOW, 15, 16, u32::MAX] {
        assert_ne!(f.set_times(RW, "f", FOLLOW, (1, 1, flags)), SUCCESS);
        assert_ne!(call!(f, fd_filestat_set_times, FILE, 1, 1, flags), SUCCESS);
    }
    assert_ne!(call!(f, fd_filestat_set_times, RO, 1, 1, ATIM), SUCCESS);
    assert_eq!(f.everything(), before);
}
