//! The sources and sinks of standard streams: the host's own, memory, pipes, readers and writers.

mod capture;
mod streams;

pub use capture::{Captured, OnLimit};

use crate::abi::Fdflags;
use crate::sys::description::FileDescription;
use crate::sys::pipe::{PipeEnd, fed_by, pipe};
use crate::sys::stdio::{Closed, Inherited};
use crate::vfs::{self, OpenFile, OwnFile};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Deref;
use streams::{Bytes, Discard, Polled, Tee, Writer};

/// What a guest reads from its standard input.
///
/// ```
/// use std::io::Write;
/// use wasi_snapshot::{Source, WasiCtx};
///
/// let (source, mut host) = Source::pipe()?;
/// let ctx = WasiCtx::builder().stdin(source).build()?;
/// // The guest may run already, and gets this when it reads.
/// host.write_all(b"a line\n")?;
/// // Dropping the host's end is the end of the guest's input.
/// drop(host);
/// # drop(ctx);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Source(SourceKind);

enum SourceKind {
    Bytes(Vec<u8>),
    Inherit,
    Pipe(File),
    Reader(Box<dyn Read + Send>),
    Polled(Box<dyn Read + Send>),
    File(Box<dyn vfs::File>),
}

impl Source {
    /// Nothing: the end comes at once.
    #[must_use]
    pub fn empty() -> Self {
        Source::bytes([])
    }

    /// These bytes, then the end.
    #[must_use]
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Source(SourceKind::Bytes(bytes.into()))
    }

    /// The host's standard input. If that is a file, the guest finds one: it has a size, and can be sought. Its cursor
    /// belongs to all who have the same open file, and only the guest's reading and seeking moves it.
    #[must_use]
    pub fn inherit() -> Self {
        Source(SourceKind::Inherit)
    }

    /// What the host writes to the other end while the guest runs; dropping that end is the end of input.
    ///
    /// The host's end is a [`std::fs::File`] that can be written to only, and no child process inherits it.
    ///
    /// The system's pipe holds some 64 KiB, after which writing waits for the guest. Once the guest has gone,
    /// or has closed its input, writing fails with [`BrokenPipe`](io::ErrorKind::BrokenPipe).
    ///
    /// # Errors
    ///
    /// Whatever the system has against another pipe.
    pub fn pipe() -> io::Result<(Self, File)> {
        let (reader, writer) = pipe()?;
        Ok((Source(SourceKind::Pipe(reader)), writer))
    }

    /// What `reader` gives, until it gives nothing for the first time: that is the end for good, and so is an error.
    ///
    /// A thread reads ahead into a pipe, up to what that holds, so that the guest can poll and be interrupted
    /// whatever the reader does. Where a pipe can be handed out, [`pipe`](Self::pipe) needs no thread; and what gives
    /// nothing only for now, as a queue does, is one for [`polled`](Self::polled).
    #[must_use]
    pub fn reader(reader: impl Read + Send + 'static) -> Self {
        Source(SourceKind::Reader(Box::new(reader)))
    }

    /// What `reader` gives when the guest reads, on the guest's thread and no sooner: one call for each of the guest's.
    ///
    /// Nothing, `Ok(0)`, is nothing for now and not the end: the guest is told that it has read no bytes, and may read
    /// again. So it was with wasi-common's `ReadPipe`. Guests that poll find it ready at any time. An error is an errno:
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) is `again`. An interrupt cannot end a call of the reader; one that may
    /// wait for long is for [`reader`](Self::reader).
    ///
    /// ```
    /// use std::collections::VecDeque;
    /// use std::io::{self, Read};
    /// use std::sync::{Arc, Mutex, PoisonError};
    /// use wasi_snapshot::{Source, WasiCtx};
    ///
    /// /// Bytes that the host puts there now and then.
    /// #[derive(Clone, Default)]
    /// struct Queue(Arc<Mutex<VecDeque<u8>>>);
    ///
    /// impl Read for Queue {
    ///     fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
    ///         self.0.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    ///     }
    /// }
    ///
    /// let queue = Queue::default();
    /// let ctx = WasiCtx::builder().stdin(Source::polled(queue.clone())).build()?;
    /// # drop(ctx);
    /// # Ok::<(), wasi_snapshot::BuildError>(())
    /// ```
    #[must_use]
    pub fn polled(reader: impl Read + Send + 'static) -> Self {
        Source(SourceKind::Polled(Box::new(reader)))
    }

    /// A file or a stream of the embedder's own, which may say by a [`ReadyFlag`](crate::ReadyFlag) when it has
    /// something to read.
    #[must_use]
    pub fn file(file: impl vfs::File + 'static) -> Self {
        Source(SourceKind::File(Box::new(file)))
    }

    pub(crate) fn open(self) -> io::Result<OpenFile> {
        Ok(OpenFile::Stream(match self.0 {
            SourceKind::Bytes(bytes) => Box::new(Bytes::new(bytes)),
            SourceKind::Inherit => return open(Inherited::stdin()),
            SourceKind::Pipe(reader) => Box::new(PipeEnd::new(reader)?),
            SourceKind::Reader(reader) => Box::new(fed_by(reader)?),
            SourceKind::Polled(reader) => Box::new(Polled(reader)),
            SourceKind::File(file) => own(file)?,
        }))
    }
}

