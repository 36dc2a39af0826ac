//! The implementation of the [`Linker`] over wasmi's own.

use crate::bound::{self, MemorySlot};
use crate::signature::{Definition, NoParameters};
use crate::slots;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasi_policy::{
    Import, LinkError, Linker, MEMORY_EXPORT, Memory, MemoryFault, Params, Returns, Signature, Trap,
};
use wasmi::{AsContext, Caller};

/// A wasmi linker that proposals register into.
pub struct Adapter<'l, T, M> {
    linker: &'l mut wasmi::Linker<T>,
    memory: M,
}

/// An adapter for stores that hold one instance, whose memory `slot` finds in the store's data.
pub fn one_instance<T, F>(linker: &mut wasmi::Linker<T>, slot: F) -> Adapter<'_, T, BySlot<F>>
where
    F: Fn(&mut T) -> &mut MemorySlot + Copy + Send + Sync + 'static,
{
    Adapter { linker, memory: BySlot(slot) }
}

/// An adapter for stores that hold any number of instances: each call looks its caller's memory up.
pub fn many_instances<T>(linker: &mut wasmi::Linker<T>) -> Adapter<'_, T, ByLookup> {
    Adapter { linker, memory: ByLookup }
}

/// Where a call finds the guest's memory.
pub trait MemorySource<T>: Copy + Send + Sync + 'static {
    #[doc(hidden)]
    fn find(self, caller: &mut Caller<'_, T>) -> Result<wasmi::Memory, MemoryFault>;
}

/// The memory is bound in a [`MemorySlot`].
#[derive(Clone, Copy, Debug)]
pub struct BySlot<F>(F);

/// The memory is looked up at each call.
#[derive(Clone, Copy, Debug)]
pub struct ByLookup;

impl<T, F> MemorySource<T> for BySlot<F>
where
    F: Fn(&mut T) -> &mut MemorySlot + Copy + Send + Sync + 'static,
{
    #[inline]
    fn find(self, caller: &mut Caller<'_, T>) -> Result<wasmi::Memory, MemoryFault> {
        match (self.0)(caller.data_mut()).bound() {
            Some(memory) => Ok(*memory),
            None => ByLookup.find(caller),
        }
    }
}

impl<T> MemorySource<T> for ByLookup {
    fn find(self, caller: &mut Caller<'_, T>) -> Result<wasmi::Memory, MemoryFault> {
        bound::usable(caller.get_export(MEMORY_EXPORT), caller.as_context())
    }
}

/// Lends a call the data of its store, and the memory. A panic is kept to the guest: in wasmi it would end the process.
#[inline]
fn with<T, R>(
    source: impl MemorySource<T>,
    mut caller: Caller<'_, T>,
    f: impl FnOnce(&mut T, Memory<'_>) -> Result<R, Trap>,
) -> Result<R, Trap> {
    let memory = source.find(&mut caller);
    let (memory, state) = match &memory {
        Ok(memory) => {
            let (bytes, state) = memory.data_and_store_mut(&mut caller);
            (Memory::plain(bytes), state)
        }
        Err(fault) => (Memory::unusable(*fault), caller.data_mut()),
    };
    catch_unwind(AssertUnwindSafe(|| f(state, memory)))
        .unwrap_or_else(|panic| Err(Trap::panicked(panic.as_ref())))
}

impl<T: 'static, M: MemorySource<T>> Adapter<'_, T, M> {
    /// Defines a function whose types are known when the program runs, and not when it is compiled: `f` has its arguments in
    /// 64-bit slots, as [`Val::into_slot`](wasi_policy::Val::into_slot) makes them, and gives its result in one, which is
    /// not looked at if `import` has none.
    ///
    /// A call takes the engine's way for values of any type, which costs several times that of [`Linker::func`].
    ///
    /// # Errors
    ///
    /// [`LinkError`] if the name is taken, or a type is none of a proposal's functions.
    pub fn func_of_slots(
        &mut self,
        import: &Import,
        f: impl Fn(&mut T, Memory<'_>, &[u64]) -> Result<u64, Trap> + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        let source = self.memory;
        slots::define(self.linker, import, move |caller, slots| {
            with(source, caller, |state, memory| f(state, memory, slots)).map_err(crate::error)
        })
    }
}

impl<T: 'static, M: MemorySource<T>> Linker<T> for Adapter<'_, T, M> {
    fn func<P: Params, R: Returns>(
        &mut self,
        module: &'static str,
        name: &'static str,
        f: impl Fn(&mut T, Memory<'_>, P) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        let source = self.memory;
        let call = move |caller: Caller<'_, T>, slots: &[u64]| {
            let answered = with(source, caller, |state, memory| match P::from_slots(slots) {
                Some(params) => f(state, memory, params),
                None => Err(Trap::Host("the engine passed another number of arguments".into())),
            });
            answered.map(|value| value.into_slot().unwrap_or_default()).map_err(crate::error)
        };
        let definition = Definition { linker: self.linker, module, name, call };
        <P::After<_, R::Signature<_, NoParameters>>>::define(definition)
    }
}
