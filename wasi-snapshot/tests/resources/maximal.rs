//! The largest counts that a guest can pass, on a memory large enough to make them valid: what the host
//! allocates is bounded all the same.

use super::alone;
use crate::common::direct::{PREVIEW1, UNSTABLE, direct};
use crate::common::fixture::{DIR, FILE, Fixture, RW, STDERR, STDOUT, STREAM};
use crate::common::place::Ground;
use std::sync::atomic::AtomicU8;
use test_support::counting::peak;
use wasi_policy::Memory;

/// More than any limit of a call.
const SIZE: u32 = 1 << 27;

/// What a call may take: a bounce buffer of 64 KiB for shared memories, paths, and small change.
const BOUND: usize = 256 * 1024;

/// Calls whose every count is as large as the memory allows. The memory is full of zeros: empty iovecs,
/// subscriptions to a clock that has run out.
fn calls() -> Vec<(&'static str, Vec<u64>)> {
    let (size, file, dir, stream) = (u64::from(SIZE), u64::from(FILE), u64::from(DIR), u64::from(STREAM));
    let (rw, stdout, stderr) = (u64::from(RW), u64::from(STDOUT), u64::from(STDERR));
    let (iovecs, long) = (size / 8, size);
    vec![
        ("fd_read", vec![file, 0, iovecs, 0]),
        ("fd_pread", vec![file, 0, iovecs, 0, 0]),
        ("fd_write", vec![stderr, 0, iovecs, 0]),
        ("fd_write", vec![stdout, 0, iovecs, 0]),
        ("fd_pwrite", vec![file, 0, iovecs, 0, 0]),
        ("sock_recv", vec![stream, 0, iovecs, 0, 0, 0]),
        ("sock_send", vec![stream, 0, iovecs, 0, 0]),
        ("poll_oneoff", vec![0, 0, size / 56, 0]),
        ("poll_oneoff", vec![0, 0, 2048, 0]),
        ("random_get", vec![0, size]),
        ("random_get", vec![0, 64 << 20]),
        ("fd_readdir", vec![dir, 0, long, 0, 0]),
        ("fd_prestat_dir_name", vec![rw, 0, long]),
        ("path_create_directory", vec![rw, 0, long]),
        ("path_filestat_get", vec![rw, 0, 0, long, 0]),
        ("path_filestat_set_times", vec![rw, 0, 0, long, 0, 0, 0]),
        ("path_link", vec![rw, 0, 0, long, rw, 0, long]),
        ("path_open", vec![rw, 0, 0, long, 0, 0, 0, 0, 0]),
        ("path_readlink", vec![rw, 0, long, 0, long, 0]),
        ("path_remove_directory", vec![rw, 0, long]),
        ("path_rename", vec![rw, 0, long, rw, 0, long]),
        ("path_symlink", vec![0, long, rw, 0, long]),
        ("path_unlink_file", vec![rw, 0, long]),
    ]
}

#[test]
fn counts_do_not_size_allocations() {
    let _alone = alone();
    let mut plain = vec![0_u8; SIZE as usize];
    let shared: Vec<AtomicU8> = std::iter::repeat_with(|| AtomicU8::new(0)).take(SIZE as usize).collect();
    for module in [PREVIEW1, UNSTABLE] {
        for (name, slots) in calls() {
            for (ground, kind) in
                [(Ground::Host, "plain"), (Ground::Host, "shared"), (Ground::Memory, "plain")]
            {
                let memory =
                    if kind == "plain" { Memory::plain(&mut plain) } else { Memory::shared(&shared) };
                let mut f = Fixture::on(ground);
                let ctx = &mut f.ctx;
                let (outcome, taken) = peak(|| direct().call(module, name, ctx, memory, &slots));
                assert!(taken < BOUND, "{module} {name} {kind} took {taken} bytes, and gave {outcome:?}");
            }
        }
    }
}

/// All iovecs name the whole memory, so that a transfer could be many times its size.
#[test]
fn aliased_buffers_do_not_multiply() {
    let _alone = alone();
    let size = 1_u32 << 24;
    let mut bytes: Vec<u8> = Vec::new();
    for _ in 0..1024 {
        bytes.extend([0_u32.to_le_bytes(), size.to_le_bytes()].concat());
    }
    bytes.resize(size as usize, 1);
    let mut f = Fixture::new();
    for fd in [STDOUT, STDERR] {
        let slots = [fd, 0, 1024, 16].map(u64::from);
        let ctx = &mut f.ctx;
        let memory = Memory::plain(&mut bytes);
        let (outcome, taken) = peak(|| direct().call(PREVIEW1, "fd_write", ctx, memory, &slots));
        assert_eq!(outcome.unwrap(), Some(0));
        assert!(taken < BOUND, "{taken}");
        bytes[16..24].copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
    }
    assert_eq!(f.captured.bytes().len(), crate::common::fixture::ROOM);
}

/// The one call that may take more, since it keeps what it lists, stays within its limit.
#[test]
fn listings_stay_within_their_limit() {
    let _alone = alone();
    let mut f = Fixture::limited(Ground::Host, |limits| limits.max_listing_bytes = 1 << 16);
    for n in 0..5000 {
        std::fs::write(f.rw().path().join(format!("{n:0100}")), "").unwrap();
    }
    let (outcome, taken) = peak(|| f.readdir(RW, 4096, 0));
    assert_eq!(outcome, Err(crate::common::errno::NOMEM));
    // A vector that doubles holds both halves for a moment; the system's own buffer comes on top, and so
    // does the harness's copy of memory.
    assert!(taken < 2 * (1 << 16) + BOUND, "{taken}");
}
