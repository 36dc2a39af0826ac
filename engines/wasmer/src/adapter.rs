//! The implementation of the [`Linker`] over Wasmer's imports.

use crate::bound::{Lent, MemorySlot};
use crate::signature::{Definition, NoParameters};
use wasi_policy::{LinkError, Linker, Memory, MemoryFault, Params, Returns, Signature, Trap};
use wasmer::{AsStoreMut, FunctionEnv, FunctionEnvMut, Imports, StoreMut};

/// Imports of Wasmer's that proposals register into.
pub struct Adapter<'s, T, F> {
    store: StoreMut<'s>,
    env: FunctionEnv<T>,
    imports: &'s mut Imports,
    slot: F,
}

/// An adapter for the imports of one instance, whose context is in `env`, and whose memory `slot` finds there.
pub fn one_instance<'s, T, F>(
    store: &'s mut impl AsStoreMut,
    env: &FunctionEnv<T>,
    imports: &'s mut Imports,
    slot: F,
) -> Adapter<'s, T, F>
where
    F: Fn(&mut T) -> &mut MemorySlot + Copy + Send + Sync + 'static,
{
    Adapter { store: store.as_store_mut(), env: env.clone(), imports, slot }
}

impl<T, F> Linker<T> for Adapter<'_, T, F>
where
    T: Send + 'static,
    F: Fn(&mut T) -> &mut MemorySlot + Copy + Send + Sync + 'static,
{
    fn func<P: Params, R: Returns>(
        &mut self,
        module: &'static str,
        name: &'static str,
        f: impl Fn(&mut T, Memory<'_>, P) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        // Wasmer would let the last definition win.
        if self.imports.exists(module, name) {
            return Err(LinkError::new(module, name, "it is defined already"));
        }
        let slot = self.slot;
        let call = move |mut env: FunctionEnvMut<'_, T>, slots: &[u64]| {
            let (state, store) = env.data_and_store_mut();
            let Some(params) = P::from_slots(slots) else {
                return Err(Trap::Host("the engine passed another number of arguments".into()));
            };
            let value = match slot(state).bound().cloned() {
                Some(memory) => f(state, Memory::copied(&mut Lent(memory.view(&store))), params),
                None => f(state, Memory::unusable(MemoryFault::Missing), params),
            };
            Ok(value?.into_slot().unwrap_or_default())
        };
        let Adapter { store, env, imports, .. } = self;
        let definition = Definition { store: store.as_store_mut(), env, imports, module, name, call };
        <P::After<_, R::Signature<_, NoParameters>>>::define(definition)
    }
}
