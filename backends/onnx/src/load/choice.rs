//! The operation `If`, of which the branch is taken that is decided before anything is known of the other.
//!
//! Exporters decide by ranks and sizes, and leave a branch that does not fit the shapes at hand: it is never taken. The
//! engine's own operation analyses both branches all the same, and fails.

use crate::attribute::attribute;
use std::collections::HashMap;
use tract_onnx::model::{ParseResult, ParsingContext};
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::ops::logic::IfThenElse;
use tract_onnx::tract_hir::internal::*;

/// A choice between two bodies.
#[derive(Debug, Clone)]
struct Choice {
    then: Body,
    otherwise: Body,
}

#[derive(Debug, Clone)]
struct Body {
    model: InferenceModel,
    /// Which of the operation's inputs the body takes.
    inputs: Vec<usize>,
}

/// Reads the operation, and the names of values around it that its bodies use.
pub(crate) fn build(
    context: &ParsingContext<'_>,
    node: &NodeProto,
) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    let (then, then_names) = parse(context, node, "then_branch")?;
    let (otherwise, other_names) = parse(context, node, "else_branch")?;
    let mut names: Vec<String> = then_names.iter().chain(&other_names).cloned().collect();
    names.sort_unstable();
    names.dedup();
    // The first input is the condition.
    let places = |own: &[String]| {
        let place = |name: &String| names.binary_search(name).ok().and_then(|at| at.checked_add(1));
        own.iter().map(place).collect::<Option<Vec<_>>>().context("a branch uses a value without a name")
    };
    let then = Body { inputs: places(&then_names)?, model: then };
    let otherwise = Body { inputs: places(&other_names)?, model: otherwise };
    let outputs = [&then, &otherwise].map(|body| body.model.outputs.len());
    ensure!(outputs == [node.output.len(); 2], "the branches of an `If` have other outputs than itself");
    Ok((Box::new(Choice { then, otherwise }), names))
}

fn parse(
    context: &ParsingContext<'_>,
    node: &NodeProto,
    name: &str,
) -> TractResult<(InferenceModel, Vec<String>)> {
    let attribute = attribute(node, name);
    let graph = attribute.and_then(|attribute| attribute.g.as_ref());
    let graph = graph.with_context(|| format!("an `If` has no {name}"))?;
    let ParseResult { model, unresolved_inputs, .. } = context.parse_graph(graph)?;
    Ok((model, unresolved_inputs))
}

impl Body {
    /// Tells the body what is known of its inputs, and what of these the body knows. `true` if one of them learned something.
    fn hear(&mut self, inputs: &mut [InferenceFact]) -> TractResult<bool> {
        let mut changed = false;
        for (own, outer) in self.inputs.iter().enumerate() {
            let outer = inputs.get_mut(*outer).context("an `If` lacks an input")?;
            changed |= self.model.input_fact_mut(own)?.unify_with_mut(outer)?;
        }
        Ok(changed | self.model.analyse(false)?)
    }

    /// Has the body and what is around it know the same, if it is taken.
    fn take(&mut self, inputs: &mut [InferenceFact], outputs: &mut [InferenceFact]) -> TractResult<bool> {
        let mut changed = self.hear(inputs)?;
        for (own, outer) in outputs.iter_mut().enumerate() {
            changed |= self.model.output_fact_mut(own)?.unify_with_mut(outer)?;
        }
        Ok(changed)
    }

    /// What is known of the outputs if the body is taken; `None` if it does not fit what is known of the inputs.
    fn outputs(&self, inputs: &[InferenceFact]) -> TractResult<Option<Vec<InferenceFact>>> {
        let mut tried = self.clone();
        // What it demands of the inputs holds only if it is taken.
        match tried.hear(&mut inputs.to_vec()) {
            Err(error) if error.is::<wasi_nn::Error>() => Err(error),
            Err(_) => Ok(None),
            Ok(_) => {
                let facts = (0..tried.model.outputs.len()).map(|own| tried.model.output_fact(own).cloned());
                facts.collect::<TractResult<_>>().map(Some)
            }
        }
    }

    /// The model, with what is known of the inputs by now.
    fn typed(&self, inputs: &[OutletId], target: &TypedModel) -> TractResult<TypedModel> {
        let mut model = self.model.clone();
        for (own, outer) in self.inputs.iter().enumerate() {
            let outer = inputs.get(*outer).context("an `If` lacks an input")?;
            model.set_input_fact(own, InferenceFact::from(target.outlet_fact(*outer)?))?;
        }
        model.into_typed()
    }

