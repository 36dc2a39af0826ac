//! Tests of hosts: one that ends takes its workers along, one that ignores `SIGCHLD` has workers, other children of a host are
//! left alone, and what is left of many workers is nothing.

use crate::{limits, pool, taken, told};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use test_support::copy;
use wasi_isolate::{Ending, Error};

/// Tells what a copy says from what the harness does.
const SAID: &str = "worker: ";

#[test]
fn a_worker_dies_with_its_host() {
    if copy::mode().is_some() {
        let pool = pool(limits());
        let mut worker = taken(&pool);
        let pid = told(&mut worker, "pid").unwrap();
        println!("\n{SAID}{pid}");
        std::io::stdout().flush().unwrap();
        // So that the end of the channel alone would not reach it.
        let _ = told(&mut worker, "hang");
        return;
    }
    let mut host = copy::copy("hosts::a_worker_dies_with_its_host", "host");
    let lines = BufReader::new(host.stdout.take().unwrap()).lines();
    let said = lines.map_while(Result::ok).find_map(|line| line.strip_prefix(SAID).map(str::to_owned));
    let pid = said.unwrap().parse().ok().and_then(Pid::from_raw).unwrap();
    let worker = pidfd_open(pid, PidfdFlags::empty()).unwrap();
    host.kill().unwrap();
    host.wait().unwrap();
    assert!(ends(&worker), "it lives on");
}

/// Waits for the end of a process.
pub(crate) fn ends(process: &OwnedFd) -> bool {
    let long = Timespec { tv_sec: 60, tv_nsec: 0 };
    poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&long)) == Ok(1)
}

#[test]
fn a_host_may_ignore_its_children() {
    if copy::mode().is_some() {
        let pool = pool(limits());
        let mut worker = taken(&pool);
        assert_eq!(told(&mut worker, "echo hello").unwrap(), "hello");
        // The system keeps no status then.
        assert_eq!(told(&mut worker, "abort"), Err(Error::Ended(Ending::Unknown)));
        drop(taken(&pool));
        return;
    }
    let program = copy::command("hosts::a_host_may_ignore_its_children", "host");
    let mut ignoring = Command::new("env");
    ignoring.arg("--ignore-signal=CHLD").arg(program.get_program()).args(program.get_args());
    ignoring.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = ignoring.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    copy::finish(child);
}

#[test]
fn other_children_are_left_alone() {
    let mut child = Command::new("/bin/sh").args(["-c", "exit 7"]).spawn().unwrap();
    let pool = pool(limits());
    for _ in 0..3 {
        told(&mut taken(&pool), "abort").unwrap_err();
    }
    assert_eq!(child.wait().unwrap().code(), Some(7));
}

#[test]
fn a_ready_worker_that_was_killed_is_nobodys_error() {
    if copy::mode().is_none() {
        copy::run(&mut copy::command("hosts::a_ready_worker_that_was_killed_is_nobodys_error", "host"));
        return;
    }
    let pool = pool(limits().ready(1));
    for _ in 0..5 {
        let mut first = taken(&pool);
        let first_pid = told(&mut first, "pid").unwrap();
        // It starts the thread that serves after it has said that it is ready. The harness has two.
        let serves = |pid: &String| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            *pid != first_pid && status.lines().any(|line| line == "Threads:\t3")
        };
        let ready = std::iter::repeat_with(children).find_map(|pids| pids.into_iter().find(serves));
        let pid = ready.unwrap().parse().ok().and_then(Pid::from_raw).unwrap();
        let worker = pidfd_open(pid, PidfdFlags::empty()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        assert!(ends(&worker));
        assert_eq!(told(&mut taken(&pool), "echo hello").unwrap(), "hello");
    }
}

/// The processes that this one has started and not waited for.
fn children() -> Vec<String> {
    let parent = |path: &std::path::Path| {
        let stat = fs::read_to_string(path.join("stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1).map(str::to_owned)
    };
    let own = std::process::id().to_string();
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let children = processes.filter(|path| parent(path).is_some_and(|pid| pid == own));
    children.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect()
}

/// How many workers it kills: `WORKERS=10000` for all of what is promised.
#[test]
fn nothing_is_left_of_workers_that_were_killed() {
    let Some(count) = copy::mode() else {
        let count = std::env::var("WORKERS").unwrap_or_else(|_| "60".to_owned());
        copy::run(&mut copy::command("hosts::nothing_is_left_of_workers_that_were_killed", &count));
        return;
    };
    let pool = pool(limits());
    let kill = || drop(told(&mut taken(&pool), "abort").unwrap_err());
    (0..20).for_each(|_| kill());
    let before = held();
    (0..count.parse().unwrap()).for_each(|_| kill());
    let after = held();
    assert_eq!(after.descriptors, before.descriptors);
    assert!(after.pages <= before.pages + 256, "{before:?} {after:?}");
}

#[derive(Debug)]
struct Held {
    descriptors: usize,
    /// Of memory, 4 KiB each.
    pages: u64,
}

fn held() -> Held {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    let pages = pages.split_whitespace().nth(1).unwrap().parse().unwrap();
    Held { descriptors: fs::read_dir("/proc/self/fd").unwrap().count(), pages }
}
