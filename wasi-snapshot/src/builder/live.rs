//! Changes to a context between two calls of its guest.

use super::PreopenFile;
use super::preopen_file::{Prepared, start};
use crate::abi::{Fd, Fdflags, Filetype};
use crate::errno::Errno;
use crate::guest::ctx::WasiCtx;
use crate::guest::entry::{Description, Entry, is_guest_name};
use crate::perms::Perms;
use crate::vfs::{Access, Dir, DirHandle};

/// An open descriptor, as [`WasiCtx::fds`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FdInfo<'a> {
    /// The number.
    pub fd: u32,
    /// What it stands for.
    pub filetype: Filetype,
    /// What the guest may do with it: `rights` of the witx, bit by bit.
    pub rights: u64,
    /// The name that the guest knows a preopened directory by.
    pub preopen: Option<&'a str>,
}

/// Descriptors can be added, closed and listed, and a quota changed, while the guest is not in a call.
impl WasiCtx {
    /// Gives the guest an open file, as [`preopen_file`](crate::WasiCtxBuilder::preopen_file) does, and says at which
    /// number: its own, or the lowest that is free.
    ///
    /// ```
    /// use wasi_snapshot::{Access, PreopenFile, WasiCtx};
    ///
    /// let mut ctx = WasiCtx::builder().build()?;
    /// assert_eq!(ctx.push_file(tempfile::tempfile()?, Access::Read)?, 3);
    /// assert_eq!(ctx.push_file(PreopenFile::from(tempfile::tempfile()?).at(9), Access::Write)?, 9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// * `nfile`: as many descriptors are open as the limits allow, or its number is not below that limit
    /// * `exist`: its number is taken
    /// * `isdir`: the handle is a directory's
    /// * `inval`: it was opened to append to, and is not to start so
    /// * those of [`File::filestat`](crate::File::filestat), and whatever the system says of a handle
    pub fn push_file(&mut self, file: impl Into<PreopenFile>, access: Access) -> Result<u32, Errno> {
        let Prepared { at, mut entry, starts } = file.into().open(access)?;
        for (flag, set) in starts {
            start(&mut entry, flag, set)?;
        }
        match at {
            None => self.table.insert(entry, self.limits.max_fds),
            Some(fd) => self.table.insert_at(fd, entry, self.limits.max_fds).map(|()| fd),
        }
    }

    /// Gives the guest a directory with a name, as [`preopen`](crate::WasiCtxBuilder::preopen) does, and says at which
    /// number.
    ///
    /// wasi-libc looks for preopened directories once, before `main`: a running program finds this one only
    /// by its number.
    ///
    /// ```
    /// use wasi_snapshot::{MemDir, MemLimits, Perms, WasiCtx};
    ///
    /// let mut ctx = WasiCtx::builder().build()?;
    /// let fd = ctx.push_dir(MemDir::new(MemLimits::default()), "/work", Perms::read_write())?;
    /// assert_eq!(ctx.fds().find(|open| open.preopen == Some("/work")).map(|open| open.fd), Some(fd));
    /// ctx.close(fd)?;
    /// assert_eq!(ctx.fds().count(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `inval` if the name is empty or contains a NUL, `exist` if another preopened directory has it,
    /// `nfile` if as many descriptors are open as the limits allow.
    pub fn push_dir(&mut self, dir: impl Dir, guest: impl Into<String>, perms: Perms) -> Result<u32, Errno> {
        let guest = guest.into();
        if !is_guest_name(&guest) {
            return Err(Errno::Inval);
        }
        if self.table.preopen(&guest).is_some() {
            return Err(Errno::Exist);
        }
        let dir = DirHandle::given(Box::new(dir));
        let entry = Entry::dir(dir, perms, Some(guest.into_boxed_str()), Fdflags::empty());
        self.table.insert(entry, self.limits.max_fds)
    }

    /// Closes a descriptor, and what it stands for, at once.
    ///
    /// # Errors
    ///
    /// `badf` if it is not open.
    pub fn close(&mut self, fd: u32) -> Result<(), Errno> {
        self.table.remove(fd).map(drop)
    }

    /// How many bytes the guest has written, as [`Limits::max_written_bytes`](crate::Limits::max_written_bytes) counts them.
    #[must_use]
    pub fn bytes_written(&self) -> u64 {
        self.limits.max_written_bytes.saturating_sub(self.quota.bytes_left())
    }

    /// Lets the guest write so many more bytes, in place of what was left.
    ///
    /// ```
    /// use wasi_snapshot::WasiCtx;
    ///
    /// let mut ctx = WasiCtx::builder().build()?;
    /// ctx.set_bytes_left(1 << 20);
    /// assert_eq!(ctx.bytes_written(), 0);
    /// # Ok::<(), wasi_snapshot::BuildError>(())
    /// ```
    pub fn set_bytes_left(&mut self, bytes: u64) {
        let written = self.bytes_written();
        self.limits.max_written_bytes = written.saturating_add(bytes);
        self.quota.set_bytes_left(self.limits.max_written_bytes.saturating_sub(written));
    }

    /// The open descriptors, by number.
    pub fn fds(&self) -> impl Iterator<Item = FdInfo<'_>> {
        self.table.numbered().map(|(fd, entry): (Fd, &Entry)| FdInfo {
            fd,
            filetype: entry.filetype(),
            rights: entry.rights.bits(),
            preopen: match &entry.description {
                Description::Dir(dir) => dir.preopen.as_deref(),
                Description::File(_) => None,
            },
        })
    }
}
