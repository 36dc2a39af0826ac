//! An execution in the worker: the backend's own, and where its outputs go.

use crate::messages::{Compute, Data, Found};
use crate::{MAX_INLINE, MAX_INLINE_TOGETHER};
use wasi_isolate::{Files, Region};
use wasi_nn::backend::{Execution, Graph, PortType};
use wasi_nn::{Control, Error, ErrorKind, TensorType};

/// An execution, the inputs that it has, and the regions of its outputs.
pub(crate) struct Running {
    execution: Box<dyn Execution>,
    has_input: Vec<bool>,
    regions: Vec<Option<Region>>,
}

impl Running {
    pub(crate) fn new(graph: &dyn Graph, execution: Box<dyn Execution>) -> Self {
        let has_input = graph.inputs().iter().map(|_| false).collect();
        let regions = graph.outputs().iter().map(|_| None).collect();
        Running { execution, has_input, regions }
    }

    /// Sets the inputs that are new, and computes if that is asked for.
    pub(crate) fn compute(
        &mut self,
        graph: &dyn Graph,
        request: &Compute<'_>,
        control: &Control,
        files: &Files,
    ) -> Result<(), Error> {
        for input in &request.inputs {
            let at = usize::try_from(input.index).unwrap_or(usize::MAX);
            let found = graph.inputs().get(at).zip(self.has_input.get_mut(at));
            let (port, has_input) = found.ok_or_else(|| Error::invalid_argument("there is no such input"))?;
            *has_input = false;
            let tensor = TensorType::new(input.element, &input.dimensions)?;
            if u64::from(tensor.byte_len()) != input.data.len() {
                return Err(Error::invalid_argument("the tensor has another number of bytes"));
            }
            let named = |error: Error| Error::new(error.kind(), format!("input {at}: {error}"));
            let buffer = self.execution.input(at, tensor).map_err(named)?;
            match input.data {
                Data::Here(bytes) if bytes.len() == buffer.len() => buffer.copy_from_slice(bytes),
                Data::At { start, len } if u64::try_from(buffer.len()) == Ok(len) => files
                    .copy(start, buffer)
                    .map_err(|error| Error::runtime(format!("the tensor cannot be read: {error}")))?,
                _ => return Err(Error::runtime("the backend has another number of bytes for the tensor")),
            }
            if port.element == PortType::Bool {
                buffer.iter_mut().for_each(|byte| *byte = u8::from(*byte != 0));
            }
            self.execution.check_input(at, control).map_err(named)?;
            *has_input = true;
        }
        if !request.computes {
            return Ok(());
        }
        if self.has_input.contains(&false) {
            return Err(Error::invalid_argument("an input is not set"));
        }
        self.execution.compute(control)
    }

    /// Where each output is, after what is large was written to the memory. One that the backend cannot give leaves the others.
    pub(crate) fn outputs(&mut self, files: &Files) -> Result<Vec<Found<'_>>, Error> {
        let (mut outputs, mut together) = (Vec::new(), 0_usize);
        for (index, region) in self.regions.iter_mut().enumerate() {
            let bytes = match self.execution.output(index) {
                Ok(bytes) => bytes,
                Err(error) => {
                    outputs.push(Err(error));
                    continue;
                }
            };
            let is_small = bytes.len() <= MAX_INLINE;
            together = together.saturating_add(if is_small { bytes.len() } else { 0 });
            if is_small && together <= MAX_INLINE_TOGETHER {
                outputs.push(Ok(Data::Here(bytes)));
                continue;
            }
            let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            let mut filled = files.region(region.take(), bytes.len()).map_err(|error| {
                let message = format!("an output of {len} bytes has no room in the worker's memory: {error}");
                Error::new(ErrorKind::TooLarge, message)
            })?;
            filled.copy_from_slice(bytes);
            outputs.push(Ok(Data::At { start: region.insert(filled).start(), len }));
        }
        Ok(outputs)
    }
}
