//! An open file of the embedder's, with what a descriptor adds to it: cursor, `append`, lists of buffers.

use super::file::{File, has_offsets};
use crate::abi::{Advice, Fdflags, Filestat, Filetype, SetTime};
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::sys::description::{At, FileDescription};
use crate::sys::flag::ReadyFlag;
use crate::sys::poll::{self, Interest, OsHandle, Wait};
use std::io::{IoSlice, IoSliceMut, SeekFrom};

/// The file, and where its next transfer takes place.
pub(crate) struct OwnFile {
    file: Box<dyn File>,
    filetype: Filetype,
    cursor: u64,
    append: bool,
}

impl OwnFile {
    /// # Errors
    ///
    /// Those of the file, if it does not tell what it is.
    pub(crate) fn new(file: Box<dyn File>, flags: Fdflags) -> Result<Self, Errno> {
        let filetype = file.filestat()?.filetype;
        Ok(OwnFile { file, filetype, cursor: 0, append: flags.contains(Fdflags::APPEND) })
    }

    /// Is there no place to seek to?
    pub(crate) fn lacks_places(&self) -> bool {
        !has_offsets(self.filetype)
    }

    fn place(&self, at: At) -> u64 {
        match at {
            At::Cursor => self.cursor,
            At::Offset(offset) => offset,
        }
    }

    /// Leaves the cursor behind a transfer, if it takes part.
    fn finish(&mut self, at: At, end: u64) {
        if at == At::Cursor {
            self.cursor = end;
        }
    }

    fn flag(&self, interest: Interest) -> Option<&ReadyFlag> {
        match interest {
            Interest::Read => self.file.readable(),
            Interest::Write => self.file.writable(),
        }
    }

    /// Makes a transfer again whenever the stream's flag says so, unless there is none or the guest would not
    /// wait.
    fn retry_when_ready(
        &mut self,
        interest: Interest,
        wait: Wait<'_>,
        mut transfer: impl FnMut(&mut Self) -> Result<usize>,
    ) -> Result<usize> {
        loop {
            match (transfer(self), self.flag(interest)) {
                (Err(Error::Errno(Errno::Again)), Some(flag)) if !wait.nonblock => {
                    poll::ready(flag.os_handle(), interest, wait)?;
                }
                (outcome, _) => return outcome,
            }
        }
    }

    fn write_one(&mut self, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        if self.append { self.file.append(bytes) } else { self.file.write_at(bytes, offset) }
    }
}

impl FileDescription for OwnFile {
    fn filetype(&self) -> Filetype {
        self.filetype
    }

    fn filestat(&self) -> Result<Filestat, Errno> {
        Ok(Filestat { filetype: self.filetype, ..self.file.filestat()? })
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], at: At, wait: Wait<'_>) -> Result<usize> {
        let start = self.place(at);
        let filetype = self.filetype;
        let count = self.retry_when_ready(Interest::Read, wait, |file| {
            transfer(start, &mut *buffers, filetype, wait, |buffer, offset| {
                let len = buffer.len();
                Ok((file.file.read_at(buffer, offset)?.min(len), len))
            })
        })?;
        self.finish(at, advance(start, count));
        Ok(count)
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], at: At, wait: Wait<'_>) -> Result<usize> {
        let start = self.place(at);
        let filetype = self.filetype;
        let count = self.retry_when_ready(Interest::Write, wait, |file| {
            transfer(start, buffers, filetype, wait, |bytes, offset| {
                let len = bytes.len();
                Ok((file.write_one(bytes, offset)?.min(len), len))
            })
        })?;
        let written = advance(start, count);
        let end = match self.append {
            // The bytes are written: that nobody can say where they ended must not undo that.
            true => self.file.filestat().map_or(written, |stat| stat.size),
            false => written,
        };
        self.finish(at, end);
        Ok(count)
    }

    fn start(&mut self, at: At) -> Result<u64, Errno> {
        // A file that cannot say its size can still be written.
        let end = self.append.then(|| self.file.filestat().ok()).flatten();
        Ok(end.map_or_else(|| self.place(at), |stat| stat.size))
    }

    fn hole(&mut self, start: u64) -> Result<u64, Errno> {
        Ok(self.file.filestat().map_or(0, |stat| start.saturating_sub(stat.size)))
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, Errno> {
        if !has_offsets(self.filetype) {
            return Err(Errno::Spipe);
        }
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(delta) => self.cursor.checked_add_signed(delta),
            SeekFrom::End(delta) => self.file.filestat()?.size.checked_add_signed(delta),
        };
        self.cursor = place.filter(|place| i64::try_from(*place).is_ok()).ok_or(Errno::Inval)?;
        Ok(self.cursor)
    }

    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        self.file.set_size(size)
    }

    fn allocate(&mut self, offset: u64, len: u64) -> Result<(), Errno> {
        if !has_offsets(self.filetype) {
            return Err(Errno::Spipe);
        }
        let end = offset.checked_add(len).ok_or(Errno::Fbig)?;
        if end > self.file.filestat()?.size { self.file.set_size(end) } else { Ok(()) }
    }

    fn set_times(&mut self, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        self.file.set_times(atim, mtim)
    }

    fn sync(&mut self, _data_only: bool) -> Result<(), Errno> {
        self.file.sync()
    }

    /// Advice is a hint, and only streams cannot take it.
    fn advise(&mut self, _offset: u64, _len: u64, _advice: Advice) -> Result<(), Errno> {
        if has_offsets(self.filetype) { Ok(()) } else { Err(Errno::Spipe) }
    }

    fn set_append(&mut self, flags: Fdflags) -> Result<(), Errno> {
        self.append = flags.contains(Fdflags::APPEND);
        Ok(())
    }

    fn os_handle(&self, interest: Interest) -> Option<OsHandle<'_>> {
        self.flag(interest).map(ReadyFlag::os_handle)
    }

    fn available(&self) -> u64 {
        match self.file.filestat() {
            Ok(stat) if has_offsets(self.filetype) => stat.size.saturating_sub(self.cursor),
            // Nobody knows, and none would mean the end.
            _ => 1,
        }
    }
}

/// Transfers buffer after buffer until one is short: `one` says how much it did of how much. What was
/// transferred before an error is not lost.
///
/// A stream is done after one buffer, since the next could block; and it may be interrupted before it.
fn transfer<B>(
    start: u64,
    buffers: impl IntoIterator<Item = B>,
    filetype: Filetype,
    wait: Wait<'_>,
    mut one: impl FnMut(B, u64) -> Result<(usize, usize), Errno>,
) -> Result<usize> {
    if !has_offsets(filetype) {
        wait.interrupt.check()?;
    }
    let mut total = 0usize;
    for buffer in buffers {
        match one(buffer, advance(start, total)) {
            Ok((done, asked)) => {
                total = total.saturating_add(done);
                if done < asked || !has_offsets(filetype) {
                    break;
                }
            }
            Err(_) if total > 0 => break,
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(total)
}

fn advance(start: u64, count: usize) -> u64 {
    start.saturating_add(u64::try_from(count).unwrap_or(u64::MAX))
}
