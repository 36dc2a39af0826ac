//! Tests of the host's descriptors: none is kept longer than the guest keeps it, and none goes to a child process.

use super::alone;
use crate::common::errno::SUCCESS;
use crate::common::fixture::{Fixture, RO, RW, STREAM};
use crate::common::guest::call;
use crate::common::ops::{CREAT, FOLLOW, READ, WRITE};
use std::process::Command;

/// How many descriptors this process has open.
fn open() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn moving_and_closing_give_descriptors_back() {
    let _alone = alone();
    let mut f = Fixture::new();
    let keeper = f.open_read(RW, "f").unwrap();
    let before = open();
    for round in 0..10_000_u32 {
        let path = ["f", "d", "link"][round as usize % 3];
        let fd = f.open_read(RW, path).unwrap();
        // Onto an open file, which is closed by it, so that nothing is left to close but one.
        assert_eq!(call!(f, fd_renumber, fd, keeper), SUCCESS);
        if round % 7 == 0 {
            assert_eq!(call!(f, fd_close, keeper), SUCCESS);
            assert_eq!(f.open_read(RW, "f"), Ok(keeper));
        }
    }
    assert_eq!(open(), before);
}

/// Calls that open something on the way, and calls that fail late, leave nothing open.
#[test]
fn calls_leave_nothing_open() {
    let _alone = alone();
    let mut f = Fixture::new();
    let round = |f: &mut Fixture| {
        for path in ["d/g", "dirlink/g", "out", "loop", "absolute", "missing/x", "dangling", "d/../f"] {
            for how in [(FOLLOW, 0, READ, 0), (FOLLOW, CREAT, WRITE, 0), (0, 2, READ, 0)] {
                if let Ok(fd) = f.open(RW, path, how) {
                    assert_eq!(call!(f, fd_close, fd), SUCCESS);
                }
            }
            let _ = f.stat(RW, path, FOLLOW);
            f.set_times(RW, path, FOLLOW, (0, 0, 5));
            f.set_times(RW, path, 0, (0, 0, 5));
            f.rename((RW, path), (RO, path));
            f.link(0, (RW, path), (RW, "d/x/y"));
            f.symlink("x", RW, path);
        }
        f.list(RW, 4096).unwrap();
        // A bad pointer for the result: the file was never opened, or was closed again.
        let (at, len) = f.put(0x1000, "f");
        let slots = [RW.into(), 0, at.into(), len.into(), 0, READ, 0, 0, u64::from(u32::MAX)];
        assert!(f.outcome("path_open", &slots).is_err());
    };
    round(&mut f);
    let before = open();
    for _ in 0..20 {
        round(&mut f);
    }
    assert_eq!(open(), before);
}

#[test]
fn a_context_takes_everything_with_it() {
    let _alone = alone();
    drop(Fixture::new());
    let before = open();
    for _ in 0..50 {
        let mut f = Fixture::new();
        let _handle = f.ctx.interrupt_handle();
        assert!(f.recv(STREAM, 0, 0).is_ok());
        f.list(RW, 4096).unwrap();
    }
    assert_eq!(open(), before);
}

#[test]
fn children_inherit_nothing() {
    let _alone = alone();
    let descriptors = || {
        let list = Command::new("ls").arg("/proc/self/fd").output().unwrap();
        assert!(list.status.success());
        String::from_utf8(list.stdout).unwrap().lines().count()
    };
    let before = descriptors();
    let mut f = Fixture::new();
    f.make_accept_and_receive_possible();
    f.accept(5, 0).unwrap();
    let _handle = f.ctx.interrupt_handle();
    assert_eq!(descriptors(), before);
}
