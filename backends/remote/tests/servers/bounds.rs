//! Tests of what ends a call: time limits, interrupts, and servers that go away.

use crate::honest::{Speech, handle};
use crate::support::{Line, Server};
use crate::{execution, expected, load, relu};
use std::net::{Ipv4Addr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use wasi_nn::{Control, ErrorKind, InterruptHandle};
use wasi_nn_remote::Remote;

/// Far more than any call of these tests takes.
const LONG: Duration = Duration::from_secs(30);

/// A server that describes its models, and then writes `start` for an answer, tells of it, and waits for the end of the
/// connection.
fn hanging(start: &'static [u8]) -> (Server, mpsc::Receiver<()>) {
    let (sender, receiver) = mpsc::channel();
    let sender = Mutex::new(sender);
    let server = Server::start(move |request, line| {
        if !request.path.ends_with("/infer") {
            return handle(Speech::Binary, request, line);
        }
        line.write_all(start).unwrap();
        sender.lock().unwrap().send(()).unwrap();
        wait_for_the_end(line);
        false
    });
    (server, receiver)
}

/// Reads until the client has gone.
fn wait_for_the_end(line: &mut dyn Line) {
    while line.read(&mut [0]).is_ok_and(|count| count > 0) {}
}

const STARTS: [&[u8]; 3] = [
    b"",
    b"HTTP/1.1 200 OK\r\nContent-Le",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nInference-Header-Content-Length: 500\r\n\r\n{\"outputs\":",
];

#[test]
fn a_server_that_hangs_is_left_after_the_timeout() {
    for start in STARTS {
        let (server, _told) = hanging(start);
        let one = NonZeroUsize::new(1).unwrap();
        let timeout = Duration::from_millis(200);
        let remote = Remote::http(server.url()).connections(one).timeout(timeout).build().unwrap();
        let graph = load(&remote, &server.url(), "relu").unwrap();
        let mut execution = execution(&graph);
        for _ in 0..3 {
            let begin = Instant::now();
            let error = relu(execution.as_mut(), &Control::unbounded()).unwrap_err();
            assert!(begin.elapsed() < LONG);
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            let expected =
                format!("the server of {}/v2/models/relu did not answer within 0.2 s; see ", server.url());
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
        // Its place is free.
        load(&remote, &server.url(), "relu").unwrap();
    }
}

#[test]
fn a_guests_time_counts_if_it_is_less() {
    let (server, _told) = hanging(b"");
    let remote = Remote::http(server.url()).build().unwrap();
    let graph = load(&remote, &server.url(), "relu").unwrap();
    let control = Control::new(Some(Duration::from_millis(100)), &InterruptHandle::default());
    let error = relu(execution(&graph).as_mut(), &control).unwrap_err();
    assert!(
        error.kind() == ErrorKind::TimedOut && error.to_string().contains("Limits::compute_time"),
        "{error}"
    );
}

#[test]
fn an_interrupt_ends_a_call() {
    for start in STARTS {
        let (server, told) = hanging(start);
        let remote = Remote::http(server.url()).build().unwrap();
        let graph = load(&remote, &server.url(), "relu").unwrap();
        let interrupt = InterruptHandle::default();
        let control = Control::new(None, &interrupt);
        thread::scope(|scope| {
            let computing = scope.spawn(|| relu(execution(&graph).as_mut(), &control).unwrap_err().kind());
            told.recv().unwrap();
            interrupt.interrupt();
            assert_eq!(computing.join().unwrap(), ErrorKind::Interrupted);
        });
    }
}

#[test]
fn an_interrupt_ends_waiting_for_a_connection() {
    let (server, told) = hanging(b"");
    let one = NonZeroUsize::new(1).unwrap();
    let remote = Remote::http(server.url()).connections(one).build().unwrap();
    let graph = load(&remote, &server.url(), "relu").unwrap();
    let (first, second) = (InterruptHandle::default(), InterruptHandle::default());
    let compute = |interrupt: &InterruptHandle| {
        relu(execution(&graph).as_mut(), &Control::new(None, interrupt)).unwrap_err().kind()
    };
    thread::scope(|scope| {
        let hangs = scope.spawn(|| compute(&first));
        told.recv().unwrap();
        second.interrupt();
        assert_eq!(compute(&second), ErrorKind::Interrupted);
        assert!(!hangs.is_finished());
        first.interrupt();
        assert_eq!(hangs.join().unwrap(), ErrorKind::Interrupted);
    });
}

#[test]
fn a_byte_now_and_then_is_no_answer() {
    let server = Server::start(|request, line| {
        if !request.path.ends_with("/infer") {
            return handle(Speech::Binary, request, line);
        }
        let mut goes_on = line.write_all(b"HTTP/1.1 200 OK\r\nX: ").is_ok();
        while goes_on {
            goes_on = line.write_all(b"y").is_ok();
            thread::park_timeout(Duration::from_millis(20));
        }
        false
    });
    let remote = Remote::http(server.url()).timeout(Duration::from_millis(300)).build().unwrap();
    let graph = load(&remote, &server.url(), "relu").unwrap();
    let error = relu(execution(&graph).as_mut(), &Control::unbounded()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[test]
fn nobody_is_there() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let remote = Remote::http(&url).build().unwrap();
    let error = load(&remote, &url, "relu").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(error.to_string().starts_with(&format!("the server of {url} cannot be reached: ")), "{error}");
}

#[test]
fn nobody_accepts() {
    // The system accepts, and nobody answers.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let remote = Remote::http(&url).timeout(Duration::from_millis(100)).build().unwrap();
    assert_eq!(load(&remote, &url, "relu").err().unwrap().kind(), ErrorKind::TimedOut);
}

#[test]
fn a_server_that_comes_back_is_used_again() {
    let start = |address| {
        Server::start_at(
            address,
            Arc::new(|request, line| handle(Speech::Binary, request, line)),
            Arc::new(|stream| Some(Box::new(stream))),
        )
    };
    let mut server = start("127.0.0.1:0".parse().unwrap());
    let (address, url) = (server.address(), server.url());
    let remote = Remote::http(&url).build().unwrap();
    let graph = load(&remote, &url, "relu").unwrap();
    let mut execution = execution(&graph);
    for _ in 0..3 {
        assert_eq!(relu(execution.as_mut(), &Control::unbounded()).unwrap(), expected());
        drop(server);
        let error = relu(execution.as_mut(), &Control::unbounded()).unwrap_err().to_string();
        assert!(error.contains(&url), "{error}");
        server = start(address);
    }
    assert_eq!(relu(execution.as_mut(), &Control::unbounded()).unwrap(), expected());
}

#[test]
fn a_connection_that_has_ended_meanwhile_is_no_error() {
    let server = Server::start(|request, line| handle(Speech::Binary, request, line));
    let remote = Remote::http(server.url()).build().unwrap();
    let graph = load(&remote, &server.url(), "relu").unwrap();
    let mut execution = execution(&graph);
    for connections in 1..20 {
        assert_eq!(relu(execution.as_mut(), &Control::unbounded()).unwrap(), expected());
        assert_eq!(server.connections(), connections);
        server.end_connections();
    }
}
