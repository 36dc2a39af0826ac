//! The error of an access to a guest's memory.

/// Why guest memory could not be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryFault {
    /// Part of the span lies outside the memory.
    #[error("{len} bytes at {ptr:#x} are not all in the guest's memory of {size} bytes")]
    OutOfBounds {
        /// Where the span starts.
        ptr: u32,
        /// How long it is, in bytes.
        len: u64,
        /// The size of the memory, in bytes.
        size: u64,
    },
    /// The bytes of a text are no text.
    #[error("the {len} bytes at {ptr:#x} in the guest's memory are not UTF-8")]
    NotText {
        /// Where the text starts.
        ptr: u32,
        /// How long it is, in bytes.
        len: u32,
    },
    /// The guest exports no memory called `memory`.
    #[error("the module exports no memory named `memory`, which its imports need")]
    Missing,
    /// The guest's memory has 64-bit addresses, which WASI's 32-bit pointers cannot express.
    #[error("the module's memory has 64-bit addresses; WASI needs a 32-bit one")]
    SixtyFourBit,
}
