//! The table of calls that on purpose give another errno than the system's.

use crate::common::errno::{AGAIN, BADF, Errno, INVAL, NODEV, NOTCONN, PERM, PIPE, SUCCESS};

pub(super) struct Deviation {
    /// How the names of the calls start.
    calls: &'static [&'static str],
    /// What the names of the kinds have in them.
    kinds: &'static [&'static str],
    ours: Errno,
    theirs: &'static [Errno],
    #[expect(dead_code, reason = "it is for people")]
    why: &'static str,
}

impl Deviation {
    pub(super) fn covers(&self, call: &str, kind: &str, ours: Errno, theirs: Errno) -> bool {
        self.calls.iter().any(|start| call.starts_with(start))
            && self.kinds.iter().any(|part| kind.contains(part))
            && self.ours == ours
            && self.theirs.contains(&theirs)
    }
}

pub(super) const DEVIATIONS: &[Deviation] = &[
    Deviation {
        calls: &["fd_advise", "fd_allocate", "fd_filestat_set_size", "fd_seek", "fd_tell"],
        kinds: &["directory"],
        ours: BADF,
        theirs: &[SUCCESS, INVAL],
        why: "WASI's own tests ask for it (`dir_fd_op_failures`): directories are listed with cookies, and have no cursor",
    },
    Deviation {
        calls: &["fd_filestat_set_times"],
        kinds: &["stream", "inherited terminal", "inherited pipe", "socket to", "connection", "listener"],
        ours: BADF,
        theirs: &[SUCCESS],
        why: "streams have a type and nothing else, so there are no times that the guest could see change",
    },
    Deviation {
        calls: &["fd_filestat_set_times"],
        kinds: &[
            "given file to read",
            "own file to read",
            "given pipe to read",
            "inherited file to",
            "device to read",
        ],
        ours: PERM,
        theirs: &[SUCCESS],
        why: "what is given to be read is not changed, whoever owns it",
    },
    Deviation {
        calls: &["fd_sync", "fd_datasync"],
        kinds: &["own stream", "stream of a writer"],
        ours: SUCCESS,
        theirs: &[INVAL],
        why: "the embedder's own code says what that is; a writer is flushed",
    },
    Deviation {
        calls: &["fd_read", "sock_recv"],
        kinds: &["socket to write"],
        ours: BADF,
        theirs: &[AGAIN],
        why: "standard output is for writing, though a socket would be for both",
    },
    Deviation {
        calls: &["fd_write", "sock_send"],
        kinds: &["socket to read"],
        ours: BADF,
        theirs: &[SUCCESS],
        why: "standard input is for reading, though a socket would be for both",
    },
    Deviation {
        calls: &["fd_read", "fd_write", "sock_recv", "sock_send"],
        kinds: &["listener"],
        ours: NOTCONN,
        theirs: &[PIPE, INVAL],
        why: "POSIX's word for what is not connected, for all kinds of sockets",
    },
    Deviation {
        calls: &["sock_shutdown"],
        kinds: &["listener"],
        ours: NOTCONN,
        theirs: &[SUCCESS],
        why: "POSIX has notconn; Linux ends the listening of everybody who shares the socket",
    },
    Deviation {
        calls: &["fd_allocate"],
        kinds: &["socket to read"],
        ours: BADF,
        theirs: &[NODEV],
        why: "standard input is for reading, though a socket would be for both",
    },
];