/// Where a guest's standard output or standard error goes.
///
/// ```
/// use wasi_snapshot::{OnLimit, Sink, WasiCtx};
///
/// // The terminal shows everything, and the host keeps the first KiB.
/// let (kept, captured) = Sink::capture_with(1024, OnLimit::Discard);
/// let ctx = WasiCtx::builder().stdout(Sink::tee(Sink::inherit(), kept)).build()?;
/// # drop(ctx);
/// # assert!(captured.bytes().is_empty());
/// # Ok::<(), wasi_snapshot::BuildError>(())
/// ```
pub struct Sink(SinkKind);

enum SinkKind {
    Discard,
    Inherit(Option<Closed>),
    Capture(Captured),
    Pipe(File),
    Writer(Box<dyn Write + Send>),
    File(Box<dyn vfs::File>),
    Tee(Box<(Sink, Sink)>),
}

/// Which of the two output streams a sink becomes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Output {
    Stdout,
    Stderr,
}

impl Output {
    fn inherited(self, closed: Option<Closed>) -> Inherited {
        match self {
            Output::Stdout => Inherited::stdout(closed),
            Output::Stderr => Inherited::stderr(closed),
        }
    }
}

impl Sink {
    /// Nowhere.
    #[must_use]
    pub fn discard() -> Self {
        Sink(SinkKind::Discard)
    }

    /// The host's stream of the same name, unbuffered. If that is a file, the guest finds one, as with
    /// [`Source::inherit`]; behind a [`tee`](Self::tee) it is a stream. Once nobody reads it any more, the guest gets
    /// `pipe`; no signal ends the host's process.
    #[must_use]
    pub fn inherit() -> Self {
        Sink(SinkKind::Inherit(None))
    }

    /// [`inherit`](Self::inherit), for programs that end with their readers, as those of `yes | head` do: `closed` is
    /// called, on the guest's thread, whenever a write finds that nobody reads any more. If it returns, the guest gets
    /// `pipe`.
    #[must_use]
    pub fn inherit_with(closed: impl FnMut() + Send + 'static) -> Self {
        Sink(SinkKind::Inherit(Some(Box::new(closed))))
    }

    /// Memory of the host, up to `limit` bytes. A guest that writes more gets `nospc` once it is full.
    #[must_use]
    pub fn capture(limit: usize) -> (Self, Captured) {
        Sink::capture_with(limit, OnLimit::NoSpace)
    }

    /// Memory of the host, up to `limit` bytes, and what happens to a guest that writes more.
    #[must_use]
    pub fn capture_with(limit: usize, on_limit: OnLimit) -> (Self, Captured) {
        let captured = Captured::new(limit, on_limit);
        (Sink(SinkKind::Capture(captured.clone())), captured)
    }

