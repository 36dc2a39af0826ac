//! Tests of limits over a guest's life, at them and beyond.

use super::GROUND;
use crate::common::errno::{DQUOT, Errno, INTR, NOSPC, SUCCESS};
use crate::common::fixture::{FILE, Fixture, LISTENER, RW, STDOUT};
use crate::common::guest::{DATA, OUT, call};
use crate::common::ops::{CREAT, FOLLOW, WRITE};
use crate::common::place::Ground;
use crate::poll::{NEVER, Subscription, put};
use std::time::{Duration, Instant};
use wasi_snapshot::Limits;

fn limited(change: impl FnOnce(&mut Limits)) -> Fixture {
    Fixture::limited(GROUND, change)
}

#[test]
fn written_bytes() {
    let mut f = limited(|limits| limits.max_written_bytes = 10);
    assert_eq!(f.write(FILE, "1234"), Ok(4));
    // A stream takes no disk.
    assert_eq!(f.write(STDOUT, "12345678"), Ok(8));
    // What still fits is a short write.
    assert_eq!(f.write(FILE, "56789abc"), Ok(6));
    assert_eq!(f.write(FILE, "x"), Err(DQUOT));
    assert_eq!(f.rw().read("f"), b"123456789a");
    // Closing, cutting and opening again give nothing back.
    assert_eq!(call!(f, fd_filestat_set_size, FILE, 0), SUCCESS);
    assert_eq!(f.write(FILE, "x"), Err(DQUOT));
}

#[test]
fn sizes_count_as_written() {
    let mut f = limited(|limits| limits.max_written_bytes = 100);
    // It has ten bytes.
    assert_eq!(call!(f, fd_filestat_set_size, FILE, 111), DQUOT);
    assert_eq!(call!(f, fd_filestat_set_size, FILE, 60), SUCCESS);
    assert_eq!(call!(f, fd_allocate, FILE, 0, 111), DQUOT);
    assert_eq!(call!(f, fd_allocate, FILE, 100, 10), SUCCESS);
    assert_eq!(f.write(FILE, "x"), Err(DQUOT));
    assert_eq!(f.rw().stat("f").unwrap().size, 110);
}

/// Makes the `n`th entry, of a kind that depends on `n`.
fn create(f: &mut Fixture, n: u32) -> Errno {
    let (name, len) = f.put(0x1000, format!("new{n}"));
    let (target, target_len) = f.put(0x4000, "f");
    match n % 4 {
        0 => match f.open(RW, format!("new{n}"), (FOLLOW, CREAT, WRITE, 0)) {
            Ok(_) => SUCCESS,
            Err(errno) => errno,
        },
        1 => call!(f, path_create_directory, RW, name, len),
        2 => call!(f, path_symlink, target, target_len, RW, name, len),
        _ => call!(f, path_link, RW, 0, target, target_len, RW, name, len),
    }
}

#[test]
fn created_entries() {
    for first in 0..4 {
        let mut f = limited(|limits| limits.max_created_entries = 3);
        // Failing, and opening what is there, cost nothing.
        let (ptr, len) = f.put(0x1000, "d");
        assert_ne!(call!(f, path_create_directory, RW, ptr, len), SUCCESS);
        assert!(f.open(RW, "f", (FOLLOW, CREAT, WRITE, 0)).is_ok());
        for n in first..first + 3 {
            assert_eq!(create(&mut f, n), SUCCESS, "{n}");
        }
        for n in first + 3..first + 7 {
            assert_eq!(create(&mut f, n), DQUOT, "{n}");
        }
        assert!(f.open(RW, "f", (FOLLOW, CREAT, WRITE, 0)).is_ok());
    }
}

/// What is in memory takes what it is long, holes included; and so may any file of the embedder's.
#[test]
fn holes_count_where_they_take_room() {
    let mut f = limited(|limits| limits.max_written_bytes = 1000);
    let (iovs, len) = f.iovecs(&[(DATA, 1)]);
    let outcome = call!(f, fd_pwrite, FILE, iovs, len, 1 << 20, OUT);
    assert_eq!(outcome, if GROUND == Ground::Host { SUCCESS } else { NOSPC });
    assert_eq!(call!(f, fd_pwrite, FILE, iovs, len, 509, OUT), SUCCESS);
    if GROUND != Ground::Host {
        // A byte behind a hole of 499.
        assert_eq!(call!(f, fd_filestat_set_size, FILE, 1011), DQUOT);
        assert_eq!(call!(f, fd_filestat_set_size, FILE, 1010), SUCCESS);
        assert_eq!(f.write(FILE, "x"), Err(DQUOT));
    }
}

#[test]
fn sleep_ends_with_intr() {
    let longest = Duration::from_millis(5);
    let mut f = limited(|limits| limits.max_sleep = longest);
    put(&mut f, &[crate::poll::after(4_000_000)]);
    assert_eq!(call!(f, poll_oneoff, 0x2000, 0x6000, 1, OUT), SUCCESS);
    // Whether a clock would end the wait later, or none at all.
    for wait in [NEVER, Subscription::Read(LISTENER)] {
        let before = Instant::now();
        put(&mut f, &[wait]);
        assert_eq!(call!(f, poll_oneoff, 0x2000, 0x6000, 1, OUT), INTR);
        assert!(before.elapsed() >= longest);
    }
}

#[test]
fn one_call_transfers_so_much() {
    let mut f = limited(|limits| {
        limits.max_transfer = 3;
        limits.max_iovecs = 2;
    });
    assert_eq!(f.read(FILE, 3), Ok(b"012".to_vec()));
    assert_eq!(f.read(FILE, 4), Ok(b"345".to_vec()));
    let (iovs, len) = f.iovecs(&[(DATA, 1), (DATA, 1), (DATA, 1)]);
    assert_eq!(call!(f, fd_write, FILE, iovs, len, OUT), SUCCESS);
    assert_eq!(f.u32(OUT), 2);
}

#[test]
fn without_limits_all_is_as_large_as_can_be() {
    let mut f = limited(|limits| *limits = Limits::unlimited());
    assert_eq!(f.write(FILE, "1234"), Ok(4));
    assert_eq!(create(&mut f, 1), SUCCESS);
    put(&mut f, &[crate::poll::after(1)]);
    assert_eq!(call!(f, poll_oneoff, 0x2000, 0x6000, 1, OUT), SUCCESS);
}
