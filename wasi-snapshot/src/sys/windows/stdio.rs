//! The host's own standard streams, lent to a guest: files, pipes, and consoles, which speak UTF-8 here.

use super::file::HostFile;
use super::poll::OsHandle;
use super::{calls, stream, times};
use crate::abi::Filetype;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::sys::connected::Connected;
use crate::sys::description::{At, FileDescription};
use crate::sys::poll::{self, Interest, Wait};
use crate::sys::stdio::Closed;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, IsTerminal, Read, Write};
use std::os::windows::io::AsHandle;

/// Bytes that go to a console at once, and units that come from one.
const LINE: usize = 8 << 10;

#[derive(Clone, Copy)]
enum Stream {
    Stdin,
    Stdout,
    Stderr,
}

/// Standard input, output or error of the host.
pub(crate) struct Inherited {
    stream: Stream,
    /// A handle of its own; none if the process has no such stream.
    file: Option<File>,
    filetype: Filetype,
    is_terminal: bool,
    /// It is a terminal of the system's own. Those of Cygwin and MSYS, such as Git's, are pipes.
    is_console: bool,
    /// What was read from a console and not yet by the guest.
    line: VecDeque<u8>,
    /// The first half of a character, of which the second was not read with it.
    half: Option<u16>,
    /// The start of a character that the guest has not written whole.
    started: Vec<u8>,
    closed: Option<Closed>,
}

impl Inherited {
    pub(crate) fn stdin() -> Self {
        Inherited::new(Stream::Stdin, &io::stdin(), None)
    }

    pub(crate) fn stdout(closed: Option<Closed>) -> Self {
        Inherited::new(Stream::Stdout, &io::stdout(), closed)
    }

    pub(crate) fn stderr(closed: Option<Closed>) -> Self {
        Inherited::new(Stream::Stderr, &io::stderr(), closed)
    }

    fn new(stream: Stream, handle: &(impl AsHandle + IsTerminal), closed: Option<Closed>) -> Self {
        let file = handle.as_handle().try_clone_to_owned().ok().map(File::from);
        let filetype = file.as_ref().map_or(Filetype::Unknown, |file| times::kind(file.as_handle()));
        let (is_terminal, line, started) = (handle.is_terminal(), VecDeque::new(), Vec::new());
        let is_console = is_terminal && filetype == Filetype::CharacterDevice;
        Inherited { stream, file, filetype, is_terminal, is_console, line, half: None, started, closed }
    }

