//! The errors of building a context. Arguments and values of variables may be secrets: an error has where one is, or
//! its name, and not what it is.

use crate::errno::Errno;
use std::ffi::OsString;
use std::path::PathBuf;

/// Why a context could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// WASI's strings end at a NUL. The program's name is argument 0.
    #[error("argument {0} contains a NUL, which no guest can be given")]
    NulInArgument(usize),
    /// WASI's strings end at a NUL.
    #[error("the environment variable {0:?} contains a NUL, which no guest can be given")]
    NulInVariable(String),
    /// The guest could not tell where the name ends. What is behind a `=` may be a value, so this is what is before.
    #[error("the environment variable name {0:?} is empty or has a `=` behind it")]
    VariableName(String),
    /// WASI's strings are UTF-8. The program's name is argument 0.
    #[error(
        "argument {0} is not valid Unicode; pass what the guest needs explicitly instead of inheriting it"
    )]
    ArgumentNotUnicode(usize),
    /// WASI's strings are UTF-8, and the name or the value of the variable of this name is not.
    #[error(
        "the environment variable {0:?} is not valid Unicode; pass what the guest needs explicitly instead of inheriting it"
    )]
    VariableNotUnicode(OsString),
    /// They have to fit the guest's 32-bit memory.
    #[error("the {0} are longer than a guest can address")]
    TooLong(&'static str),
    /// The directory could not be opened.
    #[error("cannot preopen the directory {}", .path.display())]
    Preopen {
        /// The path on the host.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Guests tell preopens apart by name.
    #[error("two preopened directories have the guest name {0:?}; name one of them differently")]
    SameName(String),
    /// The guest could not use such a name.
    #[error("the guest name {0:?} of a preopened directory is empty or contains a NUL")]
    GuestName(String),
    /// The handle could not be used as a file.
    #[error("cannot use the handle of a file")]
    File(#[source] std::io::Error),
    /// A file of the embedder's own did not tell its attributes.
    #[error("cannot use a file that does not tell its attributes")]
    OwnFile(#[source] Errno),
    /// The number is a standard stream's, a directory's, or was chosen twice.
    #[error("the descriptor {0} is taken; choose one above those of the streams and directories")]
    TakenDescriptor(u32),
    /// The number is too large.
    #[error("the descriptor {fd} is not below the limit of {max} descriptors; choose a lower one")]
    DescriptorBeyondLimit {
        /// The number that was chosen.
        fd: u32,
        /// The limit.
        max: u32,
    },
    /// No descriptor has the number.
    #[error("the descriptor {0} is not open when the guest starts; name one that is")]
    NotOpen(u32),
    /// The flag is not the guest's: what the embedder opened to append to stays so.
    #[error("the flags of the descriptor {fd} cannot be chosen")]
    Start {
        /// Its number.
        fd: u32,
        /// What setting the flag gave.
        source: Errno,
    },
    /// The listener could not be prepared.
    #[error("cannot use a listening socket")]
    Listener(#[source] std::io::Error),
    /// A pipe or a thread for a standard stream could not be made.
    #[error("cannot prepare a standard stream")]
    Stream(#[source] std::io::Error),
    /// More descriptors than the limits allow.
    #[error("the streams, directories and sockets exceed the limit of {0} descriptors")]
    TooManyDescriptors(u32),
}

#[cfg(test)]
mod tests {
    use super::BuildError;
    use crate::errno::Errno;
    use std::error::Error;
    use std::io;

    /// Has it a cause? Each variant is here and in the list below.
    fn has_source(error: &BuildError) -> bool {
        match error {
            BuildError::NulInArgument(_)
            | BuildError::NulInVariable(_)
            | BuildError::VariableName(_)
            | BuildError::ArgumentNotUnicode(_)
            | BuildError::VariableNotUnicode(_)
            | BuildError::TooLong(_)
            | BuildError::SameName(_)
            | BuildError::GuestName(_)
            | BuildError::TakenDescriptor(_)
            | BuildError::DescriptorBeyondLimit { .. }
            | BuildError::NotOpen(_)
            | BuildError::TooManyDescriptors(_) => false,
            BuildError::Preopen { .. }
            | BuildError::File(_)
            | BuildError::OwnFile(_)
            | BuildError::Start { .. }
            | BuildError::Listener(_)
            | BuildError::Stream(_) => true,
        }
    }

    /// Who prints an error with its causes would print them twice.
    #[test]
    fn no_text_repeats_its_source() {
        let words = || io::Error::other("the system's words");
        let all = [
            BuildError::NulInArgument(1),
            BuildError::NulInVariable("A".into()),
            BuildError::VariableName("A".into()),
            BuildError::ArgumentNotUnicode(1),
            BuildError::VariableNotUnicode("A".into()),
            BuildError::TooLong("arguments"),
            BuildError::Preopen { path: "/path".into(), source: words() },
            BuildError::SameName("/".into()),
            BuildError::GuestName(String::new()),
            BuildError::File(words()),
            BuildError::OwnFile(Errno::Io),
            BuildError::TakenDescriptor(3),
            BuildError::DescriptorBeyondLimit { fd: 9, max: 8 },
            BuildError::NotOpen(3),
            BuildError::Start { fd: 3, source: Errno::Inval },
            BuildError::Listener(words()),
            BuildError::Stream(words()),
            BuildError::TooManyDescriptors(8),
        ];
        let variants: std::collections::HashSet<_> = all.iter().map(std::mem::discriminant).collect();
        assert_eq!(variants.len(), 18);
        for error in all {
            assert_eq!(error.source().is_some(), has_source(&error), "{error}");
            if let Some(source) = error.source() {
                assert!(!error.to_string().contains(&source.to_string()), "{error}: {source}");
            }
        }
        let error = crate::MemDir::new(crate::MemLimits::default()).read("missing").unwrap_err();
        let source = error.source().unwrap().to_string();
        assert!(source == Errno::Noent.to_string() && !error.to_string().contains(&source), "{error}");
    }
}
