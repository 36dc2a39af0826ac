//! Helpers that all test binaries share: a guest made of bytes, the ground it walks on, and errno names.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod direct;
pub(crate) mod errno;
pub(crate) mod fixture;
pub(crate) mod guest;
pub(crate) mod layer;
pub(crate) mod older;
pub(crate) mod ops;
pub(crate) mod pipe;
pub(crate) mod place;
pub(crate) mod tree;
#[cfg(target_os = "linux")]
pub(crate) mod unprivileged;
