//! The older and newer versions of Rust and of engines that the crates promise to build with.
#![expect(dead_code, reason = "the task that takes them follows")]

pub(crate) mod toolchain;
