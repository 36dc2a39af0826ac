//! The operating system: every name of cap-std, system-interface and rustix, and every `cfg` of a
//! platform, is below this folder. What leaves it is in the ABI's types or opaque.
//!
//! The modules here are the same on every system. Those of one system are in the folder of its name, behind one surface,
//! which ARCHITECTURE.md lists; the rest of the crate does not see which one is compiled.

#[cfg(not(any(unix, windows)))]
compile_error!("wasi-snapshot has no code for this system; rfcs/0001-wasi-snapshot.md has the platforms");

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

pub(crate) mod clock;
pub(crate) mod connected;
pub(crate) mod description;
mod errno;
pub(crate) mod flag;
pub(crate) mod found;
pub(crate) mod interrupt;
#[cfg(any(windows, test))]
mod names;
pub(crate) mod net;
pub(crate) mod pipe;
pub(crate) mod poll;
pub(crate) mod stdio;

pub use net::Listener;
pub(crate) use system::{dir, file};
