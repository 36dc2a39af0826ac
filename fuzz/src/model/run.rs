//! A host that loads a guest's model within limits, and computes with it once.

use crate::End;
use crate::watch::Bounds;
use std::sync::Arc;
use std::time::Duration;
use wasi_facade::backend::onnx::{Onnx, OnnxLimits};
use wasi_facade::nn::{
    Control, Error, ErrorKind, ExecutionTarget, GraphEncoding, InterruptHandle, Model, Origin, Registry,
    Source, TensorType,
};

/// The limits of a host that has little to spare, so that a run that reaches them is a short one.
fn limits() -> OnnxLimits {
    let mut limits = OnnxLimits::default();
    limits.max_tensor_bytes = 1 << 20;
    limits.max_total_bytes = 4 << 20;
    limits.max_work = 1 << 24;
    limits.max_nodes = 2000;
    limits
}

/// How long loading and computing may take.
const LOADING: Duration = Duration::from_secs(2);
const COMPUTING: Duration = Duration::from_secs(1);

/// Both limits of time, and one operation that had started, which nothing stops.
pub(super) const LONGEST: Duration = Duration::from_secs(5);

/// What the limits leave to a model of so many bytes: tensors while loading and while computing, copies of weights in
/// the order that operations want, and what the engine keeps for each node.
pub(super) fn bounds(len: usize) -> Bounds {
    Bounds { memory: (64 << 20) + 200 * len, time: LONGEST }
}

/// Loads a model, and computes with it where every size that is left open is `open`.
pub(super) fn run(model: Vec<u8>, open: u32) -> Result<End, String> {
    match compute(model, open) {
        Ok(()) => Ok(End::Done),
        Err(Stop::Refused(error)) => match error.to_string().len() {
            0..=4096 => Ok(End::Refused(error.to_string())),
            len => Err(format!("an error of {len} bytes")),
        },
        Err(Stop::Broken(promise)) => Err(promise),
    }
}

enum Stop {
    Refused(Error),
    Broken(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Refused(error)
    }
}

fn compute(model: Vec<u8>, open: u32) -> Result<(), Stop> {
    // One for each run: a load that goes on beyond its time must not be taken for the next one's.
    let registry = Registry::of_backend(Onnx::with_limits(limits()));
    let interrupt = InterruptHandle::default();
    let model =
        Model { encoding: GraphEncoding::Onnx, source: Source::Bytes(vec![model]), origin: Origin::Guest };
    let graph = registry.load(model, ExecutionTarget::Cpu, &Control::new(Some(LOADING), &interrupt))?;
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded())?;
    for (index, port) in graph.inputs().iter().enumerate() {
        let Some(element) = port.element.as_set() else { return Ok(()) };
        let sizes = port.shape.iter().flatten();
        let dimensions: Vec<u32> = sizes.map(|size| size.unwrap_or(open)).collect();
        let kind = TensorType::new(element, &dimensions)?;
        let bytes = execution.input(index, kind)?;
        if u32::try_from(bytes.len()).ok() != Some(kind.byte_len()) {
            return Err(Stop::Broken(format!("{} bytes of room for {kind:?}", bytes.len())));
        }
        bytes.fill(1);
    }
    let computed = execution.compute(&Control::new(Some(COMPUTING), &interrupt));
    for index in 0..graph.outputs().len() {
        if computed.is_ok() && execution.output(index).is_err() {
            return Err(Stop::Broken("a result is missing".to_owned()));
        }
    }
    match computed {
        Err(error) if error.kind() == ErrorKind::Interrupted => {
            Err(Stop::Broken("an interrupt that nobody sent".to_owned()))
        }
        other => Ok(other?),
    }
}
