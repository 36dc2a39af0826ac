//! A file or a stream of a descriptor, borrowed for one call.

use crate::abi::Filetype;
use crate::errno::Errno;
use crate::error::Result;
use crate::file::{At, File, Wait};
use crate::sys::file::HostFile;
use std::io::{IoSlice, IoSliceMut, SeekFrom};

/// A file or a stream, to be used.
pub(crate) enum FileMut<'a> {
    Host(&'a mut HostFile),
    Other(&'a mut dyn File),
}

/// The calls of [`File`] that are made often, without a table of functions where there need be none.
impl FileMut<'_> {
    #[inline]
    pub(crate) fn filetype(&self) -> Filetype {
        match self {
            FileMut::Host(file) => file.filetype(),
            FileMut::Other(file) => file.filetype(),
        }
    }

    #[inline]
    pub(crate) fn read(&mut self, buffers: &mut [IoSliceMut<'_>], at: At, wait: Wait<'_>) -> Result<usize> {
        match self {
            FileMut::Host(file) => file.read(buffers, at, wait),
            FileMut::Other(file) => file.read(buffers, at, wait),
        }
    }

    #[inline]
    pub(crate) fn write(&mut self, buffers: &[IoSlice<'_>], at: At, wait: Wait<'_>) -> Result<usize> {
        match self {
            FileMut::Host(file) => file.write(buffers, at, wait),
            FileMut::Other(file) => file.write(buffers, at, wait),
        }
    }

    #[inline]
    pub(crate) fn start(&mut self, at: At) -> Result<u64, Errno> {
        match self {
            FileMut::Host(file) => file.start(at),
            FileMut::Other(file) => file.start(at),
        }
    }

    #[inline]
    pub(crate) fn seek(&mut self, to: SeekFrom) -> Result<u64, Errno> {
        match self {
            FileMut::Host(file) => file.seek(to),
            FileMut::Other(file) => file.seek(to),
        }
    }

    /// The file for all other calls.
    pub(crate) fn as_dyn(&mut self) -> &mut dyn File {
        match self {
            FileMut::Host(file) => *file,
            FileMut::Other(file) => *file,
        }
    }
}
