//! Directories, files and sockets that are open when the guest starts.

use super::{BuildError, WasiCtxBuilder};
use crate::abi::{Fd, Fdflags};
use crate::errno::Errno;
use crate::guest::entry::Entry;
use crate::guest::limits::Limits;
use crate::guest::table::Table;
use crate::perms::Perms;
use crate::sys::dir;
use crate::sys::file::HostFile;
use crate::sys::net::{Listener, Socket};
use crate::vfs::{Access, Dir, DirHandle, File, OpenFile, OwnFile};
use std::fmt;
use std::fs;
use std::path::PathBuf;

/// All that the guest finds open, in the order in which it was named.
#[derive(Debug, Default)]
pub(super) struct Preopens {
    dirs: Vec<PreopenedDir>,
    others: Vec<(Option<Fd>, Other)>,
}

#[derive(Debug)]
struct PreopenedDir {
    what: DirSource,
    guest: String,
    perms: Perms,
}

enum DirSource {
    Path(PathBuf),
    Handle(fs::File),
    Own(Box<dyn Dir>),
}

enum Other {
    Handle(fs::File, Access),
    File(Box<dyn File>, Access),
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

    /// Gives the guest a directory of the host that is open already, as `guest`. What the handle may be
    /// used for is the guest's then, within `perms`, whatever becomes of the path that it was opened by.
    ///
    /// ```
    /// use wasi_snapshot::{Perms, WasiCtx};
    ///
    /// let handle = std::fs::File::open(std::env::temp_dir())?;
    /// let ctx = WasiCtx::builder().preopen_handle(handle, "/tmp", Perms::read_only()).build()?;
    /// assert_eq!(ctx.fds().find_map(|fd| fd.preopen), Some("/tmp"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn preopen_handle(self, handle: fs::File, guest: impl Into<String>, perms: Perms) -> Self {
        self.dir(DirSource::Handle(handle), guest.into(), perms)
    }

    /// Gives the guest a directory of the embedder's own, such as a [`MemDir`](crate::MemDir), as `guest`.
    ///
    /// ```
    /// use wasi_snapshot::{MemDir, MemLimits, Perms, WasiCtx};
    ///
    /// let scratch = MemDir::new(MemLimits::default());
    /// let ctx = WasiCtx::builder().preopen(scratch.clone(), "/tmp", Perms::read_write()).build()?;
    /// # drop(ctx);
    /// # Ok::<(), wasi_snapshot::BuildError>(())
    /// ```
    pub fn preopen(self, dir: impl Dir, guest: impl Into<String>, perms: Perms) -> Self {
        self.dir(DirSource::Own(Box::new(dir)), guest.into(), perms)
    }

    fn dir(mut self, what: DirSource, guest: String, perms: Perms) -> Self {
        self.preopens.dirs.push(PreopenedDir { what, guest, perms });
        self
    }

    /// Gives the guest an open file of the embedder's own, at the lowest number that all directories and
    /// all chosen numbers leave.
    pub fn preopen_file(self, file: impl File + 'static, access: Access) -> Self {
        self.other(None, Other::File(Box::new(file), access))
    }

    /// Gives the guest an open file of the embedder's own, as the descriptor `fd`. Numbers below 3 are the
    /// standard streams', and the next ones the directories'.
    pub fn preopen_file_at(self, fd: u32, file: impl File + 'static, access: Access) -> Self {
        self.other(Some(fd), Other::File(Box::new(file), access))
    }

    /// Gives the guest an open file, FIFO, socket or terminal of the host, numbered like the one of
    /// [`preopen_file`](Self::preopen_file). It shares the cursor with other handles that were cloned from
    /// it. Their flags are not changed, whatever the guest does with its own; what was opened to append to, or to bring
    /// each write to the disk, stays so.
    /// A stream may be blocking: an interrupt ends the guest's waiting all the same. A connected socket is one for the guest's
    /// calls of sockets, too; one that listens is given as a [`Listener`].
    pub fn preopen_file_handle(self, handle: fs::File, access: Access) -> Self {
        self.other(None, Other::Handle(handle, access))
    }

    /// Gives the guest an open file, FIFO or terminal of the host, as the descriptor `fd`.
    pub fn preopen_file_handle_at(self, fd: u32, handle: fs::File, access: Access) -> Self {
        self.other(Some(fd), Other::Handle(handle, access))
    }

    /// Gives the guest a listening socket. Its number follows those of all directories. [`Listener`] says how accepting
    /// waits.
    pub fn preopen_listener(self, listener: impl Into<Listener>) -> Self {
        self.other(None, Other::Listener(listener.into()))
    }

    /// Gives the guest a listening socket as the descriptor `fd`.
    pub fn preopen_listener_at(self, fd: u32, listener: impl Into<Listener>) -> Self {
        self.other(Some(fd), Other::Listener(listener.into()))
    }

    /// Has the descriptor `fd`, a standard stream's or another, start non-blocking or not, as if the guest had set the
    /// flag. Without, only listeners start so. The host's own handles keep their flags.
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
    pub fn start_nonblocking(mut self, fd: u32, nonblock: bool) -> Self {
        self.starts.push((fd, Fdflags::NONBLOCK, nonblock));
        self
    }

    /// Has the descriptor `fd`, a standard stream's or another, start with writes that go to the end of the file or not, as
    /// if the guest had set `append`, which it may change. Without, only a handle that was
    /// [opened to append to](fs::OpenOptions::append) starts so, and stays so. The host's own handles keep their flags.
    ///
    /// ```
    /// use wasi_snapshot::{Access, BuildError, WasiCtx};
    ///
    /// let log = tempfile::tempfile()?;
    /// let ctx = WasiCtx::builder()
    ///     .preopen_file_handle_at(5, log, Access::Write)
    ///     .start_appending(5, true)
    ///     .build()?;
    /// # drop(ctx);
    /// let nobody = WasiCtx::builder().start_appending(5, true).build();
    /// assert!(matches!(nobody, Err(BuildError::NotOpen(5))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start_appending(mut self, fd: u32, append: bool) -> Self {
        self.starts.push((fd, Fdflags::APPEND, append));
        self
    }

    fn other(mut self, fd: Option<Fd>, other: Other) -> Self {
        self.preopens.others.push((fd, other));
        self
    }
}

