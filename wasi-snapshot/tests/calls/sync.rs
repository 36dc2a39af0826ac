//! Tests of bringing data to the disk: the system is asked to, or the guest gets an errno.

use crate::common::errno::{INVAL, IO, SUCCESS};
use crate::common::fixture::{DIR, FILE, Fixture, LISTENER, RO, RW, STDERR, STDIN, STDOUT, STREAM};
use crate::common::guest::{Guest, call};
use crate::common::older::refuse;
use crate::common::place::Ground;
use nix::libc;
use test_support::copy::{copy, finish, mode};
use wasi_snapshot::{Perms, Sink, WasiCtx};

#[test]
fn directories_and_files_are_brought_to_the_disk() {
    for ground in [Ground::Host, Ground::Layered, Ground::Memory] {
        let mut f = Fixture::on(ground);
        let here = f.open_read(RW, ".").unwrap();
        for fd in [FILE, DIR, RW, RO, here] {
            assert_eq!(call!(f, fd_sync, fd), SUCCESS, "{fd}");
            assert_eq!(call!(f, fd_datasync, fd), SUCCESS, "{fd}");
        }
    }
}

/// As natively: there is nothing that could be brought.
#[test]
fn streams_have_no_disk() {
    let mut f = Fixture::new();
    for fd in [STDIN, STDOUT, STDERR, STREAM, LISTENER] {
        assert_eq!(call!(f, fd_sync, fd), INVAL, "{fd}");
        assert_eq!(call!(f, fd_datasync, fd), INVAL, "{fd}");
    }
    let (sink, _reader) = Sink::pipe().unwrap();
    let mut guest = Guest::new(WasiCtx::builder().stdout(sink));
    assert_eq!(call!(guest, fd_sync, 1), INVAL);
}

/// Where the system refuses its calls, so that nothing can pretend to have made them.
#[test]
fn the_system_is_asked() {
    if mode().is_none() {
        finish(copy("sync::the_system_is_asked", "refused"));
        return;
    }
    let mut f = Fixture::new();
    let mut plain =
        Guest::new(WasiCtx::builder().preopen_dir(f.rw().path(), "/", Perms::read_only().no_follow()));
    let output = tempfile::tempfile().unwrap();
    rustix::stdio::dup2_stdout(&output).unwrap();
    let mut inherits = Guest::new(WasiCtx::builder().inherit_stdio());
    refuse(libc::SYS_fsync, libc::EIO);
    for fd in [FILE, DIR, RW, RO] {
        assert_eq!((call!(f, fd_sync, fd), call!(f, fd_datasync, fd)), (IO, SUCCESS), "{fd}");
    }
    assert_eq!((call!(plain, fd_sync, 3), call!(plain, fd_datasync, 3)), (IO, SUCCESS));
    assert_eq!((call!(inherits, fd_sync, 1), call!(inherits, fd_datasync, 1)), (IO, SUCCESS));
    refuse(libc::SYS_fdatasync, libc::EIO);
    for fd in [FILE, DIR, RW, RO] {
        assert_eq!(call!(f, fd_datasync, fd), IO, "{fd}");
    }
    assert_eq!((call!(plain, fd_datasync, 3), call!(inherits, fd_datasync, 1)), (IO, IO));
}
