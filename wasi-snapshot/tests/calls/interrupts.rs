//! Tests that another thread can end a guest that waits in the host.
//!
//! Every call here would wait forever. Whether the interrupt comes before or while it waits is up to the
//! scheduler, and the end is the same.

use super::poll::{NEVER, Subscription, after, put};
use crate::common::errno::SUCCESS;
use crate::common::fixture::{Fixture, LISTENER, STREAM};
use crate::common::guest::{DATA, Guest, OUT, call};
use crate::common::ops::FOLLOW;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::SystemTime;
use test_support::{MASK, View};
use wasi_policy::Trap;
use wasi_snapshot::{
    Access, Dir, DirEntry, Errno, File, Filestat, Filetype, InterruptHandle, OpenHow, Opened, PathRef, Perms,
    PreopenFile, WasiCtx,
};

/// Makes the call, interrupts it, and makes sure that it was.
fn interrupted(f: &mut Guest, name: &str, slots: &[u64]) {
    let handle = f.ctx.interrupt_handle();
    let interrupter = thread::spawn(move || {
        // The guest most likely waits by now, but need not.
        for _ in 0..100 {
            thread::yield_now();
        }
        handle.interrupt();
    });
    let outcome = f.outcome(name, slots);
    assert!(matches!(outcome, Err(Trap::Interrupted)), "{name} {outcome:?}");
    interrupter.join().unwrap();
    // From now on whatever would wait ends at once.
    let outcome = f.outcome(name, slots);
    assert!(matches!(outcome, Err(Trap::Interrupted)), "{name} {outcome:?}");
}

#[test]
fn sleeping() {
    let mut f = Fixture::new();
    put(&mut f, &[NEVER]);
    interrupted(&mut f, "poll_oneoff", &[0x2000, 0x6000, 1, OUT.into()]);
}

#[test]
fn polling() {
    let mut f = Fixture::new();
    put(&mut f, &[Subscription::Read(STREAM), Subscription::Read(LISTENER), NEVER]);
    interrupted(&mut f, "poll_oneoff", &[0x2000, 0x6000, 3, OUT.into()]);
}

#[test]
fn accepting() {
    let mut f = Fixture::new();
    interrupted(&mut f, "sock_accept", &[LISTENER.into(), 0, OUT.into()]);
}

#[test]
fn receiving() {
    for flags in [0, 1, 2] {
        let mut f = Fixture::new();
        let (iovs, len) = f.iovecs(&[(DATA, 10)]);
        let slots = [STREAM, iovs, len, flags, OUT, OUT + 4].map(u64::from);
        interrupted(&mut f, "sock_recv", &slots);
    }
    let mut f = Fixture::new();
    let (iovs, len) = f.iovecs(&[(DATA, 10)]);
    interrupted(&mut f, "fd_read", &[STREAM, iovs, len, OUT].map(u64::from));
}

/// The other end never reads, so at some point there is no more room.
#[test]
fn sending() {
    for name in ["sock_send", "fd_write"] {
        let mut f = Fixture::new();
        f.memory.resize(1 << 20, 0);
        let (iovs, len) = f.iovecs(&[(0, 1 << 20); 64]);
        let slots: &[u32] =
            if name == "sock_send" { &[STREAM, iovs, len, 0, OUT] } else { &[STREAM, iovs, len, OUT] };
        let slots: Vec<u64> = slots.iter().map(|slot| (*slot).into()).collect();
        let handle = f.ctx.interrupt_handle();
        let interrupter = thread::spawn(move || handle.interrupt());
        let trap = loop {
            match f.outcome(name, &slots) {
                Ok(errno) => assert_eq!(errno, SUCCESS),
                Err(trap) => break trap,
            }
        };
        assert!(matches!(trap, Trap::Interrupted));
        interrupter.join().unwrap();
    }
}

