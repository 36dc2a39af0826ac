//! How long operations take, before they run.
//!
//! An operation that runs cannot be stopped, so one that would run for hours must not start. What counts is what
//! grows faster than the tensors, whose size is bounded by itself.

use super::{bodies, sizes};
use tract_onnx::tract_core::ops::cnn::{MaxPool, PoolSpec, SumPool};
use tract_onnx::tract_hir::internal::*;

/// Checks all operations of a model, and of the bodies in it.
pub(super) fn check(model: &TypedModel) -> TractResult<()> {
    for node in &model.nodes {
        let work = estimate(model, node)?;
        super::bounds::budget(|budget| budget.check_work(work))?;
        bodies::of(node.op.as_ref()).into_iter().try_for_each(check)?;
    }
    Ok(())
}

/// The multiplications of an operation, or the steps that cost as much.
fn estimate(model: &TypedModel, node: &TypedNode) -> TractResult<u64> {
    let inputs = model.node_input_facts(node.id)?;
    let outputs = node.outputs.iter().map(|output| elements(&output.fact));
    let output = outputs.fold(0_u64, u64::saturating_add);
    let input = |index: usize| inputs.get(index).map_or(0, |fact| elements(fact));
    let pool = node.op_as::<MaxPool>().map(|pool| &pool.pool_spec);
    if let Some(spec) = pool.or_else(|| node.op_as::<SumPool>().map(|pool| &pool.pool_spec)) {
        return Ok(output.saturating_mul(kernel(spec)));
    }
    Ok(match node.op.name().as_ref() {
        // Each box is compared with those that were taken before.
        "NonMaxSuppression" => input(0).saturating_mul(input(1)),
        // Each draw looks at all classes, each element at the channels around it.
        "Multinomial" | "Lrn" => output.saturating_mul(input(0)),
        _ => {
            let costs = node.op.cost(&inputs)?;
            let costs = costs.iter().filter(|(cost, _)| cost.is_compute()).map(|(_, count)| {
                // What depends on values is bounded when they are there.
                count.as_i64().map_or(0, |count| u64::try_from(count).unwrap_or(u64::MAX))
            });
            costs.fold(0, u64::saturating_add)
        }
    })
}

/// The elements that a step of a pool looks at. Where they are is a table that the engine makes.
fn kernel(spec: &PoolSpec) -> u64 {
    sizes::product(spec.kernel_shape.iter().copied())
}

fn elements(fact: &TypedFact) -> u64 {
    fact.shape.as_concrete().map_or(0, |shape| sizes::product(shape.iter().copied()))
}
