//! The operation that sets one of many places, in place of the engine's own.
//!
//! The engine's panics at an index that is no place, and cuts indices to 32 bits. ONNX has all places off then.

use crate::load::bodies;
use tract_onnx::tract_core::ops::array;
use tract_onnx::tract_hir::internal::*;

/// The operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct OneHot(array::OneHot);

impl Op for OneHot {
    fn name(&self) -> StaticName {
        self.0.name()
    }

    op_as_typed_op!();
}

impl EvalOp for OneHot {
    op_out_of_plan!();

    fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let indices = args_1!(inputs);
        let array::OneHot { axis, dim, off, on } = &self.0;
        let mut shape: TVec<usize> = indices.shape().into();
        shape.insert(*axis, *dim);
        let mut places = off.broadcast_scalar_to_shape(&shape)?;
        // Places of one index are so many elements apart.
        let apart: usize = indices.shape().iter().skip(*axis).product();
        let indices = indices.cast_to::<i64>()?;
        let indices = indices.try_as_plain_ram()?;
        let size = on.datum_type().size_of();
        let on = on.as_bytes();
        let bytes = places.as_bytes_mut();
        for (at, index) in indices.as_slice::<i64>()?.iter().enumerate() {
            let depth = i64::try_from(*dim)?;
            let place = if *index < 0 { index.saturating_add(depth) } else { *index };
            let Some(place) = usize::try_from(place).ok().filter(|place| place < dim) else { continue };
            let (before, inside) = (at / apart.max(1), at % apart.max(1));
            let element = (before * dim + place) * apart + inside;
            let element = bytes.get_mut(element * size..).and_then(|rest| rest.get_mut(..size));
            element.context("a place is outside")?.copy_from_slice(on);
        }
        Ok(tvec![places.into_tvalue()])
    }
}

impl TypedOp for OneHot {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        self.0.output_facts(inputs)
    }

    as_op!();
}

/// Puts it in place of the engine's.
pub(crate) fn replace(model: &mut TypedModel) -> TractResult<()> {
    for node in &mut model.nodes {
        if let Some(own) = node.op_as::<array::OneHot>().cloned() {
            node.op = Box::new(OneHot(own));
        }
    }
    bodies::each_mut(model, replace)
}