/// What need not wait is not touched by an interrupt: files, memory, and what is there already.
#[test]
fn calls_that_do_not_wait_go_on() {
    let mut f = Fixture::new();
    f.ctx.interrupt_handle().interrupt();
    assert!(f.open(3, "f", (FOLLOW, 0, 2, 0)).is_ok());
    assert_eq!(f.read(6, 2), Ok(b"01".to_vec()));
    assert_eq!(f.write(1, "x"), Ok(1));
    assert_eq!(call!(f, fd_close, 6), SUCCESS);
}

/// A handle outlives its guest, and can be used as often as one likes.
#[test]
fn handles_are_free() {
    let mut f = Fixture::new();
    let handles = [f.ctx.interrupt_handle(), f.ctx.interrupt_handle(), f.ctx.interrupt_handle().clone()];
    put(&mut f, &[after(0)]);
    assert_eq!(call!(f, poll_oneoff, 0x2000, 0x6000, 1, OUT), SUCCESS);
    drop(f);
    for handle in &handles {
        handle.interrupt();
        handle.interrupt();
    }
}

/// Counts what it is asked for, and interrupts the guest when that is one thing of so many.
#[derive(Clone)]
struct Interrupting {
    at: usize,
    done: Arc<Mutex<usize>>,
    handle: Arc<OnceLock<InterruptHandle>>,
}

impl Interrupting {
    fn new(at: usize) -> Self {
        Interrupting { at, done: Arc::default(), handle: Arc::default() }
    }

    fn step(&self) {
        let mut done = self.done.lock().unwrap();
        *done += 1;
        if *done == self.at {
            self.handle.get().unwrap().interrupt();
        }
    }

    fn done(&self) -> usize {
        *self.done.lock().unwrap()
    }

    fn arm(&self, guest: &Guest) {
        assert!(self.handle.set(guest.ctx.interrupt_handle()).is_ok());
    }
}

impl File for Interrupting {
    fn filestat(&self) -> Result<Filestat, Errno> {
        Ok(Filestat::new(Filetype::RegularFile))
    }

    fn read_at(&mut self, buffer: &mut [u8], _: u64) -> Result<usize, Errno> {
        self.step();
        // What the guest's memory is full of, so that a call that ends it looks like one that did nothing.
        buffer.fill(MASK);
        Ok(buffer.len())
    }

    fn write_at(&mut self, bytes: &[u8], _: u64) -> Result<usize, Errno> {
        self.step();
        Ok(bytes.len())
    }

    fn set_size(&mut self, _: u64) -> Result<(), Errno> {
        self.step();
        Ok(())
    }
}

/// A long transfer is ended between two pieces, be it of one buffer or of many; a short one goes to its end.
#[test]
fn long_transfers_end_between_their_pieces() {
    const MIB: u32 = 1 << 20;
    for view in [View::Plain, View::Shared] {
        for name in ["fd_write", "fd_read", "fd_pwrite", "fd_pread"] {
            for buffers in [vec![(MIB, 8 * MIB)], vec![(MIB, MIB); 16], vec![(MIB, MIB / 2); 32]] {
                let file = Interrupting::new(3);
                let builder = WasiCtx::builder();
                let mut guest = Guest::new(
                    builder.preopen_file(PreopenFile::from(file.clone()).at(3), Access::ReadWrite),
                );
                file.arm(&guest);
                guest.memory.resize(9 << 20, MASK);
                guest.view = view;
                let (iovs, len) = guest.iovecs(&buffers);
                let slots = [3, iovs, len, OUT, OUT].map(u64::from);
                let slots = if name.starts_with("fd_p") { &slots[..] } else { &slots[..4] };
                let outcome = guest.outcome(name, slots);
                assert!(matches!(outcome, Err(Trap::Interrupted)), "{name} {outcome:?}");
                // A MiB later at most: a shared memory goes in smaller parts.
                let most = if view == View::Shared { 3 + 16 } else { 4 };
                assert!(file.done() <= most, "{name} {}", file.done());
                // What takes one piece does not look, and does not end.
                let (iovs, len) = guest.iovecs(&[(MIB, 1)]);
                assert_eq!(call!(guest, fd_write, 3, iovs, len, OUT), SUCCESS);
            }
        }
    }
    // Nobody could interrupt this one, so it is not taken apart.
    let file = Interrupting::new(usize::MAX);
    let builder = WasiCtx::builder();
    let mut guest =
        Guest::new(builder.preopen_file(PreopenFile::from(file.clone()).at(3), Access::ReadWrite));
    guest.memory.resize(9 << 20, 0);
    let (iovs, len) = guest.iovecs(&[(MIB, 8 * MIB)]);
    assert_eq!(call!(guest, fd_write, 3, iovs, len, OUT), SUCCESS);
    assert_eq!((guest.u32(OUT), file.done()), (8 * MIB, 1));
}

