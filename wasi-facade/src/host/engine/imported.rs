//! Links what a module imports and nothing else, so that a program keeps no more than it can call, and engines that
//! look imports up for each run have few names to search.

use crate::host::shape::Import;
use std::collections::HashSet;
use wasi_policy::{LinkError, Linker, Memory, Params, Returns, Trap};

/// A linker that passes on what is imported.
pub(super) struct Imported<'l, L> {
    linker: &'l mut L,
    imports: HashSet<(&'l str, &'l str)>,
    offered: HashSet<(&'static str, &'static str)>,
}

impl<'l, L> Imported<'l, L> {
    pub(super) fn new(linker: &'l mut L, imports: &'l [Import]) -> Self {
        let imports = imports.iter().map(|import| (import.module.as_str(), import.name.as_str())).collect();
        Imported { linker, imports, offered: HashSet::new() }
    }
}

impl<L> Imported<'_, L> {
    /// Everything that proposals offered.
    pub(super) fn into_offered(self) -> HashSet<(&'static str, &'static str)> {
        self.offered
    }
}

impl<T: 'static, L: Linker<T>> Linker<T> for Imported<'_, L> {
    fn func<P: Params, R: Returns>(
        &mut self,
        module: &'static str,
        name: &'static str,
        f: impl Fn(&mut T, Memory<'_>, P) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        // Two proposals that offer the same are a mistake of the host's, whichever module shows it first.
        if !self.offered.insert((module, name)) {
            return Err(LinkError::new(module, name, "it is defined already"));
        }
        match self.imports.contains(&(module, name)) {
            true => self.linker.func(module, name, f),
            false => Ok(()),
        }
    }
}
