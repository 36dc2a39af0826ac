//! The linker that passes on what a module imports and nothing else, so that a program keeps no more than it can call,
//! and engines that look imports up for each run have few names to search.

use super::offers::offers;
use super::{NeededError, Suite};
use std::collections::HashSet;
use wasi_policy::{Gate, LinkError, Linker, Memory, Params, Printable, Returns, Trap};

/// A linker that passes on what is needed.
pub(super) struct Needed<'l, 'm, L> {
    linker: &'l mut L,
    imports: &'l [(&'m str, &'m str)],
    needed: HashSet<(&'m str, &'m str)>,
    offered: HashSet<(&'static str, &'static str)>,
}

impl<'l, 'm, L> Needed<'l, 'm, L> {
    pub(super) fn new(linker: &'l mut L, imports: &'l [(&'m str, &'m str)]) -> Self {
        Needed { linker, imports, needed: imports.iter().copied().collect(), offered: HashSet::new() }
    }

    /// The imports that no proposal of `S` offers.
    pub(super) fn others<S: Suite>(self, gate: &Gate) -> Result<Vec<(&'m str, &'m str)>, NeededError> {
        let is_other = |import: &&(&'m str, &'m str)| !self.offered.contains(*import);
        let others: Vec<_> = self.imports.iter().filter(is_other).copied().collect();
        if others.is_empty() {
            return Ok(others);
        }
        let offers = offers::<S>(gate);
        for (module, name) in &others {
            let covers = offers.iter().find(|offer| offer.covers(module, name));
            if let Some(Err(refusal)) = covers.map(|offer| &offer.status.decision) {
                let import = format!("{}.{}", Printable::new(module), Printable::new(name));
                return Err(NeededError::Refused { import, refusal: refusal.clone() });
            }
        }
        Ok(others)
    }
}

impl<T: 'static, L: Linker<T>> Linker<T> for Needed<'_, '_, L> {
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
        match self.needed.contains(&(module, name)) {
            true => self.linker.func(module, name, f),
            false => Ok(()),
        }
    }
}
