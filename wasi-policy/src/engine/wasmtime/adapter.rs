//! The [`Linker`] over Wasmtime's.

use super::bound::{Bound, Handle, MemorySlot};
use crate::engine::slot::EXPORT;
use crate::linker::for_each_arity;
use crate::{LinkError, Linker, Memory, Params, Returns, Spread, Trap, Val};
use std::marker::PhantomData;
use wasmtime::Caller;

/// A Wasmtime linker that proposals register into.
pub struct Adapter<'l, T: 'static, M> {
    linker: &'l mut wasmtime::Linker<T>,
    memory: M,
}

/// An adapter for stores that hold one instance, whose memory `slot` finds in the store's data.
pub fn one_instance<T: 'static, F>(linker: &mut wasmtime::Linker<T>, slot: F) -> Adapter<'_, T, BySlot<F>>
where
    F: Fn(&mut T) -> &mut MemorySlot + Copy + Send + Sync + 'static,
{
    Adapter { linker, memory: BySlot(slot) }
}

/// An adapter for stores that hold any number of instances: each call looks its caller's memory up.
pub fn many_instances<T: 'static>(linker: &mut wasmtime::Linker<T>) -> Adapter<'_, T, ByLookup> {
    Adapter { linker, memory: ByLookup }
}

/// Where a call finds the guest's memory.
pub trait MemorySource<T>: Copy + Send + Sync + 'static {
    #[doc(hidden)]
    fn with<R>(self, caller: Caller<'_, T>, f: impl FnOnce(&mut T, Memory<'_>) -> R) -> R;
}

/// The memory is bound in a [`MemorySlot`].
#[derive(Clone, Copy, Debug)]
pub struct BySlot<F>(F);

/// The memory is looked up at each call.
#[derive(Clone, Copy, Debug)]
pub struct ByLookup;

impl<T: 'static, F> MemorySource<T> for BySlot<F>
where
    F: Fn(&mut T) -> &mut MemorySlot + Copy + Send + Sync + 'static,
{
    #[inline]
    fn with<R>(self, mut caller: Caller<'_, T>, f: impl FnOnce(&mut T, Memory<'_>) -> R) -> R {
        if let Some(Bound(Handle::Plain(memory))) = (self.0)(caller.data_mut()).bound() {
            let memory = *memory;
            let (bytes, state) = memory.data_and_store_mut(&mut caller);
            return f(state, Memory::plain(bytes));
        }
        self.seldom(caller, f)
    }
}

impl<F> BySlot<F> {
    /// The memory is shared, or not bound yet. Apart from the usual case, so that a host function is not
    /// inlined there several times over: that alone would cost a third of a call.
    #[cold]
    #[inline(never)]
    fn seldom<T: 'static, R>(self, mut caller: Caller<'_, T>, f: impl FnOnce(&mut T, Memory<'_>) -> R) -> R
    where
        F: Fn(&mut T) -> &mut MemorySlot,
    {
        match (self.0)(caller.data_mut()).bound() {
            Some(Bound(Handle::Shared(memory))) => {
                let memory = memory.clone();
                memory.with(|memory| f(caller.data_mut(), memory))
            }
            _ => ByLookup.with(caller, f),
        }
    }
}

impl<T: 'static> MemorySource<T> for ByLookup {
    fn with<R>(self, mut caller: Caller<'_, T>, f: impl FnOnce(&mut T, Memory<'_>) -> R) -> R {
        let export = caller.get_export(EXPORT);
        match Bound::from_export(export, &caller) {
            Ok(Bound(Handle::Plain(memory))) => {
                let (bytes, state) = memory.data_and_store_mut(&mut caller);
                f(state, Memory::plain(bytes))
            }
            Ok(Bound(Handle::Shared(memory))) => memory.with(|memory| f(caller.data_mut(), memory)),
            Err(fault) => f(caller.data_mut(), Memory::unusable(fault)),
        }
    }
}

impl<T: 'static, M: MemorySource<T>> Linker<T> for Adapter<'_, T, M> {
    fn func<P: Params, R: Returns>(
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
struct Define<'l, T: 'static, M, R> {
    linker: &'l mut wasmtime::Linker<T>,
    memory: M,
    module: &'static str,
    name: &'static str,
    result: PhantomData<fn() -> R>,
}

macro_rules! implement_spread {
    ($($arity:ident $($arg:ident)*;)*) => {
        impl<State: 'static, M: MemorySource<State>, R: Returns> Spread<State, R>
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
                        .func_wrap(self.module, self.name, move |caller: Caller<'_, State> $(, $arg: $arg)*| {
                            source
                                .with(caller, |state, memory| f(state, memory $(, $arg)*))
                                .map_err(wasmtime::Error::new)
                        })
                        .map(drop)
                        .map_err(|error| LinkError::new(self.module, self.name, error))
                }
            )*
        }
    };
}
for_each_arity!(implement_spread);
