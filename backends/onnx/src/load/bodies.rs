//! The models inside operations (bodies of loops, and branches), and the reset of their state between runs.

use tract_onnx::tract_core::ops::gru_seq::GruSeq;
use tract_onnx::tract_core::ops::logic::IfThenElse;
use tract_onnx::tract_core::ops::scan::{OptScan, Scan};
use tract_onnx::tract_hir::internal::*;

/// The models inside of an operation.
pub(crate) fn of(operation: &dyn TypedOp) -> TVec<&TypedModel> {
    let operation = operation.as_op();
    if let Some(scan) = operation.downcast_ref::<Scan>() {
        tvec![&scan.body]
    } else if let Some(scan) = operation.downcast_ref::<OptScan>() {
        tvec![scan.plan.model()]
    } else if let Some(branch) = operation.downcast_ref::<IfThenElse>() {
        tvec![&branch.then_body, &branch.else_body]
    } else {
        tvec![]
    }
}

/// Changes the models inside of all operations of a model.
pub(crate) fn each_mut(
    model: &mut TypedModel,
    change: impl Fn(&mut TypedModel) -> TractResult<()>,
) -> TractResult<()> {
    for node in &mut model.nodes {
        let operation = node.op.as_op_mut();
        if let Some(scan) = operation.downcast_mut::<Scan>() {
            change(&mut scan.body)?;
        } else if let Some(branch) = operation.downcast_mut::<IfThenElse>() {
            change(&mut branch.then_body)?;
            change(&mut branch.else_body)?;
        }
    }
    Ok(())
}

/// Has every loop begin anew in each computation.
///
/// The engine carries the state of a loop from one computation to the next, which is for audio that comes in
/// pieces. ONNX knows no such state, and here it would even pass from one guest's data to another's.
pub(crate) fn forget_between_runs(model: &mut TypedModel) {
    for node in &mut model.nodes {
        let operation = node.op.as_op_mut();
        if let Some(scan) = operation.downcast_mut::<Scan>() {
            scan.reset_every_turn = true;
            forget_between_runs(&mut scan.body);
        } else if let Some(sequence) = operation.downcast_mut::<GruSeq>() {
            sequence.reset_every_turn = true;
        } else if let Some(branch) = operation.downcast_mut::<IfThenElse>() {
            forget_between_runs(&mut branch.then_body);
            forget_between_runs(&mut branch.else_body);
        }
    }
}
