//! Helpers that the tests of several crates share, generic over the proposal.
//!
//! * [`Direct`] is a linker without an engine, and [`GuestMemory`] the memory of a guest that calls through it.
//! * [`Errno`] is what a call gives, by its name in the witx.
//! * [`witx`] reads the published interfaces, and [`documented`] what the docs of calls promise.
//! * [`counting`] shows what a call allocates.
//! * [`packages`] finds what `cargo xtask setup` brings, and skips what needs it where it is absent.
//! * [`copy`] runs a test in a process of its own, `console` and `pty` do so in terminals of Windows, and [`same_cases`] draws the
//!   same cases every time.
//!
//! Whatever goes wrong in here panics, as tests do.
#![deny(unsafe_code)]

mod cases;
#[cfg(windows)]
pub mod console;
pub mod copy;
#[expect(unsafe_code, reason = "an allocator is unsafe to write; each block names its promise")]
pub mod counting;
mod direct;
pub mod documented;
mod errno;
mod memory;
pub mod packages;
#[cfg(windows)]
pub mod pty;
pub mod witx;

pub use cases::same_cases;
pub use direct::{Direct, imports};
pub use errno::{Errno, Names};
pub use memory::{GuestMemory, MASK, SIZE, View};
