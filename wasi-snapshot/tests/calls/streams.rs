//! Tests of standard streams of the host's making: pipes, readers, writers, captures and two sinks in one.

use super::poll::{NEVER, Subscription, poll};
use crate::common::errno::{AGAIN, BADF, IO, NOSPC, PIPE, SUCCESS};
use crate::common::guest::{DATA, Guest, OUT, call, writes};
use crate::common::ops::NONBLOCK;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use wasi_policy::Trap;
use wasi_snapshot::{OnLimit, Sink, Source, WasiCtx};

fn with_stdin(source: Source) -> Guest {
    Guest::new(WasiCtx::builder().stdin(source))
}

fn with_stdout(sink: Sink) -> Guest {
    Guest::new(WasiCtx::builder().stdout(sink))
}

#[test]
fn a_host_talks_with_its_guest() {
    let (source, mut to_guest) = Source::pipe().unwrap();
    let (sink, mut from_guest) = Sink::pipe().unwrap();
    let mut guest = Guest::new(WasiCtx::builder().stdin(source).stdout(sink));
    // The guest waits for each question, and the host for each answer.
    let host = thread::spawn(move || {
        for question in [b"1", b"2", b"3"] {
            to_guest.write_all(question).unwrap();
            let mut answer = [0; 2];
            from_guest.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, &[question[0], b'!']);
        }
    });
    for question in ["1", "2", "3"] {
        assert_eq!(guest.read(0, 10), Ok(question.as_bytes().to_vec()));
        assert_eq!(guest.write(1, format!("{question}!")), Ok(2));
    }
    host.join().unwrap();
    // The host has closed both ends.
    assert_eq!(guest.read(0, 10), Ok(Vec::new()));
    assert_eq!(guest.write(1, "x"), Err(PIPE));
}

/// What has come fills all buffers at once, in the order of the list, wherever they lie; of a stream, only the first
/// otherwise.
#[test]
fn buffers_lie_in_any_order() {
    for list in [[4, 6, 0], [6, 0, 2], [0, 2, 6], [2, 8, 20]] {
        let (source, mut to_guest) = Source::pipe().unwrap();
        let mut guest = with_stdin(source);
        to_guest.write_all(b"abcdef").unwrap();
        let (iovs, len) = guest.iovecs(&list.map(|place| (DATA + place, 2)));
        writes!(guest, fd_read(0, iovs, len, OUT) => DATA + list[0], b"ab"; DATA + list[1], b"cd";
            DATA + list[2], b"ef"; OUT, 6_u32.to_le_bytes());
    }
}

