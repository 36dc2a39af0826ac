//! The table of calls on descriptors: a guest's, and the one of the system that POSIX and the witx have for it.

use crate::common::errno::{Errno, SUCCESS};
use crate::common::guest::{DATA, Guest, OUT, call};
use crate::common::ops::{APPEND, NOFOLLOW, NONBLOCK};
use rustix::fs::{
    Advice, AtFlags, FallocateFlags, Mode, OFlags, RawDir, SeekFrom, Timespec, Timestamps, UTIME_NOW,
};
use rustix::fs::{fadvise, fallocate, fcntl_setfl, fdatasync, fstat, fsync, ftruncate, futimens, seek, tell};
use rustix::io::{pread, pwrite, read, write};
use rustix::net::{RecvFlags, SendFlags, Shutdown, accept, recv, send, shutdown};
use std::mem::MaybeUninit;
use std::num::NonZeroU64;
use std::os::fd::OwnedFd;

type Native = rustix::io::Result<()>;
pub(super) type Call = (&'static str, fn(&mut Guest, u32) -> Errno, fn(&OwnedFd) -> Native);

fn errno<T>(result: Result<T, Errno>) -> Errno {
    result.err().unwrap_or(SUCCESS)
}

fn at_offset(guest: &mut Guest, name: &str, fd: u32, offset: u64) -> Errno {
    guest.put(DATA, "data");
    let (iovs, len) = guest.iovecs(&[(DATA, 4)]);
    guest.call(name, &[fd.into(), iovs.into(), len.into(), offset, OUT.into()])
}

/// Both times, to the present or not at all.
fn times(nanoseconds: i64) -> Timestamps {
    let time = Timespec { tv_sec: 0, tv_nsec: nanoseconds };
    Timestamps { last_access: time, last_modification: time }
}

fn open_flags() -> OFlags {
    OFlags::APPEND | OFlags::NONBLOCK
}

pub(super) const CALLS: &[Call] = &[
    (
        "fd_advise",
        |g, fd| call!(g, fd_advise, fd, 1, 10, 3),
        |fd| fadvise(fd, 1, NonZeroU64::new(10), Advice::WillNeed),
    ),
    (
        "fd_advise to the end",
        |g, fd| call!(g, fd_advise, fd, 0, 0, 0),
        |fd| fadvise(fd, 0, None, Advice::Normal),
    ),
    (
        "fd_allocate",
        |g, fd| call!(g, fd_allocate, fd, 0, 100),
        |fd| fallocate(fd, FallocateFlags::empty(), 0, 100),
    ),
    (
        "fd_allocate nothing",
        |g, fd| call!(g, fd_allocate, fd, 0, 0),
        |fd| fallocate(fd, FallocateFlags::empty(), 0, 0),
    ),
    ("fd_filestat_set_size", |g, fd| call!(g, fd_filestat_set_size, fd, 5), |fd| ftruncate(fd, 5)),
    (
        "fd_filestat_set_size too far",
        |g, fd| call!(g, fd_filestat_set_size, fd, u64::MAX),
        |fd| ftruncate(fd, u64::MAX),
    ),
    (
        "fd_filestat_set_times",
        |g, fd| call!(g, fd_filestat_set_times, fd, 0, 0, 10),
        |fd| futimens(fd, &times(UTIME_NOW)),
    ),
    ("fd_filestat_get", |g, fd| errno(g.fstat(fd)), |fd| fstat(fd).map(drop)),
    ("fd_seek", |g, fd| call!(g, fd_seek, fd, 2, 0, OUT), |fd| seek(fd, SeekFrom::Start(2)).map(drop)),
    (
        "fd_seek by none",
        |g, fd| call!(g, fd_seek, fd, 0, 1, OUT),
        |fd| seek(fd, SeekFrom::Current(0)).map(drop),
    ),
    (
        "fd_seek to the end",
        |g, fd| call!(g, fd_seek, fd, 0, 2, OUT),
        |fd| seek(fd, SeekFrom::End(0)).map(drop),
    ),
    (
        "fd_seek before the start",
        |g, fd| call!(g, fd_seek, fd, i64::MIN, 1, OUT),
        |fd| seek(fd, SeekFrom::Current(i64::MIN)).map(drop),
    ),
    ("fd_tell", |g, fd| call!(g, fd_tell, fd, OUT), |fd| tell(fd).map(drop)),
    ("fd_sync", |g, fd| call!(g, fd_sync, fd), |fd| fsync(fd)),
    ("fd_datasync", |g, fd| call!(g, fd_datasync, fd), |fd| fdatasync(fd)),
    (
        "fd_readdir",
        |g, fd| call!(g, fd_readdir, fd, DATA, 1000, 0, OUT),
        |fd| RawDir::new(fd, &mut [MaybeUninit::uninit(); 1000]).next().transpose().map(drop),
    ),
    ("fd_read", |g, fd| errno(g.read(fd, 4)), |fd| read(fd, &mut [0; 4]).map(drop)),
    ("fd_write", |g, fd| errno(g.write(fd, "data")), |fd| write(fd, b"data").map(drop)),
    ("fd_pread", |g, fd| at_offset(g, "fd_pread", fd, 1), |fd| pread(fd, &mut [0; 4], 1).map(drop)),
    ("fd_pwrite", |g, fd| at_offset(g, "fd_pwrite", fd, 1), |fd| pwrite(fd, b"data", 1).map(drop)),
    (
        "fd_fdstat_set_flags",
        |g, fd| call!(g, fd_fdstat_set_flags, fd, APPEND | NONBLOCK),
        |fd| fcntl_setfl(fd, open_flags()),
    ),
    (
        "path_create_directory",
        |g, fd| g.at("path_create_directory", fd, "new"),
        |fd| rustix::fs::mkdirat(fd, "new", Mode::RWXU),
    ),
    (
        "path_filestat_get",
        |g, fd| errno(g.stat(fd, "missing", NOFOLLOW)),
        |fd| rustix::fs::statat(fd, "missing", AtFlags::SYMLINK_NOFOLLOW).map(drop),
    ),
    ("sock_accept", |g, fd| errno(g.accept(fd, 0)), |fd| accept(fd).map(drop)),
    ("sock_recv", |g, fd| errno(g.recv(fd, 4, 0)), |fd| recv(fd, &mut [0; 4], RecvFlags::empty()).map(drop)),
    ("sock_send", |g, fd| errno(g.send(fd, "data")), |fd| send(fd, b"data", SendFlags::NOSIGNAL).map(drop)),
    ("sock_shutdown", |g, fd| call!(g, sock_shutdown, fd, 3), |fd| shutdown(fd, Shutdown::Both)),
];
