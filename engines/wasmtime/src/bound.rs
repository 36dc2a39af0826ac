//! The slot for a guest's memory as Wasmtime's handle, and the function that fills the slot once.

use crate::shared::SharedBytes;
use wasi_policy::{BindError, MEMORY_EXPORT, Memory, MemoryFault};
use wasmtime::{AsContext, AsContextMut, Extern, Instance, Store};

/// Keeps the memory of a store's only instance.
pub type MemorySlot = wasi_policy::MemorySlot<Bound>;

/// A memory that calls can use.
#[derive(Clone, Debug)]
pub struct Bound(pub(crate) Handle);

#[derive(Clone, Debug)]
pub(crate) enum Handle {
    Plain(wasmtime::Memory),
    Shared(SharedBytes),
}

impl Bound {
    pub(crate) fn from_export(
        export: Option<Extern>,
        store: impl AsContext<Data: 'static>,
    ) -> Result<Self, MemoryFault> {
        let (ty, handle) = match export {
            Some(Extern::Memory(memory)) => (memory.ty(&store), Handle::Plain(memory)),
            Some(Extern::SharedMemory(memory)) => (memory.ty(), Handle::Shared(SharedBytes::new(memory))),
            _ => return Err(MemoryFault::Missing),
        };
        if ty.is_64() { Err(MemoryFault::SixtyFourBit) } else { Ok(Bound(handle)) }
    }
}

/// Binds the memory of `instance` in the slot that `slot` finds in the store's data.
///
/// # Errors
///
/// [`BindError::Taken`] if the slot is bound, whichever instance it was; [`BindError::Fault`] if the
/// instance exports no memory named `memory`, or one with 64-bit addresses. Such a module can still run:
/// its calls look the memory up and get the same fault as a trap, if it makes any that need it.
pub fn bind<S: AsContextMut<Data: 'static>>(
    mut store: S,
    instance: &Instance,
    slot: impl Fn(&mut S::Data) -> &mut MemorySlot,
) -> Result<(), BindError> {
    let export = instance.get_export(&mut store, MEMORY_EXPORT);
    let bound = Bound::from_export(export, &store);
    let mut context = store.as_context_mut();
    slot(context.data_mut()).bind(bound)
}

/// The memory of `instance`, for the host between two calls; the one that is bound in the slot that `slot` finds in the
/// store's data. Without one every access gives the fault for which it could not be bound.
pub fn memory<'s, T: 'static>(
    store: &'s mut Store<T>,
    instance: &Instance,
    slot: impl Fn(&mut T) -> &mut MemorySlot,
) -> Memory<'s> {
    if let Some(Bound(Handle::Plain(memory))) = slot(store.data_mut()).bound() {
        let memory = *memory;
        return Memory::plain(memory.data_mut(store));
    }
    let export = instance.get_export(&mut *store, MEMORY_EXPORT);
    let found = Bound::from_export(export, &*store);
    match slot(store.data_mut()).bound() {
        Some(Bound(Handle::Shared(memory))) => memory.lend(),
        _ => Memory::unusable(found.err().unwrap_or(MemoryFault::Missing)),
    }
}
