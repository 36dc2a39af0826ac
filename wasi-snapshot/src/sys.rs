//! The operating system: every name of cap-std, system-interface and rustix, and every `cfg` of a
//! platform, is below this folder. What leaves it is in the ABI's types or opaque.

#[cfg(not(unix))]
compile_error!("wasi-snapshot runs on Unix only so far; rfcs/0001-wasi-snapshot.md says what is missing");

pub(crate) mod clock;
pub(crate) mod connected;
pub(crate) mod description;
pub(crate) mod dir;
mod errno;
pub(crate) mod file;
pub(crate) mod flag;
pub(crate) mod interrupt;
pub(crate) mod net;
pub(crate) mod pipe;
pub(crate) mod poll;
mod quiet;
mod rlimits;
mod shared;
pub(crate) mod stdio;
mod times;

pub use net::Listener;
pub(crate) use poll::OsHandle;
