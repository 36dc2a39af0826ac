//! A linker without an engine: every import of a proposal as a function over 64-bit slots.
//!
//! It is written as a third party would write one for an engine with untyped calls.

use std::collections::BTreeMap;
use wasi_policy::recording::Recording;
use wasi_policy::{Import, LinkError, Linker, Memory, Params, Permit, Proposal, Returns, Trap};

type Function<C> = dyn Fn(&mut C, Memory<'_>, &[u64]) -> Result<Option<u64>, Trap> + Send + Sync;

/// The functions that a proposal registers, in its order.
pub fn imports<P: Proposal<Context: 'static>>(permit: Permit<P>) -> Vec<Import> {
    let mut list = Recording::new();
    P::register(permit, &mut list, |context: &mut P::Context| context).unwrap();
    list.imports().to_vec()
}

/// All imports of a proposal, by module and name.
pub struct Direct<P: Proposal> {
    functions: BTreeMap<(&'static str, &'static str), Box<Function<P::Context>>>,
}

impl<P: Proposal<Context: 'static>> Direct<P> {
    /// The functions that the proposal registers.
    #[must_use]
    pub fn new(permit: Permit<P>) -> Self {
        let mut direct = Direct { functions: BTreeMap::new() };
        P::register(permit, &mut direct, |context: &mut P::Context| context).unwrap();
        direct
    }

    /// Calls a function with its arguments in slots. It allocates nothing of its own, since some tests count.
    ///
    /// # Errors
    ///
    /// If the function ends the guest.
    ///
    /// # Panics
    ///
    /// If there is no such function, or it takes other arguments.
    pub fn call(
        &self,
        module: &str,
        name: &str,
        context: &mut P::Context,
        memory: Memory<'_>,
        slots: &[u64],
    ) -> Result<Option<u64>, Trap> {
        let function = self.functions.get(&(module, name));
        let function = function.unwrap_or_else(|| panic!("there is no {module}.{name}"));
        function(context, memory, slots)
    }
}

impl<P: Proposal<Context: 'static>> Linker<P::Context> for Direct<P> {
    fn func<A: Params, R: Returns>(
        &mut self,
        module: &'static str,
        name: &'static str,
        f: impl Fn(&mut P::Context, Memory<'_>, A) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        let function = move |context: &mut P::Context, memory: Memory<'_>, slots: &[u64]| {
            let arguments = A::from_slots(slots)
                .unwrap_or_else(|| panic!("{name} takes {} arguments, not {}", A::TYPES.len(), slots.len()));
            f(context, memory, arguments).map(R::into_slot)
        };
        match self.functions.insert((module, name), Box::new(function)) {
            None => Ok(()),
            Some(_) => Err(LinkError::new(module, name, "it is defined twice")),
        }
    }
}
