//! The execution context of one guest, with inputs, state and outputs.

use crate::limits::bounds::Bounds;
use crate::limits::pool::Share;
use crate::limits::sizes::Budget;
use crate::load::ports::datum;
use crate::run::graph::{OnnxGraph, computing};
use crate::run::running::{Running, Slot};
use std::sync::Arc;
use tract_onnx::prelude::{DatumType, TValue, TVec, Tensor};
use tract_onnx::tract_hir::internal::IntoTValue;
use wasi_nn::backend::Execution;
use wasi_nn::backend::{contained, discard};
use wasi_nn::{Control, Error, TensorType};

/// One guest's inputs, state and outputs.
pub(crate) struct OnnxExecution {
    graph: Arc<OnnxGraph>,
    inputs: Vec<Option<Arc<Tensor>>>,
    running: Arc<Slot>,
    outputs: TVec<TValue>,
    /// The memory of all that it has while it computes.
    share: Share,
    /// Whether a computation panicked: nothing that it touched is used again.
    is_poisoned: bool,
}

impl OnnxExecution {
    pub(crate) fn new(graph: Arc<OnnxGraph>) -> Result<Self, Error> {
        let inputs = vec![None; wasi_nn::backend::Graph::inputs(graph.as_ref()).len()];
        let (share, running) = (graph.pool().share()?, Arc::default());
        Ok(OnnxExecution { graph, inputs, running, outputs: TVec::new(), share, is_poisoned: false })
    }

    fn check_poison(&self) -> Result<(), Error> {
        if self.is_poisoned {
            return Err(Error::runtime("an earlier computation panicked; make a new execution context"));
        }
        Ok(())
    }

    fn run(&mut self, running: &mut Option<Running>, control: &Control) -> Result<(), Error> {
        let inputs: Option<TVec<Arc<Tensor>>> = self.inputs.iter().cloned().collect();
        let inputs = inputs.ok_or_else(|| Error::invalid_argument("an input has not been set"))?;
        let running = self.prepare(running, &inputs, control)?;
        let values = inputs.into_iter().map(IntoTValue::into_tvalue).collect();
        let bounds = Bounds::new(control, self.graph.limits(), &self.share).less(running.plan.peak())?;
        let outputs = bounds.apply(|| running.state.run(values));
        self.outputs = outputs.map_err(|error| computing(&error))?;
        Ok(())
    }

    /// Has a plan for these inputs running.
    fn prepare<'a>(
        &self,
        running: &'a mut Option<Running>,
        inputs: &[Arc<Tensor>],
        control: &Control,
    ) -> Result<&'a mut Running, Error> {
        let shapes: TVec<&[usize]> = inputs.iter().map(|tensor| tensor.shape()).collect();
        if !running.as_ref().is_some_and(|running| running.plan.fits(&shapes)) {
            discard(running.take());
            let plan = self.graph.plan(&shapes, control)?;
            plan.used_by(&self.running);
            *running = Some(Running::new(plan)?);
        }
        running.as_mut().ok_or_else(|| Error::runtime("there is no plan"))
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
        let mut running = self.running.take();
        let result = contained(|| {
            let result = self.run(&mut running, control);
            // It ended, well or not, but did not panic.
            self.is_poisoned = false;
            result
        });
        match result {
            Ok(()) => self.running.keep(running),
            // The state of a computation that stopped half-way keeps its tensors.
            Err(_) => discard(running),
        }
        self.share.give_back();
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
