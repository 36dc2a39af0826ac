//! The peer: wasi-nn of Wasmtime's own project, on OpenVINO.

use crate::cases::Case;
use crate::crew::Worker;
use crate::guest::{self, ENGINE, Guest, MODEL};
use wasmtime::{Linker, Store};
use wasmtime_wasi_nn::backend::BackendInner;
use wasmtime_wasi_nn::backend::openvino::OpenvinoBackend;
use wasmtime_wasi_nn::wit::ExecutionTarget;
use wasmtime_wasi_nn::witx::{WasiNnCtx, add_to_linker};
use wasmtime_wasi_nn::{Graph, GraphRegistry};

/// The one model, which all guests share.
struct Named(Graph);

impl GraphRegistry for Named {
    fn get(&self, name: &str) -> Option<&Graph> {
        (name == MODEL).then_some(&self.0)
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut Graph> {
        (name == MODEL).then_some(&mut self.0)
    }
}

/// Guests whose model OpenVINO runs.
pub(crate) fn start(case: &Case, guests: usize) -> Vec<Box<dyn Worker>> {
    crate::openvino::load_library();
    // It wants weights beside the model, of which ONNX has none; OpenVINO tells the format by itself.
    let graph = OpenvinoBackend::default()
        .load(&[&case.onnx(), &[]], ExecutionTarget::Cpu)
        .expect("OpenVINO reads the model");
    let mut linker = Linker::new(&ENGINE);
    add_to_linker(&mut linker, |state: &mut WasiNnCtx| state).expect("the linker was empty");
    let module = guest::module(case);
    let guest = |_| {
        let mut store = Store::new(&ENGINE, WasiNnCtx::new([], Named(graph.clone()).into()));
        let instance = linker.instantiate(&mut store, &module).expect("the peer has all imports");
        Box::new(Guest::new(store, &instance, case)) as Box<dyn Worker>
    };
    (0..guests).map(guest).collect()
}
