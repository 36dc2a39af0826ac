//! `wasi_snapshot_preview1` and the older `wasi_unstable`, for core WebAssembly modules.
//!
//! All 46 functions of the one and the 45 of the other, synchronous and complete: files in a sandbox,
//! directories, clocks, randomness, polling, and real sockets. The crate knows no engine; it registers
//! through [`wasi_policy`] in anything that implements [`wasi_policy::Linker`].
//!
//! # A tour
//!
//! * [`WasiCtx`] is what one guest may see and touch. Its [`WasiCtxBuilder`] starts with no arguments, no
//!   environment, no directories, and empty stdio; the guest sees none that the embedder has not named.
//! * [`Snapshot`] is the proposal: it is registered with a permit from the policy's gate.
//! * [`Source`], [`Sink`] and [`Captured`] are what stands behind the guest's standard streams.
//! * Directories are the host's, by a path or as a [`HostDir`], under finer or coarser [`Perms`]; or a [`MemDir`], in
//!   memory; or anything that is a [`Dir`], and files anything that is a [`File`]. A [`PreopenFile`] and a [`Listener`]
//!   say how an open file and a socket start. Streams say by a [`ReadyFlag`] when they are ready.
//! * Time, chance and waiting are the host's, without being asked for, unless the embedder gives a [`WallClock`], a
//!   [`MonotonicClock`], a [`Random`], a [`Scheduler`], or all of them with [`WasiCtxBuilder::deterministic`];
//!   [`WasiCtxBuilder::no_clocks`] takes the clocks away.
//! * [`Limits`] bound what a guest can make the host spend; they are finite unless said otherwise.
//! * [`InterruptHandle`] ends a guest that waits in a host call.
#![cfg_attr(
    docsrs,
    doc = "* [`calls`] has what each function of the two modules takes, gives and fails with."
)]
//! * [`migrating`] has what other crates call the same things.
//!
//! ```
//! use wasi_policy::{Flags, Gate, Proposal};
//! use wasi_policy::recording::Recording;
//! use wasi_snapshot::{Perms, Sink, Snapshot, WasiCtx};
//!
//! let dir = std::env::temp_dir();
//! let (stdout, captured) = Sink::capture(64 * 1024);
//! let ctx = WasiCtx::builder()
//!     .args(["greet", "world"])
//!     .env("LANG", "C.UTF-8")
//!     .preopen_dir(dir, "/tmp", Perms::read_only())
//!     .stdout(stdout)
//!     .build()?;
//!
//! // Any engine's adapter takes the place of this list of imports.
//! let mut linker = Recording::new();
//! let permit = Gate::new(Flags::none()).permit::<Snapshot>()?;
//! Snapshot::register(permit, &mut linker, |ctx: &mut WasiCtx| ctx)?;
//! assert_eq!(linker.imports().len(), 46 + 45);
//! assert!(captured.bytes().is_empty());
//! # drop(ctx);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it is built
//!
//! A call enters through the table in `imports.rs`, which turns its outcome into an errno or a trap, and
//! runs one function of `calls/`: decode, look up, act, encode. What it acts on is in the descriptor table
//! (`guest/table.rs`). Everything that speaks to the operating system, and every type of cap-std,
//! system-interface and rustix, stays inside `sys/`.
#![deny(unsafe_code)]
// On Windows, Win32 is called in one module, src/sys/windows/calls.rs; on macOS, its own calls in src/sys/unix/darwin.rs.
#![cfg_attr(not(any(windows, target_vendor = "apple")), forbid(unsafe_code))]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod abi;
mod builder;
#[cfg(docsrs)]
pub mod calls;
#[cfg(not(docsrs))]
#[expect(unreachable_pub, reason = "public on docs.rs only, to be read there and not to be called")]
mod calls;
mod errno;
mod error;
mod guest;
mod imports;
mod mem;
pub mod migrating;
mod open_how;
mod path;
mod perms;
mod stdio;
mod sys;
mod vfs;
mod world;

pub use abi::{Filestat, Filetype, SetTime};
pub use builder::{BuildError, FdInfo, PreopenFile, WasiCtxBuilder};
pub use errno::Errno;
pub use guest::ctx::WasiCtx;
pub use guest::limits::Limits;
pub use imports::Snapshot;
pub use mem::{Contents, MemDir, MemLimits, TreeError};
pub use open_how::OpenHow;
pub use path::{Component, PathRef};
pub use perms::Perms;
pub use stdio::{Captured, OnLimit, Sink, Source};
pub use sys::Listener;
pub use sys::flag::ReadyFlag;
pub use vfs::{Access, Dir, DirEntry, File, HostDir, Opened};
pub use wasi_policy::InterruptHandle;
pub use world::clocks::{MonotonicClock, WallClock};
pub use world::random::Random;
pub use world::scheduler::{Scheduler, Waits};
pub use world::virtual_clock::VirtualClock;
