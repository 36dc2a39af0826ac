//! The execution context of one guest, with inputs, state and outputs.

use crate::limits::bounds::Bounds;
use crate::limits::pool::Share;
use crate::limits::sizes::SizeBudget;
use crate::load::ports::datum;
use crate::run::graph::{OnnxGraph, computing};
use crate::run::running::{Running, Slot};
use std::sync::Arc;
use tract_onnx::prelude::{DatumType, TValue, TVec, Tensor};
use tract_onnx::tract_hir::internal::IntoTValue;
use wasi_nn::backend::{Contained, Execution, Graph, discard};
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
                discard(running.take());
                self.share.give_back();
                let again = self.run_once(running, &inputs, control);
                // One guest's bad input must not have every value of the others compiled.
                if again.is_err() {
                    self.graph.forgo_values();
                }
                again
            }
            result => result,
        }
    }

    fn run_once(
        &self,
        running: &mut Option<Running>,
        inputs: &[Arc<Tensor>],
        control: &Control,
    ) -> Result<TVec<TValue>, Error> {
        let running = self.prepare(running, inputs, control)?;
        let values = inputs.iter().map(|input| Arc::clone(input).into_tvalue()).collect();
        let bounds = Bounds::new(control, self.graph.limits(), &self.share).less(running.plan.peak())?;
        bounds.apply(|| running.state.run(values)).map_err(|error| computing(&error))
    }

    /// Has a plan for these inputs running.
    fn prepare<'a>(
        &self,
        running: &'a mut Option<Running>,
        inputs: &[Arc<Tensor>],
        control: &Control,
    ) -> Result<&'a mut Running, Error> {
        if running.as_ref().is_some_and(|running| running.plan.fits(inputs)) {
            self.graph.hit();
        } else {
            discard(running.take());
            let plan = self.graph.plan(inputs, control)?;
            plan.used_by(&self.running);
            *running = Some(Running::new(plan)?);
        }
        running.as_mut().ok_or_else(|| Error::runtime("there is no plan"))
    }
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
