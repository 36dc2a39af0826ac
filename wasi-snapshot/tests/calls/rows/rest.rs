//! The rows of errnos of the other calls: clocks, randomness, polling, sockets, signals.

use super::rows;
use crate::common::errno::{Errno, SUCCESS};
use crate::common::fixture::{CLOSED, DIR, FILE, FREE, Fixture, LISTENER, RW, STDIN, STREAM};
use crate::common::guest::{DATA, OUT, PATH, call};
use crate::common::ops::{APPEND, NONBLOCK};
use std::net::Shutdown;

fn recv(f: &mut Fixture, fd: u32, flags: u32) -> Errno {
    f.recv(fd, 4, flags).err().unwrap_or(SUCCESS)
}

fn send(f: &mut Fixture, fd: u32) -> Errno {
    f.send(fd, "x").err().unwrap_or(SUCCESS)
}

fn nonblock(f: &mut Fixture, fd: u32) {
    assert_eq!(call!(f, fd_fdstat_set_flags, fd, NONBLOCK), SUCCESS);
}

/// `poll_oneoff` with one subscription to a clock.
fn poll_clock(f: &mut Fixture, tag: u8, id: u32, flags: u16) -> Errno {
    let clock = if f.is_unstable() { 24 } else { 16 };
    let mut subscription = vec![0; clock + 32];
    subscription[8] = tag;
    subscription[clock..][..4].copy_from_slice(&id.to_le_bytes());
    subscription[clock + 24..][..2].copy_from_slice(&flags.to_le_bytes());
    let (at, _) = f.put(PATH, subscription);
    call!(f, poll_oneoff, at, DATA, 1, OUT)
}

