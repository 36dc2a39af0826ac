//! Tests of pools: how many workers there are, and for whom.

use crate::{limits, pool, taken, told};
use rustix::process::Pid;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use wasi_isolate::{Error, Limits};
use wasi_policy::InterruptHandle;

#[test]
fn a_hundred_guests_share_four_places() {
    let pool = pool(Limits::default().max_workers(4).ready(2));
    let (now, most, pids) = (AtomicU32::new(0), AtomicU32::new(0), std::sync::Mutex::new(BTreeSet::new()));
    thread::scope(|scope| {
        for guest in 0..100 {
            let (pool, now, most, pids) = (&pool, &now, &most, &pids);
            scope.spawn(move || {
                let mut worker = loop {
                    match pool.take(None, &InterruptHandle::default()) {
                        Ok(worker) => break worker,
                        Err(error) => assert_eq!(error, Error::Busy(4)),
                    }
                    thread::yield_now();
                };
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                assert_eq!(told(&mut worker, &format!("echo {guest}")).unwrap(), guest.to_string());
                pids.lock().unwrap().insert(told(&mut worker, "pid").unwrap());
                now.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    assert!((1..=4).contains(&most.into_inner()));
    assert_eq!(pids.into_inner().unwrap().len(), 100, "no worker serves two guests");
}

#[test]
fn a_place_comes_back_when_its_worker_has_ended() {
    let pool = pool(limits().max_workers(1));
    let mut worker = taken(&pool);
    let busy = || pool.take(None, &InterruptHandle::default()).map(drop);
    assert_eq!(busy(), Err(Error::Busy(1)));
    told(&mut worker, "abort").unwrap_err();
    // The guest still has what is left of it.
    let mut other = taken(&pool);
    assert_eq!(told(&mut other, "echo on").unwrap(), "on");
    assert_eq!(busy(), Err(Error::Busy(1)));
    drop(other);
    assert_eq!(busy(), Ok(()));
    drop(worker);
    assert_eq!(busy(), Ok(()));
}

#[test]
fn waiting_for_one_ends() {
    // The only thing that starts workers is busy with one that does not get ready.
    let limits = Limits::default().start_time(Duration::from_secs(3));
    let pool = wasi_isolate::Pool::new(crate::program("deeds::serves"), "deeds", b"hang", limits).unwrap();
    let soon = Some(Instant::now() + Duration::from_millis(20));
    assert_eq!(pool.take(soon, &InterruptHandle::default()).map(drop), Err(Error::TimedOut));
    let interrupt = InterruptHandle::default();
    interrupt.interrupt();
    assert_eq!(pool.take(None, &interrupt).map(drop), Err(Error::Interrupted));
}

#[test]
fn a_worker_keeps_its_pool_and_ends_when_it_is_dropped() {
    let pool = pool(limits());
    let mut worker = taken(&pool);
    let pid = told(&mut worker, "pid").unwrap().parse().ok().and_then(Pid::from_raw).unwrap();
    drop(pool);
    assert_eq!(told(&mut worker, "echo still").unwrap(), "still");
    drop(worker);
    assert!(rustix::process::test_kill_process(pid).is_err(), "it is waited for");
}
