//! A session, and the requests that its guests take turns with.

use super::claims::Claims;
use super::element;
use super::execution::OnnxRuntimeExecution;
use super::ffi::{Fixed, Kind, RawPort, Request, Session, Shape};
use std::sync::Arc;
use wasi_nn::backend::{Compiled, Execution, Graph, Port, PortType};
use wasi_nn::{Control, Error, Printable, Tally, TensorType};
use wasi_nn_native::{Pool, ports};

/// A model that is ready to run.
pub(super) struct OnnxRuntimeGraph {
    session: Arc<Session>,
    inputs: Vec<Port>,
    outputs: Arc<[Port]>,
    device: String,
    compiled: Compiled,
    held: u64,
    fixed: Fixed,
    pool: Pool<Request>,
}

impl OnnxRuntimeGraph {
    /// Asks the library about the model, once.
    ///
    /// Requests with open shapes are not used by a second guest: the library allocates as it goes.
    ///
    /// * `claims`: what the model declares of its outputs
    /// * `held`: bytes that count to the guest whose model it is
    pub(super) fn new(
        session: Session,
        claims: &Claims,
        compiles: Tally,
        held: u64,
        device: String,
    ) -> Result<Self, Error> {
        let inputs = session.inputs()?.into_iter().map(input).collect::<Result<Vec<_>, _>>()?;
        let found = session.outputs()?.into_iter().map(output).collect::<Result<Vec<_>, _>>()?;
        let outputs = found.iter().cloned().map(|port| claims.output(port));
        let outputs = outputs.collect::<Result<Arc<[_]>, _>>()?;
        let fixed =
            Fixed {
                inputs: inputs.iter().map(fixed).collect::<Result<_, _>>()?,
                // One that is an input is not written to a tensor of ours by ONNX Runtime 1.32, but given in the input's place.
                outputs: found
                    .iter()
                    .map(|port| {
                        if inputs.iter().any(|input| input.name == port.name) {
                            Ok(None)
                        } else {
                            fixed(port)
                        }
                    })
                    .collect::<Result<_, _>>()?,
                declared: Arc::clone(&outputs),
            };
        let all_fixed = fixed.inputs.iter().chain(&fixed.outputs).all(Option::is_some);
        let mut compiled = Compiled::default();
        compiled.compiles = compiles;
        Ok(OnnxRuntimeGraph {
            session: Arc::new(session),
            inputs,
            outputs,
            device,
            compiled,
            held,
            fixed,
            pool: Pool::new(all_fixed),
        })
    }

    /// Takes a request back, when the guest that had it is done. It must not have failed.
    pub(super) fn give_back(&self, request: Request) {
        self.pool.give_back(request, Request::wipe);
    }
}

impl Graph for OnnxRuntimeGraph {
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

    fn compiled(&self) -> Compiled {
        self.compiled
    }

    /// Computes once, with zeros, unless the shapes of outputs are fixed: a session tells no others.
    fn outputs_for(
        self: Arc<Self>,
        inputs: &[TensorType<'_>],
        control: &Control,
    ) -> Result<Vec<Port>, Error> {
        if self.outputs.iter().all(Port::is_fixed) {
            return Ok(self.outputs.to_vec());
        }
        control.check()?;
        let mut request = Request::new(&self.session, &self.fixed)?;
        for (index, input) in inputs.iter().enumerate() {
            let code = element::code_at(self.inputs.get(index), input.element());
            request.input(index, *input, code)?.fill(0);
        }
        request.run(control)?;
        let output = |(index, port): (usize, &Port)| {
            let shape = match (&port.element, request.made_shape(index)) {
                // What is no tensor has no shape, and the outputs beside it have theirs.
                (PortType::Other(_), Err(_)) => None,
                (_, shape) => shape?,
            };
            match shape {
                Some(shape) => {
                    let shape = shape.into_iter().map(Some).collect();
                    ports::port(port.name.clone(), port.element.clone(), Some(shape))
                }
                None => Ok(port.clone()),
            }
        };
        self.outputs.iter().enumerate().map(output).collect()
    }

    fn execution(self: Arc<Self>, _: &Control) -> Result<Box<dyn Execution>, Error> {
        let request = match self.pool.take() {
            Some(request) => request,
            None => Request::new(&self.session, &self.fixed)?,
        };
        Ok(Box::new(OnnxRuntimeExecution::new(request, self)))
    }
}

/// An input has to be one that guests can set, since nothing computes without it.
fn input(raw: RawPort) -> Result<Port, Error> {
    match raw.kind {
        Kind::Tensor { element, .. } if element::is_string(element) => {
            Err(element::strings("input", &raw.name))
        }
        Kind::Tensor { element, shape } => ports::port(raw.name, element::port_type(element), shape),
        Kind::Other(kind) => Err(Error::unsupported(format!(
            "the input `{}` is a {kind}, and guests have tensors only; have the model take tensors",
            Printable::at_most(&raw.name, 64)
        ))),
    }
}

/// An output that guests cannot get is an error when they ask for it: there may be others.
fn output(raw: RawPort) -> Result<Port, Error> {
    match raw.kind {
        Kind::Tensor { element, shape } => ports::port(raw.name, element::port_type(element), shape),
        Kind::Other(kind) => Ok(Port::new(raw.name, PortType::Other(kind.to_owned()), None)),
    }
}

/// The tensor that a port has from the start, if it does: the type, the dimensions and the bytes.
fn fixed(port: &Port) -> Result<Option<Shape>, Error> {
    if !ports::is_fixed(port)? {
        return Ok(None);
    }
    let dimensions: Vec<u32> = port.shape.iter().flatten().flatten().copied().collect();
    let Some(element) = port.element.as_set() else { return Ok(None) };
    let tensor = TensorType::new(element, &dimensions)?;
    let (code, len) = (element::code_at(Some(port), element), tensor.byte_len());
    Ok(Some((code, dimensions, usize::try_from(len).unwrap_or(usize::MAX))))
}
