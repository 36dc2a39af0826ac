//! Helpers that the tests share: a guest made of bytes, and a backend that lives outside of the crate.

pub(crate) mod direct;
pub(crate) mod errno;
pub(crate) mod fixture;
pub(crate) mod guest;
pub(crate) mod toy;
