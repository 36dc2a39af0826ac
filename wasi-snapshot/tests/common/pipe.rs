//! Pipes of the host's.

use nix::fcntl::OFlag;
use nix::unistd::pipe2;
use std::fs::File;

/// The end to read from and the end to write to; processes of other tests do not inherit them.
pub(crate) fn pipe() -> (File, File) {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).unwrap();
    (reader.into(), writer.into())
}
