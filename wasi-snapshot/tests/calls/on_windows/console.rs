//! Tests of standard streams that are a console, into which somebody types.

use crate::common::errno::SUCCESS;
use crate::common::guest::{DATA, Guest, OUT, call};
use crate::common::system::pipe;
use crate::poll::{NEVER, Subscription, after, poll};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread;
use test_support::console::{Console, take};
use test_support::copy::mode;
use wasi_policy::Trap;
use wasi_snapshot::{Access, PreopenFile, WasiCtx};

const CHARACTER_DEVICE: u8 = 2;
const PIPE: u32 = 7;

fn in_console() -> Guest {
    let _streams = take();
    Guest::new(WasiCtx::builder().inherit_stdio())
}

/// Whole characters or their pieces go out, and what is no text does not stop the rest; what is typed comes in as UTF-8.
#[test]
fn a_console_speaks_utf8() {
    if mode().is_none() {
        let mut console = Console::copy("on_windows::console::a_console_speaks_utf8", "console");
        console.shows("[ä€!?]".replace('?', "\u{fffd}").as_str());
        console.types("hä€😀\r");
        console.shows("(12 bytes)");
        return console.finish();
    }
    let mut guest = in_console();
    for fd in 0..3 {
        assert_eq!(call!(guest, fd_fdstat_get, fd, OUT), SUCCESS);
        assert_eq!(guest.bytes(OUT, 1)[0], CHARACTER_DEVICE);
    }
    for piece in [&b"["[..], b"\xc3", b"\xa4\xe2", b"\x82", b"\xac!", b"\xff", b"]\r\n"] {
        assert_eq!(guest.write(1, piece), Ok(piece.len().try_into().unwrap()));
    }
    let mut read = guest.read(0, 3).unwrap();
    assert_eq!(read.len(), 3);
    // The rest of the line is there.
    assert_eq!(poll(&mut guest, &[NEVER, Subscription::Read(0)])[0].index, 1);
    read.extend(guest.read(0, 100).unwrap());
    assert_eq!(String::from_utf8(read.clone()).unwrap(), "hä€😀\r\n");
    assert_eq!(guest.write(2, format!("({} bytes)\r\n", read.len())).map(drop), Ok(()));
    std::process::exit(0);
}

/// Only keys make it ready.
#[test]
fn polling_waits_for_a_key() {
    if mode().is_none() {
        let mut console = Console::copy("on_windows::console::polling_waits_for_a_key", "console");
        console.shows("nothing yet");
        console.types("x");
        console.shows("a key");
        console.types("y\r");
        console.shows("a line");
        return console.finish();
    }
    let mut guest = in_console();
    assert_eq!(poll(&mut guest, &[after(1_000_000), Subscription::Read(0)])[0].index, 0);
    assert_eq!(poll(&mut guest, &[NEVER, Subscription::Write(1)])[0].index, 1);
    guest.write(1, "nothing yet").unwrap();
    assert_eq!(poll(&mut guest, &[NEVER, Subscription::Read(0)])[0].index, 1);
    guest.write(1, "a key").unwrap();
    assert_eq!(guest.read(0, 100), Ok(b"xy\r\n".to_vec()));
    guest.write(1, "a line").unwrap();
    std::process::exit(0);
}

/// Each of a console, a pipe and a connection ends a wait for all of them, and time does; whether or not somebody could
/// interrupt it.
#[test]
fn polling_waits_for_everything_together() {
    const ARMED: &str = "armed";
    let Some(mode) = mode() else {
        for mode in ["free", ARMED] {
            let mut console =
                Console::copy("on_windows::console::polling_waits_for_everything_together", mode);
            console.shows("a connection, a pipe");
            console.types("x");
            console.shows("a key");
            console.finish();
        }
        return;
    };
    let _streams = take();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (reader, mut writer) = pipe();
    let given = PreopenFile::from(reader).at(PIPE);
    let builder = WasiCtx::builder().inherit_stdio().preopen_listener(listener);
    let mut guest = Guest::new(builder.preopen_file(given, Access::Read));
    let stream = guest.accept(3, 0).unwrap();
    let handle = (mode == ARMED).then(|| guest.ctx.interrupt_handle());
    let [key, piped, received] = [0, PIPE, stream].map(Subscription::Read);
    assert_eq!(poll(&mut guest, &[key, piped, received, after(1_000_000)])[0].index, 3);
    let ends: [(&mut dyn Write, _, _); 2] = [(&mut peer, stream, 2), (&mut writer, PIPE, 1)];
    for (end, fd, index) in ends {
        end.write_all(b"x").unwrap();
        let events = poll(&mut guest, &[key, piped, received, NEVER]);
        assert_eq!(events.iter().map(|event| event.index).collect::<Vec<_>>(), [index]);
        assert_eq!(guest.read(fd, 1), Ok(b"x".to_vec()));
    }
    guest.write(1, "a connection, a pipe").unwrap();
    assert_eq!(poll(&mut guest, &[key, piped, received, NEVER])[0].index, 0);
    guest.write(1, "a key").unwrap();
    drop(handle);
    std::process::exit(0);
}

/// Before a key and in the middle of a line.
#[test]
fn reading_a_console_is_interrupted() {
    const TYPED: &str = "half a line";
    let Some(mode) = mode() else {
        for mode in ["idle", TYPED] {
            let mut console = Console::copy("on_windows::console::reading_a_console_is_interrupted", mode);
            console.types(if mode == TYPED { TYPED } else { "" });
            console.finish();
        }
        return;
    };
    let mut guest = in_console();
    let handle = guest.ctx.interrupt_handle();
    if mode == TYPED {
        assert_eq!(poll(&mut guest, &[NEVER, Subscription::Read(0)])[0].index, 1);
    }
    let interrupter = thread::spawn(move || handle.interrupt());
    let (iovs, len) = guest.iovecs(&[(DATA, 100)]);
    let outcome = guest.outcome("fd_read", &[0, iovs, len, OUT].map(u64::from));
    assert!(matches!(outcome, Err(Trap::Interrupted)), "{outcome:?}");
    interrupter.join().unwrap();
    std::process::exit(0);
}
