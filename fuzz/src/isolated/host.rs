//! A host that gives a guest's model to a worker, computes with it, and believes nothing that comes back.

use crate::End;
use std::sync::Arc;
use std::time::Duration;
use wasi_facade::backend::isolate::Isolated;
use wasi_facade::isolate::{Limits, Worker};
use wasi_facade::nn::backend::Graph;
use wasi_facade::nn::{
    Control, Error, ErrorKind, ExecutionTarget, GraphEncoding, GuestModels, InterruptHandle, Model, Origin,
    Registry, Source, TensorType,
};

/// How long loading and computing may take.
const LOADING: Duration = Duration::from_secs(2);
const COMPUTING: Duration = Duration::from_millis(500);

/// Bytes of the tensors that are set and read, and of the memories that carry them.
const MAX_TENSOR: u32 = 1 << 20;
const FILE_BYTES: u64 = 4 << 20;

/// Characters of what a guest's host is told.
const MAX_TEXT: usize = 4096;

/// A model, and what sizes that it leaves open are in the computation.
pub struct Given {
    /// The format.
    pub encoding: GraphEncoding,
    /// Its parts.
    pub parts: Vec<Vec<u8>>,
    /// Those sizes.
    pub open: u32,
}

/// This program as a worker.
#[must_use]
pub fn own_program() -> Worker {
    Worker::command("/proc/self/exe")
}

/// Why a run has stopped.
enum Stop {
    Refused(Error),
    Broken(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Refused(error)
    }
}

/// Loads a model in a worker, and computes with it twice.
///
/// # Errors
///
/// The promise that was broken.
pub fn run(worker: Worker, service: &str, config: Vec<u8>, given: Given) -> Result<End, String> {
    let limits = Limits::default().ready(0).memory(256 << 20).file_bytes(FILE_BYTES);
    let backend = Isolated::builder(service, worker).encoding(given.encoding).config(config).limits(limits);
    let Ok(backend) = backend.build() else {
        return Ok(End::Refused("there are no workers here".to_owned()));
    };
    let registry = Registry::builder().backend(backend).guest_models(GuestModels::Isolated).build();
    let registry = registry.map_err(|error| error.to_string())?;
    match compute(&registry, given) {
        Ok(()) => Ok(End::Done),
        Err(Stop::Refused(error)) if error.kind() == ErrorKind::Interrupted => {
            Err("an interrupt that nobody sent".to_owned())
        }
        Err(Stop::Refused(error)) => is_printable(&error.to_string()).map(End::Refused),
        Err(Stop::Broken(promise)) => Err(promise),
    }
}

fn is_printable(text: &str) -> Result<String, String> {
    match text.chars().find(|character| character.is_control()) {
        None if text.len() <= MAX_TEXT => Ok(text.to_owned()),
        None => Err(format!("a text of {} bytes", text.len())),
        Some(control) => Err(format!("a text with {control:?}")),
    }
}

fn compute(registry: &Registry, given: Given) -> Result<(), Stop> {
    let interrupt = InterruptHandle::default();
    let Given { encoding, parts, open } = given;
    let model = Model { encoding, source: Source::Bytes(parts), origin: Origin::Guest };
    let graph = registry.load(model, ExecutionTarget::Cpu, &Control::new(Some(LOADING), &interrupt))?;
    is_printable(graph.device()).map_err(Stop::Broken)?;
    let Some(shapes) = shapes(&*graph, open) else { return Ok(()) };
    let mut tensors = Vec::new();
    for (port, shape) in graph.inputs().iter().zip(&shapes) {
        let Some(element) = port.element.as_set() else { return Ok(()) };
        tensors.push(TensorType::new(element, shape)?);
    }
    if tensors.iter().any(|tensor| tensor.byte_len() > MAX_TENSOR) {
        return Ok(());
    }
    let _ = Arc::clone(&graph).outputs_for(&tensors, &Control::new(Some(COMPUTING), &interrupt));
    let mut execution = Arc::clone(&graph).execution(&Control::new(Some(LOADING), &interrupt))?;
    for _ in 0..2 {
        for (index, tensor) in tensors.iter().enumerate() {
            let bytes = execution.input(index, *tensor)?;
            if u32::try_from(bytes.len()).ok() != Some(tensor.byte_len()) {
                return Err(Stop::Broken(format!("{} bytes of room for {tensor:?}", bytes.len())));
            }
            bytes.fill(1);
            execution.check_input(index, &Control::new(Some(COMPUTING), &interrupt))?;
        }
        execution.compute(&Control::new(Some(COMPUTING), &interrupt))?;
        for (index, port) in graph.outputs().iter().enumerate() {
            let len = match execution.output_len(index) {
                Ok(len) => len,
                // The others can be had.
                Err(error) => {
                    is_printable(&error.to_string()).map_err(Stop::Broken)?;
                    continue;
                }
            };
            let fixed = port.shape.as_deref().unwrap_or_default().iter().copied().collect::<Option<Vec<_>>>();
            let fixed = fixed.filter(|_| port.shape.is_some()).zip(port.element.as_set());
            let wanted =
                fixed.and_then(|(shape, element)| Some(TensorType::new(element, &shape).ok()?.byte_len()));
            if wanted.is_some_and(|wanted| u32::try_from(len) != Ok(wanted)) {
                return Err(Stop::Broken(format!("{len} bytes of an output whose shape is fixed")));
            }
            if len <= MAX_TENSOR as usize {
                execution.read_output(index, &mut vec![0; len])?;
            }
        }
    }
    Ok(())
}

/// The shapes of all inputs, if they have some of few axes.
fn shapes(graph: &dyn Graph, open: u32) -> Option<Vec<Vec<u32>>> {
    let sizes = |shape: &Vec<Option<u32>>| shape.iter().map(|size| size.unwrap_or(open)).collect();
    let shapes = graph.inputs().iter().map(|port| match &port.shape {
        Some(shape) => sizes(shape),
        None => vec![open],
    });
    Some(shapes.collect()).filter(|shapes: &Vec<Vec<u32>>| shapes.len() <= 64)
}
