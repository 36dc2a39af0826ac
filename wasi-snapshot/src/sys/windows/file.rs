//! Files of the host, by the standard library's reads and writes at offsets.
//!
//! On Windows these move the system's cursor too, and append and non-blocking are no flags of a handle. So a file that was
//! opened by a path has its cursor and its flags here; one that the embedder gave keeps the cursor that it shares.

use super::poll::OsHandle;
use super::{calls, stream, times};
use crate::abi::{Advice, Fdflags, Filestat, Filetype, SetTime};
use crate::errno::Errno;
use crate::error::Result;
use crate::sys::connected::Connected;
use crate::sys::description::{At, FileDescription};
use crate::sys::poll::{Interest, Wait};
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::windows::fs::FileExt;
use std::os::windows::io::AsHandle;

/// This offset has a write go to the end, whoever else writes (`WriteFile`, in the documentation of Win32).
const END: u64 = u64::MAX;

/// An open file of the host.
pub(crate) struct HostFile {
    file: File,
    filetype: Filetype,
    /// Writes go to the end.
    append: bool,
    /// Where the cursor is, unless it is the system's, which others may move.
    cursor: Option<u64>,
}

impl HostFile {
    /// A regular file that has just been opened.
    pub(super) fn new(file: File, append: bool) -> Self {
        HostFile { file, filetype: Filetype::RegularFile, append, cursor: Some(0) }
    }

    /// Takes an open handle of the embedder's.
    ///
    /// # Errors
    ///
    /// `IsADirectory` if it is the handle of one, and whatever the system says.
    pub(crate) fn from_handle(file: File) -> io::Result<Self> {
        let filetype = times::kind(file.as_handle());
        if filetype == Filetype::RegularFile && file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(HostFile { file, filetype, append: false, cursor: None })
    }

    /// The flags that the embedder opened it with: a handle of Windows tells none.
    pub(crate) fn fixed_flags(&self) -> Fdflags {
        Fdflags::empty()
    }

    /// Is it to be taken for something without places?
    pub(crate) fn lacks_places(&self) -> bool {
        self.is_stream() && (self.filetype != Filetype::CharacterDevice || self.file.is_terminal())
    }

    /// Writes at the end once, wherever the cursor is and whatever the flags say.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    pub(crate) fn append_once(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        Ok(self.keeping_cursor(|file| file.seek_write(bytes, END))?)
    }

    fn is_stream(&self) -> bool {
        self.filetype != Filetype::RegularFile
    }

    fn size(&self) -> Result<u64, Errno> {
        Ok(self.file.metadata()?.len())
    }

    /// Runs a transfer at an offset, and puts the cursor that others share back to where it was.
    fn keeping_cursor<T>(&self, transfer: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
        if self.cursor.is_some() {
            return transfer(&self.file);
        }
        let before = { &self.file }.stream_position()?;
        let outcome = transfer(&self.file);
        { &self.file }.seek(SeekFrom::Start(before))?;
        outcome
    }

    fn read_at(&self, buffers: &mut [IoSliceMut<'_>], offset: u64) -> io::Result<usize> {
        let mut at = offset;
        let read = |buffer: &mut [u8]| {
            let count = self.file.seek_read(buffer, place(at)?)?;
            at = behind(at, count);
            Ok(count)
        };
        stream::scatter(buffers, read, || true)
    }

    fn write_at(&self, buffers: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        let mut at = offset;
        stream::gather(buffers, |buffer| {
            let count = self.file.seek_write(buffer, place(at)?)?;
            at = behind(at, count);
            Ok(count)
        })
    }

    /// Writes at the end, which the system finds for each buffer.
    fn append_all(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        stream::gather(buffers, |buffer| self.file.seek_write(buffer, END))
    }

    fn read_on(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        // A device gives what it has at once.
        stream::scatter(buffers, |buffer| { &self.file }.read(buffer), || !self.is_stream())
    }

    fn write_on(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        stream::gather(buffers, |buffer| { &self.file }.write(buffer))
    }

    /// Keeps in mind where a transfer has left the cursor.
    fn advance(&mut self, at: At, count: usize) {
        if let (At::Cursor, Some(cursor)) = (at, &mut self.cursor) {
            *cursor = behind(*cursor, count);
        }
    }
}

fn behind(offset: u64, count: usize) -> u64 {
    offset.saturating_add(u64::try_from(count).unwrap_or(u64::MAX))
}

