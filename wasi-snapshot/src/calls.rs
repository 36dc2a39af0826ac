//! The calls, one file for each prefix of their names; `fd` and `path` are split by theme.
//!
//! Every call has the same shape: decode the arguments, look up the descriptor, act, encode the results.
//! Pointers that a call writes to are checked before it acts, so that a guest which passes a bad one is
//! stopped before anything has happened.
//!
//! The first two parameters are the host's: what the guest may see and touch, and its memory. The others are the
//! guest's, numbers of 32 or 64 bits; an address is one in the guest's memory. What a call gives back is `success` or an
//! errno, and results are written to memory.
//!
//! On docs.rs these functions can be read and not called: programs register [`Snapshot`](crate::Snapshot).
//!
//! The specification is the witx of `wasi_snapshot_preview1`; errnos below are named as there. Pointers
//! outside the guest's memory end the guest with a trap, as the witx asks, and are not listed again.

pub mod args;
pub mod clock;
pub mod environ;
pub mod fd;
pub mod fd_dir;
pub mod fd_rw;
pub mod fd_stat;
mod iovec;
pub mod path;
mod path_arg;
pub mod path_open;
pub mod path_stat;
pub mod poll;
pub mod proc;
pub mod random;
pub mod sched;
pub mod sock;