#[test]
fn a_host_is_told_that_its_guest_has_gone() {
    let (source, mut to_guest) = Source::pipe().unwrap();
    let (sink, mut from_guest) = Sink::pipe().unwrap();
    let mut guest = Guest::new(WasiCtx::builder().stdin(source).stdout(sink));
    assert_eq!(guest.write(1, "last words"), Ok(10));
    drop(guest);
    let mut words = String::new();
    from_guest.read_to_string(&mut words).unwrap();
    assert_eq!(words, "last words");
    assert_eq!(to_guest.write(b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn pipes_are_bounded_and_can_be_non_blocking() {
    let (source, _to_guest) = Source::pipe().unwrap();
    let (sink, _from_guest) = Sink::pipe().unwrap();
    let mut guest = Guest::new(WasiCtx::builder().stdin(source).stdout(sink));
    for fd in [0, 1] {
        assert_eq!(call!(guest, fd_fdstat_set_flags, fd, NONBLOCK), SUCCESS);
    }
    assert_eq!(guest.read(0, 1), Err(AGAIN));
    let mut written = 0;
    let text = "x".repeat(10_000);
    loop {
        match guest.write(1, &text) {
            Ok(count) => written += count,
            Err(errno) => break assert_eq!(errno, AGAIN),
        }
    }
    assert!((4096..1 << 20).contains(&written), "{written}");
}

#[test]
fn a_reader_is_read_to_its_end() {
    let text: String = (0..100_000).map(|n| n.to_string()).collect();
    let mut guest = with_stdin(Source::reader(io::Cursor::new(text.clone())));
    let mut read = Vec::new();
    loop {
        match guest.read(0, 20_000).unwrap() {
            bytes if bytes.is_empty() => break,
            bytes => read.extend(bytes),
        }
    }
    assert_eq!(read, text.as_bytes());
}

/// A queue as zellij has one for its plugins, and how often it was asked.
#[derive(Clone, Default)]
struct Queue(Arc<Mutex<(VecDeque<u8>, usize)>>);

impl Queue {
    fn put(&self, more: &[u8]) {
        self.0.lock().unwrap().0.extend(more);
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().1
    }
}

impl Read for Queue {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (bytes, asked) = &mut *self.0.lock().unwrap();
        *asked += 1;
        bytes.read(buffer)
    }
}

/// As with wasi-common's `ReadPipe`, of which plugins read what the host has put there, whenever it calls them.
#[test]
fn a_polled_reader_is_asked_when_the_guest_asks() {
    let queue = Queue::default();
    let mut guest = with_stdin(Source::polled(queue.clone()));
    queue.put(b"plugin");
    for _ in 0..3 {
        let events = poll(&mut guest, &[Subscription::Read(0), NEVER]);
        assert_eq!(events.iter().map(|event| event.index).collect::<Vec<_>>(), [0]);
    }
    assert_eq!(queue.asked(), 0);
    assert_eq!(guest.read(0, 100), Ok(b"plugin".to_vec()));
    assert_eq!(guest.read(0, 100), Ok(Vec::new()));
    queue.put(b"go");
    assert_eq!(guest.read(0, 100), Ok(b"go".to_vec()));
    assert_eq!(queue.asked(), 3);
    queue.put(b"them");
    assert_eq!(guest.read(0, 3), Ok(b"the".to_vec()));
    let thread = thread::current().id();
    let mut guest = with_stdin(Source::polled(Calling(move || {
        assert_eq!(thread::current().id(), thread);
        Ok(0)
    })));
    assert_eq!(guest.read(0, 1), Ok(Vec::new()));
}

/// A reader that does as it is told.
struct Calling<F>(F);

impl<F: FnMut() -> io::Result<usize>> Read for Calling<F> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        (self.0)()
    }
}

#[test]
fn errors_of_a_polled_reader_are_the_guests() {
    let kinds = [io::ErrorKind::WouldBlock, io::ErrorKind::Interrupted, io::ErrorKind::Other];
    let mut kinds = kinds.into_iter();
    let mut guest = with_stdin(Source::polled(Calling(move || match kinds.next() {
        Some(kind) => Err(kind.into()),
        // More than there is room for.
        None => Ok(1000),
    })));
    assert_eq!(guest.read(0, 10), Err(AGAIN));
    // What was interrupted is asked again.
    assert_eq!(guest.read(0, 10), Err(IO));
    assert_eq!(guest.read(0, 10).map(|bytes| bytes.len()), Ok(10));
    guest.ctx.interrupt_handle().interrupt();
    let (iovs, len) = guest.iovecs(&[(DATA, 1)]);
    let outcome = guest.outcome("fd_read", &[0, iovs, len, OUT].map(u64::from));
    assert!(matches!(outcome, Err(Trap::Interrupted)), "{outcome:?}");
    let (iovs, len) = guest.iovecs(&[(DATA, 1)]);
    assert_eq!(call!(guest, fd_write, 0, iovs, len, OUT), BADF);
}

/// A reader that never gives anything, until its sender is dropped.
struct Silent(mpsc::Receiver<()>);

impl Read for Silent {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        Ok(0)
    }
}

/// Each of these waits for ever, in a different place.
#[test]
fn waiting_streams_are_interrupted() {
    let (_silence, silent) = mpsc::channel();
    let (source, _to_guest) = Source::pipe().unwrap();
    for source in [source, Source::reader(Silent(silent))] {
        let mut guest = with_stdin(source);
        let handle = guest.ctx.interrupt_handle();
        let interrupter = thread::spawn(move || handle.interrupt());
        let (iovs, len) = guest.iovecs(&[(DATA, 1)]);
        let outcome = guest.outcome("fd_read", &[0, iovs.into(), len.into(), OUT.into()]);
        assert!(matches!(outcome, Err(Trap::Interrupted)), "{outcome:?}");
        interrupter.join().unwrap();
    }
    let (sink, mut from_guest) = Sink::pipe().unwrap();
    let mut guest = with_stdout(sink);
    let handle = guest.ctx.interrupt_handle();
    // The pipe is about to be full when the first byte has come.
    let interrupter = thread::spawn(move || {
        from_guest.read_exact(&mut [0]).unwrap();
        handle.interrupt();
        from_guest
    });
    let (iovs, len) = guest.iovecs(&[(DATA, 0x8000)]);
    let trap = loop {
        match guest.outcome("fd_write", &[1, iovs.into(), len.into(), OUT.into()]) {
            Ok(errno) => assert_eq!(errno, SUCCESS),
            Err(trap) => break trap,
        }
    };
    assert!(matches!(trap, Trap::Interrupted), "{trap}");
    drop(interrupter.join().unwrap());
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<(Vec<u8>, usize)>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut inner = self.0.lock().unwrap();
        if inner.0.len() >= 10 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        inner.0.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap().1 += 1;
        Ok(())
    }
}

