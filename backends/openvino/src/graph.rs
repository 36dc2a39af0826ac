//! A compiled model, and the infer requests that its guests take turns with.

use super::element;
use super::execution::OpenVinoExecution;
use super::ffi::{CompiledModel, Fixed, RawPort, Request};
use super::narrow::Wide;
use super::onnx::Places;
use super::source::Checked;
use std::ffi::CStr;
use std::sync::Arc;
use wasi_nn::backend::{Compiled, Execution, Graph, Port};
use wasi_nn::{Control, Error, Tally, TensorType};
use wasi_nn_native::{Pool, ports};

/// A model that is compiled for a device.
pub(super) struct OpenVinoGraph {
    model: Arc<CompiledModel>,
    inputs: Vec<Port>,
    /// Where the library has each of the inputs.
    places: Places,
    outputs: Vec<Port>,
    device: String,
    compiled: Compiled,
    held: u64,
    fixed: Fixed,
    pool: Pool<Request>,
}

impl OpenVinoGraph {
    /// Asks the library about the model, once.
    ///
    /// Requests of a model that `has_state` are not used by a second guest, nor are those with open shapes,
    /// whose tensors the library allocates as it goes and nobody could wipe.
    pub(super) fn new(
        (model, compiles): (CompiledModel, Tally),
        asked: &CStr,
        checked: Checked,
    ) -> Result<Self, Error> {
        let Checked { has_state, held, claims, .. } = checked;
        let found = all_ports(model.inputs()?)?;
        let outputs = all_ports(model.outputs()?)?;
        // Where a device does not tell, it is the one that was asked for.
        let device = model.property(c"EXECUTION_DEVICES");
        let device = device.unwrap_or_else(|_| asked.to_string_lossy().into_owned());
        let mut compiled = Compiled::default();
        match model.property(c"LOADED_FROM_CACHE").as_deref() {
            Ok("YES") => compiled.hits = 1,
            _ => compiled.compiles = compiles,
        }
        // One that is made of several may hand a computation from one to another, and its outputs with it.
        let outputs_stay = asked == c"CPU";
        let fixed = |all: &[Port]| all.iter().map(ports::is_fixed).collect::<Result<Vec<_>, _>>();
        let fixed = Fixed { inputs: fixed(&found)?, outputs: fixed(&outputs)?, outputs_stay };
        let (inputs, places, outputs) = match claims {
            Some(claims) => {
                let outputs = claims.outputs(outputs)?;
                let (inputs, places) = claims.inputs(found)?;
                (inputs, places, outputs)
            }
            None => {
                let places = (0..found.len()).map(Some).collect();
                (found, places, outputs)
            }
        };
        let all_fixed = fixed.inputs.iter().chain(&fixed.outputs).all(|is_fixed| *is_fixed);
        Ok(OpenVinoGraph {
            model: Arc::new(model),
            inputs,
            places,
            outputs,
            device,
            compiled,
            held,
            fixed,
            pool: Pool::new(all_fixed && !has_state),
        })
    }

    /// Where the library has an input; nothing if it does not ask for its value. One that the model has not is none there
    /// either.
    pub(super) fn place(&self, index: usize) -> Option<usize> {
        self.places.get(index).copied().unwrap_or(Some(index))
    }

    /// Takes a request back, when the guest that had it is done. It must not have failed.
    pub(super) fn give_back(&self, request: Request) {
        self.pool.give_back(request, Request::wipe);
    }
}

impl Graph for OpenVinoGraph {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn device(&self) -> &str {
        &self.device
    }

    fn held_bytes(&self) -> u64 {
        self.held
    }

    /// Compiled once, or found in the cache.
    fn compiled(&self) -> Compiled {
        self.compiled
    }

    /// Whether its numbers are computed in fewer bits.
    fn checks_input(&self, index: usize) -> bool {
        self.place(index).and(self.inputs.get(index)).is_some_and(|port| Wide::of(&port.element).is_some())
    }

    /// Computes once, with zeros, unless the shapes of outputs are fixed: a compiled model tells no others.
    fn outputs_for(
        self: Arc<Self>,
        inputs: &[TensorType<'_>],
        control: &Control,
    ) -> Result<Vec<Port>, Error> {
        if self.outputs.iter().all(Port::is_fixed) {
            return Ok(self.outputs.clone());
        }
        control.check()?;
        let mut request = Request::new(&self.model, &self.fixed)?;
        for (index, input) in inputs.iter().enumerate() {
            let code = element::code_at(self.inputs.get(index), input.element());
            if let Some(place) = self.place(index) {
                request.input(place, *input, code)?.fill(0);
            }
        }
        request.infer(control)?;
        let output = |(index, port): (usize, &Port)| {
            let shape = request.output_shape(index)?.into_iter().map(Some).collect();
            ports::port(port.name.clone(), port.element.clone(), Some(shape))
        };
        self.outputs.iter().enumerate().map(output).collect()
    }

    fn execution(self: Arc<Self>, _: &Control) -> Result<Box<dyn Execution>, Error> {
        let request = match self.pool.take() {
            Some(request) => request,
            None => Request::new(&self.model, &self.fixed)?,
        };
        Ok(Box::new(OpenVinoExecution::new(request, self)))
    }
}

fn all_ports(raw: Vec<RawPort>) -> Result<Vec<Port>, Error> {
    raw.into_iter().map(port).collect()
}

fn port(raw: RawPort) -> Result<Port, Error> {
    ports::port(raw.name, element::port_type(raw.element), raw.shape)
}