/// An offset that the system takes for one: those beyond its own numbers mean the cursor, or the end.
fn place(offset: u64) -> io::Result<u64> {
    if i64::try_from(offset).is_ok() { Ok(offset) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

impl FileDescription for HostFile {
    fn filetype(&self) -> Filetype {
        self.filetype
    }

    fn filestat(&self) -> Result<Filestat, Errno> {
        times::filestat(self.file.as_handle())
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], at: At, wait: Wait<'_>) -> Result<usize> {
        if self.filetype == Filetype::Unknown {
            return stream::read(&self.file, buffers, wait);
        }
        if self.is_stream() {
            return stream::transfer(wait, || self.read_on(buffers));
        }
        let count = match (at, self.cursor) {
            (At::Cursor, None) => self.read_on(buffers),
            (At::Cursor, Some(cursor)) => self.read_at(buffers, cursor),
            (At::Offset(offset), _) => self.keeping_cursor(|_| self.read_at(buffers, offset)),
        };
        let count = count.map_err(Errno::from)?;
        self.advance(at, count);
        Ok(count)
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], at: At, wait: Wait<'_>) -> Result<usize> {
        if self.filetype == Filetype::Unknown {
            return stream::write(&self.file, buffers, wait);
        }
        if self.is_stream() {
            return stream::transfer(wait, || self.write_on(buffers));
        }
        let count = match (at, self.cursor) {
            // Where the end is, is the system's to find; the cursor of others is there afterwards, as on Unix.
            (At::Cursor, _) if self.append => self.append_all(buffers),
            // As on Linux.
            (At::Offset(_), _) if self.append => self.keeping_cursor(|_| self.append_all(buffers)),
            (At::Cursor, None) => self.write_on(buffers),
            (At::Cursor, Some(cursor)) => self.write_at(buffers, cursor),
            (At::Offset(offset), _) => self.keeping_cursor(|_| self.write_at(buffers, offset)),
        };
        let count = count.map_err(Errno::from)?;
        if self.append && self.cursor.is_some() && at == At::Cursor {
            self.cursor = Some(self.size()?);
        } else {
            self.advance(at, count);
        }
        Ok(count)
    }

    fn start(&mut self, at: At) -> Result<u64, Errno> {
        match (at, self.cursor) {
            _ if self.append => self.size(),
            (At::Offset(offset), _) => Ok(offset),
            (At::Cursor, Some(cursor)) => Ok(cursor),
            (At::Cursor, None) => self.seek(SeekFrom::Current(0)),
        }
    }

    /// NTFS gives a hole its room, and writes zeros there within the call, unless the file is sparse. FAT has no holes.
    fn hole(&mut self, start: u64) -> Result<u64, Errno> {
        let hole = start.saturating_sub(self.size()?);
        Ok(if hole == 0 || calls::set_sparse(self.file.as_handle()).is_ok() { 0 } else { hole })
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, Errno> {
        if self.lacks_places() {
            return Err(Errno::Spipe);
        }
        let Some(cursor) = self.cursor else { return Ok(Seek::seek(&mut &self.file, to)?) };
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(delta) => cursor.checked_add_signed(delta),
            SeekFrom::End(delta) => self.size()?.checked_add_signed(delta),
        };
        let place = place.filter(|place| i64::try_from(*place).is_ok()).ok_or(Errno::Inval)?;
        self.cursor = Some(place);
        Ok(place)
    }

    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        if self.is_stream() {
            return Err(Errno::Inval);
        }
        self.hole(size)?;
        Ok(self.file.set_len(size)?)
    }

    fn allocate(&mut self, offset: u64, len: u64) -> Result<(), Errno> {
        match self.filetype {
            Filetype::RegularFile => {}
            Filetype::Unknown => return Err(Errno::Spipe),
            _ => return Err(Errno::Nodev),
        }
        let end = offset.checked_add(len).ok_or(Errno::Fbig)?;
        if end > self.size()? { Ok(self.file.set_len(end)?) } else { Ok(()) }
    }

    fn set_times(&mut self, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        Ok(self.file.set_times(times::file_times(atim, mtim))?)
    }

    fn sync(&mut self, data_only: bool) -> Result<(), Errno> {
        if self.is_stream() {
            return Err(Errno::Inval);
        }
        let synced = if data_only { self.file.sync_data() } else { self.file.sync_all() };
        match synced.map_err(Errno::from) {
            // Only what can be written can be synced, and the rest has nothing to be.
            Err(Errno::Acces) => Ok(()),
            other => other,
        }
    }

    fn advise(&mut self, _: u64, _: u64, _: Advice) -> Result<(), Errno> {
        // A hint, which no call of Windows takes for a range.
        if self.filetype == Filetype::Unknown { Err(Errno::Spipe) } else { Ok(()) }
    }

    fn set_append(&mut self, flags: Fdflags) -> Result<(), Errno> {
        self.append = flags.contains(Fdflags::APPEND);
        Ok(())
    }

    /// A socket is no file of Windows.
    fn socket(&self) -> Option<Connected<'_>> {
        None
    }

    fn os_handle(&self, _: Interest) -> Option<OsHandle<'_>> {
        match self.filetype {
            Filetype::Unknown => Some(stream::os_handle(&self.file)),
            _ => None,
        }
    }

    fn available(&self) -> u64 {
        if self.is_stream() {
            return stream::os_handle(&self.file).available();
        }
        let place = self.cursor.unwrap_or_else(|| { &self.file }.stream_position().unwrap_or(u64::MAX));
        self.size().unwrap_or(0).saturating_sub(place)
    }
}
