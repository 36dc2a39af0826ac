//! Reads the file that holds a module.

use crate::failure::Failure;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// The whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| unreadable(path, &error))
}

/// Does the file hold compiled code?
pub(crate) fn is_precompiled(path: &Path) -> Result<bool, Failure> {
    let mut start = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    match read {
        Ok(()) => Ok(&start == b"\x7fELF"),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    Failure::new(match error.kind() {
        ErrorKind::NotFound => format!("{path} does not exist; check the path, or see `wasi --help`"),
        ErrorKind::IsADirectory => format!("{path} is a directory; name a module in it"),
        _ => format!("{path} cannot be read: {error}; check the file and its permissions"),
    })
}
