//! The backends that do not run a graph of the host's, with their reasons.

use super::Inner;
use super::loaded::LoadedGraph;
use super::named::Named;
use super::order::Candidate;
use crate::{GraphEncoding, Origin};
use std::sync::Arc;

/// A backend that does not run a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtherBackend {
    /// Its name.
    pub backend: String,
    /// Why it does not: what it said, or why nobody asked.
    pub reason: String,
}

impl Inner {
    /// All backends but the one that has loaded the graph.
    pub(super) fn others(&self, named: &Named, loaded: &LoadedGraph) -> Vec<OtherBackend> {
        let asked = named.candidates.iter().map(|Candidate { library, .. }| library);
        let is_asked =
            |name: &Arc<str>| named.candidates.iter().any(|candidate| candidate.library.name == *name);
        let not_asked = self.routing.libraries.iter().filter(|library| !is_asked(&library.name));
        let mut others = Vec::new();
        for library in asked.chain(not_asked).filter(|library| library.name != loaded.backend) {
            let refusal = loaded.refusals.iter().find(|refusal| refusal.backend == library.name);
            let reason = match refusal {
                Some(refusal) => refusal.error.to_string(),
                None if is_asked(&library.name) => format!("not asked: `{}` comes first", loaded.backend),
                None if library.backend.accepts(loaded.encoding, Origin::Host) => {
                    "the host has named others for the graph".to_owned()
                }
                None if loaded.encoding == GraphEncoding::Autodetect => {
                    "it runs no models of servers".to_owned()
                }
                None => format!("it reads no {}", loaded.encoding),
            };
            others.push(OtherBackend { backend: library.name.to_string(), reason });
        }
        others
    }
}
