//! A directory of the host as a value that an embedder can give, share, and build other directories on.

use super::dir::{Dir, DirEntry, Opened};
use super::file::{File, has_offsets};
use crate::abi::{Fdflags, Filestat, SetTime};
use crate::errno::Errno;
use crate::error::Error;
use crate::open_how::OpenHow;
use crate::path::PathRef;
use crate::sys::description::{At, FileDescription};
use crate::sys::dir as host;
use crate::sys::file::HostFile;
use crate::sys::found::Found;
use crate::sys::interrupt::Interrupt;
use crate::sys::poll::Wait;
use std::fs;
use std::io::{self, IoSlice, IoSliceMut};
use std::path::Path;

/// A directory of the host with everything below it, out of which no path leads.
///
/// A guest that is given one, with [`preopen`](crate::WasiCtxBuilder::preopen) or
/// [`push_dir`](crate::WasiCtx::push_dir), has what [`preopen_dir`](crate::WasiCtxBuilder::preopen_dir) gives: the sandbox
/// and the speed are the same. Clones share one handle of the system's.
///
/// It is a [`Dir`] too, so a directory of the embedder's own can be made of it, such as an overlay; the example
/// `overlay` of `wasi-facade` is one. What such a directory hands on as this one has opened it becomes the guest's as if
/// it had been opened without one in between. Names that are not UTF-8 are left out of listings, since no path of a
/// guest's can name them.
///
/// ```
/// use wasi_snapshot::{Dir, Errno, HostDir, OpenHow, Opened, PathRef, Perms, WasiCtx};
///
/// let dir = HostDir::open(std::env::temp_dir())?;
/// let ctx = WasiCtx::builder().preopen(dir.clone(), "/tmp", Perms::read_only()).build()?;
/// // The embedder is in the same sandbox, if it wants to be.
/// let out = dir.open(&PathRef::parse("../etc/passwd")?, OpenHow::read());
/// assert!(matches!(out, Err(Errno::Perm)));
/// # drop(ctx);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct HostDir(pub(super) host::Dir);

impl HostDir {
    /// Opens the directory at `path`, with all the authority that the host's process has.
    ///
    /// # Errors
    ///
    /// What the system says, such as `NotFound` or `NotADirectory`.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        host::Dir::open_ambient(path.as_ref()).map(HostDir)
    }

    /// Takes a directory that is open already. What the handle may be used for is what this directory may be used for,
    /// whatever becomes of the path that it was opened by.
    ///
    /// # Errors
    ///
    /// `NotADirectory` if `handle` is that of something else, and what the system says.
    pub fn from_handle(handle: fs::File) -> io::Result<Self> {
        host::Dir::from_handle(handle).map(HostDir)
    }
}

impl Dir for HostDir {
    fn filestat(&self) -> Result<Filestat, Errno> {
        self.0.filestat()
    }

    fn open(&self, path: &PathRef<'_>, mut how: OpenHow) -> Result<Opened, Errno> {
        // Appending is the core's in files of the embedder's, and it may be that this becomes one.
        how.flags.remove(Fdflags::APPEND);
        how.directory |= path.must_be_dir();
        match how.existing_or(|how| self.0.open(path, how), || self.0.open(path, how))? {
            Found::Dir(_) if how.create => Err(Errno::Isdir),
            Found::Dir(dir) => Ok(Opened::dir(HostDir(dir))),
            Found::File(file) => Ok(Opened::file(file)),
        }
    }

    fn stat(&self, path: &PathRef<'_>, follow: bool) -> Result<Filestat, Errno> {
        self.0.stat(path, follow)
    }

    fn list(&self, visit: &mut dyn FnMut(DirEntry<'_>) -> Result<(), Errno>) -> Result<(), Errno> {
        self.0.list(|name, ino, filetype| match std::str::from_utf8(name) {
            Ok(name) => visit(DirEntry { name, ino, filetype }),
            Err(_) => Ok(()),
        })
    }

    fn sync(&self) -> Result<(), Errno> {
        self.0.sync(false)
    }

    fn read_link(&self, path: &PathRef<'_>) -> Result<String, Errno> {
        self.0.readlink(path)
    }

    fn set_times(
        &self,
        path: &PathRef<'_>,
        follow: bool,
        accessed: SetTime,
        modified: SetTime,
    ) -> Result<(), Errno> {
        self.0.set_times(path, follow, accessed, modified)
    }

    fn create_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        self.0.create_dir(path)
    }

    fn remove_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        self.0.remove_dir(path)
    }

    fn unlink(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        self.0.unlink(path)
    }

    fn symlink(&self, target: &str, path: &PathRef<'_>) -> Result<(), Errno> {
        self.0.symlink(target, path)
    }

    fn rename(&self, from: &PathRef<'_>, dir: &dyn Dir, to: &PathRef<'_>) -> Result<(), Errno> {
        self.0.rename(from, of_host(dir)?, to)
    }

    fn link(&self, from: &PathRef<'_>, dir: &dyn Dir, to: &PathRef<'_>) -> Result<(), Errno> {
        self.0.link(from, of_host(dir)?, to)
    }
}

/// # Errors
///
/// `xdev` if it is no directory of the host's.
fn of_host(dir: &dyn Dir) -> Result<&host::Dir, Errno> {
    dir.downcast_ref::<HostDir>().map(|HostDir(dir)| dir).ok_or(Errno::Xdev)
}

/// A file of the host's inside one of the embedder's. Guests cannot wait for it there: what would wait is `again`.
impl File for HostFile {
    fn filestat(&self) -> Result<Filestat, Errno> {
        FileDescription::filestat(self)
    }

    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
        let at = place(self, offset);
        at_once(|wait| FileDescription::read(self, &mut [IoSliceMut::new(buffer)], at, wait))
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        let at = place(self, offset);
        at_once(|wait| FileDescription::write(self, &[IoSlice::new(bytes)], at, wait))
    }

    fn append(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        match place(self, 0) {
            At::Cursor => self.write_at(bytes, 0),
            At::Offset(_) => self.append_once(bytes),
        }
    }

    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        FileDescription::set_size(self, size)
    }

    fn set_times(&mut self, accessed: SetTime, modified: SetTime) -> Result<(), Errno> {
        FileDescription::set_times(self, accessed, modified)
    }

    fn sync(&mut self) -> Result<(), Errno> {
        FileDescription::sync(self, false)
    }
}

/// Where a transfer takes place: streams have no offsets.
fn place(file: &HostFile, offset: u64) -> At {
    if has_offsets(FileDescription::filetype(file)) { At::Offset(offset) } else { At::Cursor }
}

/// Makes a transfer that does not wait, and that nobody interrupts.
fn at_once(transfer: impl FnOnce(Wait<'_>) -> Result<usize, Error>) -> Result<usize, Errno> {
    let interrupt = Interrupt::default();
    transfer(Wait { nonblock: true, interrupt: &interrupt }).map_err(|error| match error {
        Error::Errno(errno) => errno,
        Error::Trap(_) => Errno::Intr,
    })
}
