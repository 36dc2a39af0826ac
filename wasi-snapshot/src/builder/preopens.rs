//! Directories, files and sockets that are open when the guest starts.

use super::preopen_file::{PreopenFile, Prepared, start};
use super::{BuildError, WasiCtxBuilder};
use crate::abi::{Fd, Fdflags};
use crate::errno::Errno;
use crate::guest::entry::Entry;
use crate::guest::limits::Limits;
use crate::guest::table::Table;
use crate::perms::Perms;
use crate::sys::net::{Listener, Socket};
use crate::vfs::{Access, Dir, DirHandle, HostDir};
use std::fmt;
use std::path::PathBuf;

/// All that the guest finds open, in the order in which it was named.
#[derive(Debug, Default)]
pub(super) struct Preopens {
    dirs: Vec<PreopenedDir>,
    others: Vec<Other>,
    /// Descriptors with a flag that they start with or without.
    starts: Vec<(Fd, Fdflags, bool)>,
}

#[derive(Debug)]
struct PreopenedDir {
    what: DirSource,
    guest: String,
    perms: Perms,
}

enum DirSource {
    Path(PathBuf),
    Given(Box<dyn Dir>),
}

#[derive(Debug)]
enum Other {
    File(PreopenFile, Access),
    Listener(Listener),
}

impl WasiCtxBuilder {
    /// Opens the host's directory `host` for the guest, which knows it as `guest`.
    ///
    /// Directories have the descriptors from 3 on, in a row and in the order of these calls, since that is
    /// where guests look for them.
    pub fn preopen_dir(self, host: impl Into<PathBuf>, guest: impl Into<String>, perms: Perms) -> Self {
        self.dir(DirSource::Path(host.into()), guest.into(), perms)
    }

    /// Gives the guest a directory as `guest`: one of the host's that is open already, as a [`HostDir`]; one in memory, as
    /// a [`MemDir`](crate::MemDir); or any other that is a [`Dir`].
    ///
    /// ```
    /// use wasi_snapshot::{HostDir, MemDir, MemLimits, Perms, WasiCtx};
    ///
    /// let handle = std::fs::File::open(std::env::temp_dir())?;
    /// let scratch = MemDir::new(MemLimits::default());
    /// let ctx = WasiCtx::builder()
    ///     .preopen(HostDir::from_handle(handle)?, "/tmp", Perms::read_only())
    ///     .preopen(scratch.clone(), "/scratch", Perms::read_write())
    ///     .build()?;
    /// assert!(ctx.fds().filter_map(|open| open.preopen).eq(["/tmp", "/scratch"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn preopen(self, dir: impl Dir, guest: impl Into<String>, perms: Perms) -> Self {
        self.dir(DirSource::Given(Box::new(dir)), guest.into(), perms)
    }

    fn dir(mut self, what: DirSource, guest: String, perms: Perms) -> Self {
        self.preopens.dirs.push(PreopenedDir { what, guest, perms });
        self
    }

    /// Gives the guest an open file: a handle of the host's, a [`File`](crate::File) of the embedder's own, or a
    /// [`PreopenFile`] of either, which says more. Its number is the lowest that all directories and all chosen numbers
    /// leave, unless it has one of its own.
    ///
    /// ```
    /// use wasi_snapshot::{Access, PreopenFile, WasiCtx};
    ///
    /// let (input, output) = (tempfile::tempfile()?, tempfile::tempfile()?);
    /// let ctx = WasiCtx::builder()
    ///     .preopen_file(input, Access::Read)
    ///     .preopen_file(PreopenFile::from(output).at(9), Access::Write)
    ///     .build()?;
    /// assert!(ctx.fds().map(|open| open.fd).eq([0, 1, 2, 3, 9]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn preopen_file(mut self, file: impl Into<PreopenFile>, access: Access) -> Self {
        self.preopens.others.push(Other::File(file.into(), access));
        self
    }

    /// Gives the guest a listening socket, numbered as files are. A [`Listener`] says more: its number, and how accepting
    /// waits.
    ///
    /// ```
    /// use std::net::TcpListener;
    /// use wasi_snapshot::{Listener, WasiCtx};
    ///
    /// let (one, other) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    /// let ctx = WasiCtx::builder()
    ///     .preopen_listener(one)
    ///     .preopen_listener(Listener::from(other).at(9))
    ///     .build()?;
    /// assert!(ctx.fds().map(|open| open.fd).eq([0, 1, 2, 3, 9]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn preopen_listener(mut self, listener: impl Into<Listener>) -> Self {
        self.preopens.others.push(Other::Listener(listener.into()));
        self
    }

    /// Has the descriptor `fd`, of a standard stream above all, start non-blocking or not, as if the guest had set the
    /// flag. Without, only listeners start so. The host's own handles keep their flags. Files and listeners that have no
    /// number yet say it [themselves](PreopenFile::nonblocking).
    ///
    /// ```
    /// use wasi_snapshot::{BuildError, Source, WasiCtx};
    ///
    /// let (source, _host) = Source::pipe()?;
    /// let ctx = WasiCtx::builder().stdin(source).start_nonblocking(0, true).build()?;
    /// # drop(ctx);
    /// let nobody = WasiCtx::builder().start_nonblocking(9, true).build();
    /// assert!(matches!(nobody, Err(BuildError::NotOpen(9))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start_nonblocking(self, fd: u32, nonblock: bool) -> Self {
        self.start(fd, Fdflags::NONBLOCK, nonblock)
    }

    /// Has the descriptor `fd`, of a standard stream above all, start with writes that go to the end of the file or not,
    /// as if the guest had set `append`, which it may change. Without, only a handle that was
    /// [opened to append to](std::fs::OpenOptions::append) starts so, and stays so. The host's own handles keep their
    /// flags. Files that have no number yet say it [themselves](PreopenFile::appending).
    ///
    /// ```
    /// use wasi_snapshot::{BuildError, Sink, WasiCtx};
    ///
    /// let ctx = WasiCtx::builder().stdout(Sink::inherit()).start_appending(1, true).build()?;
    /// # drop(ctx);
    /// let nobody = WasiCtx::builder().start_appending(9, true).build();
    /// assert!(matches!(nobody, Err(BuildError::NotOpen(9))));
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn start_appending(self, fd: u32, append: bool) -> Self {
        self.start(fd, Fdflags::APPEND, append)
    }

    fn start(mut self, fd: Fd, flag: Fdflags, set: bool) -> Self {
        self.preopens.starts.push((fd, flag, set));
        self
    }
}

