//! A linker that records a list of imports: for documentation, for `wasi imports`, and for tests of import tables.

use crate::{Import, LinkError, Linker, Memory, Params, Returns, Trap};

/// Records what is defined and calls nothing.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    imports: Vec<Import>,
}

impl Recording {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Recording::default()
    }

    /// Everything that was defined, in order.
    #[must_use]
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }
}

impl<T> Linker<T> for Recording {
    fn func<P: Params, R: Returns>(
        &mut self,
        module: &'static str,
        name: &'static str,
        _: impl Fn(&mut T, Memory<'_>, P) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        if self.imports.iter().any(|import| import.module == module && import.name == name) {
            return Err(LinkError::new(module, name, "it is defined already"));
        }
        self.imports.push(Import { module, name, params: P::TYPES, result: R::TYPE });
        Ok(())
    }
}
