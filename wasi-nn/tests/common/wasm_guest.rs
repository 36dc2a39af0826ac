//! A guest in Wasmtime that runs any model.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use nn_models::{Element, Tensor, packages};
use std::path::Path;
use std::sync::LazyLock;
use wasi_engine_wasmtime as on_wasmtime;
use wasi_nn::{GraphEncoding, GuestModels, Limits, NamedGraph, Nn, NnCtx, Registry, RegistryBuilder, Source};
use wasi_nn_onnx::Onnx;
use wasi_nn_onnxruntime::OnnxRuntime;
use wasi_nn_openvino::OpenVino;
use wasi_policy::{Flags, Gate, Proposal};
use wasmtime::{Engine, Instance, Linker, Memory, Module, Store};

/// Where the test puts a name or a list, tensors, their dimensions, a model, and data; and where outputs go.
const LIST: u32 = 0x100;
const TENSORS: u32 = 0x1000;
const DIMENSIONS: u32 = 0x2000;
const MODEL: u32 = 0x1_0000;
const DATA: u32 = 0x80_0000;
const OUTPUTS: u32 = 0xa0_0000;
/// The room that each output has, with its size.
const ROOM: u32 = 0x20_0000;

/// How a guest counts tensor types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbering {
    /// As the witx, and the bindings since 0.6.
    New,
    /// As the bindings before, which do not know all types.
    Old,
}

impl Numbering {
    pub(crate) fn number(self, element: Element) -> Option<u32> {
        let names: &[&str] = match self {
            Numbering::New => &["f16", "f32", "f64", "u8", "i32", "i64"],
            Numbering::Old => &["f16", "f32", "u8", "i32"],
        };
        let at = names.iter().position(|name| *name == element.name())?;
        Some(at as u32)
    }
}

pub(crate) struct Guest {
    store: Store<NnCtx>,
    instance: Instance,
    memory: Memory,
}

impl Guest {
    pub(crate) fn new(registry: &Registry) -> Self {
        static MODULE: LazyLock<Module> = LazyLock::new(|| {
            let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/wasm_guest.wat");
            Module::new(&Engine::default(), wat::parse_file(text).unwrap()).unwrap()
        });
        let engine = MODULE.engine();
        let mut linker = Linker::new(engine);
        let permit = Gate::new(Flags::none().allow("nn")).permit().unwrap();
        let mut adapter = on_wasmtime::many_instances(&mut linker);
        Nn::register(permit, &mut adapter, |ctx: &mut NnCtx| ctx).unwrap();
        // A busy machine is no reason to fail.
        let limits = Limits::default().compile_time(None).compute_time(None);
        let mut store = Store::new(engine, NnCtx::builder(registry.clone()).limits(limits).build());
        let instance = linker.instantiate(&mut store, &MODULE).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        Guest { store, instance, memory }
    }

    /// Loads a model from the guest's memory.
    pub(crate) fn load(&mut self, encoding: u32, parts: &[&[u8]]) {
        self.try_load(encoding, parts).unwrap();
    }

    /// Loads a model from the guest's memory, or says why not.
    pub(crate) fn try_load(&mut self, encoding: u32, parts: &[&[u8]]) -> Result<(), String> {
        let (mut at, mut list) = (MODEL, Vec::new());
        for part in parts {
            self.write(at, part);
            list.extend([at, part.len() as u32]);
            at += part.len() as u32;
        }
        assert!(at <= DATA);
        self.write_words(LIST, &list);
        self.call("load", &[LIST, parts.len() as u32, encoding])
    }

    /// Loads a model that the host has named.
    pub(crate) fn load_by_name(&mut self, name: &str) {
        self.try_load_by_name(name).unwrap();
    }

    /// Loads a model that the host has named, or says why not.
    pub(crate) fn try_load_by_name(&mut self, name: &str) -> Result<(), String> {
        self.write(LIST, name.as_bytes());
        self.call("load_by_name", &[LIST, name.len() as u32])
    }

    /// The bytes of all outputs for these inputs.
    pub(crate) fn infer(
        &mut self,
        inputs: &[Tensor],
        numbering: Numbering,
        outputs: usize,
    ) -> Result<Vec<Vec<u8>>, String> {
        let (mut dimensions, mut data, mut records) = (DIMENSIONS, DATA, Vec::new());
        for tensor in inputs {
            let kind = numbering.number(tensor.element).unwrap();
            let (rank, len) = (tensor.dims.len() as u32, tensor.bytes.len() as u32);
            self.write_words(dimensions, &tensor.dims);
            self.write(data, &tensor.bytes);
            records.extend([dimensions, rank, kind, data, len]);
            dimensions += 4 * rank;
            // Nothing need be aligned.
            data += len + 1;
        }
        assert!(dimensions <= MODEL && data <= OUTPUTS);
        self.write_words(TENSORS, &records);
        self.call("infer", &[TENSORS, inputs.len() as u32, OUTPUTS, outputs as u32, ROOM])?;
        let read = |index| {
            let place = OUTPUTS as usize + index * ROOM as usize;
            let bytes = &self.memory.data(&self.store)[place..];
            let len = u32::from_le_bytes(bytes[..4].try_into().unwrap());
            bytes[4..][..len as usize].to_vec()
        };
        Ok((0..outputs).map(read).collect())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) {
        self.memory.write(&mut self.store, at as usize, bytes).unwrap();
    }

    fn write_words(&mut self, at: u32, words: &[u32]) {
        self.write(at, &words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>());
    }

    /// Calls an export, and says why a call of its own failed.
    fn call(&mut self, name: &str, args: &[u32]) -> Result<(), String> {
        let args: Vec<_> = args.iter().map(|arg| wasmtime::Val::I32(*arg as i32)).collect();
        let mut errno = [wasmtime::Val::I32(0)];
        let function = self.instance.get_func(&mut self.store, name).unwrap();
        function.call(&mut self.store, &args, &mut errno).unwrap();
        match errno[0].unwrap_i32() {
            0 => Ok(()),
            errno => Err(format!("{errno}: {}", self.store.data().last_error().unwrap_or_default())),
        }
    }
}

/// A registry with all backends and the host's graphs; `None` where a library is absent and may be.
pub(crate) fn registry(graphs: impl IntoIterator<Item = NamedGraph>) -> Option<Registry> {
    let openvino = packages::or_skip(packages::openvino_libs())?;
    let onnx_runtime = packages::or_skip(packages::onnxruntime_libs())?;
    let builder = Registry::builder()
        .backend(Onnx::new())
        .backend(OpenVino::builder().library(openvino).build().unwrap())
        .backend(OnnxRuntime::builder().library(onnx_runtime).build().unwrap())
        .guest_models(GuestModels::InProcess);
    Some(graphs.into_iter().fold(builder, RegistryBuilder::graph).build().unwrap())
}

/// The backends on native libraries, as graphs name them.
pub(crate) const NATIVE: [&str; 2] = ["openvino", "onnxruntime"];

/// The name of a graph of the host's on a backend, if it has one on each.
pub(crate) fn name_on(backend: &str, name: &str) -> String {
    format!("{name} on {backend}")
}

/// A graph of the host's that is ONNX, and runs on this backend.
pub(crate) fn on(backend: &str, name: &str, source: Source) -> NamedGraph {
    NamedGraph::new(name, GraphEncoding::Onnx, source).backend(backend)
}

/// The same on each backend on a native library.
pub(crate) fn on_each(name: &str, source: &Source) -> [NamedGraph; 2] {
    NATIVE.map(|backend| on(backend, &name_on(backend, name), source.clone()))
}
