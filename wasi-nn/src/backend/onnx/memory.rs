//! How much memory a plan takes while it runs, before it does.

use super::branch::Branch;
use super::checked::Checked;
use super::sizes;
use std::collections::HashMap;
use tract_onnx::tract_core::ops::konst::Const;
use tract_onnx::tract_core::ops::scan::OptScan;
use tract_onnx::tract_hir::internal::*;

/// The bytes of all tensors that exist at one time, as far as their sizes are known.
///
/// It is an upper bound: the engine reuses some tensors in place, and never frees one later than is assumed here.
pub(super) fn peak(plan: &TypedSimplePlan) -> u64 {
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

/// What the bodies of an operation take while it runs.
fn inside(node: &TypedNode) -> u64 {
    let Some(operation) = node.op_as::<Checked>().map(|checked| checked.operation().as_op()) else {
        return 0;
    };
    if let Some(scan) = operation.downcast_ref::<OptScan>() {
        peak(&scan.plan)
    } else if let Some(branch) = operation.downcast_ref::<Branch>() {
        branch.plans().into_iter().map(peak).max().unwrap_or(0)
    } else {
        0
    }
}

fn bytes(node: &TypedNode) -> u64 {
    let outputs = node.outputs.iter().filter_map(|output| sizes::typed(&output.fact));
    outputs.fold(0, u64::saturating_add)
}
