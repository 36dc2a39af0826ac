//! The operating system: every name of cap-std, system-interface and rustix, and every `cfg` of a
//! platform, is below this folder. What leaves it is in the ABI's types or opaque.
//!
//! The modules here are the same on every system. Those of one system are in the folder of its name, behind one surface,
//! which ARCHITECTURE.md lists; the rest of the crate does not see which one is compiled.

#[cfg(not(unix))]
compile_error!("wasi-snapshot runs on Unix only so far; rfcs/0001-wasi-snapshot.md says what is missing");

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;

pub(crate) mod clock;
pub(crate) mod connected;
pub(crate) mod description;
mod errno;
pub(crate) mod flag;
pub(crate) mod found;
pub(crate) mod interrupt;
pub(crate) mod net;
pub(crate) mod pipe;
pub(crate) mod poll;
pub(crate) mod stdio;

pub use net::Listener;
pub(crate) use system::{dir, file};