rows! {
    clock_res_get: "inval" "there is no such clock" => |f| call!(f, clock_res_get, 4, OUT);
    clock_res_get: "inval" "no clock has such a number" => |f| call!(f, clock_res_get, u32::MAX, OUT);
    clock_res_get: "badf" "time of the process" => |f| call!(f, clock_res_get, 2, OUT);
    clock_res_get: "badf" "time of the thread" => |f| call!(f, clock_res_get, 3, OUT);
    clock_time_get: "inval" "there is no such clock" => |f| call!(f, clock_time_get, 4, 0, OUT);
    clock_time_get: "badf" "time of the process" => |f| call!(f, clock_time_get, 2, 0, OUT);
    clock_time_get: "badf" "time of the thread" => |f| call!(f, clock_time_get, 3, 0, OUT);

    random_get: "inval" "more than the limit" => |f| {
        // Only a memory that large reaches the limit.
        f.memory.resize((64 << 20) + 1, b'?');
        call!(f, random_get, 0, (64 << 20) + 1)
    };

    proc_raise: "notsup" "a signal" => |f| call!(f, proc_raise, 9);
    proc_raise: "notsup" "no signal" => |f| call!(f, proc_raise, u32::MAX);

    poll_oneoff: "inval" "no subscriptions" => |f| call!(f, poll_oneoff, PATH, DATA, 0, OUT);
    poll_oneoff: "inval" "more than the limit" => |f| {
        f.memory.resize(1 << 20, b'?');
        call!(f, poll_oneoff, 0, 1 << 19, 2049, OUT)
    };
    poll_oneoff: "inval" "there is no such event" => |f| poll_clock(f, 3, 1, 0);
    poll_oneoff: "inval" "there is no such clock" => |f| poll_clock(f, 0, 4, 0);
    poll_oneoff: "inval" "unknown flags of a clock" => |f| poll_clock(f, 0, 1, 2);

    sock_accept: "badf" "it is not open" => |f| call!(f, sock_accept, CLOSED, 0, OUT);
    sock_accept: "notsock" "a file" => |f| call!(f, sock_accept, FILE, 0, OUT);
    sock_accept: "notsock" "a directory" => |f| call!(f, sock_accept, RW, 0, OUT);
    sock_accept: "notsock" "a stream" => |f| call!(f, sock_accept, STDIN, 0, OUT);
    sock_accept: "inval" "a connection" => |f| call!(f, sock_accept, STREAM, 0, OUT);
    sock_accept: "inval" "append means nothing" => |f| call!(f, sock_accept, LISTENER, APPEND, OUT);
    sock_accept: "inval" "unknown flags" => |f| call!(f, sock_accept, LISTENER, 1 << 5, OUT);
    sock_accept: "again" "nobody connects" => |f| {
        nonblock(f, LISTENER);
        call!(f, sock_accept, LISTENER, 0, OUT)
    };
    sock_accept: "nfile" "as many are open as may be" => |f| {
        for fd in FREE.. {
            match f.open_read(RW, "f") {
                Ok(opened) => assert_eq!(opened, fd),
                Err(_) => break,
            }
        }
        call!(f, sock_accept, LISTENER, 0, OUT)
    };
    path_open: "nfile" "as many are open as may be" => |f| loop {
        if let Err(errno) = f.open_read(RW, "f") {
            return errno;
        }
    };

    sock_recv: "badf" "it is not open" => |f| recv(f, CLOSED, 0);
    sock_recv: "notsock" "a file" => |f| recv(f, FILE, 0);
    sock_recv: "notsock" "a directory" => |f| recv(f, DIR, 0);
    sock_recv: "notconn" "a listener" => |f| recv(f, LISTENER, 0);
    sock_recv: "inval" "unknown flags" => |f| recv(f, STREAM, 4);
    sock_recv: "inval" "more than 16 bits" => |f| recv(f, STREAM, 1 << 16);
    sock_recv: "again" "nothing has come" => |f| { nonblock(f, STREAM); recv(f, STREAM, 0) };
    sock_recv: "again" "nothing to peek at" => |f| { nonblock(f, STREAM); recv(f, STREAM, 1) };
    sock_recv: "again" "nothing to wait for" => |f| { nonblock(f, STREAM); recv(f, STREAM, 2) };

    sock_send: "badf" "it is not open" => |f| send(f, CLOSED);
    sock_send: "notsock" "a file" => |f| send(f, FILE);
    sock_send: "notconn" "a listener" => |f| send(f, LISTENER);
    sock_send: "inval" "no flags are defined" => |f| {
        let (iovs, count) = f.iovecs(&[(DATA, 1)]);
        call!(f, sock_send, STREAM, iovs, count, 1, OUT)
    };
    sock_send: "again" "the connection is full" => |f| {
        nonblock(f, STREAM);
        // Nothing is sent after that: what is on its way may make room at any time.
        loop {
            if let Err(errno) = f.send(STREAM, [0; 0x8000]) {
                break errno;
            }
        }
    };
    sock_send: "pipe" "the connection was shut down" => |f| {
        assert_eq!(call!(f, sock_shutdown, STREAM, 2), SUCCESS);
        send(f, STREAM)
    };

    sock_shutdown: "badf" "it is not open" => |f| call!(f, sock_shutdown, CLOSED, 1);
    sock_shutdown: "notsock" "a file" => |f| call!(f, sock_shutdown, FILE, 1);
    sock_shutdown: "notsock" "standard input" => |f| call!(f, sock_shutdown, STDIN, 3);
    sock_shutdown: "notconn" "a listener" => |f| call!(f, sock_shutdown, LISTENER, 1);
    sock_shutdown: "notconn" "both sides have ended already" => |f| {
        f.peer.shutdown(Shutdown::Both).unwrap();
        assert_eq!(call!(f, sock_shutdown, STREAM, 3), SUCCESS);
        call!(f, sock_shutdown, STREAM, 3)
    };
    sock_shutdown: "inval" "no direction" => |f| call!(f, sock_shutdown, STREAM, 0);
    sock_shutdown: "inval" "unknown flags" => |f| call!(f, sock_shutdown, STREAM, 4);
    sock_shutdown: "inval" "more than 8 bits" => |f| call!(f, sock_shutdown, STREAM, 257);
}
