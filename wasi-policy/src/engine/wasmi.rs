//! wasmi, the interpreter. How to choose between the two kinds of adapter: [`engine`](crate::engine).

use super::slot::{self, BindError, EXPORT};
use crate::linker::for_each_arity;
use crate::{LinkError, Linker, Memory, MemoryFault, Params, Spread, Trap, Val};
use std::marker::PhantomData;
use wasmi::{AsContext, Caller, Error, Extern, Instance};

/// Keeps the memory of a store's only instance.
pub type MemorySlot = slot::MemorySlot<wasmi::Memory>;

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

/// Binds the memory of `instance` in the slot that `slot` finds in the store's data.
///
/// # Errors
///
/// [`BindError::Taken`] if the slot is bound, whichever instance it was; [`BindError::Fault`] if the
/// instance exports no memory named `memory`, or one with 64-bit addresses. Such a module can still run:
/// its calls look the memory up and get the same fault as a trap, if it makes any that need it.
pub fn bind<T>(
    store: &mut wasmi::Store<T>,
    instance: &Instance,
    slot: impl Fn(&mut T) -> &mut MemorySlot,
) -> Result<(), BindError> {
    let memory = usable(instance.get_export(&*store, EXPORT), &*store);
    let slot = slot(store.data_mut());
    match slot.bound() {
        Some(_) => Err(BindError::Taken),
        None => slot.bind(memory?),
    }
}

/// The [`Trap`] with which a host function ended the guest, if that is what `error` is about.
#[must_use]
pub fn trap(error: &Error) -> Option<&Trap> {
    error.downcast_ref()
}

impl wasmi::errors::HostError for Trap {}

/// The memory that calls of a guest with this `memory` export can use.
fn usable(export: Option<Extern>, store: impl AsContext) -> Result<wasmi::Memory, MemoryFault> {
    match export {
        Some(Extern::Memory(memory)) if memory.ty(&store).is_64() => Err(MemoryFault::SixtyFourBit),
        Some(Extern::Memory(memory)) => Ok(memory),
        _ => Err(MemoryFault::Missing),
    }
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
        usable(caller.get_export(EXPORT), caller.as_context())
    }
}

/// A result that wasmi can return. Only the types of [`Returns`](crate::Returns) have it.
pub trait Returns: Sized {
    #[doc(hidden)]
    type Wire: wasmi::WasmRet;

    #[doc(hidden)]
    fn wire(result: Result<Self, Error>) -> Self::Wire;
}

macro_rules! returns {
    ($($ty:ty)*) => {$(
        impl Returns for $ty {
            type Wire = Result<$ty, Error>;

            #[inline]
            fn wire(result: Result<Self, Error>) -> Self::Wire {
                result
            }
        }
    )*};
}
returns!(() i32 u32 i64 u64 f32 f64);

impl<T: 'static, M: MemorySource<T>> Linker<T> for Adapter<'_, T, M> {
    fn func<P: Params, R: crate::Returns>(
        &mut self,
        module: &'static str,
        name: &'static str,
        f: impl Fn(&mut T, Memory<'_>, P) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        let define = Define { linker: self.linker, memory: self.memory, module, name, result: PhantomData };
        P::spread(define, f)
    }
}

/// One definition on its way into the linker.
struct Define<'l, T, M, R> {
    linker: &'l mut wasmi::Linker<T>,
    memory: M,
    module: &'static str,
    name: &'static str,
    result: PhantomData<fn() -> R>,
}

macro_rules! implement_spread {
    ($($arity:ident $($arg:ident)*;)*) => {
        impl<State: 'static, M: MemorySource<State>, R: crate::Returns> Spread<State, R>
            for Define<'_, State, M, R>
        {
            type Output = Result<(), LinkError>;

            $(
                #[allow(non_snake_case, reason = "the type parameters name the values too")]
                fn $arity<$($arg: Val),*>(
                    self,
                    f: impl Fn(&mut State, Memory<'_> $(, $arg)*) -> Result<R, Trap> + Send + Sync + 'static,
                ) -> Self::Output {
                    let source = self.memory;
                    self.linker
                        .func_wrap(self.module, self.name, move |mut caller: Caller<'_, State> $(, $arg: $arg)*| {
                            let result = match source.find(&mut caller) {
                                Ok(memory) => {
                                    let (bytes, state) = memory.data_and_store_mut(&mut caller);
                                    f(state, Memory::plain(bytes) $(, $arg)*)
                                }
                                Err(fault) => f(caller.data_mut(), Memory::unusable(fault) $(, $arg)*),
                            };
                            R::wire(result.map_err(Error::host))
                        })
                        .map(drop)
                        .map_err(|error| LinkError::new(self.module, self.name, error))
                }
            )*
        }
    };
}
for_each_arity!(implement_spread);
