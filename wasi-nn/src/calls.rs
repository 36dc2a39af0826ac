//! The functions that a guest imports: decode, look up, act, encode.
//!
//! No argument ends a guest: pointers outside its memory give `invalid_argument`, and without a memory of 32-bit
//! addresses every call that needs one gives `missing_memory`. Pointers that are written to are checked before
//! anything happens. They may be misaligned and overlap: all that is read is read before anything is written.

pub(crate) mod context;
pub(crate) mod graph;
pub(crate) mod streaming;
pub(crate) mod tensor;
