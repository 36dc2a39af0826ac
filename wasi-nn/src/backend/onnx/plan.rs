//! A compiled model, for one set of input shapes.

use super::compile::check_node;
use super::{bounds, memory};
use std::sync::Arc;
use tract_onnx::tract_hir::internal::*;

/// A compiled model. It is shared by all that compute with these shapes.
#[derive(Debug)]
pub(super) struct Plan {
    shapes: Vec<TVec<usize>>,
    plan: Arc<TypedSimplePlan>,
    /// Bytes of all tensors that exist at one time.
    peak: u64,
}

impl Plan {
    pub(super) fn new(model: TypedModel, shapes: Vec<TVec<usize>>) -> TractResult<Self> {
        model.nodes.iter().try_for_each(check_node)?;
        for index in 0..model.outputs.len() {
            let datum = model.output_fact(index)?.datum_type;
            ensure!(datum.is_copy(), "output {index} has elements of type {datum:?}, which are not bytes");
        }
        let plan = TypedSimplePlan::new(model)?;
        let peak = memory::peak(&plan);
        bounds::budget(|budget| budget.check_total(peak))?;
        Ok(Plan { shapes, plan, peak })
    }

    /// Whether it is for inputs of these shapes.
    pub(super) fn fits(&self, shapes: &[&[usize]]) -> bool {
        self.shapes.len() == shapes.len()
            && self.shapes.iter().zip(shapes).all(|(own, shape)| own.as_slice() == *shape)
    }

    /// Bytes of all tensors that exist at one time, as far as they are known.
    pub(super) fn peak(&self) -> u64 {
        self.peak
    }

    /// The state of one who computes.
    pub(super) fn state(&self) -> TractResult<TypedSimpleState> {
        self.plan.spawn()
    }
}
