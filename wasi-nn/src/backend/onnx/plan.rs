//! A compiled model, for one set of input shapes.

use super::compile::check_node;
use std::sync::Arc;
use tract_onnx::tract_hir::internal::*;

/// A compiled model. It is shared by all that compute with these shapes.
#[derive(Debug)]
pub(super) struct Plan {
    shapes: Vec<TVec<usize>>,
    plan: Arc<TypedSimplePlan>,
}

impl Plan {
    pub(super) fn new(model: TypedModel, shapes: Vec<TVec<usize>>) -> TractResult<Self> {
        model.nodes.iter().try_for_each(check_node)?;
        for index in 0..model.outputs.len() {
            let datum = model.output_fact(index)?.datum_type;
            ensure!(datum.is_copy(), "output {index} has elements of type {datum:?}, which are not bytes");
        }
        Ok(Plan { shapes, plan: TypedSimplePlan::new(model)? })
    }

    /// Whether it is for inputs of these shapes.
    pub(super) fn fits(&self, shapes: &[&[usize]]) -> bool {
        self.shapes.len() == shapes.len()
            && self.shapes.iter().zip(shapes).all(|(own, shape)| own.as_slice() == *shape)
    }

    /// The state of one who computes.
    pub(super) fn state(&self) -> TractResult<TypedSimpleState> {
        self.plan.spawn()
    }
}
