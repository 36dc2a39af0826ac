//! The trap for calls of functions that a module imports and nobody offers, where a host lets such modules run.

use crate::{Printable, Trap};
use std::fmt;

/// A call of such a function. It has the names as the module has them.
#[derive(Debug)]
struct Unknown {
    module: String,
    name: String,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (module, name) = (Printable::new(&self.module), Printable::new(&self.name));
        write!(
            f,
            "the guest called {module}.{name}, which nobody offers; it needs another host, or another build"
        )
    }
}

impl std::error::Error for Unknown {}

impl Trap {
    /// How the call of `module.name` ends the guest, which its module imports and nobody offers. The names may be any: they
    /// are bounded and escaped where the trap is shown.
    #[must_use]
    pub fn unknown_import(module: &str, name: &str) -> Self {
        Trap::Host(Box::new(Unknown { module: module.to_owned(), name: name.to_owned() }))
    }
}

#[cfg(test)]
mod tests {
    use crate::Trap;

    #[test]
    fn names_are_cut_and_escaped() {
        let text = Trap::unknown_import("\u{1b}[2J", &"x".repeat(100_000)).to_string();
        assert!(text.starts_with(r"the guest called \u{1b}[2J.xxx"), "{text}");
        assert!(text.len() < 1000, "{}", text.len());
    }
}
