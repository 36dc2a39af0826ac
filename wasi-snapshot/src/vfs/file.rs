//! The trait for files that are the embedder's own.

use super::as_any::AsAny;
use crate::abi::{Filestat, Filetype, SetTime};
use crate::errno::Errno;
use crate::sys::flag::ReadyFlag;

/// A file, or anything else that holds bytes.
///
/// The core keeps the cursor, checks rights, limits and pointers, and takes lists of buffers apart. So a
/// file sees single buffers with offsets, and is only read or written if it was opened for that.
///
/// What is no [regular file](Filetype::RegularFile) is a stream: it has no offsets, so the one that it is
/// called with means nothing. A stream that has nothing to read yet, or no room, gives [`Errno::Again`], and
/// says by a flag when that changes: see [`readable`](Self::readable). One that blocks the guest's thread
/// instead can neither be polled nor interrupted.
///
/// ```
/// use wasi_snapshot::{Access, Errno, File, Filestat, Filetype, PreopenFile, WasiCtx};
///
/// /// A file of as many zeros as anybody reads.
/// struct Zeros;
///
/// impl File for Zeros {
///     fn filestat(&self) -> Result<Filestat, Errno> {
///         Ok(Filestat::new(Filetype::RegularFile))
///     }
///
///     fn read_at(&mut self, buffer: &mut [u8], _offset: u64) -> Result<usize, Errno> {
///         buffer.fill(0);
///         Ok(buffer.len())
///     }
/// }
///
/// let ctx = WasiCtx::builder().preopen_file(PreopenFile::from(Zeros).at(9), Access::Read).build()?;
/// # drop(ctx);
/// # Ok::<(), wasi_snapshot::BuildError>(())
/// ```
pub trait File: AsAny + Send {
    /// Its attributes. The type must not change while the file is open.
    ///
    /// # Errors
    ///
    /// Any that the guest should get.
    fn filestat(&self) -> Result<Filestat, Errno>;

    /// Reads bytes from `offset` on into `buffer`, which is not empty, and says how many. Zero means the
    /// end of the file.
    ///
    /// # Errors
    ///
    /// `badf` unless it is implemented.
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
        let _ = (buffer, offset);
        Err(Errno::Badf)
    }

    /// Writes from `bytes`, which are not empty, at `offset`, and says how many. The file grows if they end
    /// behind its end, and reads as zero in between.
    ///
    /// # Errors
    ///
    /// `badf` unless it is implemented; `nospc` or `fbig` if there is no room for any byte.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        let _ = (bytes, offset);
        Err(Errno::Badf)
    }

    /// Writes from `bytes` at the end, and says how many. Unless it is implemented, it writes where the
    /// file ends according to its attributes, which is right if nobody else writes to it.
    ///
    /// # Errors
    ///
    /// Those of [`write_at`](Self::write_at).
    fn append(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let end = self.filestat()?.size;
        self.write_at(bytes, end)
    }

    /// Cuts the file off after `size` bytes, or extends it with zeros.
    ///
    /// # Errors
    ///
    /// `inval` unless it is implemented; `nospc` or `fbig` if there is no room.
    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        let _ = size;
        Err(Errno::Inval)
    }

    /// Sets access and modification time.
    ///
    /// # Errors
    ///
    /// `notsup` unless it is implemented.
    fn set_times(&mut self, accessed: SetTime, modified: SetTime) -> Result<(), Errno> {
        let _ = (accessed, modified);
        Err(Errno::Notsup)
    }

    /// Brings what was written to where it lasts. Unless it is implemented, there is nothing to do.
    ///
    /// # Errors
    ///
    /// `io` if that failed.
    fn sync(&mut self) -> Result<(), Errno> {
        Ok(())
    }

    /// What says that a stream has something to read, or is at its end. Guests then wait for the flag when they
    /// poll it, and when a read has given [`Errno::Again`]; such a wait can be interrupted. Without a flag
    /// the stream is always ready, and guests are told `again`. Files with offsets need none.
    ///
    /// ```
    /// use std::sync::mpsc::{Receiver, Sender, channel};
    /// use wasi_snapshot::{Access, Errno, File, Filestat, Filetype, PreopenFile, ReadyFlag, WasiCtx};
    ///
    /// /// Bytes from other threads, each with the flag that is raised for it.
    /// struct Inbox(Receiver<u8>, ReadyFlag);
    ///
    /// impl File for Inbox {
    ///     fn filestat(&self) -> Result<Filestat, Errno> {
    ///         Ok(Filestat::new(Filetype::Unknown))
    ///     }
    ///
    ///     fn read_at(&mut self, buffer: &mut [u8], _offset: u64) -> Result<usize, Errno> {
    ///         // Lowered before looking, so that no byte is overlooked.
    ///         self.1.lower();
    ///         match self.0.try_recv() {
    ///             Ok(byte) => {
    ///                 buffer[0] = byte;
    ///                 // There may be more.
    ///                 self.1.raise();
    ///                 Ok(1)
    ///             }
    ///             Err(_) => Err(Errno::Again),
    ///         }
    ///     }
    ///
    ///     fn readable(&self) -> Option<&ReadyFlag> {
    ///         Some(&self.1)
    ///     }
    /// }
    ///
    /// let (flag, (sender, receiver)) = (ReadyFlag::new()?, channel());
    /// let inbox = Inbox(receiver, flag.clone());
    /// let ctx = WasiCtx::builder().preopen_file(PreopenFile::from(inbox).at(9), Access::Read).build()?;
    /// // Elsewhere, at any time:
    /// sender.send(b'!')?;
    /// flag.raise();
    /// # drop(ctx);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn readable(&self) -> Option<&ReadyFlag> {
        None
    }

    /// What says that a stream has room, as [`readable`](Self::readable) does that it has something to read.
    fn writable(&self) -> Option<&ReadyFlag> {
        None
    }
}

impl<F: File + ?Sized> File for Box<F> {
    fn filestat(&self) -> Result<Filestat, Errno> {
        (**self).filestat()
    }

    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
        (**self).read_at(buffer, offset)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        (**self).write_at(bytes, offset)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        (**self).append(bytes)
    }

    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        (**self).set_size(size)
    }

    fn set_times(&mut self, accessed: SetTime, modified: SetTime) -> Result<(), Errno> {
        (**self).set_times(accessed, modified)
    }

    fn sync(&mut self) -> Result<(), Errno> {
        (**self).sync()
    }

    fn readable(&self) -> Option<&ReadyFlag> {
        (**self).readable()
    }

    fn writable(&self) -> Option<&ReadyFlag> {
        (**self).writable()
    }
}

/// What a guest may do with a file that it is given open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read it.
    Read,
    /// Write it, resize it, and set its times.
    Write,
    /// Both.
    ReadWrite,
}

impl Access {
    pub(crate) const fn reads(self) -> bool {
        matches!(self, Access::Read | Access::ReadWrite)
    }

    pub(crate) const fn writes(self) -> bool {
        matches!(self, Access::Write | Access::ReadWrite)
    }
}

/// Does a type of file have offsets?
pub(super) fn has_offsets(filetype: Filetype) -> bool {
    matches!(filetype, Filetype::RegularFile | Filetype::BlockDevice)
}
