//! Estimates of the memory that a model takes: parsed, compiled, and at the peak of a computation.

use crate::limits::sizes;
use crate::run::branch::Branch;
use crate::run::checked::Checked;
use std::collections::HashMap;
use tract_onnx::tract_core::ops::konst::Const;
use tract_onnx::tract_core::ops::scan::OptScan;
use tract_onnx::tract_hir::internal::*;

/// The bytes of all tensors that exist at one time, as far as their sizes are known.
///
/// It is an upper bound: the engine reuses some tensors in place, and never frees one later than is assumed here.
pub(crate) fn peak(plan: &TypedSimplePlan) -> u64 {
    let model = plan.model();
    let order = plan.order_without_consts();
    let mut last_uses: HashMap<usize, usize> = HashMap::new();
    for (step, node) in order.iter().enumerate() {
        last_uses.extend(model.node(*node).inputs.iter().map(|input| (input.node, step)));
    }
    // What nobody uses, and what is an output, stays until the end.
    for output in &model.outputs {
        last_uses.remove(&output.node);
    }
    let mut freed: HashMap<usize, u64> = HashMap::new();
    let mut live =
        model.nodes.iter().filter(|node| node.op_is::<Const>()).map(bytes).fold(0, u64::saturating_add);
    let mut peak = live;
    for (step, node) in order.iter().enumerate() {
        let node = model.node(*node);
        let bytes = bytes(node);
        live = live.saturating_add(bytes);
        peak = peak.max(live.saturating_add(inside(node)));
        if let Some(last) = last_uses.get(&node.id) {
            let freed = freed.entry(*last).or_default();
            *freed = freed.saturating_add(bytes);
        }
        live = live.saturating_sub(freed.remove(&step).unwrap_or(0));
    }
    peak
}

/// What a node of a model or plan takes beside its constants, in either form: names, shapes, lists, the operation.
pub(crate) const NODE: u64 = 4096;

/// The bytes that a compiled model has at rest: constants, and what its nodes take. Constants that several nodes share
/// count once, as a node of their own.
pub(crate) fn kept(model: &TypedModel) -> u64 {
    let of_node = |node: &TypedNode| {
        let constant = if node.op_is::<Const>() { bytes(node) } else { 0 };
        let checked = node.op_as::<Checked>();
        let bodies = checked.map(|checked| bodies(checked.operation().as_op())).unwrap_or_default();
        let bodies = bodies.into_iter().map(|plan| kept(plan.model())).fold(0, u64::saturating_add);
        constant.saturating_add(bodies).saturating_add(NODE)
    };
    model.nodes.iter().map(of_node).fold(0, u64::saturating_add)
}

/// The bytes that a model has before it is compiled: its constants, and what its nodes take.
pub(crate) fn parsed(model: &InferenceModel) -> u64 {
    let of_node = |node: &InferenceNode| {
        let constants = node.outputs.iter().filter_map(|output| output.fact.value.concretize());
        let bytes =
            constants.map(|tensor| sizes::byte_size(tensor.datum_type(), tensor.shape().iter().copied()));
        bytes.fold(NODE, u64::saturating_add)
    };
    model.nodes.iter().map(of_node).fold(0, u64::saturating_add)
}

/// The plans of the bodies of an operation.
fn bodies(operation: &dyn Op) -> TVec<&TypedSimplePlan> {
    if let Some(scan) = operation.downcast_ref::<OptScan>() {
        tvec![&*scan.plan]
    } else if let Some(branch) = operation.downcast_ref::<Branch>() {
        branch.plans().into_iter().collect()
    } else {
        tvec![]
    }
}

/// What the bodies of an operation take while it runs.
fn inside(node: &TypedNode) -> u64 {
    let checked = node.op_as::<Checked>();
    let bodies = checked.map(|checked| bodies(checked.operation().as_op())).unwrap_or_default();
    bodies.into_iter().map(peak).max().unwrap_or(0)
}

fn bytes(node: &TypedNode) -> u64 {
    let outputs = node.outputs.iter().filter_map(|output| sizes::typed(&output.fact));
    outputs.fold(0, u64::saturating_add)
}
