//! The slot for a guest's memory as Wasmer's handle, the function that fills the slot once, and the memory in a call.

use wasi_policy::{BindError, LinearMemory, MEMORY_EXPORT, MemoryFault};
use wasmer::{AsStoreMut, Extern, FunctionEnv, Instance, MemoryView};

/// Keeps the memory of the only instance of a `FunctionEnv`.
pub type MemorySlot = wasi_policy::MemorySlot<wasmer::Memory>;

/// Binds the memory of `instance` in the slot that `slot` finds in the data of `env`.
///
/// # Errors
///
/// [`BindError::Taken`] if the slot is bound, whichever instance it was; [`BindError::Fault`] if the
/// instance exports no memory named `memory`. Such a module can still run: its calls get the same fault as a trap, if it
/// makes any that need a memory.
pub fn bind<T: Send + 'static>(
    store: &mut impl AsStoreMut,
    env: &FunctionEnv<T>,
    instance: &Instance,
    slot: impl Fn(&mut T) -> &mut MemorySlot,
) -> Result<(), BindError> {
    let memory = match instance.exports.get_extern(MEMORY_EXPORT) {
        Some(Extern::Memory(memory)) => Ok(memory.clone()),
        _ => Err(MemoryFault::Missing),
    };
    slot(env.as_mut(store)).bind(memory)
}

/// A guest's memory, for one call.
pub(crate) struct Lent<'c>(pub(crate) MemoryView<'c>);

impl LinearMemory for Lent<'_> {
    fn size(&self) -> u64 {
        self.0.data_size()
    }

    fn read(&self, start: usize, out: &mut [u8]) -> bool {
        u64::try_from(start).is_ok_and(|start| self.0.read(start, out).is_ok())
    }

    fn write(&mut self, start: usize, data: &[u8]) -> bool {
        u64::try_from(start).is_ok_and(|start| self.0.write(start, data).is_ok())
    }
}
