//! Tests of workers that end, hang or lie: each is killed at once, its guest gets the reason, and others go on.

use crate::{liar, limits, pool, taken, told, told_until};
use rustix::process::{Pid, Signal, kill_process};
use std::thread;
use std::time::{Duration, Instant};
use wasi_isolate::{Ending, Error, Limits};
use wasi_policy::InterruptHandle;

#[test]
fn one_that_ends_costs_its_guest_an_error_and_no_other() {
    let pool = pool(limits());
    let mut other = taken(&pool);
    let memory = Limits::default().memory;
    for (deed, ending) in [
        ("abort", Ending::Killed { signal: 6, memory }),
        ("exit 7", Ending::Exited(7)),
        ("panic", Ending::Exited(1)),
        ("overflow 1000000", Ending::Killed { signal: 6, memory }),
    ] {
        let mut worker = taken(&pool);
        assert_eq!(told(&mut worker, deed), Err(Error::Ended(ending)), "{deed}");
        assert_eq!(told(&mut worker, "echo"), Err(Error::Ended(ending)), "it is remembered");
    }
    assert_eq!(told(&mut other, "echo still").unwrap(), "still");
}

#[test]
fn one_that_is_killed_between_requests_is_found_dead() {
    let mut worker = taken(&pool(limits()));
    let pid = told(&mut worker, "pid").unwrap().parse().ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    let error = told(&mut worker, "echo").unwrap_err();
    assert!(matches!(error, Error::Ended(Ending::Killed { signal: 9, .. })), "{error}");
}

#[test]
fn one_that_hangs_is_killed_at_the_deadline() {
    let mut worker = taken(&pool(limits()));
    let start = Instant::now();
    let error = told_until(&mut worker, "hang", Some(Duration::from_millis(50))).unwrap_err();
    assert_eq!(error, Error::TimedOut);
    assert!(start.elapsed() >= Duration::from_millis(50));
    assert_eq!(told(&mut worker, "echo"), Err(Error::TimedOut));
}

#[test]
fn an_interrupt_kills() {
    let mut worker = taken(&pool(limits()));
    let interrupt = InterruptHandle::default();
    thread::scope(|scope| {
        let asks = scope.spawn(|| worker.ask(b"hang", None, &interrupt));
        interrupt.interrupt();
        assert_eq!(asks.join().unwrap(), Err(Error::Interrupted));
    });
}

#[test]
fn lies_are_told_from_answers() {
    let broke = |reason| Err(Error::Broke(reason));
    for (lie, expected) in [
        ("garbage", broke("it sent a message of the wrong kind")),
        ("huge", broke("it sent a message that is too long")),
        ("flood", broke("it sent a message of the wrong kind")),
        ("half", Err(Error::Ended(Ending::Exited(0)))),
        ("silence", Err(Error::TimedOut)),
        ("nothing", Err(Error::Ended(Ending::Exited(0)))),
    ] {
        let mut worker = taken(&liar::pool(lie));
        assert_eq!(told_until(&mut worker, "echo", Some(Duration::from_secs(2))), expected, "{lie}");
    }
    // The first answer is what was asked for, and then comes another.
    let mut worker = taken(&liar::pool("twice"));
    assert_eq!(told(&mut worker, "echo").unwrap(), "");
    assert_eq!(told(&mut worker, "echo"), broke("it sent what nobody asked for"));
    let mut worker = taken(&liar::pool("early"));
    assert_eq!(told(&mut worker, "echo"), broke("it sent what nobody asked for"));
}

#[test]
fn a_host_can_say_that_an_answer_cannot_be() {
    let mut worker = taken(&pool(limits()));
    let pid = told(&mut worker, "pid").unwrap().parse().ok().and_then(Pid::from_raw).unwrap();
    assert_eq!(worker.fail("it lied"), Error::Broke("it lied"));
    assert!(rustix::process::test_kill_process(pid).is_err(), "it is waited for");
    assert_eq!(told(&mut worker, "echo"), Err(Error::Broke("it lied")));
}
