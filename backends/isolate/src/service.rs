//! The worker's side: a backend that loads one model, and computes with it.

use crate::load::{Load, Loaded};
use crate::messages::{Compute, OutputsFor, Request, encode_outputs, encode_ports};
use crate::running::Running;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasi_isolate::{Files, Needs, Service};
use wasi_nn::backend::{Backend, Graph, Port, contained};
use wasi_nn::{Control, Error, InterruptHandle, Model, Source, TensorType};

/// A worker's service that runs models on a backend.
///
/// * `make`: makes the backend, of what the host [configured](crate::IsolatedBuilder::config)
#[must_use]
pub fn service<F>(make: F) -> Box<dyn Service>
where
    F: FnMut(&[u8]) -> Result<Box<dyn Backend>, String> + Send + 'static,
{
    Box::new(ModelService { make: Box::new(make), backend: None, graph: None, executions: BTreeMap::new() })
}

type Make = Box<dyn FnMut(&[u8]) -> Result<Box<dyn Backend>, String> + Send>;

struct ModelService {
    make: Make,
    backend: Option<Box<dyn Backend>>,
    graph: Option<Arc<dyn Graph>>,
    executions: BTreeMap<u32, Running>,
}

impl Service for ModelService {
    fn prepare(&mut self, config: &[u8]) -> Result<Needs, String> {
        let backend = (self.make)(config)?;
        let files = backend.relies_on();
        backend.prepare().map_err(|error| error.to_string())?;
        self.backend = Some(backend);
        Ok(Needs { files })
    }

    fn answer(&mut self, request: &[u8], files: &Files) -> Vec<u8> {
        match Request::decode(request) {
            Some(Request::Load(load)) => Loaded::encode(&contained(|| self.load(&load, files))),
            Some(Request::Compute(compute)) => self.compute(&compute, files),
            Some(Request::Outputs(outputs)) => encode_ports(&contained(|| self.outputs_for(&outputs))),
            // No answer is none that the host takes.
            None => Vec::new(),
        }
    }
}

impl ModelService {
    fn load(&mut self, load: &Load, files: &Files) -> Result<Loaded, Error> {
        let backend = self.backend.as_ref().filter(|_| self.graph.is_none());
        let backend = backend.ok_or_else(|| Error::runtime("a worker loads one model"))?;
        let mut start = 0_u64;
        let mut parts = Vec::with_capacity(load.lens.len());
        for len in &load.lens {
            let mut part = Vec::new();
            let size = usize::try_from(*len).unwrap_or(usize::MAX);
            let room = part.try_reserve_exact(size);
            room.map_err(|_| {
                Error::runtime(format!(
                    "the worker has no memory for the {len} bytes of a model (`isolate::Limits::memory`)"
                ))
            })?;
            part.resize(size, 0);
            let read = files.read(start, &mut part);
            read.map_err(|error| Error::runtime(format!("the model cannot be read: {error}")))?;
            start = start.saturating_add(*len);
            parts.push(part);
        }
        let model = Model { encoding: load.encoding, source: Source::Bytes(parts), origin: load.origin };
        // The host has the deadline, and kills.
        let graph = backend.load(Arc::new(model), &load.options, &Control::unbounded())?;
        let compiled = graph.compiled();
        let loaded = Loaded {
            inputs: graph.inputs().to_vec(),
            outputs: graph.outputs().to_vec(),
            checks: (0..graph.inputs().len()).map(|index| graph.checks_input(index)).collect(),
            device: graph.device().to_owned(),
            held: graph.held_bytes(),
            compiled: compiled.compiles.done,
            compile_time: compiled.compiles.time,
        };
        self.graph = Some(graph);
        Ok(loaded)
    }

    fn outputs_for(&self, request: &OutputsFor) -> Result<Vec<Port>, Error> {
        let graph = self.graph.as_ref().ok_or_else(|| Error::runtime("the worker has no model"))?;
        let inputs = request.inputs.iter().map(|(element, dimensions)| TensorType::new(*element, dimensions));
        let inputs: Vec<_> = inputs.collect::<Result<_, _>>()?;
        if inputs.len() != graph.inputs().len() {
            return Err(Error::invalid_argument("the graph has another number of inputs"));
        }
        Arc::clone(graph).outputs_for(&inputs, &Control::new(request.time, &InterruptHandle::default()))
    }

    fn compute(&mut self, request: &Compute<'_>, files: &Files) -> Vec<u8> {
        for ended in &request.ended {
            self.executions.remove(ended);
        }
        let outcome = contained(|| {
            let graph = self.graph.as_ref().ok_or_else(|| Error::runtime("the worker has no model"))?;
            let control = Control::new(request.time, &InterruptHandle::default());
            let mut running = match self.executions.remove(&request.execution) {
                Some(running) => running,
                None => Running::new(&**graph, Arc::clone(graph).execution(&control)?),
            };
            // What panics is not put back.
            let computed = running.compute(&**graph, request, &control, files);
            let answer = encode_outputs(&computed.and_then(|()| match request.computes {
                true => running.outputs(files),
                false => Ok(Vec::new()),
            }));
            self.executions.insert(request.execution, running);
            Ok(answer)
        });
        outcome.unwrap_or_else(|error| encode_outputs(&Err(error)))
    }
}
