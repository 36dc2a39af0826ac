//! The system's own sandbox: `openat2`, which the guest's host need not have.

use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno as Os;
use std::os::fd::{BorrowedFd, OwnedFd};

/// How paths are resolved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beneath(ResolveFlags);

/// A path with its NUL has to fit 4096 bytes (`PATH_MAX`). The kernel sees parts of paths below, so it is asked for.
const PATH_MAX: usize = 4096;

impl Beneath {
    /// Symlinks are followed, as long as they stay inside.
    pub(crate) const FOLLOWING: Self = Beneath(ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS));

    /// No symlink is followed.
    pub(crate) const PLAIN: Self = Beneath(ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS));

    /// Does the system have `openat2`, as Linux has since 5.6? If not, there is nothing to compare with.
    pub(crate) fn is_available(self) -> bool {
        let found = self.open(rustix::fs::CWD, b".", OFlags::PATH, Mode::empty());
        if let Err(Os::NOSYS) = found {
            assert!(std::env::var_os("CI").is_none(), "no openat2, which says where paths lead");
            eprintln!("skipped, for want of openat2, which says where paths lead");
            return false;
        }
        true
    }

    pub(crate) fn is_plain(self) -> bool {
        self.0.contains(ResolveFlags::NO_SYMLINKS)
    }

    /// Opens a path. What leads out is `EXDEV`.
    pub(crate) fn open(
        self,
        dir: BorrowedFd<'_>,
        path: &[u8],
        flags: OFlags,
        mode: Mode,
    ) -> Result<OwnedFd, Os> {
        loop {
            match rustix::fs::openat2(dir, path, flags | OFlags::CLOEXEC, mode, self.0) {
                // Somebody has renamed something, somewhere.
                Err(Os::AGAIN) => {}
                other => return other,
            }
        }
    }

    /// Names what a path leads to, or the symlink at its end, without opening it.
    pub(crate) fn name(self, dir: BorrowedFd<'_>, path: &[u8], follow: bool) -> Result<OwnedFd, Os> {
        let mut flags = OFlags::PATH;
        flags.set(OFlags::NOFOLLOW, !follow);
        self.open(dir, path, flags, Mode::empty())
    }

    /// Opens the directory in which a path has its last component, which comes with the slashes behind it: no call that
    /// takes both follows it.
    pub(crate) fn parent(self, dir: BorrowedFd<'_>, path: &[u8]) -> Result<(OwnedFd, Vec<u8>), Os> {
        if path.len() >= PATH_MAX {
            return Err(Os::NAMETOOLONG);
        }
        let end = path.iter().rposition(|byte| *byte != b'/').ok_or(Os::NOENT)?;
        let start = path[..end].iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        let (before, last) = path.split_at(start);
        if last.starts_with(b"..") && last[2..].iter().all(|byte| *byte == b'/') {
            // The parent could be the root, and then this is outside.
            self.name(dir, path, false)?;
        }
        let before = if before.is_empty() { b"." } else { before };
        Ok((self.open(dir, before, OFlags::PATH | OFlags::DIRECTORY, Mode::empty())?, last.to_vec()))
    }
}