    /// A pipe whose other end the host reads while the guest runs; the guest's end of it is closed with the
    /// guest's context.
    ///
    /// The host's end is a [`std::fs::File`] that can be read from only, and no child process inherits it.
    ///
    /// The pipe holds some 64 KiB, after which the guest waits for the host: read from another thread than the
    /// guest's. Once the host has dropped its end, the guest gets `pipe`.
    ///
    /// # Errors
    ///
    /// Whatever the system has against another pipe.
    pub fn pipe() -> io::Result<(Self, File)> {
        let (reader, writer) = pipe()?;
        Ok((Sink(SinkKind::Pipe(writer)), reader))
    }

    /// A writer of the host's, called on the guest's thread. It is flushed by `fd_sync`, and at the end.
    ///
    /// An interrupt cannot end a call of a writer; where one may wait, use [`pipe`](Self::pipe) or
    /// [`file`](Self::file).
    #[must_use]
    pub fn writer(writer: impl Write + Send + 'static) -> Self {
        Sink(SinkKind::Writer(Box::new(writer)))
    }

    /// A file or a stream of the embedder's own, which may say by a [`ReadyFlag`](crate::ReadyFlag) when it has
    /// room.
    #[must_use]
    pub fn file(file: impl vfs::File + 'static) -> Self {
        Sink(SinkKind::File(Box::new(file)))
    }

    /// Two sinks. The guest deals with the first: it decides how much is taken, and its errors are the
    /// guest's. The second gets what the first took; what it cannot take is lost to it alone, except that a
    /// capture with [`OnLimit::Trap`] traps here too.
    #[must_use]
    pub fn tee(first: Sink, second: Sink) -> Self {
        Sink(SinkKind::Tee(Box::new((first, second))))
    }

    pub(crate) fn open(self, output: Output) -> io::Result<OpenFile> {
        match self.0 {
            SinkKind::Inherit(closed) => open(output.inherited(closed)),
            kind => Sink(kind).into_file(output).map(OpenFile::Stream),
        }
    }

    fn into_file(self, output: Output) -> io::Result<Box<dyn FileDescription>> {
        Ok(match self.0 {
            SinkKind::Discard => Box::new(Discard),
            SinkKind::Capture(captured) => Box::new(captured),
            SinkKind::Inherit(closed) => Box::new(output.inherited(closed)),
            SinkKind::Pipe(writer) => Box::new(PipeEnd::new(writer)?),
            SinkKind::Writer(writer) => Box::new(Writer(writer)),
            SinkKind::File(file) => own(file)?,
            SinkKind::Tee(sinks) => {
                Box::new(Tee { first: sinks.0.into_file(output)?, second: sinks.1.into_file(output)? })
            }
        })
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            SourceKind::Bytes(_) => "Source::bytes",
            SourceKind::Inherit => "Source::inherit",
            SourceKind::Pipe(_) => "Source::pipe",
            SourceKind::Reader(_) => "Source::reader",
            SourceKind::Polled(_) => "Source::polled",
            SourceKind::File(_) => "Source::file",
        })
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            SinkKind::Discard => "Sink::discard",
            SinkKind::Inherit(_) => "Sink::inherit",
            SinkKind::Capture(_) => "Sink::capture",
            SinkKind::Pipe(_) => "Sink::pipe",
            SinkKind::Writer(_) => "Sink::writer",
            SinkKind::File(_) => "Sink::file",
            SinkKind::Tee(_) => "Sink::tee",
        })
    }
}

/// The host's own stream; if it is a file, then as any other file.
fn open(stream: Inherited) -> io::Result<OpenFile> {
    Ok(match stream.file()? {
        Some(file) => OpenFile::Host(file),
        None => OpenFile::Stream(Box::new(stream)),
    })
}

/// A file of the embedder's own as a stream.
///
/// # Errors
///
/// That of its attributes, without which nobody knows what it is.
fn own(file: Box<dyn vfs::File>) -> io::Result<Box<dyn FileDescription>> {
    Ok(Box::new(OwnFile::new(file, Fdflags::empty()).map_err(io::Error::other)?))
}

/// All bytes of a list of buffers.
fn total(buffers: &[impl Deref<Target = [u8]>]) -> usize {
    buffers.iter().map(|buffer| buffer.len()).fold(0, usize::saturating_add)
}
