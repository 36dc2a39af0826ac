//! The execution context of one guest, on a request of ONNX Runtime's.

use super::element;
use super::ffi::Request;
use super::graph::OnnxRuntimeGraph;
use std::sync::Arc;
use wasi_nn::backend::{Execution, Graph};
use wasi_nn::{Control, Error, TensorType};
use wasi_nn_native::ports;

/// A request of a guest's own, until it is dropped.
pub(super) struct OnnxRuntimeExecution {
    /// There until the drop, which gives it back.
    request: Option<Request>,
    /// A request that failed or was cancelled is not for others.
    is_sound: bool,
    graph: Arc<OnnxRuntimeGraph>,
}

impl OnnxRuntimeExecution {
    pub(super) fn new(request: Request, graph: Arc<OnnxRuntimeGraph>) -> Self {
        OnnxRuntimeExecution { request: Some(request), is_sound: true, graph }
    }
}

impl Execution for OnnxRuntimeExecution {
    fn input(&mut self, index: usize, tensor: TensorType<'_>) -> Result<&mut [u8], Error> {
        ports::check_empty(tensor)?;
        let code = element::code_at(self.graph.inputs().get(index), tensor.element());
        self.request.as_mut().ok_or_else(gone)?.input(index, tensor, code)
    }

    fn compute(&mut self, control: &Control) -> Result<(), Error> {
        control.check()?;
        let result = self.request.as_mut().ok_or_else(gone)?.run(control);
        self.is_sound &= result.is_ok();
        result
    }

    fn output(&self, index: usize) -> Result<&[u8], Error> {
        self.request.as_ref().ok_or_else(gone)?.output(index)
    }
}

impl Drop for OnnxRuntimeExecution {
    fn drop(&mut self) {
        if let Some(request) = self.request.take().filter(|_| self.is_sound) {
            self.graph.give_back(request);
        }
    }
}

fn gone() -> Error {
    Error::runtime("the request was given back")
}
