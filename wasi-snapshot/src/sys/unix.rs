//! The half of Unix: cap-std's sandbox, and rustix for what that and the standard library lack.

pub(super) mod clock;
pub(crate) mod dir;
pub(super) mod errno;
pub(super) mod event;
pub(crate) mod file;
pub(super) mod pipe;
pub(super) mod poll;
mod quiet;
mod rlimits;
mod shared;
pub(super) mod socket;
pub(super) mod stdio;
mod times;

// What Linux has beyond POSIX, and what stands in for that elsewhere. Under `wasi_posix_only` Linux does as the others do,
// so that what they run is tested there.
#[cfg(all(target_os = "linux", not(wasi_posix_only)))]
mod linux;
#[cfg(all(target_os = "linux", not(wasi_posix_only)))]
use linux as beyond;
#[cfg(not(all(target_os = "linux", not(wasi_posix_only))))]
mod posix;
#[cfg(not(all(target_os = "linux", not(wasi_posix_only))))]
use posix as beyond;
#[cfg(target_vendor = "apple")]
#[allow(
    unsafe_code,
    reason = "calls of Darwin that no safe crate of the tree has; each block names its invariant"
)]
mod darwin;
