//! One guest's inputs, state and outputs.

use super::bounds::Bounds;
use super::graph::{OnnxGraph, computing};
use super::plan::Plan;
use super::ports::datum;
use super::sizes::Budget;
use crate::backend::Execution;
use crate::contain::{contained, discard};
use crate::{Control, Error, TensorType};
use std::sync::Arc;
use tract_onnx::prelude::{DatumType, TValue, TVec, Tensor, TypedSimpleState};
use tract_onnx::tract_hir::internal::IntoTValue;

/// One guest's inputs, state and outputs.
pub(super) struct OnnxExecution {
    graph: Arc<OnnxGraph>,
    inputs: Vec<Option<Arc<Tensor>>>,
    running: Option<Running>,
    outputs: TVec<TValue>,
    /// Whether a computation panicked: nothing that it touched is used again.
    is_poisoned: bool,
}

/// A plan, and the state of computing it again and again.
struct Running {
    plan: Arc<Plan>,
    state: TypedSimpleState,
}

impl OnnxExecution {
    pub(super) fn new(graph: Arc<OnnxGraph>) -> Self {
        let inputs = vec![None; crate::backend::Graph::inputs(graph.as_ref()).len()];
        OnnxExecution { graph, inputs, running: None, outputs: TVec::new(), is_poisoned: false }
    }

    fn check_poison(&self) -> Result<(), Error> {
        if self.is_poisoned {
            return Err(Error::runtime("an earlier computation panicked; make a new execution context"));
        }
        Ok(())
    }

    /// Has a plan for these inputs running.
    fn prepare(&mut self, inputs: &[Arc<Tensor>], control: &Control) -> Result<(), Error> {
        let shapes: TVec<&[usize]> = inputs.iter().map(|tensor| tensor.shape()).collect();
        if !self.running.as_ref().is_some_and(|running| running.plan.fits(&shapes)) {
            let plan = self.graph.plan(&shapes, control)?;
            let state = plan.state().map_err(|error| computing(&error))?;
            self.running = Some(Running { plan, state });
        }
        Ok(())
    }

    fn run(&mut self, control: &Control) -> Result<(), Error> {
        let inputs: Option<TVec<Arc<Tensor>>> = self.inputs.iter().cloned().collect();
        let inputs = inputs.ok_or_else(|| Error::invalid_argument("an input has not been set"))?;
        self.prepare(&inputs, control)?;
        let Some(running) = &mut self.running else { return Err(Error::runtime("there is no plan")) };
        let values = inputs.into_iter().map(IntoTValue::into_tvalue).collect();
        let bounds = Bounds::new(control, self.graph.limits()).less(running.plan.peak());
        let outputs = bounds.apply(|| running.state.run(values));
        self.outputs = outputs.map_err(|error| computing(&error))?;
        Ok(())
    }
}

impl Execution for OnnxExecution {
    fn input(&mut self, index: usize, tensor: TensorType<'_>) -> Result<&mut [u8], Error> {
        self.check_poison()?;
        let slot = self
            .inputs
            .get_mut(index)
            .ok_or_else(|| Error::invalid_argument("the model has no such input"))?;
        let datum = datum(tensor.element());
        let is_reusable =
            slot.as_mut().and_then(Arc::get_mut).is_some_and(|old| has_type(old, datum, tensor.dimensions()));
        if !is_reusable {
            Budget::new(self.graph.limits()).check(tensor.byte_len().into())?;
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
        self.check_poison()?;
        self.outputs.clear();
        self.is_poisoned = true;
        let result = contained(|| {
            let result = self.run(control);
            // It ended, well or not, but did not panic.
            self.is_poisoned = false;
            result
        });
        if result.is_err() {
            // The state of a computation that stopped half-way keeps its tensors.
            discard(self.running.take());
        }
        result
    }

    fn output(&self, index: usize) -> Result<&[u8], Error> {
        self.check_poison()?;
        let output =
            self.outputs.get(index).ok_or_else(|| Error::runtime("the model made no such output"))?;
        Ok(output.as_bytes())
    }
}

impl Drop for OnnxExecution {
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
