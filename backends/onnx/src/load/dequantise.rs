//! The operation that makes floats of integers of 8 bits, in place of the engine's own.
//!
//! The engine makes a table of 256 values of everything between that operation and the one back to 8 bits, if what lies
//! between leaves each axis where it is. `Softmax` does, and has no such table: it looks at all elements of an axis. Nor
//! does the table fit if the integers that go in have another type than those that come out.

use crate::load::bodies;
use tract_onnx::tract_core::ops::element_wise::{ElementWiseMiniOp, ElementWiseOp};
use tract_onnx::tract_core::ops::quant::{DequantizeLinearF32, QuantizeLinearI8, QuantizeLinearU8};
use tract_onnx::tract_hir::internal::*;

/// The operation, without a table.
#[derive(Clone, Debug, PartialEq)]
struct Dequantise {
    scale: f32,
    zero_point: i32,
}

impl Eq for Dequantise {}

impl ElementWiseMiniOp for Dequantise {
    fn name(&self) -> String {
        "Dequantise".to_owned()
    }

    fn output_type(&self, _input: DatumType) -> Option<DatumType> {
        Some(DatumType::F32)
    }

    fn eval_out_of_place(&self, input: &Tensor, _output: Option<DatumType>) -> TractResult<Tensor> {
        DequantizeLinearF32::new(self.scale, self.zero_point)
            .eval(&EvalContext::out_of_plan(), tvec![input.clone().into_tvalue()])?
            .into_iter()
            .next()
            .map(TValue::into_tensor)
            .context("the engine made no floats")
    }
}

/// Puts it in place of the engine's, wherever the engine could make a table that is wrong.
pub(crate) fn replace(model: &mut TypedModel) -> TractResult<()> {
    let wrong: Vec<(usize, Dequantise)> = model
        .nodes
        .iter()
        .filter_map(|node| Some((node, node.op_as::<DequantizeLinearF32>()?)))
        .filter(|(node, _)| !is_a_table(model, node))
        .map(|(node, own)| (node.id, Dequantise { scale: own.scale, zero_point: own.zero_point }))
        .collect();
    for (index, operation) in wrong {
        let node = model.nodes.get_mut(index).context("a node is gone")?;
        node.op = Box::new(ElementWiseOp(Box::new(operation), None));
    }
    bodies::each_mut(model, replace)
}

/// Whether all that follows, until there are integers of the same type again, looks at one element at a time.
fn is_a_table(model: &TypedModel, dequantise: &TypedNode) -> bool {
    let datum = dequantise.inputs.first().and_then(|outlet| model.outlet_fact(*outlet).ok());
    let datum = datum.map(|fact| fact.datum_type);
    let mut current = dequantise;
    while let Ok(Some(next)) = model.single_succ(current.id) {
        let Some(operation) = next.op_as::<ElementWiseOp>() else { return false };
        if operation.0.is::<QuantizeLinearU8>() {
            return datum == Some(DatumType::U8);
        }
        if operation.0.is::<QuantizeLinearI8>() {
            return datum == Some(DatumType::I8);
        }
        current = next;
    }
    false
}
