//! Tests of streams of the embedder's own, which say by flags when they are ready.

use super::poll::{NEVER, Subscription, after, poll, put};
use crate::common::errno::{AGAIN, SUCCESS};
use crate::common::guest::{DATA, Guest, OUT, call};
use crate::common::ops::NONBLOCK;
use crate::engines::{engines, wat};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::thread;
use wasi_policy::Trap;
use wasi_snapshot::{
    Access, BuildError, Errno, File, Filestat, Filetype, PreopenFile, ReadyFlag, Sink, Source, WasiCtx,
};

const STREAM: u32 = 7;

/// A pipe that holds up to [`ROOM`] bytes; both its ends, the guest's and the test's.
#[derive(Clone)]
struct Pipe {
    bytes: Arc<Mutex<VecDeque<u8>>>,
    readable: ReadyFlag,
    writable: ReadyFlag,
}

const ROOM: usize = 8;

impl Pipe {
    fn new() -> Self {
        let (readable, writable) = (ReadyFlag::new().unwrap(), ReadyFlag::new().unwrap());
        writable.raise();
        Pipe { bytes: Arc::default(), readable, writable }
    }

    /// Does something with the bytes, and sets the flags by what is left.
    fn with<T>(&self, act: impl FnOnce(&mut VecDeque<u8>) -> T) -> T {
        let mut bytes = self.bytes.lock().unwrap();
        let done = act(&mut bytes);
        for (flag, raised) in [(&self.readable, !bytes.is_empty()), (&self.writable, bytes.len() < ROOM)] {
            if raised { flag.raise() } else { flag.lower() }
        }
        done
    }

    fn put(&self, more: &[u8]) {
        self.with(|bytes| bytes.extend(more));
    }

    fn take(&self) -> Vec<u8> {
        self.with(|bytes| bytes.drain(..).collect())
    }
}

impl File for Pipe {
    fn filestat(&self) -> Result<Filestat, Errno> {
        Ok(Filestat::new(Filetype::Unknown))
    }

    fn read_at(&mut self, buffer: &mut [u8], _: u64) -> Result<usize, Errno> {
        self.with(|bytes| {
            let count = bytes.len().min(buffer.len());
            buffer.iter_mut().zip(bytes.drain(..count)).for_each(|(to, from)| *to = from);
            if count == 0 { Err(Errno::Again) } else { Ok(count) }
        })
    }

    fn write_at(&mut self, from: &[u8], _: u64) -> Result<usize, Errno> {
        self.with(|bytes| {
            let count = from.len().min(ROOM - bytes.len());
            bytes.extend(&from[..count]);
            if count == 0 { Err(Errno::Again) } else { Ok(count) }
        })
    }

    fn readable(&self) -> Option<&ReadyFlag> {
        Some(&self.readable)
    }

    fn writable(&self) -> Option<&ReadyFlag> {
        Some(&self.writable)
    }
}

fn guest(pipe: &Pipe) -> Guest {
    Guest::new(WasiCtx::builder().preopen_file(PreopenFile::from(pipe.clone()).at(STREAM), Access::ReadWrite))
}

/// Which of the subscriptions had something to tell.
fn ready(g: &mut Guest, subscriptions: &[Subscription]) -> Vec<u64> {
    poll(g, subscriptions).into_iter().map(|event| event.index).collect()
}

#[test]
fn polling_finds_what_the_flags_say() {
    let pipe = Pipe::new();
    let mut g = guest(&pipe);
    let all = [Subscription::Read(STREAM), Subscription::Write(STREAM), after(0)];
    assert_eq!(ready(&mut g, &all), [1, 2]);
    pipe.put(b"some");
    assert_eq!(ready(&mut g, &all), [0, 1, 2]);
    pipe.put(b"more");
    assert_eq!(ready(&mut g, &all), [0, 2]);
    assert_eq!(g.read(STREAM, 100).as_deref(), Ok(&b"somemore"[..]));
    assert_eq!(ready(&mut g, &all), [1, 2]);
    // It may be said more than once, before and after.
    for _ in 0..100_000 {
        pipe.readable.raise();
    }
    assert!(pipe.readable.is_raised());
    assert_eq!(ready(&mut g, &[Subscription::Read(STREAM), NEVER]), [0]);
    pipe.readable.lower();
    pipe.readable.lower();
    assert!(!pipe.readable.is_raised());
    assert_eq!(ready(&mut g, &[Subscription::Read(STREAM), after(0)]), [1]);
}

#[test]
fn polling_waits_for_a_flag() {
    let pipe = Pipe::new();
    let mut g = guest(&pipe);
    let feeder = pipe.clone();
    let thread = thread::spawn(move || feeder.put(b"x"));
    assert_eq!(ready(&mut g, &[Subscription::Read(STREAM), NEVER]), [0]);
    thread.join().unwrap();
}

