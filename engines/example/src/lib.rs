//! An embedder's own adapter: it links the proposals of `wasi-policy` into an engine that has no adapter here.
//!
//! The engine here is tinywasm, which differs from those with adapters in three ways, as engines do. It calls host
//! functions with a list of values, so [`Params::from_slots`] reads those. It lends no slice of a guest's memory, so
//! [`Memory::copied`] stands for one. And its stores have no data of the embedder's, so the state that proposals work on
//! is kept beside the store, in a cell.
#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::rc::Rc;
use tinywasm::types::{FuncType, WasmType, WasmValue};
use tinywasm::{FuncContext, HostFunction, Imports, Store};
use wasi_policy::{
    Import, LinearMemory, LinkError, Linker, MEMORY_EXPORT, Memory, MemoryFault, Params, Returns, Trap,
    ValType,
};

/// Defines host functions in the imports of one store's guests.
pub struct Adapter<'s, T> {
    store: &'s mut Store,
    imports: Imports,
    state: Rc<RefCell<T>>,
    defined: Vec<Import>,
}

impl<'s, T> Adapter<'s, T> {
    /// An adapter for `store`, whose host functions work on `state`.
    pub fn new(store: &'s mut Store, state: Rc<RefCell<T>>) -> Self {
        Adapter { store, imports: Imports::new(), state, defined: Vec::new() }
    }

    /// What was defined, for an instance.
    pub fn into_imports(self) -> Imports {
        self.imports
    }
}

/// The [`Trap`] with which a host function ended the guest, if that is what `error` is about.
pub fn trap(error: &tinywasm::Error) -> Option<&Trap> {
    let tinywasm::Error::Trap(tinywasm::Trap::HostFunction(source)) = error else { return None };
    // tinywasm puts the error of a host function into one of its own for each level of calls.
    source.downcast_ref().or_else(|| source.downcast_ref().and_then(trap))
}

impl<T: 'static> Linker<T> for Adapter<'_, T> {
    fn func<P: Params, R: Returns>(
        &mut self,
        module: &'static str,
        name: &'static str,
        f: impl Fn(&mut T, Memory<'_>, P) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        // tinywasm would let the last definition win.
        if self.defined.iter().any(|import| (import.module, import.name) == (module, name)) {
            return Err(LinkError::new(module, name, "it is defined already"));
        }
        self.defined.push(Import { module, name, params: P::TYPES, result: R::TYPE });

        let params: Vec<_> = P::TYPES.iter().map(wasm_type).collect();
        let results: Vec<_> = R::TYPE.iter().map(wasm_type).collect();
        let state = Rc::clone(&self.state);
        let call = move |mut context: FuncContext<'_>, values: &[WasmValue]| {
            // No function of a proposal has more than ten parameters.
            let mut slots = [0; 10];
            for (slot, value) in slots.iter_mut().zip(values) {
                *slot = into_slot(value);
            }
            let params = slots.get(..values.len()).and_then(P::from_slots);
            let params =
                params.ok_or_else(|| tinywasm::Error::Other("the types of a call are checked".into()))?;
            let mut lent = Lent::of(&mut context);
            let memory = match &mut lent {
                Ok(lent) => Memory::copied(lent),
                Err(fault) => Memory::unusable(*fault),
            };
            match f(&mut state.borrow_mut(), memory, params) {
                Ok(value) => Ok(R::TYPE.zip(value.into_slot()).map(from_slot).into_iter().collect()),
                Err(trap) => Err(tinywasm::Error::Trap(tinywasm::Trap::HostFunction(trap.into()))),
            }
        };
        let function = HostFunction::from_untyped(self.store, &FuncType::new(&params, &results), call);
        self.imports.define(module, name, function);
        Ok(())
    }
}

/// A guest's memory, for one call.
struct Lent<'c> {
    store: &'c mut Store,
    memory: tinywasm::Memory,
}

impl<'c> Lent<'c> {
    /// The memory that the calling guest exports. Memories of 64 bits are refused by their type.
    fn of(context: &'c mut FuncContext<'_>) -> Result<Self, MemoryFault> {
        let memory = context.memory(MEMORY_EXPORT).map_err(|_| MemoryFault::Missing)?;
        let store = context.store_mut();
        let ty = memory.ty(store).map_err(|_| MemoryFault::Missing)?;
        match ty.arch() {
            tinywasm::types::MemoryArch::I32 => Ok(Lent { store, memory }),
            tinywasm::types::MemoryArch::I64 => Err(MemoryFault::SixtyFourBit),
        }
    }
}

impl LinearMemory for Lent<'_> {
    fn size(&self) -> u64 {
        self.memory.len(self.store).map_or(0, |size| size as u64)
    }

    fn read(&self, start: usize, out: &mut [u8]) -> bool {
        self.memory.read_exact(self.store, start, out).is_ok()
    }

    fn write(&mut self, start: usize, data: &[u8]) -> bool {
        self.memory.copy_from_slice(self.store, start, data).is_ok()
    }
}

fn wasm_type(ty: &ValType) -> WasmType {
    match ty {
        ValType::I32 => WasmType::I32,
        ValType::I64 => WasmType::I64,
        ValType::F32 => WasmType::F32,
        ValType::F64 => WasmType::F64,
        ValType::V128 => WasmType::V128,
    }
}

fn into_slot(value: &WasmValue) -> u64 {
    match value {
        WasmValue::I32(value) => u64::from(value.cast_unsigned()),
        WasmValue::I64(value) => value.cast_unsigned(),
        WasmValue::F32(value) => u64::from(value.to_bits()),
        WasmValue::F64(value) => value.to_bits(),
        // Proposals take numbers of these types only.
        _ => 0,
    }
}

fn from_slot((ty, slot): (ValType, u64)) -> WasmValue {
    match ty {
        ValType::I32 => WasmValue::I32((slot as u32).cast_signed()),
        ValType::I64 => WasmValue::I64(slot.cast_signed()),
        ValType::F32 => WasmValue::F32(f32::from_bits(slot as u32)),
        ValType::F64 => WasmValue::F64(f64::from_bits(slot)),
        // No function of a proposal has one.
        ValType::V128 => WasmValue::V128(u128::from(slot).to_le_bytes()),
    }
}
