//! The proposals of a host and of the matrix, with what the gate says about each and what each defines.

use super::{Member, Suite};
use std::cell::OnceCell;
use wasi_policy::{Descriptor, Gate, Import, LinkError, Refusal, matrix};

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

/// A proposal with what it defines; for one that is not compiled in, nobody knows.
pub(crate) struct Offer {
    pub(crate) status: Status,
    member: Option<Member>,
    /// Asked of the member when it is first needed: a proposal registers its functions to tell.
    imports: OnceCell<Result<Vec<Import>, LinkError>>,
}

impl Offer {
    fn new(gate: &Gate, descriptor: Descriptor, member: Option<Member>) -> Self {
        let decision = match member {
            Some(_) => gate.decide(&descriptor),
            None => Err(Refusal::not_compiled_in(&descriptor)),
        };
        let version = member.as_ref().map(|member| member.version);
        Offer { status: Status { descriptor, version, decision }, member, imports: OnceCell::new() }
    }

    /// Does this proposal offer the import, as far as one can know?
    pub(crate) fn covers(&self, module: &str, name: &str) -> bool {
        self.status.descriptor.modules().contains(&module)
            && (self.imports().map_or(true, <[Import]>::is_empty) || self.find(module, name).is_some())
    }

    /// What it defines under this name.
    pub(crate) fn find(&self, module: &str, name: &str) -> Option<&Import> {
        let own = self.imports().unwrap_or_default();
        own.iter().find(|own| own.module == module && own.name == name)
    }

    /// Everything that it defines; nothing if nobody knows.
    pub(crate) fn imports(&self) -> Result<&[Import], &LinkError> {
        let imports = || self.member.as_ref().map_or(Ok(Vec::new()), Member::imports);
        self.imports.get_or_init(imports).as_ref().map(Vec::as_slice)
    }
}

/// Everything that `S` and the matrix know of, in the order of the matrix.
pub(crate) fn offers<S: Suite>(gate: &Gate) -> Vec<Offer> {
    let mut members = S::members();
    let mut offers = Vec::new();
    for row in matrix::PROPOSALS {
        let index = members.iter().position(|member| member.descriptor == *row);
        offers.push(Offer::new(gate, *row, index.map(|index| members.remove(index))));
    }
    offers.extend(members.into_iter().map(|member| Offer::new(gate, member.descriptor, Some(member))));
    offers
}
