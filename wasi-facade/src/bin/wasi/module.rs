//! Reads the file that holds a module.

use crate::failure::Failure;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// The whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| unreadable(path, &error))
}

/// Does the file hold compiled code? A pipe cannot: its contents are needed for more than this question.
pub(crate) fn is_precompiled(path: &Path) -> Result<bool, Failure> {
    let start = || -> io::Result<[u8; 4]> {
        let mut start = [0; 4];
        let mut file = File::open(path)?;
        if file.metadata()?.is_file() {
            let _ = file.read(&mut start)?;
        }
        Ok(start)
    };
    Ok(&start().map_err(|error| unreadable(path, &error))? == b"\x7fELF")
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    Failure::new(match error.kind() {
        ErrorKind::NotFound => format!("{path} does not exist; check the path, or see `wasi --help`"),
        ErrorKind::IsADirectory => format!("{path} is a directory; name a module in it"),
        _ => format!("{path} cannot be read: {error}; check the file and its permissions"),
    })
}
