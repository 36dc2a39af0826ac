//! The needs of a module: its imports, compared with what the host's proposals offer and the gate allows.

use super::shape::{Import, Kind, Shape, Signature, THREADS_MEMORY};
use super::{Options, Reason};
use crate::suite::{Member, Suite};
use std::collections::HashMap;
use wasi_policy::{Descriptor, Gate, LinkError, Refusal, matrix};

/// A proposal, and what the gate says about it.
#[derive(Clone, Debug)]
pub struct Status {
    /// Its row of the matrix.
    pub descriptor: Descriptor,
    /// The version of its crate, if it is compiled in.
    pub version: Option<&'static str>,
    /// May it be linked?
    pub decision: Result<(), Refusal>,
}

/// What a module needs.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// The proposals that it imports from.
    pub proposals: Vec<Need>,
    /// Its imports that the host makes by itself: the shared memory `env.memory` of a program built for threads.
    pub host: Vec<String>,
    /// Its imports that no proposal offers.
    pub nobody: Vec<String>,
}

/// A proposal that a module imports from.
#[derive(Clone, Debug)]
pub struct Need {
    /// The proposal.
    pub status: Status,
    /// The imports that it offers, as `module.name`.
    pub imports: Vec<String>,
}

/// A proposal with what it defines; for one that is not compiled in, nobody knows.
struct Offer {
    status: Status,
    imports: Result<Vec<wasi_policy::Import>, LinkError>,
}

impl Offer {
    /// Does this proposal offer the import, as far as one can know?
    fn covers(&self, import: &Import) -> bool {
        let named = || self.find(import).is_some();
        let unknown = self.imports.as_ref().map_or(true, Vec::is_empty);
        self.status.descriptor.modules().contains(&import.module.as_str()) && (unknown || named())
    }

    fn find(&self, import: &Import) -> Option<&wasi_policy::Import> {
        let own = self.imports.iter().flatten();
        own.into_iter().find(|own| own.module == import.module && own.name == import.name)
    }

    /// The type of an import that it covers.
    fn signature(&self, import: &Import) -> Option<Signature> {
        let own = self.find(import)?;
        Some(Signature { params: own.params.to_vec(), results: own.result.into_iter().collect() })
    }
}

/// Everything that `S` and the matrix know of, in the order of the matrix.
fn offers<S: Suite>(gate: &Gate) -> Vec<Offer> {
    let mut members = S::members();
    let mut offers = Vec::new();
    for row in matrix::PROPOSALS {
        match members.iter().position(|member| member.descriptor == *row) {
            Some(index) => offers.push(members.remove(index)),
            None => offers.push(Member { descriptor: *row, version: None, imports: Ok(Vec::new()) }),
        }
    }
    offers.extend(members);
    offers
        .into_iter()
        .map(|member| {
            let decision = match member.version {
                Some(_) => gate.decide(&member.descriptor),
                None => Err(Refusal::not_compiled_in(&member.descriptor)),
            };
            let status = Status { descriptor: member.descriptor, version: member.version, decision };
            Offer { status, imports: member.imports }
        })
        .collect()
}

/// See [`Host::proposals`](super::Host::proposals).
pub(super) fn statuses<S: Suite>(gate: &Gate) -> Vec<Status> {
    offers::<S>(gate).into_iter().map(|offer| offer.status).collect()
}

/// Refuses a module that imports what it does not get.
pub(super) fn check<S: Suite>(gate: &Gate, options: &Options, shape: &Shape) -> Result<(), Reason> {
    let offers = offers::<S>(gate);
    let known = offers.iter().map(|offer| &offer.status.descriptor);
    // A typing error would read like a flag that was not given.
    gate.flags().check(known).map_err(Reason::Flags)?;
    let mut nobody = Vec::new();
    for import in &shape.imports {
        let Some(offer) = offers.iter().find(|offer| offer.covers(import)) else {
            nobody.push(import);
            continue;
        };
        if let Err(refusal) = &offer.status.decision {
            return Err(Reason::Refused { import: import.to_string(), refusal: refusal.clone() });
        }
        if let Err(error) = &offer.imports {
            return Err(Reason::Link(error.clone()));
        }
        let offered = offer.signature(import).unwrap_or_default();
        if import.kind != Kind::Func(offered.clone()) {
            let (wanted, offered) = (import.kind.to_string(), offered.to_string());
            return Err(Reason::WrongType { import: import.to_string(), wanted, offered });
        }
    }
    let callable = nobody.iter().all(|import| import.kind != Kind::Other);
    if nobody.is_empty() || callable && options.trap_unknown_imports {
        return one_type_each(&nobody);
    }
    Err(Reason::Unknown { imports: nobody.into_iter().map(ToString::to_string).collect(), callable })
}

/// What traps is one function for each name.
fn one_type_each(imports: &[&Import]) -> Result<(), Reason> {
    let mut known = HashMap::new();
    for import in imports {
        let first = known.entry((&import.module, &import.name)).or_insert(&import.kind);
        if *first != &import.kind {
            let (wanted, offered) = (import.kind.to_string(), first.to_string());
            return Err(Reason::WrongType { import: import.to_string(), wanted, offered });
        }
    }
    Ok(())
}

impl Needs {
    pub(super) fn of<S: Suite>(gate: &Gate, shape: &Shape) -> Self {
        let mut imports: Vec<&Import> = shape.imports.iter().collect();
        let mut needs = Needs::default();
        for offer in offers::<S>(gate) {
            let covered = imports.extract_if(.., |import| offer.covers(import));
            let names: Vec<_> = covered.map(ToString::to_string).collect();
            if !names.is_empty() {
                needs.proposals.push(Need { status: offer.status, imports: names });
            }
        }
        if shape.imports_memory {
            let (module, name) = THREADS_MEMORY;
            needs.host.push(format!("{module}.{name}"));
        }
        needs.nobody = imports.into_iter().map(ToString::to_string).collect();
        needs
    }
}
