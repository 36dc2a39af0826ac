//! The calls of a sequence, with a guest's arguments in a form that people can read.

use crate::common::ops::{APPEND, CREAT, DIRECTORY, DSYNC, EXCL, NONBLOCK, RSYNC, SYNC, TRUNC};
use std::fmt;

/// One call of preview1 on files.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Open {
        dir: u32,
        lookup: u32,
        path: Name,
        oflags: Oflags,
        rights: u64,
        fdflags: Fdflags,
    },
    Close {
        fd: u32,
    },
    Renumber {
        fd: u32,
        to: u32,
    },
    Read {
        fd: u32,
        buffers: Vec<u32>,
    },
    Pread {
        fd: u32,
        buffers: Vec<u32>,
        offset: u64,
    },
    Write {
        fd: u32,
        buffers: Vec<u32>,
    },
    Pwrite {
        fd: u32,
        buffers: Vec<u32>,
        offset: u64,
    },
    Seek {
        fd: u32,
        delta: i64,
        whence: u32,
    },
    Tell {
        fd: u32,
    },
    Allocate {
        fd: u32,
        offset: u64,
        len: u64,
    },
    Advise {
        fd: u32,
        offset: u64,
        len: u64,
        advice: u32,
    },
    Sync {
        fd: u32,
    },
    Datasync {
        fd: u32,
    },
    Stat {
        fd: u32,
    },
    SetSize {
        fd: u32,
        size: u64,
    },
    SetTimes {
        fd: u32,
        times: Times,
    },
    Fdstat {
        fd: u32,
    },
    SetFlags {
        fd: u32,
        fdflags: Fdflags,
    },
    /// Reads a directory to its end, with a buffer of this length again and again.
    List {
        fd: u32,
        buf_len: u32,
    },
    /// Reads a directory again from behind one of its first entries, with any buffer.
    ListFrom {
        fd: u32,
        entry: u8,
        buf_len: u32,
    },
    /// Reads on from a cookie that nobody gave.
    ListWild {
        fd: u32,
        cookie: u64,
        buf_len: u32,
    },
    CreateDirectory {
        dir: u32,
        path: Name,
    },
    RemoveDirectory {
        dir: u32,
        path: Name,
    },
    Unlink {
        dir: u32,
        path: Name,
    },
    Rename {
        dir: u32,
        path: Name,
        to: u32,
        new: Name,
    },
    Link {
        dir: u32,
        lookup: u32,
        path: Name,
        to: u32,
        new: Name,
    },
    Symlink {
        target: Name,
        dir: u32,
        path: Name,
    },
    Readlink {
        dir: u32,
        path: Name,
        buf_len: u32,
    },
    PathStat {
        dir: u32,
        lookup: u32,
        path: Name,
    },
    PathSetTimes {
        dir: u32,
        lookup: u32,
        path: Name,
        times: Times,
    },
}

/// Access time, modification time, and the `fstflags` that say which of both is meant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) atim: u64,
    pub(crate) mtim: u64,
    pub(crate) flags: u32,
}

impl Call {
    /// The descriptors of directories with the paths that start there.
    pub(crate) fn paths(&self) -> Vec<(u32, &Name)> {
        match self {
            Call::Open { dir, path, .. }
            | Call::CreateDirectory { dir, path }
            | Call::RemoveDirectory { dir, path }
            | Call::Unlink { dir, path }
            | Call::Symlink { dir, path, .. }
            | Call::Readlink { dir, path, .. }
            | Call::PathStat { dir, path, .. }
            | Call::PathSetTimes { dir, path, .. } => vec![(*dir, path)],
            Call::Rename { dir, path, to, new } | Call::Link { dir, path, to, new, .. } => {
                vec![(*dir, path), (*to, new)]
            }
            _ => Vec::new(),
        }
    }

    /// The descriptors of calls without paths.
    pub(crate) fn fds(&self) -> Vec<u32> {
        match self {
            Call::Close { fd }
            | Call::Read { fd, .. }
            | Call::Pread { fd, .. }
            | Call::Write { fd, .. }
            | Call::Pwrite { fd, .. }
            | Call::Seek { fd, .. }
            | Call::Tell { fd }
            | Call::Allocate { fd, .. }
            | Call::Advise { fd, .. }
            | Call::Sync { fd }
            | Call::Datasync { fd }
            | Call::Stat { fd }
            | Call::SetSize { fd, .. }
            | Call::SetTimes { fd, .. }
            | Call::Fdstat { fd }
            | Call::SetFlags { fd, .. }
            | Call::List { fd, .. }
            | Call::ListFrom { fd, .. }
            | Call::ListWild { fd, .. } => vec![*fd],
            Call::Renumber { fd, to } => vec![*fd, *to],
            _ => Vec::new(),
        }
    }

    /// The call's times, if it sets some.
    pub(crate) fn times(&self) -> Option<Times> {
        match self {
            Call::SetTimes { times, .. } | Call::PathSetTimes { times, .. } => Some(*times),
            _ => None,
        }
    }

    /// The call's `lookupflags`, if it has some.
    pub(crate) fn lookup(&self) -> u32 {
        match self {
            Call::Open { lookup, .. }
            | Call::Link { lookup, .. }
            | Call::PathStat { lookup, .. }
            | Call::PathSetTimes { lookup, .. } => *lookup,
            _ => 0,
        }
    }
}

/// A path, or the target of a symlink, of any bytes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) Vec<u8>);

impl Name {
    /// Does it end in a way that only fits a directory?
    pub(crate) fn must_be_dir(&self) -> bool {
        let last = self.0.rsplit(|byte| *byte == b'/').next();
        matches!(last, Some(b"" | b"." | b".."))
    }
}

impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Name {
    /// Long names have a part in their middle that says nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.first_chunk::<8>(), self.0.last_chunk::<8>()) {
            (Some(first), Some(last)) if self.0.len() > 60 => {
                write!(f, "\"{}..{}\" ({} bytes)", first.escape_ascii(), last.escape_ascii(), self.0.len())
            }
            _ => write!(f, "\"{}\"", self.0.escape_ascii()),
        }
    }
}

/// Flags with their names.
macro_rules! named {
    ($name:ident: $($bit:ident)*) => {
        #[derive(Clone, Copy)]
        pub(crate) struct $name(pub(crate) u32);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let known = [$((stringify!($bit), $bit)),*];
                let set = known.iter().filter(|(_, bit)| self.0 & bit != 0);
                let mut names: Vec<_> = set.map(|(name, _)| (*name).to_owned()).collect();
                match known.iter().fold(self.0, |rest, (_, bit)| rest & !bit) {
                    0 => {}
                    rest => names.push(format!("{rest:#x}")),
                }
                f.write_str(if names.is_empty() { "0" } else { "" })?;
                f.write_str(&names.join("|"))
            }
        }
    };
}
named!(Oflags: CREAT DIRECTORY EXCL TRUNC);
named!(Fdflags: APPEND DSYNC NONBLOCK RSYNC SYNC);