    /// The file that it is, or the device that is no terminal, if it is one: a handle of its own, with the cursor of the
    /// host's. A file of which the system tells nothing stays a stream; Wine has such ones.
    pub(crate) fn file(&self) -> io::Result<Option<HostFile>> {
        let is_known = |file: &File| times::filestat(file.as_handle()).is_ok();
        match (&self.file, self.filetype) {
            (Some(file), Filetype::RegularFile | Filetype::CharacterDevice)
                if !self.is_terminal && is_known(file) =>
            {
                HostFile::from_handle(file.try_clone()?).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn opened(&self) -> Result<&File, Errno> {
        self.file.as_ref().ok_or(Errno::Badf)
    }

    /// Reads a line of a console, and as much of it as fits.
    fn read_console(&mut self, buffers: &mut [IoSliceMut<'_>], wait: Wait<'_>) -> Result<usize> {
        while self.line.is_empty() {
            let handle = OsHandle::Console(self.opened()?.as_handle());
            if !wait.may_block() {
                poll::ready(handle, Interest::Read, wait)?;
            }
            let (mut units, console) = (vec![0; LINE], self.opened()?.as_handle());
            // A key makes no line yet; but only who reads sees what is typed.
            match stream::watched(wait, || calls::read_console(console, &mut units)) {
                Ok(count) => {
                    units.truncate(count);
                    let line = units.strip_suffix(&[calls::CTRL_Z]).unwrap_or(&units);
                    if line.is_empty() {
                        return Ok(0);
                    }
                    self.typed(line);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => wait.interrupt.check()?,
                Err(error) => return Err(Errno::from(error).into()),
            }
        }
        Ok(self.line.read_vectored(buffers).map_err(Errno::from)?)
    }

    /// Keeps a line for the guest, as UTF-8, but for the first half of a character whose second half has not been read.
    fn typed(&mut self, units: &[u16]) {
        let units: Vec<_> = self.half.take().iter().chain(units).copied().collect();
        let (whole, half) = match units.split_last() {
            Some((last @ 0xd800..=0xdbff, whole)) => (whole, Some(*last)),
            _ => (&units[..], None),
        };
        self.half = half;
        self.line.extend(String::from_utf16_lossy(whole).as_bytes());
    }

    /// Writes to a console in its UTF-16. The standard library refuses bytes that are no UTF-8, and then all that follow.
    fn write_console(&mut self, buffers: &[IoSlice<'_>], wait: Wait<'_>) -> Result<usize> {
        let buffer = buffers.iter().find(|buffer| !buffer.is_empty()).map_or(&[][..], |buffer| buffer);
        let bytes = buffer.get(..LINE).unwrap_or(buffer);
        let (text, started) = of_utf8(&[self.started.as_slice(), bytes].concat());
        if let Stream::Stdout = self.stream {
            // What the host has written comes first.
            let _ = io::stdout().flush();
        }
        let mut rest = text.as_slice();
        while !rest.is_empty() {
            let console = self.opened()?.as_handle();
            match stream::transfer(wait, || calls::write_console(console, rest))? {
                0 => return Err(Errno::Io.into()),
                count => rest = rest.get(count..).unwrap_or_default(),
            }
        }
        self.started = started;
        Ok(bytes.len())
    }
}

/// The text that bytes are, with U+FFFD for what is none, and the start of a character that may go on.
fn of_utf8(bytes: &[u8]) -> (Vec<u16>, Vec<u8>) {
    let mut text = Vec::new();
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        text.extend(chunk.valid().encode_utf16());
        let invalid = chunk.invalid();
        let goes_on = std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
        if goes_on && chunks.peek().is_none() {
            return (text, invalid.to_vec());
        }
        if !invalid.is_empty() {
            text.push(0xfffd);
        }
    }
    (text, Vec::new())
}

impl FileDescription for Inherited {
    /// A terminal is a character device, since that is how libcs recognise one; what a tee makes a stream of must not
    /// look like it, nor like a file.
    fn filetype(&self) -> Filetype {
        if self.is_terminal { Filetype::CharacterDevice } else { Filetype::Unknown }
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        if self.is_console {
            return self.read_console(buffers, wait);
        }
        match self.filetype {
            Filetype::Unknown => stream::read(self.opened()?, buffers, wait),
            _ => {
                let mut file = self.opened()?;
                Ok(stream::scatter(buffers, |buffer| file.read(buffer), || true).map_err(Errno::from)?)
            }
        }
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        let written = match self.filetype {
            _ if self.is_console => self.write_console(buffers, wait),
            Filetype::Unknown => stream::write(self.opened()?, buffers, wait),
            _ => {
                let mut file = self.opened()?;
                Ok(stream::gather(buffers, |buffer| file.write(buffer)).map_err(Errno::from)?)
            }
        };
        if let (Err(Error::Errno(Errno::Pipe)), Some(closed)) = (&written, &mut self.closed) {
            closed();
        }
        written
    }

    fn sync(&mut self, _: bool) -> Result<(), Errno> {
        match self.filetype {
            Filetype::RegularFile => Ok(self.opened()?.sync_all()?),
            _ => Err(Errno::Inval),
        }
    }

    /// A socket is no stream of Windows.
    fn socket(&self) -> Option<Connected<'_>> {
        None
    }

    fn os_handle(&self, interest: Interest) -> Option<OsHandle<'_>> {
        let file = self.file.as_ref()?;
        Some(match self.filetype {
            _ if self.is_console && interest == Interest::Read && self.line.is_empty() => {
                OsHandle::Console(file.as_handle())
            }
            Filetype::Unknown => stream::os_handle(file),
            _ => OsHandle::Always,
        })
    }

    fn available(&self) -> u64 {
        match (&self.file, self.filetype) {
            (Some(file), Filetype::Unknown) => stream::os_handle(file).available(),
            _ => u64::try_from(self.line.len()).unwrap_or(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::of_utf8;

    #[test]
    fn characters_may_come_in_pieces() {
        for (bytes, text, started) in [
            (&b""[..], "", &b""[..]),
            ("aä€😀".as_bytes(), "aä€😀", b""),
            (b"a\xc3", "a", b"\xc3"),
            (b"a\xf0\x9f\x98", "a", b"\xf0\x9f\x98"),
            (b"a\xffb", "a\u{fffd}b", b""),
            (b"\xc3a\xe2\x82", "\u{fffd}a", b"\xe2\x82"),
            (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}", b""),
        ] {
            assert_eq!(of_utf8(bytes), (text.encode_utf16().collect(), started.to_vec()), "{bytes:?}");
        }
    }
}