#[test]
fn a_writer_gets_everything_and_is_flushed() {
    let shared = Shared::default();
    let mut guest = with_stdout(Sink::writer(shared.clone()));
    assert_eq!(guest.write(1, "hello, "), Ok(7));
    assert_eq!(shared.0.lock().unwrap().1, 0);
    assert_eq!(call!(guest, fd_sync, 1), SUCCESS);
    assert_eq!(shared.0.lock().unwrap().1, 1);
    assert_eq!(guest.write(1, "world"), Ok(5));
    assert_eq!(guest.write(1, "more"), Err(NOSPC), "what the writer says is what the guest gets");
    drop(guest);
    assert_eq!(*shared.0.lock().unwrap(), (b"hello, world".to_vec(), 2));
}

#[test]
fn a_capture_at_its_limit() {
    for on_limit in [OnLimit::NoSpace, OnLimit::Discard, OnLimit::Trap] {
        let (sink, captured) = Sink::capture_with(4, on_limit);
        let mut guest = with_stdout(sink);
        assert_eq!(guest.write(1, "1234"), Ok(4));
        assert!(!captured.is_truncated());
        let (ptr, len) = guest.put(DATA, "5");
        let (iovs, count) = guest.iovecs(&[(ptr, len)]);
        let outcome = guest.outcome("fd_write", &[1, iovs.into(), count.into(), OUT.into()]);
        match on_limit {
            OnLimit::NoSpace => assert_eq!(outcome.unwrap(), NOSPC),
            OnLimit::Discard => assert_eq!((outcome.unwrap(), guest.u32(OUT)), (SUCCESS, 1)),
            _ => {
                let words = outcome.unwrap_err().to_string();
                assert_eq!(words, "the guest wrote more than the 4 bytes that are kept of its output");
            }
        }
        assert!(captured.is_truncated());
        assert_eq!(captured.take(), b"1234");
        if on_limit != OnLimit::Trap {
            assert_eq!(guest.write(1, "again"), Ok(if on_limit == OnLimit::Discard { 5 } else { 4 }));
            assert_eq!(captured.bytes(), b"agai");
        }
    }
}

#[test]
fn a_tee_gives_both_what_the_first_takes() {
    let (first, kept) = Sink::capture(8);
    let (second, copied) = Sink::capture(100);
    let mut guest = with_stdout(Sink::tee(first, second));
    assert_eq!(guest.write(1, "12345"), Ok(5));
    assert_eq!(guest.write(1, "67890"), Ok(3));
    assert_eq!(guest.write(1, "x"), Err(NOSPC));
    assert_eq!((kept.bytes(), copied.bytes()), (b"12345678".to_vec(), b"12345678".to_vec()));
}

#[test]
fn a_tees_second_sink_does_not_concern_the_guest_unless_it_traps() {
    for on_limit in [OnLimit::NoSpace, OnLimit::Discard, OnLimit::Trap] {
        let (second, copied) = Sink::capture_with(3, on_limit);
        let mut guest = with_stdout(Sink::tee(Sink::discard(), second));
        let (ptr, len) = guest.put(DATA, "12345");
        let (iovs, count) = guest.iovecs(&[(ptr, len), (ptr, len)]);
        let outcome = guest.outcome("fd_write", &[1, iovs.into(), count.into(), OUT.into()]);
        match on_limit {
            OnLimit::Trap => assert!(matches!(outcome, Err(Trap::Host(_)))),
            _ => assert_eq!((outcome.unwrap(), guest.u32(OUT)), (SUCCESS, 10)),
        }
        assert_eq!((copied.bytes(), copied.is_truncated()), (b"123".to_vec(), true));
    }
}
