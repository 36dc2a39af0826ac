//! Tests of bad pointers: every call with every pointer at and beyond the edges of memory.
//!
//! A pointer outside ends the guest, before anything has happened: no byte is written, no descriptor
//! opened, no file changed, no cursor moved.

use crate::common::errno::{Errno, SUCCESS};
use crate::common::fixture::{DIR, FILE, FREE, Fixture, LISTENER, RW, STDOUT, STREAM, populated};
use crate::common::guest::{DATA, Guest, OUT, Slot, call};
use crate::common::ops::{CREAT, READ, WRITE};
use crate::common::place::{Ground, Place};
use std::collections::BTreeMap;
use test_support::{SIZE, View};
use wasi_policy::Trap;
use wasi_snapshot::Limits;

/// One argument of a call that would succeed.
#[derive(Clone, Copy)]
enum Arg {
    Value(u64),
    /// A pointer to this many bytes, to be written.
    Out(u32),
    /// A pointer to these bytes.
    In(&'static [u8]),
}
use Arg::{In, Out, Value};

/// An iovec with eight bytes at `DATA`, which is 0x8000.
const IOVEC: Arg = In(b"\x00\x80\0\0\x08\0\0\0");
const ONE: Arg = Value(1);
const NONE: Arg = Value(0);

/// A subscription to a clock that has run out, for preview1.
const SUBSCRIPTION: Arg = In(&[0; 48]);

fn fd(fd: u32) -> Arg {
    Value(fd.into())
}

/// A path and its length.
fn path(path: &'static str) -> [Arg; 2] {
    [In(path.as_bytes()), Value(path.len() as u64)]
}

/// Every function that takes pointers, with arguments that make it succeed.
fn calls() -> Vec<(&'static str, Vec<Arg>)> {
    let ([f, f_len], [new, new_len]) = (path("f"), path("new"));
    let ([link, link_len], [empty, empty_len]) = (path("link"), path("empty"));
    vec![
        ("args_get", vec![Out(8), Out(11)]),
        ("args_sizes_get", vec![Out(4), Out(4)]),
        ("environ_get", vec![Out(8), Out(11)]),
        ("environ_sizes_get", vec![Out(4), Out(4)]),
        ("clock_res_get", vec![ONE, Out(8)]),
        ("clock_time_get", vec![ONE, NONE, Out(8)]),
        ("fd_fdstat_get", vec![fd(FILE), Out(24)]),
        ("fd_filestat_get", vec![fd(FILE), Out(64)]),
        ("fd_pread", vec![fd(FILE), IOVEC, ONE, NONE, Out(4)]),
        ("fd_prestat_get", vec![fd(RW), Out(8)]),
        ("fd_prestat_dir_name", vec![fd(RW), Out(3), Value(3)]),
        ("fd_pwrite", vec![fd(FILE), IOVEC, ONE, NONE, Out(4)]),
        ("fd_read", vec![fd(FILE), IOVEC, ONE, Out(4)]),
        ("fd_readdir", vec![fd(DIR), Out(100), Value(100), NONE, Out(4)]),
        ("fd_seek", vec![fd(FILE), Value(5), NONE, Out(8)]),
        ("fd_tell", vec![fd(FILE), Out(8)]),
        ("fd_write", vec![fd(STDOUT), IOVEC, ONE, Out(4)]),
        ("path_create_directory", vec![fd(RW), new, new_len]),
        ("path_filestat_get", vec![fd(RW), NONE, f, f_len, Out(64)]),
        ("path_filestat_set_times", vec![fd(RW), NONE, f, f_len, NONE, NONE, ONE]),
        ("path_link", vec![fd(RW), NONE, f, f_len, fd(RW), new, new_len]),
        (
            "path_open",
            vec![fd(RW), ONE, new, new_len, Value(CREAT.into()), Value(READ | WRITE), NONE, NONE, Out(4)],
        ),
        ("path_readlink", vec![fd(RW), link, link_len, Out(50), Value(50), Out(4)]),
        ("path_remove_directory", vec![fd(RW), empty, empty_len]),
        ("path_rename", vec![fd(RW), f, f_len, fd(RW), new, new_len]),
        ("path_symlink", vec![f, f_len, fd(RW), new, new_len]),
        ("path_unlink_file", vec![fd(RW), f, f_len]),
        ("poll_oneoff", vec![SUBSCRIPTION, Out(32), ONE, Out(4)]),
        ("random_get", vec![Out(100), Value(100)]),
        ("sock_accept", vec![fd(LISTENER), NONE, Out(4)]),
        ("sock_recv", vec![fd(STREAM), IOVEC, ONE, NONE, Out(4), Out(2)]),
        ("sock_send", vec![fd(STREAM), IOVEC, ONE, NONE, Out(4)]),
    ]
}

/// A fixture in which every call of the table can succeed: somebody connects and has sent something.
fn fixture(root: &Place, view: View) -> Fixture {
    let mut fixture = Fixture::over(root, Limits::default());
    fixture.make_accept_and_receive_possible();
    fixture.view = view;
    fixture
}

/// All that a call could have changed, but for the memory, which the harness looks at.
#[derive(Debug, PartialEq)]
struct State {
    open: Vec<Errno>,
    cursor: (Errno, u64),
    output: Vec<u8>,
    files: BTreeMap<Vec<u8>, String>,
}

fn state(f: &mut Fixture) -> State {
    let guest: &mut Guest = f;
    // Looking need not go the slow way.
    let view = std::mem::replace(&mut guest.view, View::Plain);
    let open: Vec<Errno> = (0..FREE + 4).map(|fd| call!(guest, fd_fdstat_get, fd, OUT)).collect();
    let cursor = (call!(guest, fd_tell, FILE, OUT), guest.u64(OUT));
    guest.mask();
    guest.view = view;
    State { open, cursor, output: f.captured.bytes(), files: f.everything() }
}

/// Where the pointer number `index` goes when it is good.
fn good(index: usize) -> u32 {
    0x1000 + 0x1000 * u32::try_from(index).unwrap()
}

/// The slots of a call whose pointers are `pointers`, with what they point to in memory.
fn prepare(f: &mut Fixture, args: &[Arg], pointers: &[u32]) -> Vec<u64> {
    let mut pointers = pointers.iter();
    let mut next = || *pointers.next().unwrap();
    let slots = args.iter().enumerate().map(|(index, arg)| match arg {
        Value(value) => *value,
        Out(_) => next().slot(),
        In(bytes) => {
            let pointer = next();
            if pointer == good(index) {
                f.put(pointer, bytes);
            }
            pointer.slot()
        }
    });
    slots.collect()
}

/// The pointers of a call: the numbers of the arguments, and how many bytes each points to.
fn pointers(args: &[Arg]) -> Vec<(usize, u64)> {
    let pointers = args.iter().enumerate().filter_map(|(index, arg)| match arg {
        Value(_) => None,
        Out(len) => Some((index, u64::from(*len))),
        In(bytes) => Some((index, bytes.len() as u64)),
    });
    pointers.collect()
}

fn outside(pointer: u32, len: u64) -> bool {
    u64::from(pointer) + len > u64::from(SIZE)
}

fn cross_product(view: View) {
    for (name, args) in calls() {
        let places = pointers(&args);
        let mut root = populated(Ground::Host);
        let mut f = fixture(&root, view);
        let mut before = state(&mut f);
        let choices = |index| [good(index), 0, 1, SIZE - 1, SIZE, 1 << 31, u32::MAX];
        for combination in 0..7_usize.pow(u32::try_from(places.len()).unwrap()) {
            let pick = |nth: usize| choices(places[nth].0)[combination / 7_usize.pow(nth as u32) % 7];
            let chosen: Vec<u32> = (0..places.len()).map(pick).collect();
            let bad =
                places.iter().zip(&chosen).filter(|((_, len), pointer)| outside(**pointer, *len)).count();
            let is_odd = |index: usize, pointer: u32| pointer != good(index);
            let odd =
                places.iter().zip(&chosen).filter(|((index, _), pointer)| is_odd(*index, **pointer)).count();
            // An iovec that is read from elsewhere has a bad pointer in it, for all that we know.
            let misread = places
                .iter()
                .zip(&chosen)
                .any(|((index, _), pointer)| matches!(args[*index], In(_)) && is_odd(*index, *pointer));
            f.mask();
            let slots = prepare(&mut f, &args, &chosen);
            let outcome = f.outcome(name, &slots);
            let what = format!("{name}{slots:x?}");
            match outcome {
                Err(Trap::Memory(_)) => assert!(bad > 0 || misread, "{what} trapped for nothing"),
                Ok(SUCCESS) => assert_eq!(bad, 0, "{what} ignored a bad pointer"),
                // A pointer that is inside but odd may be refused for what it points to, which comes first.
                Ok(errno) => assert!(odd > bad || bad == 0 && odd > 0, "{what} gave {errno:?}"),
                Err(trap) => panic!("{what}: {trap}"),
            }
            if bad > 0 {
                f.mask();
                let after = state(&mut f);
                assert!(after == before, "{what} changed {before:#?}\nto {after:#?}");
            } else {
                if f.everything() != before.files {
                    root = populated(Ground::Host);
                }
                f = fixture(&root, view);
                before = state(&mut f);
            }
        }
    }
}

#[test]
fn every_pointer_of_every_call() {
    cross_product(View::Plain);
}

#[test]
fn every_pointer_of_every_call_into_shared_memory() {
    cross_product(View::Shared);
}

/// Buffers that iovecs name are checked before the first of them is used.
#[test]
fn every_buffer_of_a_list() {
    let root = populated(Ground::Host);
    for (name, fd) in [
        ("fd_read", FILE),
        ("fd_write", FILE),
        ("fd_write", STDOUT),
        ("sock_recv", STREAM),
        ("sock_send", STREAM),
    ] {
        for bad in
            [(SIZE, 1), (SIZE - 1, 2), (1 << 31, 1), (u32::MAX, 1), (1, u32::MAX), (u32::MAX, u32::MAX)]
        {
            let mut f = Fixture::over(&root, Limits::default());
            let before = state(&mut f);
            for list in [vec![bad], vec![(DATA, 1), bad], vec![(DATA, 0), bad, (DATA, 1)]] {
                let (iovs, len) = f.iovecs(&list);
                let slots = match name {
                    "sock_recv" => vec![fd.slot(), iovs.slot(), len.slot(), 0, OUT.slot(), (OUT + 8).slot()],
                    "sock_send" => vec![fd.slot(), iovs.slot(), len.slot(), 0, OUT.slot()],
                    _ => vec![fd.slot(), iovs.slot(), len.slot(), OUT.slot()],
                };
                let outcome = f.outcome(name, &slots);
                assert!(matches!(outcome, Err(Trap::Memory(_))), "{name} {list:x?}: {outcome:?}");
            }
            f.mask();
            assert!(state(&mut f) == before, "{name} {bad:x?}");
        }
    }
}

/// Counts whose bytes overflow 32 bits: `2^29` iovecs of 8 bytes are 0 bytes to whoever multiplies badly.
#[test]
fn huge_counts() {
    let root = populated(Ground::Host);
    for count in [1 << 13, 1 << 29, (1 << 29) + 1, 1 << 31, u32::MAX] {
        let mut f = Fixture::over(&root, Limits::default());
        // Empty buffers and clocks that have run out: whoever takes some of them would be content.
        f.memory.fill(0);
        let n = count.slot();
        let out = OUT.slot();
        for (name, slots) in [
            ("fd_read", vec![FILE.slot(), 8, n, out]),
            ("fd_pread", vec![FILE.slot(), 8, n, 0, out]),
            ("fd_write", vec![FILE.slot(), 8, n, out]),
            ("fd_pwrite", vec![FILE.slot(), 8, n, 0, out]),
            ("sock_recv", vec![STREAM.slot(), 8, n, 0, out, out]),
            ("sock_send", vec![STREAM.slot(), 8, n, 0, out]),
            ("poll_oneoff", vec![0, 0, n, out]),
        ] {
            let outcome = f.outcome(name, &slots);
            assert!(matches!(outcome, Err(Trap::Memory(_))), "{name} {count:#x}: {outcome:?}");
        }
        // Lengths in bytes have no factor, but reach beyond the memory all the same.
        if count > SIZE {
            for (name, slots) in [
                ("random_get", vec![0, n]),
                ("fd_readdir", vec![DIR.slot(), 0, n, 0, out]),
                ("path_readlink", vec![RW.slot(), 0, 1, 0, n, out]),
                ("path_unlink_file", vec![RW.slot(), 0, n]),
                ("path_symlink", vec![0, n, RW.slot(), 0, 1]),
                ("fd_prestat_dir_name", vec![RW.slot(), 0, n]),
            ] {
                let outcome = f.outcome(name, &slots);
                assert!(matches!(outcome, Err(Trap::Memory(_))), "{name} {count:#x}: {outcome:?}");
            }
        }
    }
}
