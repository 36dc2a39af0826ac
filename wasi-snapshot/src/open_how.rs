//! The options with which a path is opened.

use crate::abi::Fdflags;
use crate::errno::Errno;

/// How a path is to be opened.
///
/// ```
/// use wasi_snapshot::OpenHow;
///
/// let mut how = OpenHow::read();
/// how.follow = true;
/// assert!(how.read && !how.write && !how.create);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenHow {
    /// The file will be read. Directories are opened with this alone.
    pub read: bool,
    /// The file will be written.
    pub write: bool,
    /// Create a file if there is nothing.
    pub create: bool,
    /// With `create`: there must be nothing, not even a symlink.
    pub exclusive: bool,
    /// Cut the file off at its start.
    pub truncate: bool,
    /// It must be a directory.
    pub directory: bool,
    /// Follow a symlink at the end of the path. Those on the way are always followed.
    pub follow: bool,
    /// The descriptor's flags; the core applies them where the directory is not the host's.
    pub(crate) flags: Fdflags,
}

impl OpenHow {
    /// To read what is there, without following a symlink.
    #[must_use]
    pub const fn read() -> Self {
        OpenHow {
            read: true,
            write: false,
            create: false,
            exclusive: false,
            truncate: false,
            directory: false,
            follow: false,
            flags: Fdflags::empty(),
        }
    }

    /// To write a file, which is created unless it is there.
    #[must_use]
    pub const fn create() -> Self {
        OpenHow { write: true, create: true, ..OpenHow::read() }
    }

    /// Opens what is there, or else has `create` make it.
    ///
    /// Unless there must be nothing, what is there is tried first: so it is known what has been created, and creating
    /// wants write access, which a file that is there may not give.
    pub(crate) fn existing_or<T>(
        self,
        open: impl FnOnce(OpenHow) -> Result<T, Errno>,
        create: impl FnOnce() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        if !self.create {
            return open(self);
        }
        if !self.exclusive {
            match open(OpenHow { create: false, ..self }) {
                Err(Errno::Noent) => {}
                outcome => return outcome,
            }
        }
        create()
    }
}
