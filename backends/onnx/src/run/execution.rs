//! The execution context of one guest, with inputs, state and outputs.

use crate::limits::bounds::Bounds;
use crate::limits::pool::Share;
use crate::limits::sizes::SizeBudget;
use crate::load::ports::datum;
use crate::run::graph::{OnnxGraph, computing};
use crate::run::key::Key;
use crate::run::opening;
use crate::run::running::{Running, Slot};
use std::sync::Arc;
use tract_onnx::prelude::{DatumType, TValue, TVec, Tensor};
use tract_onnx::tract_hir::internal::IntoTValue;
use wasi_nn::backend::{Contained, Execution, Graph, contained, discard};
use wasi_nn::{Control, Error, ErrorKind, TensorType};

/// One guest's inputs, state and outputs.
pub(crate) struct OnnxExecution {
    tensors: Contained<Tensors>,
    engine: Engine,
}

/// What a computation that panics may leave in any state.
struct Tensors {
    inputs: Vec<Option<Arc<Tensor>>>,
    outputs: TVec<TValue>,
}

/// What computes.
struct Engine {
    graph: Arc<OnnxGraph>,
    running: Arc<Slot>,
    /// The memory of all that the execution has while it computes.
    share: Share,
}

impl OnnxExecution {
    pub(crate) fn new(graph: Arc<OnnxGraph>) -> Result<Self, Error> {
        let inputs = vec![None; graph.inputs().len()];
        let tensors = Contained::new(Tensors { inputs, outputs: TVec::new() });
        let (share, running) = (graph.pool().share()?, Arc::default());
        Ok(OnnxExecution { tensors, engine: Engine { graph, running, share } })
    }
}

impl Engine {
    fn run(
        &self,
        running: &mut Option<Running>,
        inputs: &[Option<Arc<Tensor>>],
        control: &Control,
    ) -> Result<TVec<TValue>, Error> {
        let inputs: Option<TVec<Arc<Tensor>>> = inputs.iter().cloned().collect();
        let inputs = inputs.ok_or_else(|| Error::invalid_argument("an input has not been set"))?;
        match self.run_once(running, &inputs, control) {
            Err(error) if error.kind() == ErrorKind::Runtime && self.graph.wants_values(&inputs) => {
                let again = self.run_again(running, &inputs, control);
                // One guest's bad input must not have every value of the others compiled.
                if again.is_err() {
                    self.graph.forgo_values();
                }
                again
            }
            Err(error) if may_be_of_open_sizes(&error) && is_open(running.as_ref()) => {
                self.graph.opening().close();
                let again = self.run_again(running, &inputs, control);
                // It was the inputs.
                if again.is_err() {
                    self.graph.opening().reopen();
                }
                again
            }
            result => result,
        }
    }

    /// Runs with another plan, once one has failed.
    fn run_again(
        &self,
        running: &mut Option<Running>,
        inputs: &[Arc<Tensor>],
        control: &Control,
    ) -> Result<TVec<TValue>, Error> {
        discard(running.take());
        self.share.give_back();
        self.run_once(running, inputs, control)
    }

    fn run_once(
        &self,
        running: &mut Option<Running>,
        inputs: &[Arc<Tensor>],
        control: &Control,
    ) -> Result<TVec<TValue>, Error> {
        let (running, opened) = self.prepare(running, inputs, control)?;
        let outputs = self.compute(running, inputs, control)?;
        if let Some(key) = opened {
            self.open(key, inputs, &outputs, control);
        }
        Ok(outputs)
    }

    /// Computes. What an error leaves of `running` is not used again; the inputs are only read, so that a panic of the
    /// engine, as at an index that is out of range, is an error like others.
    fn compute(
        &self,
        running: &mut Running,
        inputs: &[Arc<Tensor>],
        control: &Control,
    ) -> Result<TVec<TValue>, Error> {
        let values = inputs.iter().map(|input| Arc::clone(input).into_tvalue()).collect();
        let bounds = Bounds::new(control, self.graph.limits(), &self.share).less(running.plan.peak())?;
        contained(|| bounds.apply(|| running.state.run(values)).map_err(|error| computing(&error)))
    }

