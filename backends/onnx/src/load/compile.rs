//! The compilation of a model, for one set of input shapes, into a plan.

use crate::error::explain;
use crate::limits::bounds;
use crate::limits::sizes;
use crate::limits::work;
use crate::load::bodies;
use crate::load::dequantise;
use crate::load::fold::Fold;
use crate::load::node_checks::check_symbols;
use crate::load::one_hot;
use crate::run::checked;
use crate::run::checked::Nesting;
use crate::run::key::Key;
use crate::run::plan::Plan;
use tract_onnx::tract_core::ops::cast::cast;
use tract_onnx::tract_core::optim::{Optimizer, OptimizerSession, TypedPass};
use tract_onnx::tract_hir::internal::*;
use wasi_nn::Error;

/// What the engine is doing, for messages.
const DOING: &str = "compiling the model";

/// Compiles `model`, of which the inputs are as `key` says.
pub(crate) fn compile(mut model: InferenceModel, key: Key) -> Result<Plan, Error> {
    let plan = (|| {
        let scope = model.symbols.clone();
        for (index, fact) in key.facts(&scope).enumerate() {
            let fact = fact(model.input_fact(index)?)?;
            model.set_input_fact(index, fact)?;
        }
        let mut typed = model.into_typed()?;
        cast_outputs(&mut typed)?;
        bodies::forget_between_runs(&mut typed);
        dequantise::replace(&mut typed)?;
        one_hot::replace(&mut typed)?;
        optimise(&mut typed, Nesting::Outermost)?;
        Plan::new(typed, key)
    })();
    plan.map_err(|error| explain(DOING, &error))
}

/// Optimises a model, or a body of one, and has all its operations watched.
pub(crate) fn optimise(model: &mut TypedModel, nesting: Nesting) -> TractResult<()> {
    work::check(model)?;
    watched(Optimizer::declutter()).optimize(model)?;
    work::check(model)?;
    model.optimize_with_session(&mut watched(Optimizer::codegen()).session())?;
    work::check_compiled(model)?;
    checked::wrap(model, nesting)
}

/// Shapes are numbers of the engine's own, and become plain ones where they leave it.
fn cast_outputs(model: &mut TypedModel) -> TractResult<()> {
    let mut outlets = model.outputs.clone();
    for (index, outlet) in outlets.iter_mut().enumerate() {
        if model.outlet_fact(*outlet)?.datum_type.is_tdim() {
            let name = model.unique_name(format!("output {index} as numbers")).into_owned();
            let casted = model.wire_node(name, cast(i64::datum_type()), &[*outlet])?;
            outlet.clone_from(casted.first().context("a cast has one output")?);
        }
    }
    model.select_output_outlets(&outlets)
}

/// An optimiser that asks between two steps whether to go on, and before it computes what is constant.
fn watched(mut optimizer: Optimizer) -> Optimizer {
    let passes = std::mem::take(&mut optimizer.passes);
    // Both of the engine's begin with its own pass for constants.
    let ours: Box<dyn TypedPass> = Box::new(Fold::default());
    let passes = std::iter::once(ours).chain(passes.into_iter().skip(1));
    optimizer.passes = passes.map(Watched::over).collect();
    optimizer
}

/// The changes that a pass makes at most to a model, beside some for each node. There are models that one change and
/// the next one, which undoes it, keep busy for ever.
const CHANGES: usize = 2000;

/// The changes for each node.
const CHANGES_OF_NODE: usize = 16;

/// One pass of the optimiser, which looks at the bounds before each of its steps.
#[derive(Clone, Debug)]
struct Watched {
    pass: Box<dyn TypedPass>,
    /// How many nodes have been looked at.
    seen: usize,
    /// How many changes there may be; known when the model is.
    left: Option<usize>,
}

impl Watched {
    fn over(pass: Box<dyn TypedPass>) -> Box<dyn TypedPass> {
        Box::new(Watched { pass, seen: 0, left: None })
    }
}

impl TypedPass for Watched {
    fn reset(&mut self) -> TractResult<()> {
        self.seen = 0;
        self.pass.reset()
    }

    fn next(
        &mut self,
        session: &mut OptimizerSession,
        model: &TypedModel,
    ) -> TractResult<Option<TypedModelPatch>> {
        bounds::check()?;
        for node in model.nodes.iter().skip(self.seen) {
            check_node(node)?;
        }
        self.seen = model.nodes.len();
        let allowed = || model.nodes.len().saturating_mul(CHANGES_OF_NODE).saturating_add(CHANGES);
        let left = self.left.get_or_insert_with(allowed);
        let change = self.pass.next(session, model)?;
        if change.is_some() {
            let Some(fewer) = left.checked_sub(1) else {
                let message = "the embedded ONNX engine comes to no end with making the model faster";
                bail!(Error::unsupported(message));
            };
            *left = fewer;
        }
        Ok(change)
    }

    fn run_direct(&mut self, model: &mut TypedModel) -> TractResult<bool> {
        bounds::check()?;
        self.pass.run_direct(model)
    }
}

/// Checks how large the tensors are that a node makes.
pub(crate) fn check_node(node: &TypedNode) -> TractResult<()> {
    node.outputs.iter().try_for_each(|output| check_symbols(&output.fact))?;
    for bytes in node.outputs.iter().filter_map(|output| sizes::typed(&output.fact)) {
        bounds::budget(|budget| budget.check(bytes))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tract_onnx::tract_core::optim::Optimizer;

    /// What [`crate::watched`] takes away.
    #[test]
    fn the_engine_begins_with_constants() {
        for optimizer in [Optimizer::declutter(), Optimizer::codegen()] {
            let first = format!("{:?}", optimizer.passes.first());
            let others = format!("{:?}", optimizer.passes.iter().skip(1).collect::<Vec<_>>());
            assert!(first.contains("PropConst") && !others.contains("PropConst"), "{first} {others}");
        }
    }
}