impl Preopens {
    /// Opens all of it: first the directories, then what has a chosen number, then the rest.
    pub(super) fn open(self, table: &mut Table, limits: &Limits) -> Result<(), BuildError> {
        let max = limits.max_fds;
        for dir in self.dirs {
            if table.preopen(&dir.guest).is_some() {
                return Err(BuildError::SameName(dir.guest));
            }
            table.insert(dir.open()?, max).map_err(|_| BuildError::TooManyDescriptors(max))?;
        }
        let (chosen, rest): (Vec<_>, Vec<_>) = self.others.into_iter().partition(|(fd, _)| fd.is_some());
        for (fd, other) in chosen.into_iter().chain(rest) {
            let entry = other.open()?;
            let Some(fd) = fd else {
                table.insert(entry, max).map_err(|_| BuildError::TooManyDescriptors(max))?;
                continue;
            };
            table.insert_at(fd, entry, max).map_err(|errno| match errno {
                Errno::Exist => BuildError::TakenDescriptor(fd),
                _ if fd >= max => BuildError::DescriptorBeyondLimit { fd, max },
                _ => BuildError::TooManyDescriptors(max),
            })?;
        }
        Ok(())
    }
}

impl PreopenedDir {
    fn open(self) -> Result<Entry, BuildError> {
        let PreopenedDir { what, guest, perms } = self;
        if !crate::guest::entry::is_guest_name(&guest) {
            return Err(BuildError::GuestName(guest));
        }
        let dir = match what {
            DirSource::Path(path) => DirHandle::Host(
                dir::Dir::open_ambient(&path).map_err(|source| BuildError::Preopen { path, source })?,
            ),
            DirSource::Handle(handle) => DirHandle::Host(
                dir::Dir::from_handle(handle)
                    .map_err(|source| BuildError::Handle { guest: guest.clone(), source })?,
            ),
            DirSource::Own(dir) => DirHandle::Own(dir),
        };
        Ok(Entry::dir(dir, perms, Some(guest.into_boxed_str()), Fdflags::empty()))
    }
}

impl Other {
    fn open(self) -> Result<Entry, BuildError> {
        Ok(match self {
            Other::Handle(handle, access) => {
                let file = HostFile::from_handle(handle).map_err(BuildError::File)?;
                Entry::given(OpenFile::Host(file), access)
            }
            Other::File(file, access) => {
                let file = OwnFile::new(file, Fdflags::empty()).map_err(BuildError::OwnFile)?;
                Entry::given(OpenFile::Own(file), access)
            }
            Other::Listener(listener) => {
                let (socket, flags) = Socket::listen(listener).map_err(BuildError::Listener)?;
                Entry::socket(socket, flags)
            }
        })
    }
}

impl fmt::Debug for DirSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DirSource::Path(path) => path.fmt(f),
            DirSource::Handle(handle) => handle.fmt(f),
            DirSource::Own(_) => f.write_str("dyn Dir"),
        }
    }
}

impl fmt::Debug for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Other::Handle(handle, _) => handle.fmt(f),
            Other::File(..) => f.write_str("dyn File"),
            Other::Listener(listener) => listener.fmt(f),
        }
    }
}
