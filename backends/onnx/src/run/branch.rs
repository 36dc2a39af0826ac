//! The operation `If`, over two compiled bodies.
//!
//! The engine's own operation for this prepares the body that it chose each time, and does not optimise it.

use tract_onnx::tract_core::ops::logic::IfThenElse;
use tract_onnx::tract_hir::internal::*;

/// A choice between two compiled bodies.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    outputs: TVec<TypedFact>,
    then: Body,
    otherwise: Body,
}

#[derive(Clone, Debug)]
struct Body {
    plan: Arc<TypedSimplePlan>,
    /// Which of the operation's inputs the body takes.
    inputs: TVec<usize>,
}

impl Branch {
    /// The same choice, with both bodies compiled by `compile`.
    pub(crate) fn new(
        choice: &IfThenElse,
        outputs: TVec<TypedFact>,
        compile: impl Fn(&mut TypedModel) -> TractResult<()>,
    ) -> TractResult<Self> {
        let body = |body: &TypedModel, inputs: &[usize]| {
            let mut body = body.clone();
            compile(&mut body)?;
            TractResult::Ok(Body { plan: TypedSimplePlan::new(body)?, inputs: inputs.into() })
        };
        Ok(Branch {
            outputs,
            then: body(&choice.then_body, &choice.then_input_mapping)?,
            otherwise: body(&choice.else_body, &choice.else_input_mapping)?,
        })
    }

    /// The bodies.
    pub(crate) fn plans(&self) -> [&TypedSimplePlan; 2] {
        [&self.then.plan, &self.otherwise.plan]
    }
}

impl PartialEq for Branch {
    fn eq(&self, other: &Self) -> bool {
        let same =
            |own: &Body, other: &Body| Arc::ptr_eq(&own.plan, &other.plan) && own.inputs == other.inputs;
        same(&self.then, &other.then) && same(&self.otherwise, &other.otherwise)
    }
}

impl Eq for Branch {}

impl Op for Branch {
    fn name(&self) -> StaticName {
        "If".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Branch {
    not_out_of_plan!();

    fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let condition = inputs.first().context("an `If` has a condition")?.cast_to_scalar::<bool>()?;
        let body = if condition { &self.then } else { &self.otherwise };
        let taken = body.inputs.iter().map(|index| inputs.get(*index).cloned());
        body.plan.run(taken.collect::<Option<_>>().context("an `If` lacks an input")?)
    }
}

impl TypedOp for Branch {
    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(self.outputs.clone())
    }

    as_op!();
}
