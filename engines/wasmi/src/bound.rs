//! The slot for a guest's memory as wasmi's handle, and the function that fills the slot once.

use wasi_policy::{BindError, MEMORY_EXPORT, Memory, MemoryFault};
use wasmi::{AsContext, Extern, Instance, Store};

/// Keeps the memory of a store's only instance.
pub type MemorySlot = wasi_policy::MemorySlot<wasmi::Memory>;

/// Binds the memory of `instance` in the slot that `slot` finds in the store's data.
///
/// # Errors
///
/// [`BindError::Taken`] if the slot is bound, whichever instance it was; [`BindError::Fault`] if the
/// instance exports no memory named `memory`, or one with 64-bit addresses. Such a module can still run:
/// its calls look the memory up and get the same fault as a trap, if it makes any that need it.
pub fn bind<T>(
    store: &mut Store<T>,
    instance: &Instance,
    slot: impl Fn(&mut T) -> &mut MemorySlot,
) -> Result<(), BindError> {
    let memory = usable(instance.get_export(&*store, MEMORY_EXPORT), &*store);
    slot(store.data_mut()).bind(memory)
}

/// The memory of `instance`, for the host between two calls; the one that is bound in the slot that `slot` finds in the
/// store's data. Without one every access gives the fault for which it could not be bound.
pub fn memory<'s, T>(
    store: &'s mut Store<T>,
    instance: &Instance,
    slot: impl Fn(&mut T) -> &mut MemorySlot,
) -> Memory<'s> {
    let bound = slot(store.data_mut()).bound().copied();
    match bound {
        Some(memory) => Memory::plain(memory.data_mut(store)),
        None => {
            let found = usable(instance.get_export(&*store, MEMORY_EXPORT), &*store);
            Memory::unusable(found.err().unwrap_or(MemoryFault::Missing))
        }
    }
}

/// The memory that calls of a guest with this `memory` export can use.
pub(crate) fn usable(export: Option<Extern>, store: impl AsContext) -> Result<wasmi::Memory, MemoryFault> {
    match export {
        Some(Extern::Memory(memory)) if memory.ty(&store).is_64() => Err(MemoryFault::SixtyFourBit),
        Some(Extern::Memory(memory)) => Ok(memory),
        _ => Err(MemoryFault::Missing),
    }
}