    /// Makes a plan that leaves sizes open, and keeps it if it gives the same `outputs`. If not, the computation has
    /// succeeded all the same.
    fn open(&self, key: Key, inputs: &[Arc<Tensor>], outputs: &[TValue], control: &Control) {
        let plan = contained(|| {
            let plan = Arc::new(self.graph.compile(key, control)?);
            let mut running = Running::new(Arc::clone(&plan))?;
            let found = self.compute(&mut running, inputs, control)?;
            opening::check_same(&found, outputs).map_err(|error| computing(&error))?;
            Ok::<_, Error>(plan)
        });
        match plan {
            Ok(plan) => self.graph.keep(&plan),
            Err(error) => tracing::debug!("each size of an input is compiled by itself: {error}"),
        }
    }

    /// Has a plan for these inputs running. Gives the key of one that leaves sizes open, if that is to be tried.
    fn prepare<'a>(
        &self,
        running: &'a mut Option<Running>,
        inputs: &[Arc<Tensor>],
        control: &Control,
    ) -> Result<(&'a mut Running, Option<Key>), Error> {
        let mut opened = None;
        if running.as_ref().is_some_and(|running| self.graph.may_use(&running.plan, inputs)) {
            self.graph.hit();
        } else {
            discard(running.take());
            let plan;
            (plan, opened) = self.graph.plan(inputs, control)?;
            plan.used_by(&self.running);
            *running = Some(Running::new(plan)?);
        }
        let running = running.as_mut().ok_or_else(|| Error::runtime("there is no plan"))?;
        Ok((running, opened))
    }
}

/// Whether a plan with open sizes may have failed where one for the shapes does not.
fn may_be_of_open_sizes(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Runtime | ErrorKind::TooLarge | ErrorKind::Unsupported)
}

fn is_open(running: Option<&Running>) -> bool {
    running.is_some_and(|running| running.plan.key().is_open())
}

impl Execution for OnnxExecution {
    fn input(&mut self, index: usize, tensor: TensorType<'_>) -> Result<&mut [u8], Error> {
        let inputs = &mut self.tensors.get_mut()?.inputs;
        let slot =
            inputs.get_mut(index).ok_or_else(|| Error::invalid_argument("the model has no such input"))?;
        let port = self.engine.graph.inputs().get(index);
        let datum =
            port.map(|port| datum(port, tensor.element())).ok_or_else(|| Error::runtime("no such port"))?;
        let is_reusable =
            slot.as_mut().and_then(Arc::get_mut).is_some_and(|old| has_type(old, datum, tensor.dimensions()));
        if !is_reusable {
            SizeBudget::new(self.engine.graph.limits()).check(tensor.byte_len().into())?;
            let shape: TVec<usize> = tensor
                .dimensions()
                .iter()
                .map(|dimension| usize::try_from(*dimension).unwrap_or(usize::MAX))
                .collect();
            *slot = Some(Arc::new(Tensor::zero_dt(datum, &shape).map_err(|error| computing(&error))?));
        }
        let tensor = slot.as_mut().and_then(Arc::get_mut);
        Ok(tensor.ok_or_else(|| Error::runtime("the input is in use"))?.as_bytes_mut())
    }

    fn compute(&mut self, control: &Control) -> Result<(), Error> {
        let engine = &self.engine;
        let mut running = engine.running.take();
        let result = self.tensors.with(|tensors| {
            tensors.outputs.clear();
            tensors.outputs = engine.run(&mut running, &tensors.inputs, control)?;
            Ok(())
        });
        match result {
            Ok(()) => engine.running.keep(running),
            // The state of a computation that stopped half-way keeps its tensors.
            Err(_) => discard(running),
        }
        self.engine.share.give_back();
        result
    }

    fn output(&self, index: usize) -> Result<&[u8], Error> {
        let output = self.tensors.get()?.outputs.get(index);
        Ok(output.ok_or_else(|| Error::runtime("the model made no such output"))?.as_bytes())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        discard(self.running.take());
    }
}

fn has_type(tensor: &Tensor, datum: DatumType, dimensions: &[u32]) -> bool {
    let same = |(own, wanted): (&usize, &u32)| u32::try_from(*own) == Ok(*wanted);
    tensor.datum_type() == datum
        && tensor.rank() == dimensions.len()
        && tensor.shape().iter().zip(dimensions).all(same)
}
