//! The origin of a module: a file, or standard input.

use crate::failure::Failure;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// What users write for standard input. A file of this name is `./-`.
const STANDARD_INPUT: &str = "-";

/// How compiled code starts: it is an ELF file.
const COMPILED: &[u8; 4] = b"\x7fELF";

/// Where a module comes from.
pub(crate) enum Origin<'a> {
    File(&'a Path),
    StandardInput,
}

impl<'a> Origin<'a> {
    /// What `path` stands for on the command line.
    pub(crate) fn of(path: &'a Path) -> Self {
        if path == Path::new(STANDARD_INPUT) { Origin::StandardInput } else { Origin::File(path) }
    }

    /// Its name in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Origin::File(path) => path.display().to_string(),
            Origin::StandardInput => "standard input".to_owned(),
        }
    }

    /// The guest's name for itself: the rest of the path is the host's business.
    pub(crate) fn guest_name(&self) -> String {
        match self {
            Origin::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            Origin::StandardInput => STANDARD_INPUT.to_owned(),
        }
    }

    /// All of the module.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        let read = match self {
            Origin::File(path) => std::fs::read(path),
            Origin::StandardInput => {
                let mut bytes = Vec::new();
                io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
            }
        };
        read.map_err(|error| self.unreadable(&error))
    }

    /// Does the file hold compiled code? A pipe cannot: its contents are needed for more than this question.
    pub(crate) fn is_precompiled(&self) -> Result<bool, Failure> {
        let Origin::File(path) = self else { return Ok(false) };
        let start = || -> io::Result<[u8; 4]> {
            let mut start = [0; 4];
            let mut file = File::open(path)?;
            if file.metadata()?.is_file() {
                let _ = file.read(&mut start)?;
            }
            Ok(start)
        };
        Ok(&start().map_err(|error| self.unreadable(&error))? == COMPILED)
    }

    /// Refuses compiled code that came by standard input, since no flag would allow it.
    pub(crate) fn refuse_precompiled(&self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Origin::StandardInput if bytes.starts_with(COMPILED) => Err(Failure::new(
                "standard input is compiled code, which is run from the pages of its file; name that, with \
                     `--allow-precompiled` if you made it with `wasi compile` and nobody else can write it",
            )),
            _ => Ok(()),
        }
    }

    fn unreadable(&self, error: &io::Error) -> Failure {
        let name = self.name();
        Failure::new(match error.kind() {
            ErrorKind::NotFound => format!("{name} does not exist; check the path, or see `wasi --help`"),
            ErrorKind::IsADirectory => format!("{name} is a directory; name a module in it"),
            // Windows denies the access.
            _ if matches!(self, Origin::File(path) if path.is_dir()) => {
                format!("{name} is a directory; name a module in it")
            }
            _ => format!("{name} cannot be read: {error}; check the file and its permissions"),
        })
    }
}
