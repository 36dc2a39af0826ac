//! Threads for which modes of files count, even where the tests run as root.

use nix::libc;

/// Has this thread lack root's right to every file. It does nothing for other users, for whom modes count anyway.
#[allow(unsafe_code, reason = "no safe crate that is here changes the user of a thread")]
pub(crate) fn renounce() {
    const NOBODY: libc::uid_t = 65_534;
    if rustix::process::geteuid().is_root() {
        // SAFETY: both take a number, and change what this thread may do with files.
        unsafe {
            libc::setfsgid(NOBODY);
            libc::setfsuid(NOBODY);
        }
    }
}
