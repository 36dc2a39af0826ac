//! The needs of a module: its imports, compared with what the host's proposals offer and the gate allows.

use super::error::Reason;
use super::options::Options;
use super::own;
use super::shape::{Import, Shape, THREADS_MEMORY};
use super::signature::{Kind, Signature};
use crate::suite::{Offer, Status, Suite, offers};
use std::collections::HashMap;
use wasi_policy::Gate;

/// What a module needs.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// The proposals that it imports from.
    pub proposals: Vec<Need>,
    /// Its imports that the host makes by itself: functions of [`Host::func`](super::Host::func), and the shared memory
    /// `env.memory` of a program built for threads.
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

/// Does this proposal offer the import, as far as one can know?
fn covers(offer: &Offer, import: &Import) -> bool {
    offer.covers(&import.module, &import.name)
}

/// The type of an import that it covers.
fn signature(offer: &Offer, import: &Import) -> Result<Signature, Reason> {
    offer.imports().map_err(|error| Reason::Link(error.clone()))?;
    Ok(offer.find(&import.module, &import.name).map(Signature::of).unwrap_or_default())
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
    own::check(&options.own, &offers)?;
    let mut nobody = Vec::new();
    for import in &shape.imports {
        if let Some(function) = options.own.iter().find(|function| function.is(import)) {
            has_type(import, function.signature())?;
            continue;
        }
        let Some(offer) = offers.iter().find(|offer| covers(offer, import)) else {
            nobody.push(import);
            continue;
        };
        if let Err(refusal) = &offer.status.decision {
            return Err(Reason::Refused { import: import.to_string(), refusal: refusal.clone() });
        }
        has_type(import, signature(offer, import)?)?;
    }
    let callable = nobody.iter().all(|import| import.kind != Kind::Other);
    if nobody.is_empty() || callable && options.trap_unknown_imports {
        return one_type_each(&nobody);
    }
    Err(Reason::Unknown { imports: nobody.into_iter().map(ToString::to_string).collect(), callable })
}

/// Compares the module's idea of an import with what is offered.
fn has_type(import: &Import, offered: Signature) -> Result<(), Reason> {
    let offered = Kind::Func(offered);
    if import.kind == offered {
        return Ok(());
    }
    let (wanted, offered) = (import.kind.to_string(), offered.to_string());
    Err(Reason::WrongType { import: import.to_string(), wanted, offered })
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
    pub(super) fn of<S: Suite>(gate: &Gate, options: &Options, shape: &Shape) -> Self {
        let mut imports: Vec<&Import> = shape.imports.iter().collect();
        let mut needs = Needs::default();
        let own = imports.extract_if(.., |import| options.own.iter().any(|function| function.is(import)));
        needs.host.extend(own.map(ToString::to_string));
        for offer in offers::<S>(gate) {
            let covered = imports.extract_if(.., |import| covers(&offer, import));
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
