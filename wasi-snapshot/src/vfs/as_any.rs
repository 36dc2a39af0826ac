//! The way from a trait object of this crate's to `Any`; Rust's own, upcasting, needs 1.86.

use std::any::Any;

/// What makes files and directories tell their types. Every type has it.
pub trait AsAny: Any {
    /// This, as something whose type can be asked for.
    fn as_any(&self) -> &dyn Any;

    /// The same for a value.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

// Not for what is unsized: a trait object has these methods by its table, and so tells of what is behind it.
impl<T: Any> AsAny for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
