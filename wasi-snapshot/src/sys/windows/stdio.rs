//! The host's own standard streams, lent to a guest: files, pipes, and consoles, which speak UTF-8 here.

use super::file::HostFile;
use super::poll::OsHandle;
use super::{stream, times};
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

/// Bytes that are read from a console at once: the standard library keeps none back if it is asked for as many.
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
    /// What was read from a console and not yet by the guest.
    line: VecDeque<u8>,
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
        Inherited { stream, file, filetype, is_terminal: handle.is_terminal(), line: VecDeque::new(), closed }
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
            let handle = OsHandle::Signal(self.opened()?.as_handle());
            if !wait.may_block() {
                poll::ready(handle, Interest::Read, wait)?;
            }
            let mut bytes = vec![0; LINE];
            // What is signaled may be a key that makes no line yet, or none at all.
            match stream::watched(wait, || stream::ended(io::stdin().lock().read(&mut bytes))) {
                Ok(0) => return Ok(0),
                Ok(count) => self.line.extend(bytes.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => wait.interrupt.check()?,
                Err(error) => return Err(Errno::from(error).into()),
            }
        }
        Ok(self.line.read_vectored(buffers).map_err(Errno::from)?)
    }

    /// Writes to a console as the standard library does it: it makes the console's UTF-16 of whole characters.
    fn write_console(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize> {
        let written = match self.stream {
            Stream::Stderr => io::stderr().lock().write_vectored(buffers),
            _ => {
                let mut stdout = io::stdout().lock();
                stdout.write_vectored(buffers).and_then(|count| stdout.flush().map(|()| count))
            }
        };
        Ok(written.map_err(Errno::from)?)
    }
}

impl FileDescription for Inherited {
    /// A terminal is a character device, since that is how libcs recognise one; what a tee makes a stream of must not
    /// look like it, nor like a file.
    fn filetype(&self) -> Filetype {
        if self.is_terminal { Filetype::CharacterDevice } else { Filetype::Unknown }
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        if self.is_terminal {
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
            _ if self.is_terminal => self.write_console(buffers),
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
            _ if self.is_terminal && interest == Interest::Read && self.line.is_empty() => {
                OsHandle::Signal(file.as_handle())
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
