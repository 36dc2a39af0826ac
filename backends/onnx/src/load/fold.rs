//! The pass that computes constants, in place of the engine's own.
//!
//! That one computes first and looks at the size of the result then, again and again, without asking whether to go on:
//! a small model with many large results of constants keeps it busy for hours.

use crate::limits::bounds;
use crate::limits::indices::Indexed;
use crate::limits::sizes;
use crate::limits::work;
use tract_onnx::tract_core::ops::array::Slice;
use tract_onnx::tract_core::ops::dummy::Dummy;
use tract_onnx::tract_core::ops::konst::Const;
use tract_onnx::tract_core::ops::source::TypedSource;
use tract_onnx::tract_core::optim::{CONST_FOLD_MEM_BUDGET, OptimizerSession, TypedPass};
use tract_onnx::tract_core::tract_data::TooEarly;
use tract_onnx::tract_hir::internal::*;

/// The pass. It goes on where it was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fold {
    next: usize,
}

impl TypedPass for Fold {
    fn reset(&mut self) -> TractResult<()> {
        self.next = 0;
        Ok(())
    }

    fn next(
        &mut self,
        _session: &mut OptimizerSession,
        model: &TypedModel,
    ) -> TractResult<Option<TypedModelPatch>> {
        for node in model.nodes.iter().skip(self.next) {
            bounds::check()?;
            self.next = node.id;
            if let Some(patch) = fold(model, node)? {
                return Ok(Some(patch));
            }
        }
        Ok(None)
    }
}

/// The constants that `node` makes, in its place, if it makes some and they are small.
fn fold(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
    if let Some(constant) = node.op_as::<Const>() {
        let is_known = node.outputs.first().is_some_and(|output| output.fact.konst.is_some());
        return if is_known {
            Ok(None)
        } else {
            replace(model, node, vec![constant.val().clone()]).map(Some)
        };
    }
    let Some(inputs) = constants(model, node)? else { return Ok(None) };
    if !is_small(model, node)? {
        return Ok(None);
    }
    let work = work::of_node(model, node)?;
    bounds::budget(|budget| budget.check_work(work.unwrap_or(0)))?;
    if let Some(indexed) = Indexed::of(node.op.as_ref()) {
        indexed.check(&node.op.name(), &inputs)?;
    }
    match node.op.eval_out_of_plan(inputs) {
        Ok(None) => Ok(None),
        Ok(Some(values)) => {
            let values: Vec<_> = values.into_iter().map(TValue::into_arc_tensor).collect();
            charge(model, node, &values)?;
            replace(model, node, values).map(Some)
        }
        Err(error) if error.root_cause().is::<TooEarly>() => Ok(None),
        Err(error) => Err(error).with_context(|| format!("computing the constant {node}")),
    }
}

/// The inputs of a node, if all are constants, and are not to be copied for each of many nodes.
fn constants(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TVec<TValue>>> {
    if node.op_is::<Dummy>() || node.op_is::<TypedSource>() {
        return Ok(None);
    }
    let facts = model.node_input_facts(node.id)?;
    let constant = |(fact, outlet): (&&TypedFact, &OutletId)| {
        let is_cheap =
            fact.datum_type.is_number() && bytes(fact).is_some_and(|bytes| bytes <= CONST_FOLD_MEM_BUDGET);
        let value =
            fact.konst.clone().filter(|_| users(model, *outlet) == 1 || node.op_is::<Slice>() || is_cheap)?;
        Some(value.into_tvalue())
    };
    Ok(facts.iter().zip(&node.inputs).map(constant).collect())
}

/// Whether a node makes no more than it takes, or little.
fn is_small(model: &TypedModel, node: &TypedNode) -> TractResult<bool> {
    let inputs = model.node_input_facts(node.id)?;
    let taken = inputs.iter().filter_map(|fact| bytes(fact)).fold(0, u64::saturating_add);
    let mut made = node.outputs.iter().map(|output| bytes(&output.fact));
    let made = made.try_fold(0, |sum: u64, bytes| Some(sum.saturating_add(bytes?)));
    // How much of it there is may depend on the values, of which it is a part then.
    Ok(made.is_none_or(|made| made <= taken.max(CONST_FOLD_MEM_BUDGET)))
}

/// Charges for what was made, less what nobody needs any longer.
fn charge(model: &TypedModel, node: &TypedNode, values: &[Arc<Tensor>]) -> TractResult<()> {
    let size = |value: &Arc<Tensor>| sizes::byte_size(value.datum_type(), value.shape().iter().copied());
    let made = values.iter().map(size).fold(0, u64::saturating_add);
    let facts = model.node_input_facts(node.id)?;
    let freed = facts.iter().zip(&node.inputs).map(|(fact, outlet)| match users(model, *outlet) {
        1 => fact.konst.as_ref().map_or(0, size),
        _ => 0,
    });
    let grown = made.saturating_sub(freed.fold(0, u64::saturating_add));
    Ok(bounds::budget(|budget| budget.charge(grown))?)
}

/// How many take what a node makes.
fn users(model: &TypedModel, outlet: OutletId) -> usize {
    let output = model.nodes.get(outlet.node).and_then(|node| node.outputs.get(outlet.slot));
    output.map_or(0, |output| output.successors.len())
}

fn bytes(fact: &TypedFact) -> Option<u64> {
    fact.mem_size().as_i64().and_then(|bytes| u64::try_from(bytes).ok())
}

fn replace(model: &TypedModel, node: &TypedNode, values: Vec<Arc<Tensor>>) -> TractResult<TypedModelPatch> {
    let mut patch = TypedModelPatch::default();
    for (index, value) in values.into_iter().enumerate() {
        let outlet = OutletId::new(node.id, index);
        let exotic = model.outlet_fact(outlet)?.exotic_fact.clone();
        let name = if index > 0 { format!("{}.{index}", node.name) } else { node.name.clone() };
        let made = patch.wire_node(name, Const::new_with_opt_exotic_fact(value, exotic)?, &[])?;
        patch.shunt_outside(model, outlet, *made.first().context("a constant has one output")?)?;
    }
    Ok(patch)
}
