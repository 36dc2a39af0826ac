//! The half of Windows: cap-std's sandbox, the standard library, and the calls of Win32 that both lack.

#[allow(
    unsafe_code,
    reason = "calls of Win32 that no safe crate of the tree has; each block names its invariant"
)]
mod calls;
pub(super) mod clock;
pub(crate) mod dir;
mod entries;
pub(super) mod errno;
pub(super) mod event;
pub(crate) mod file;
pub(super) mod pipe;
pub(super) mod poll;
pub(super) mod socket;
pub(super) mod stdio;
mod stream;
mod times;