impl Preopens {
    /// Opens all of it: first the directories, then what has a chosen number, then the rest. Flags are set at the end.
    pub(super) fn open(self, table: &mut Table, limits: &Limits) -> Result<(), BuildError> {
        let max = limits.max_fds;
        let mut starts = Vec::new();
        for dir in self.dirs {
            if table.preopen(&dir.guest).is_some() {
                return Err(BuildError::SameName(dir.guest));
            }
            table.insert(dir.open()?, max).map_err(|_| BuildError::TooManyDescriptors(max))?;
        }
        let (chosen, rest): (Vec<_>, Vec<_>) =
            self.others.into_iter().partition(|other| other.number().is_some());
        for other in chosen.into_iter().chain(rest) {
            let Prepared { at, entry, starts: own } = other.open()?;
            let fd = put(table, at, entry, max)?;
            starts.extend(own.into_iter().map(|(flag, set)| (fd, flag, set)));
        }
        for (fd, flag, set) in starts.into_iter().chain(self.starts) {
            let entry = table.get_mut(fd).map_err(|_| BuildError::NotOpen(fd))?;
            start(entry, flag, set).map_err(|source| BuildError::Start { fd, source })?;
        }
        Ok(())
    }
}

/// Puts a descriptor at its number, or at the lowest that is free.
fn put(table: &mut Table, at: Option<Fd>, entry: Entry, max: u32) -> Result<Fd, BuildError> {
    let Some(fd) = at else {
        return table.insert(entry, max).map_err(|_| BuildError::TooManyDescriptors(max));
    };
    let put = table.insert_at(fd, entry, max).map_err(|errno| match errno {
        Errno::Exist => BuildError::TakenDescriptor(fd),
        _ if fd >= max => BuildError::DescriptorBeyondLimit { fd, max },
        _ => BuildError::TooManyDescriptors(max),
    });
    put.map(|()| fd)
}

impl PreopenedDir {
    fn open(self) -> Result<Entry, BuildError> {
        let PreopenedDir { what, guest, perms } = self;
        if !crate::guest::entry::is_guest_name(&guest) {
            return Err(BuildError::GuestName(guest));
        }
        let dir: Box<dyn Dir> = match what {
            DirSource::Path(path) => {
                Box::new(HostDir::open(&path).map_err(|source| BuildError::Preopen { path, source })?)
            }
            DirSource::Given(dir) => dir,
        };
        Ok(Entry::dir(DirHandle::given(dir), perms, Some(guest.into_boxed_str()), Fdflags::empty()))
    }
}

impl Other {
    fn number(&self) -> Option<Fd> {
        match self {
            Other::File(file, _) => file.number(),
            Other::Listener(listener) => listener.number(),
        }
    }

    fn open(self) -> Result<Prepared, BuildError> {
        match self {
            Other::File(file, access) => Ok(file.open(access)?),
            Other::Listener(listener) => {
                let at = listener.number();
                let (socket, flags) = Socket::listen(listener).map_err(BuildError::Listener)?;
                Ok(Prepared { at, entry: Entry::socket(socket, flags), starts: Vec::new() })
            }
        }
    }
}

impl fmt::Debug for DirSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DirSource::Path(path) => path.fmt(f),
            DirSource::Given(_) => f.write_str("dyn Dir"),
        }
    }
}
