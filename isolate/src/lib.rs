//! Workers: processes of their own for work on bytes that may attack whatever reads them.
//!
//! A parser, an optimiser or a compiler that others wrote can be made to overflow its stack or to run out of memory, and
//! both end the process, whatever is caught. A [`Pool`] starts a program again as a worker, has it confine itself by what the
//! system offers, and gives it to one guest. Whatever a worker does, the host loses a process that it can spare.
//!
//! # Who does what
//!
//! * [`Worker`] says which program to start. It is started by `fork` and `exec` as [`std::process::Command`] does, with no
//!   environment but what [`Worker::env`] adds, and without any descriptor but its channel, and files and memories that it shares with the host.
//! * [`serve`] is called first thing in that program's `main`. If the process is no worker, it returns at once.
//! * [`Service`] is what a worker does. It gets a message and gives one back, and may use [`Files`] for what is large.
//! * [`Pool`] keeps fresh workers ready, on a thread of its own; [`Process`] is one that was taken. It serves one guest and is
//!   killed when it is dropped.
//!
//! # What confines a worker
//!
//! Once the service has loaded what it needs, and before it sees a byte of a guest's, a worker gives up: writing and reading
//! files but for those that the service names (Landlock), all system calls but those of computing (seccomp: no sockets, no
//! other programs, no other processes), and memory, descriptors, sizes of files and processor time beyond [`Limits`]. What a
//! kernel lacks is missing in [`Confinement`], and in the log. Elsewhere than on Linux, [`Pool::new`] refuses.
//!
//! # What the host believes
//!
//! Nothing. A message is bounded before it is read. An answer that nobody asked for, one that is too long, an end, or silence
//! beyond the deadline kills the worker, and [`Error`] says which it was.
#![deny(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod confinement;
mod error;
#[cfg(target_os = "linux")]
mod frame;
mod limits;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;
mod service;
#[cfg(target_os = "linux")]
mod start;
pub mod wire;

pub use confinement::Confinement;
pub use error::{Ending, Error};
pub use limits::Limits;
#[cfg(target_os = "linux")]
pub use linux::{Files, Pool, Process, Region, Worker, serve};
#[cfg(not(target_os = "linux"))]
pub use other::{Files, Pool, Process, Region, Worker, serve};
pub use service::{Needs, Service};

/// The last argument of a worker's command line, by which [`serve`] knows that the process is one.
pub const ARGUMENT: &str = "isolate-worker";

/// Bytes of one message at most. What is larger goes through [`Files`].
pub const MAX_MESSAGE: usize = 256 << 10;
