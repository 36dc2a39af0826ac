//! The trap by which a host function ends a guest.

use crate::{MemoryFault, Printable};
use std::any::Any;

/// What a host function returns instead of a value when the guest must not go on.
///
/// An engine's adapter carries it through the engine; the function `trap` of the adapter finds it in the engine's error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trap {
    /// The guest asked to end with this exit code. Zero is success.
    #[error("the guest exited with code {0}")]
    Exit(u32),
    /// The guest passed a pointer that it must not use.
    #[error(transparent)]
    Memory(#[from] MemoryFault),
    /// The host interrupted a call that was waiting.
    #[error("the guest was interrupted by the host")]
    Interrupted,
    /// The host cannot go on with this guest for a reason of its own.
    #[error(transparent)]
    Host(Box<dyn std::error::Error + Send + Sync>),
}

/// The words of a panic, whose `payload` [`catch_unwind`](std::panic::catch_unwind) gave; a panic can have none.
#[must_use]
pub fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref().copied()).unwrap_or("it gave no reason")
}

impl Trap {
    /// The trap for a host function that panicked, where an adapter or a host keeps the panic to its guest.
    #[must_use]
    pub fn panicked(payload: &(dyn Any + Send)) -> Self {
        Trap::Host(format!("a host function panicked: {}", Printable::new(panic_message(payload))).into())
    }

    /// The exit code, if that is how the guest ended.
    #[must_use]
    pub fn exit_code(&self) -> Option<u32> {
        match self {
            Trap::Exit(code) => Some(*code),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Trap;
    use crate::MemoryFault;
    use std::error::Error as _;
    use std::panic::catch_unwind;

    /// Whoever prints a trap with its sources says nothing twice.
    #[test]
    fn no_text_repeats_its_source() {
        let host = Trap::Host("the disk is gone".into());
        assert_eq!(host.to_string(), "the disk is gone");
        for trap in [host, Trap::Memory(MemoryFault::Missing), Trap::Exit(1), Trap::Interrupted] {
            assert!(trap.source().is_none(), "{trap}");
        }
    }

    #[test]
    fn a_panic_keeps_its_words_on_one_line() {
        let text = |panics: fn()| Trap::panicked(catch_unwind(panics).unwrap_err().as_ref()).to_string();
        assert_eq!(text(|| panic!("a constant")), "a host function panicked: a constant");
        assert_eq!(text(|| panic!("number\n{}", 7)), r"a host function panicked: number\n7");
        assert_eq!(text(|| std::panic::panic_any(7)), "a host function panicked: it gave no reason");
    }
}