#[test]
fn long_allocations_end_between_their_pieces() {
    let file = Interrupting::new(3);
    let builder = WasiCtx::builder();
    let mut guest =
        Guest::new(builder.preopen_file(PreopenFile::from(file.clone()).at(3), Access::ReadWrite));
    file.arm(&guest);
    let outcome = guest.outcome("fd_allocate", &[3, 0, 16 << 30]);
    assert!(matches!(outcome, Err(Trap::Interrupted)), "{outcome:?}");
    assert_eq!(file.done(), 3);
}

impl Dir for Interrupting {
    fn filestat(&self) -> Result<Filestat, Errno> {
        Ok(Filestat::new(Filetype::Directory))
    }

    fn open(&self, _: &PathRef<'_>, _: OpenHow) -> Result<Opened, Errno> {
        Ok(Opened::dir(self.clone()))
    }

    fn stat(&self, _: &PathRef<'_>, _: bool) -> Result<Filestat, Errno> {
        Dir::filestat(self)
    }

    fn list(&self, visit: &mut dyn FnMut(DirEntry<'_>) -> Result<(), Errno>) -> Result<(), Errno> {
        for n in 0_u64..200_000 {
            self.step();
            let name = format!("{}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            visit(DirEntry { name: &name, ino: n + 2, filetype: Filetype::RegularFile })?;
        }
        Ok(())
    }
}

/// However many names there are: while they are read, while they are sorted, and while they are told.
#[test]
fn long_listings_are_ended() {
    for (at, most) in [(1, 2_000), (50_000, 52_000), (200_000, 200_000)] {
        for deterministic in [false, true] {
            let dir = Interrupting::new(at);
            let mut builder = WasiCtx::builder();
            if deterministic {
                builder = builder.deterministic(1, SystemTime::UNIX_EPOCH);
            }
            let mut guest = Guest::new(builder.preopen(dir.clone(), "/", Perms::read_only()));
            dir.arm(&guest);
            guest.memory.resize(16 << 20, MASK);
            let slots = [3_u64, 1 << 20, if at == 200_000 { 0 } else { 15 << 20 }, 0, OUT.into()];
            let outcome = guest.outcome("fd_readdir", &slots);
            match (at, deterministic) {
                // All has been read, and nothing is to be told.
                (200_000, false) => assert!(matches!(outcome, Ok(SUCCESS)), "{outcome:?}"),
                _ => assert!(matches!(outcome, Err(Trap::Interrupted)), "{outcome:?}"),
            }
            assert!((at..=most).contains(&dir.done()), "{}", dir.done());
        }
    }
    // Nobody interrupts, and the order is right.
    let dir = Interrupting::new(usize::MAX);
    let builder =
        WasiCtx::builder().deterministic(1, SystemTime::UNIX_EPOCH).preopen(dir, "/", Perms::read_only());
    let mut guest = Guest::new(builder);
    guest.memory.resize(16 << 20, 0);
    let names: Vec<_> = guest.list(3, 15 << 20).unwrap().0.into_iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), 200_002);
    assert!(names[2..].is_sorted());
}
