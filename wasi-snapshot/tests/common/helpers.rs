//! Helpers that all test binaries share: a guest made of bytes, the ground it walks on, and errno names.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod direct;
pub(crate) mod errno;
pub(crate) mod fixture;
pub(crate) mod guest;
pub(crate) mod layer;
#[cfg(target_os = "linux")]
pub(crate) mod older;
pub(crate) mod ops;
pub(crate) mod place;
pub(crate) mod tree;
#[cfg(unix)]
pub(crate) mod unix;
#[cfg(windows)]
pub(crate) mod windows;

#[cfg(unix)]
pub(crate) use unix as system;
#[cfg(windows)]
pub(crate) use windows as system;

#[cfg(target_os = "linux")]
pub(crate) mod unprivileged;
