//! The execution context of one guest, on an infer request of OpenVINO.

use super::element;
use super::ffi::Request;
use super::graph::OpenVinoGraph;
use super::narrow::{self, Wide};
use std::sync::Arc;
use wasi_nn::backend::{Execution, Graph};
use wasi_nn::{Control, Error, TensorType};
use wasi_nn_native::ports;

/// A request of a guest's own, until it is dropped.
pub(super) struct OpenVinoExecution {
    /// There until the drop, which gives it back.
    request: Option<Request>,
    /// A request that failed or was cancelled is not for others.
    is_sound: bool,
    graph: Arc<OpenVinoGraph>,
    /// The bytes of an input whose value the library does not ask for.
    unread: Vec<u8>,
}

impl OpenVinoExecution {
    pub(super) fn new(request: Request, graph: Arc<OpenVinoGraph>) -> Self {
        OpenVinoExecution { request: Some(request), is_sound: true, graph, unread: Vec::new() }
    }
}

impl Execution for OpenVinoExecution {
    fn input(&mut self, index: usize, tensor: TensorType<'_>) -> Result<&mut [u8], Error> {
        ports::check_empty(tensor)?;
        let code = element::code_at(self.graph.inputs().get(index), tensor.element());
        let Some(place) = self.graph.place(index) else {
            self.unread.resize(usize::try_from(tensor.byte_len()).unwrap_or(usize::MAX), 0);
            return Ok(&mut self.unread);
        };
        self.request.as_mut().ok_or_else(gone)?.input(place, tensor, code)
    }

    fn check_input(&self, index: usize, _: &Control) -> Result<(), Error> {
        let (Some(port), Some(place)) = (self.graph.inputs().get(index), self.graph.place(index)) else {
            return Ok(());
        };
        match Wide::of(&port.element) {
            Some(wide) => {
                let bytes = self.request.as_ref().ok_or_else(gone)?.input_bytes(place);
                narrow::check_input(&port.name, wide, bytes)
            }
            None => Ok(()),
        }
    }

    fn compute(&mut self, control: &Control) -> Result<(), Error> {
        control.check()?;
        let request = self.request.as_mut().ok_or_else(gone)?;
        let result = request.infer(control);
        self.is_sound &= result.is_ok();
        result
    }

    fn output(&self, index: usize) -> Result<&[u8], Error> {
        self.request.as_ref().ok_or_else(gone)?.output(index)
    }
}

impl Drop for OpenVinoExecution {
    fn drop(&mut self) {
        if let Some(request) = self.request.take().filter(|_| self.is_sound) {
            self.graph.give_back(request);
        }
    }
}

fn gone() -> Error {
    Error::runtime("the infer request was given back")
}
