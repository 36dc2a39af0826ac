//! Tests of workers that do not start, and of what the host is told.

use crate::{liar, program};
use std::time::Duration;
use wasi_isolate::{Error, Limits, Pool, Worker};
use wasi_policy::InterruptHandle;

fn reason(pool: &Pool) -> String {
    match pool.take(None, &InterruptHandle::default()) {
        Err(Error::Start { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

fn deeds(service: &str, config: &[u8]) -> Pool {
    let limits = Limits::default().start_time(Duration::from_secs(5));
    Pool::new(program("deeds::serves"), service, config, limits).unwrap()
}

#[test]
fn what_keeps_it_from_starting_is_told() {
    assert_eq!(reason(&deeds("other", b"")), "the program has no service `other`");
    assert_eq!(reason(&deeds("deeds", b"refuse")), r"it is\nunwell");
    assert_eq!(reason(&deeds("deeds", b"exit")), "it exited with code 3 before it answered");
    for (lie, expected) in [
        ("version", "it speaks version 77 of the protocol, and this host 2; take both of one release"),
        ("pid", "it is another process than the one that was started; name the program itself"),
        ("greeting", "it is no worker; its `main` has to call `serve`"),
        ("no hello", "it exited with code 0 before it answered"),
        ("ready", "it says nothing of what confines it"),
    ] {
        assert_eq!(reason(&liar::pool(lie)), expected, "{lie}");
    }
}

#[test]
fn one_that_never_gets_ready_is_killed() {
    let limits = Limits::default().start_time(Duration::from_millis(300));
    let pool = Pool::new(program("deeds::serves"), "deeds", b"hang", limits).unwrap();
    assert!(reason(&pool).contains("signal 9"));
}

#[test]
fn other_programs_are_no_workers() {
    let of = |path: &str| Pool::new(Worker::command(path), "deeds", b"", Limits::default()).unwrap();
    assert!(reason(&of("/there/is/none")).contains("No such file"));
    assert_eq!(reason(&of("/bin/true")), "it exited with code 0 before it answered");
}

#[test]
fn a_program_that_is_started_by_a_person_is_no_worker() {
    // Its standard input is no channel, whatever its last argument is.
    let own = std::env::current_exe().unwrap();
    let arguments = ["--exact", "deeds::serves", wasi_isolate::ARGUMENT];
    let output = std::process::Command::new(own).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
