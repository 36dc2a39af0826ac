//! Benches of calls that move no file data. Those that write no more than a number or two also have the side `bare`: a
//! host function made for the engine by hand, which does the least that the call can mean.

use crate::guest::{BUFFER, Guest, RESULT};
use crate::running::make_file;
use crate::sides::Group;
use criterion::Criterion;
use rustix::event::Timespec;
use rustix::fs::{SeekFrom, fcntl_getfl, seek};
use rustix::rand::{GetRandomFlags, getrandom};
use std::fs::File;
use std::path::Path;
use std::time::{Instant, SystemTime};

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = Group::new(criterion, "calls");
    without_system_call(&mut group);
    with_system_call(&mut group);
}

fn without_system_call(group: &mut Group<'_>) {
    for (case, call) in [
        ("args_sizes_get", format!("(call $args_sizes_get (i32.const {RESULT}) (i32.const {}))", RESULT + 4)),
        (
            "clock_time_get monotonic",
            format!("(call $clock_time_get (i32.const 1) (i64.const 1) (i32.const {RESULT}))"),
        ),
        (
            "clock_time_get realtime",
            format!("(call $clock_time_get (i32.const 0) (i64.const 1) (i32.const {RESULT}))"),
        ),
        ("random_get 16 B", format!("(call $random_get (i32.const {BUFFER}) (i32.const 16))")),
        ("random_get 4 KiB", format!("(call $random_get (i32.const {BUFFER}) (i32.const 4096))")),
        ("fd_fdstat_get", format!("(call $fd_fdstat_get (global.get $fd) (i32.const {RESULT}))")),
        ("fd_prestat_get", format!("(call $fd_prestat_get (i32.const 3) (i32.const {RESULT}))")),
    ] {
        let mut guest = Guest::new(call);
        group.bare(case, &guest);
        if case == "fd_fdstat_get" {
            guest = guest.opens("f");
        }
        group.guest(case, &guest, file);
    }

    let start = Instant::now();
    group.native("clock_time_get monotonic", nothing, |_| move || start.elapsed().as_nanos());
    group.native("clock_time_get realtime", nothing, |_| {
        || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map(|since| since.as_nanos())
    });
    group.native("random_get 16 B", nothing, |_| || random(&mut [0; 16]));
    group.native("random_get 4 KiB", nothing, |_| {
        let mut buffer = [0; 4096];
        move || random(&mut buffer)
    });
    group.native("fd_fdstat_get", file, |dir| {
        let file = open(dir);
        move || fcntl_getfl(&file).expect("the file is open")
    });
}

fn with_system_call(group: &mut Group<'_>) {
    let sched_yield = Guest::new("(call $sched_yield)");
    group.bare("sched_yield", &sched_yield);
    group.guest("sched_yield", &sched_yield, nothing);
    group.native("sched_yield", nothing, |_| std::thread::yield_now);

    // The subscription: the monotonic clock, which had its first nanosecond long ago, by an absolute time.
    let poll = Guest::new(format!(
        "(call $poll_oneoff (i32.const 16) (i32.const {BUFFER}) (i32.const 1) (i32.const {RESULT}))"
    ))
    .words(32, &[1, 0, 1, 0, 0, 0, 1]);
    group.guest("poll_oneoff expired clock", &poll, nothing);
    group.native("poll_oneoff expired clock", nothing, |_| {
        || {
            rustix::event::poll(&mut [], Some(&Timespec::default()))
                .expect("nothing can go wrong with nothing")
        }
    });

    let tell = Guest::new(format!("(call $fd_tell (global.get $fd) (i32.const {RESULT}))"));
    group.bare("fd_tell", &tell);
    group.guest("fd_tell", &tell.opens("f"), file);
    group.native("fd_tell", file, |dir| {
        let file = open(dir);
        move || seek(&file, SeekFrom::Current(0)).expect("the file is open")
    });
}

fn nothing(_: &Path) {}

fn file(dir: &Path) {
    make_file(&dir.join("f"));
}

fn open(dir: &Path) -> File {
    File::open(dir.join("f")).expect("the file has been made")
}

fn random(buffer: &mut [u8]) -> usize {
    getrandom(buffer, GetRandomFlags::empty()).expect("the system is up")
}
