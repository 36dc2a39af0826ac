//! Helpers that all test binaries share: a linker of our own, a guest made of bytes, and errno names.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod copy;
pub(crate) mod direct;
pub(crate) mod errno;
pub(crate) mod fixture;
pub(crate) mod guest;
pub(crate) mod layer;
pub(crate) mod older;
pub(crate) mod ops;
pub(crate) mod place;
pub(crate) mod tree;
#[cfg(target_os = "linux")]
pub(crate) mod unprivileged;
pub(crate) mod witx_files;
