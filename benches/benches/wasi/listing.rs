//! Whole directories, read with a buffer of 4 KiB as wasi-libc does.

use crate::guest::{BUFFER, Guest, RESULT};
use crate::sides::Group;
use criterion::Criterion;
use rustix::fs::{Mode, OFlags, RawDir, openat};
use std::fs::File;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::path::Path;

/// The peer starts from the first entry at every call, so large directories would take it minutes.
const LARGEST_FOR_PEER: u32 = 1000;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = Group::new(criterion, "listing");
    for count in [10, 1000, 10_000] {
        let case = format!("{count} entries");
        group.memory(&case, &guest(count), |dir| fill(dir, count));
        if count <= LARGEST_FOR_PEER {
            group.guest(&case, &guest(count), |dir| fill(dir, count));
        } else {
            group.ours(&case, &guest(count), |dir| fill(dir, count));
        }
        group.native(
            &case,
            |dir| fill(dir, count),
            |dir| {
                let dir = File::open(dir).expect("the directory is ours");
                move || list(&dir)
            },
        );
    }
}

/// A guest that opens the preopened directory, as `opendir` does, lists it to its end, goes on from the last entry that fitted, and
/// fails if it did not find `count` entries besides `.` and `..`.
fn guest(count: u32) -> Guest {
    let list = format!(
        r#"(func $list (result i32) (local $cookie i64) (local $used i32) (local $at i32) (local $next i32) (local $count i32)
          (loop $again
            (if (call $fd_readdir (global.get $fd) (i32.const {BUFFER}) (i32.const 4096) (local.get $cookie) (i32.const {RESULT}))
              (then (return (i32.const 255))))
            (local.set $used (i32.load (i32.const {RESULT})))
            (local.set $at (i32.const 0))
            (block $cut
              (loop $entry
                (br_if $cut (i32.gt_u (i32.add (local.get $at) (i32.const 24)) (local.get $used)))
                (local.set $next (i32.add (i32.add (local.get $at) (i32.const 24))
                  (i32.load offset=16 (i32.add (i32.const {BUFFER}) (local.get $at)))))
                (br_if $cut (i32.gt_u (local.get $next) (local.get $used)))
                (local.set $cookie (i64.load (i32.add (i32.const {BUFFER}) (local.get $at))))
                (local.set $count (i32.add (local.get $count) (i32.const 1)))
                (local.set $at (local.get $next))
                (br $entry)))
            (br_if $again (i32.eq (local.get $used) (i32.const 4096))))
          (i32.ne (local.get $count) (i32.const {})))"#,
        count + 2
    );
    Guest::new("(call $list)").function(&list).opens_directory(".")
}

/// What the C library does: a handle of its own, and a buffer of 32 KiB.
fn list(dir: &File) -> u32 {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let own = openat(dir, ".", flags, Mode::empty()).expect("the directory is there");
    let mut buffer = [MaybeUninit::uninit(); 32 * 1024];
    let mut entries = RawDir::new(own, &mut buffer);
    let mut count = 0;
    while let Some(entry) = entries.next() {
        let entry = entry.expect("the directory can be read");
        black_box((entry.file_name(), entry.ino(), entry.file_type()));
        count += 1;
    }
    count
}

fn fill(dir: &Path, count: u32) {
    for index in 0..count {
        File::create(dir.join(format!("entry-{index:05}.txt"))).expect("the directory is ours");
    }
}