/// Whether the other side comes before or after the guest waits is up to the scheduler.
#[test]
fn transfers_wait_for_a_flag() {
    let pipe = Pipe::new();
    let mut g = guest(&pipe);
    for round in 0..100_u8 {
        let feeder = pipe.clone();
        let thread = thread::spawn(move || feeder.put(&[round]));
        assert_eq!(g.read(STREAM, 100), Ok(vec![round]));
        thread.join().unwrap();
    }
    assert_eq!(g.write(STREAM, "0123456789"), Ok(8));
    let eater = pipe.clone();
    let thread = thread::spawn(move || eater.take());
    assert_eq!(g.write(STREAM, "89"), Ok(2));
    assert_eq!(thread.join().unwrap(), b"01234567");
    assert_eq!(pipe.take(), b"89");
}

#[test]
fn nobody_waits_who_would_not() {
    let pipe = Pipe::new();
    let mut g = guest(&pipe);
    assert_eq!(call!(g, fd_fdstat_set_flags, STREAM, NONBLOCK), SUCCESS);
    assert_eq!(g.read(STREAM, 1), Err(AGAIN));
    pipe.put(b"12345678");
    assert_eq!(g.write(STREAM, "9"), Err(AGAIN));
    assert_eq!(g.read(STREAM, 1).as_deref(), Ok(&b"1"[..]));
    assert_eq!(g.write(STREAM, "9"), Ok(1));
}

#[test]
fn waiting_for_a_flag_can_be_interrupted() {
    for wait in 0..3 {
        let pipe = Pipe::new();
        pipe.put(if wait == 1 { b"12345678" } else { b"" });
        let mut g = guest(&pipe);
        let handle = g.ctx.interrupt_handle();
        let thread = thread::spawn(move || handle.interrupt());
        g.put(DATA, "x");
        let (iovs, len) = g.iovecs(&[(DATA, 1)]);
        let count = put(&mut g, &[Subscription::Read(STREAM), NEVER]);
        let outcome = match wait {
            0 => g.outcome("fd_read", &[STREAM, iovs, len, OUT].map(u64::from)),
            1 => g.outcome("fd_write", &[STREAM, iovs, len, OUT].map(u64::from)),
            _ => g.outcome("poll_oneoff", &[0x2000, 0x6000, count, OUT].map(u64::from)),
        };
        assert!(matches!(outcome, Err(Trap::Interrupted)), "{wait} {outcome:?}");
        thread.join().unwrap();
    }
}

/// The standard streams may be such streams, and wait and are interrupted like them.
#[test]
fn standard_streams() {
    let (input, output) = (Pipe::new(), Pipe::new());
    let builder = WasiCtx::builder().stdin(Source::file(input.clone())).stdout(Sink::file(output.clone()));
    let mut g = Guest::new(builder);
    assert_eq!(ready(&mut g, &[Subscription::Read(0), Subscription::Write(1), after(0)]), [1, 2]);
    input.put(b"question");
    assert_eq!(g.read(0, 100).as_deref(), Ok(&b"question"[..]));
    assert_eq!(g.write(1, "an answer"), Ok(8));
    assert_eq!(output.take(), b"an answe");
    assert_eq!(ready(&mut g, &[Subscription::Read(0), Subscription::Write(1), after(0)]), [1, 2]);
    g.ctx.interrupt_handle().interrupt();
    let (iovs, len) = g.iovecs(&[(DATA, 1)]);
    assert!(matches!(g.outcome("fd_read", &[0, iovs, len, OUT].map(u64::from)), Err(Trap::Interrupted)));
}

/// A stream that cannot even say what it is.
#[test]
fn a_stream_without_attributes_is_refused() {
    struct Broken;
    impl File for Broken {
        fn filestat(&self) -> Result<Filestat, Errno> {
            Err(Errno::Io)
        }
    }
    let error = WasiCtx::builder().stdin(Source::file(Broken)).build().map(drop).unwrap_err();
    assert!(matches!(error, BuildError::Stream(_)), "{error}");
}

/// A guest in each engine waits for its question, answers it in pieces as there is room, and ends with it.
#[test]
fn a_guest_answers_in_each_engine() {
    let module = wat("p1_poll_echo");
    for (name, run) in engines() {
        let (questions, answers) = (Pipe::new(), Pipe::new());
        let builder =
            WasiCtx::builder().preopen_file(PreopenFile::from(questions.clone()).at(7), Access::Read);
        let builder = builder.preopen_file(PreopenFile::from(answers.clone()).at(8), Access::Write);
        let ctx = builder.build().unwrap();
        let text = b"longer than what fits into one of the pipes.";
        let host = thread::spawn(move || {
            let mut answer = Vec::new();
            for piece in text.chunks(3) {
                questions.put(piece);
                while !answer.ends_with(piece) {
                    answer.extend(answers.take());
                    thread::yield_now();
                }
            }
            answer
        });
        assert_eq!(run(&module, ctx), Ok(()), "{name}");
        assert_eq!(host.join().unwrap(), text, "{name}");
    }
}