    /// Adds all operations of the body to `target`.
    fn unfold(
        &self,
        name: &str,
        inputs: &[OutletId],
        target: &mut TypedModel,
    ) -> TractResult<TVec<OutletId>> {
        let body = self.typed(inputs, target)?;
        let mut places: HashMap<OutletId, OutletId> = HashMap::new();
        for (own, outer) in body.input_outlets()?.iter().zip(&self.inputs) {
            places.insert(*own, *inputs.get(*outer).context("an `If` lacks an input")?);
        }
        let find = |places: &HashMap<OutletId, OutletId>, outlet: &OutletId| {
            places.get(outlet).copied().context("a value of a branch is missing")
        };
        for index in body.eval_order()? {
            let node = body.node(index);
            if places.contains_key(&OutletId::new(index, 0)) {
                continue;
            }
            let taken =
                node.inputs.iter().map(|outlet| find(&places, outlet)).collect::<TractResult<TVec<_>>>()?;
            let own = target.unique_name(format!("{name} {}", node.name)).into_owned();
            let made = target.wire_node(own, node.op.clone(), &taken)?;
            places.extend((0..).map(|slot| OutletId::new(index, slot)).zip(made));
        }
        body.outputs.iter().map(|outlet| find(&places, outlet)).collect()
    }
}

/// Tells an output what both branches say of it. Which value there is depends on the condition.
fn agree((output, (then, otherwise)): (&mut InferenceFact, (&InferenceFact, &InferenceFact))) {
    let shape = then.shape.unify(&otherwise.shape).and_then(|shape| shape.unify(&output.shape));
    let datum =
        then.datum_type.unify(&otherwise.datum_type).and_then(|datum| datum.unify(&output.datum_type));
    if let (Ok(shape), Ok(datum)) = (shape, datum) {
        output.shape = shape;
        output.datum_type = datum;
    }
}

never_equal!(Choice);

impl Op for Choice {
    fn name(&self) -> StaticName {
        "If".into()
    }

    not_a_typed_op!();
}

impl EvalOp for Choice {
    not_out_of_plan!();

    fn eval(&self, _context: &EvalContext, _inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        bail!("an `If` is computed in a plan")
    }
}

impl InferenceOp for Choice {
    fn infer_facts(
        &mut self,
        inputs: TVec<&InferenceFact>,
        outputs: TVec<&InferenceFact>,
        observed: TVec<&InferenceFact>,
    ) -> TractResult<(TVec<InferenceFact>, TVec<InferenceFact>, TVec<InferenceFact>)> {
        let mut inputs: TVec<InferenceFact> = inputs.into_iter().cloned().collect();
        let mut outputs: TVec<InferenceFact> = outputs.into_iter().cloned().collect();
        let condition = inputs.first_mut().context("an `If` has a condition")?;
        condition.datum_type.unify_with(&bool::datum_type().into())?;
        let decided = condition.value.concretize().map(|value| value.cast_to_scalar::<bool>()).transpose()?;
        let Choice { then, otherwise } = self;
        let Some(decided) = decided else {
            if let (Some(then), Some(otherwise)) = (then.outputs(&inputs)?, otherwise.outputs(&inputs)?) {
                outputs.iter_mut().zip(then.iter().zip(&otherwise)).for_each(agree);
            }
            return Ok((inputs, outputs, observed.into_iter().cloned().collect()));
        };
        let taken = if decided { then } else { otherwise };
        while taken.take(&mut inputs, &mut outputs)? {}
        Ok((inputs, outputs, observed.into_iter().cloned().collect()))
    }

    fn nboutputs(&self) -> TractResult<usize> {
        Ok(self.then.model.outputs.len())
    }

    fn to_typed(
        &self,
        _source: &InferenceModel,
        node: &InferenceNode,
        target: &mut TypedModel,
        mapping: &HashMap<OutletId, OutletId>,
    ) -> TractResult<TVec<OutletId>> {
        let inputs = node.inputs.iter().map(|outlet| mapping.get(outlet).copied());
        let inputs = inputs.collect::<Option<TVec<_>>>().context("an input was not translated")?;
        let condition = inputs.first().context("an `If` has a condition")?;
        if let Some(decided) = target.outlet_fact(*condition)?.konst.clone() {
            let body = if decided.cast_to_scalar::<bool>()? { &self.then } else { &self.otherwise };
            return body.unfold(&node.name, &inputs, target);
        }
        let operation = IfThenElse {
            then_body: self.then.typed(&inputs, target)?,
            else_body: self.otherwise.typed(&inputs, target)?,
            then_input_mapping: self.then.inputs.clone(),
            else_input_mapping: self.otherwise.inputs.clone(),
        };
        target.wire_node(&node.name, operation, &inputs)
    }

    as_op!();
}
