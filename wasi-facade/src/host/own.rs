//! The functions of the embedder's own, which a host offers besides proposals.

use super::error::Reason;
use super::shape::Import as Needed;
use super::signature::Signature;
use crate::suite::Offer;
use std::fmt;
use std::sync::Arc;
use wasi_policy::{Import, LinkError, Memory, Params, Returns, Trap};

/// A function with its name and type. Its arguments are in 64-bit slots, since a host has functions of many types in one
/// list, and gets to know the data of its stores only later.
#[derive(Clone)]
pub(super) struct OwnFunc {
    pub(super) import: Import,
    pub(super) call: Arc<Body>,
}

type Body = dyn Fn(Memory<'_>, &[u64]) -> Result<u64, Trap> + Send + Sync;

impl fmt::Debug for OwnFunc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.import)
    }
}

impl OwnFunc {
    pub(super) fn new<P: Params, R: Returns>(
        module: &'static str,
        name: &'static str,
        f: impl Fn(Memory<'_>, P) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Self {
        let import = Import { module, name, params: P::TYPES, result: R::TYPE };
        let call = move |memory: Memory<'_>, slots: &[u64]| match P::from_slots(slots) {
            Some(params) => f(memory, params).map(|result| result.into_slot().unwrap_or_default()),
            None => Err(Trap::Host("the engine passed another number of arguments".into())),
        };
        OwnFunc { import, call: Arc::new(call) }
    }

    pub(super) fn is(&self, needed: &Needed) -> bool {
        (self.import.module, self.import.name) == needed.names()
    }

    pub(super) fn signature(&self) -> Signature {
        Signature::of(&self.import)
    }
}

/// The functions that a module imports, and the names of its other imports.
pub(super) fn needed<'a>(
    own: &'a [OwnFunc],
    imports: &'a [Needed],
) -> (Vec<&'a OwnFunc>, Vec<(&'a str, &'a str)>) {
    let functions = own.iter().filter(|function| imports.iter().any(|import| function.is(import)));
    let others = imports.iter().filter(|import| !own.iter().any(|function| function.is(import)));
    (functions.collect(), others.map(Needed::names).collect())
}

/// Refuses functions that are defined twice, or that a proposal offers: a mistake of the host's, whichever module shows it
/// first.
pub(super) fn check(own: &[OwnFunc], offers: &[Offer]) -> Result<(), Reason> {
    let mut seen = Vec::new();
    for OwnFunc { import: Import { module, name, .. }, .. } in own {
        let offered = offers.iter().find(|offer| offer.find(module, name).is_some());
        let reason = match offered {
            Some(offer) => format!("the proposal `{}` offers it", offer.status.descriptor.name()),
            None if seen.contains(&(module, name)) => "it is defined already".to_owned(),
            None => {
                seen.push((module, name));
                continue;
            }
        };
        return Err(Reason::Link(LinkError::new(module, name, reason)));
    }
    Ok(())
}
