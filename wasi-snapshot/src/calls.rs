//! The calls, one file for each prefix of their names; `fd` and `path` are split by theme.
//!
//! Every call has the same shape: decode the arguments, look up the descriptor, act, encode the results.
//! Pointers that a call writes to are checked before it acts, so that a guest which passes a bad one is
//! stopped before anything has happened.
//!
//! The specification is the witx of `wasi_snapshot_preview1`; errnos below are named as there. Pointers
//! outside the guest's memory end the guest with a trap, as the witx asks, and are not listed again.

pub(crate) mod args;
pub(crate) mod clock;
pub(crate) mod environ;
pub(crate) mod fd;
pub(crate) mod fd_dir;
pub(crate) mod fd_rw;
pub(crate) mod fd_stat;
mod iovec;
pub(crate) mod path;
mod path_arg;
pub(crate) mod path_open;
pub(crate) mod path_stat;
pub(crate) mod poll;
pub(crate) mod proc;
pub(crate) mod random;
pub(crate) mod sched;
pub(crate) mod sock;
