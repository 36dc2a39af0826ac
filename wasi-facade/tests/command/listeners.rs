//! Tests of servers on `--tcplisten`: those that wait in accepting, and those that look first.

use crate::guests;
use crate::workplace::{ENGINES, Ran, Workplace};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

const C: &[u8] = include_bytes!("../../../guests/c/serve.wasm");
const ZIG: &[u8] = include_bytes!("../../../guests/zig/serve.wasm");

/// An address that nobody else gets: all of 127.0.0.0/8 is this machine, other processes have other numbers, and each call
/// has one of its own.
fn address() -> SocketAddr {
    static CALLS: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    let host = Ipv4Addr::new(127, CALLS.fetch_add(1, Ordering::Relaxed), high, low);
    TcpListener::bind((host, 0)).unwrap().local_addr().unwrap()
}

/// A server that has said these lines on its output, which come before it accepts.
struct Server {
    child: Child,
    said: Vec<String>,
    output: BufReader<std::process::ChildStdout>,
}

impl Server {
    fn start(place: &Workplace, args: &str) -> Self {
        // The bound ends a server that never hears of `quit`.
        let mut command = place.command(&format!("--timeout 100s {args}"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut said = Vec::new();
        while said.last().is_none_or(|line| line != "ready") {
            let mut line = String::new();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "{said:?}");
            said.push(line.trim_end().to_owned());
        }
        Server { child, said, output }
    }

    fn end(mut self) -> Ran {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        let ran = Ran::from(self.child.wait_with_output().unwrap());
        Ran { stdout: rest, ..ran }
    }
}

/// Says something, and gives what is said back.
fn ask(address: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Starts a server, and has it serve until it is told to quit.
fn serves(args: &str, how: &str, said: &[&str]) {
    for engine in ENGINES {
        let place = Workplace::new();
        place.write("c.wasm", C);
        place.write("zig.wasm", ZIG);
        let address = address();
        let server = Server::start(&place, &format!("{engine} --tcplisten {address}{how} {args}"));
        assert_eq!(server.said, said, "{engine} {args}");
        for text in ["one", "two", "quit"] {
            assert_eq!(ask(address, text), text, "{engine} {args}");
        }
        assert_eq!(server.end().quiet(0), "", "{engine} {args}");
    }
}

#[test]
fn servers_that_wait_in_accepting() {
    for guest in ["c.wasm", "zig.wasm"] {
        for how in ["", "::blocking"] {
            serves(&format!("{guest} 3"), how, &["ready"]);
        }
    }
    serves("--dir . c.wasm 4", "", &["ready"]);
}

#[test]
fn servers_that_look_first() {
    serves("c.wasm -l 3", "", &["does not wait", "ready"]);
    serves("c.wasm -l 3", "::nonblocking", &["does not wait", "ready"]);
    serves("c.wasm -l 3", "::blocking", &["waits", "ready"]);
}

/// Nobody has connected yet, so accepting gives `again`, whose words are musl's.
#[test]
fn who_forces_it_gets_no_waiting() {
    let place = Workplace::new();
    place.write("c.wasm", C);
    place.write("zig.wasm", ZIG);
    for (guest, word) in [("c.wasm", "Resource temporarily unavailable"), ("zig.wasm", "AGAIN")] {
        for engine in ENGINES {
            let listen = format!("--tcplisten {}::nonblocking", address());
            let server = Server::start(&place, &format!("{engine} {listen} {guest} 3"));
            assert_eq!(server.end().quiet(1), format!("accept: {word}\n"));
        }
    }
}

/// Two listeners, each with its own way.
#[test]
fn each_listener_has_its_own_way() {
    let place = Workplace::new();
    place.write("c.wasm", C);
    let (one, other) = (address(), address());
    let listen = format!("--tcplisten {one}::blocking --tcplisten {other}");
    for (fd, address, said) in [(3, one, "waits"), (4, other, "does not wait")] {
        let server = Server::start(&place, &format!("{listen} c.wasm -l {fd}"));
        assert_eq!(server.said, [said, "ready"]);
        assert_eq!(ask(address, "quit"), "quit");
        assert_eq!(server.end().quiet(0), "");
    }
}

#[test]
fn words_that_say_nothing_are_mistakes() {
    let place = Workplace::with(&guests::says("hello"));
    for word in ["sometimes", "Blocking", ""] {
        let flag = format!("127.0.0.1:0::{word}");
        let message = format!(
            "`--tcplisten {flag}` ends in `{word}`; behind `::` there can be `blocking` or `nonblocking`"
        );
        place.wasi(&format!("--tcplisten {flag} guest.wat")).complains(2, &message);
    }
    let ran = place.wasi("--tcplisten 127.0.0.1:0::nonblocking::blocking guest.wat");
    assert!(ran.code == Some(1) && ran.stderr.contains("`127.0.0.1:0::nonblocking`"), "{}", ran.stderr);
}
