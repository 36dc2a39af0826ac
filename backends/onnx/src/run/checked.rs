//! Wrappers around the operations of a compiled model, which check memory, work and outputs during a computation.

use crate::limits::bounds;
use crate::limits::indices::Indexed;
use crate::limits::sizes;
use crate::limits::work;
use crate::load::compile::optimise;
use crate::run::branch::Branch;
use std::ops::Deref;
use std::sync::Arc;
use tract_onnx::tract_core::ops::dummy::Dummy;
use tract_onnx::tract_core::ops::konst::Const;
use tract_onnx::tract_core::ops::logic::IfThenElse;
use tract_onnx::tract_core::ops::scan::OptScan;
use tract_onnx::tract_core::ops::source::TypedSource;
use tract_onnx::tract_hir::internal::*;

/// Where a model is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nesting {
    /// Once in each computation.
    Outermost,
    /// As a part of an operation, and perhaps many times.
    Body,
}

/// Wraps all operations of a compiled model, and of the bodies in it.
pub(crate) fn wrap(model: &mut TypedModel, nesting: Nesting) -> TractResult<()> {
    for node in &mut model.nodes {
        if !is_watched(node) {
            continue;
        }
        if let Some(scan) = node.op_as::<OptScan>() {
            node.op = Box::new(wrap_scan(scan)?);
        } else if let Some(choice) = node.op_as::<IfThenElse>() {
            let facts = node.outputs.iter().map(|output| output.fact.clone()).collect();
            node.op = Box::new(Branch::new(choice, facts, |body| optimise(body, Nesting::Body))?);
        }
    }
    let works = model.nodes.iter().map(|node| work::of_node(model, node)).collect::<TractResult<Vec<_>>>()?;
    for (node, work) in model.nodes.iter_mut().zip(works) {
        if !is_watched(node) {
            continue;
        }
        let outputs = node.outputs.iter().map(|output| Expected::of(&output.fact)).collect();
        let unwrapped = std::mem::replace(&mut node.op, Box::new(Dummy::new()));
        let indexed = Indexed::of(unwrapped.as_ref());
        let inner = Inner { operation: unwrapped, outputs, nesting, work, indexed };
        node.op = Box::new(Checked(Arc::new(inner)));
    }
    Ok(())
}

/// Whether it computes anything.
fn is_watched(node: &TypedNode) -> bool {
    !(node.op_is::<Const>() || node.op_is::<TypedSource>() || node.op_is::<Dummy>())
}

fn wrap_scan(scan: &OptScan) -> TractResult<OptScan> {
    let mut parameters = scan.deref().clone();
    let mut body = parameters.plan.model().clone();
    wrap(&mut body, Nesting::Body)?;
    parameters.plan = TypedSimplePlan::new(body)?;
    Ok(OptScan::new(Arc::new(parameters)))
}

/// An operation that is watched.
#[derive(Clone, Debug)]
pub(crate) struct Checked(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    operation: Box<dyn TypedOp>,
    outputs: Vec<Expected>,
    nesting: Nesting,
    /// Its work, unless that depends on values.
    work: Option<u64>,
    /// What its indices are, if it has any.
    indexed: Option<Indexed>,
}

/// What an output is going to be.
#[derive(Debug)]
struct Expected {
    datum: DatumType,
    shape: ExpectedShape,
}

#[derive(Debug)]
enum ExpectedShape {
    Known(TVec<usize>),
    /// It depends on values.
    Open(ShapeFact),
    /// The engine's own arrangement of the elements, of which only the engine knows.
    Arranged,
}

impl Expected {
    fn of(fact: &TypedFact) -> Self {
        let shape = match fact.shape.as_concrete() {
            _ if fact.exotic_fact.is_some() => ExpectedShape::Arranged,
            Some(shape) => ExpectedShape::Known(shape.into()),
            None => ExpectedShape::Open(fact.shape.clone()),
        };
        Expected { datum: fact.datum_type, shape }
    }

    /// Whether `value` is what was expected. Kernels that come later rely on it without looking.
    fn matches(&self, value: &Tensor) -> bool {
        match &self.shape {
            ExpectedShape::Known(shape) => {
                value.datum_type() == self.datum && value.shape() == shape.as_slice()
            }
            ExpectedShape::Open(shape) => value.datum_type() == self.datum && value.rank() == shape.rank(),
            ExpectedShape::Arranged => true,
        }
    }
}

impl Inner {
    /// Asks whether to go on, and for how much memory and work where that was not known before.
    fn before(&self, context: &EvalContext, inputs: &[TValue]) -> TractResult<()> {
        bounds::check()?;
        if let Some(indexed) = self.indexed {
            indexed.check(&self.operation.name(), inputs)?;
        }
        let Some(work) = self.work else { return self.before_open(context, inputs) };
        Ok(bounds::start(work)?)
    }

    /// [`before`](Self::before), where sizes depend on values.
    fn before_open(&self, context: &EvalContext, inputs: &[TValue]) -> TractResult<()> {
        let mut made: TVec<TypedFact> = tvec![];
        for output in &self.outputs {
            if let ExpectedShape::Known(shape) = &output.shape {
                made.push(TypedFact::dt_shape(output.datum, shape.as_slice()));
            }
            if let ExpectedShape::Open(shape) = &output.shape {
                let bytes = match shape.eval_to_usize(context.symbols) {
                    Ok(shape) => {
                        made.push(TypedFact::dt_shape(output.datum, shape.as_ref()));
                        sizes::byte_size(output.datum, shape.iter().copied())
                    }
                    Err(_) => self.minted(output.datum, inputs)?,
                };
                bounds::budget(|budget| match self.nesting {
                    Nesting::Outermost => budget.charge(bytes),
                    // What one round of a loop makes is gone in the next.
                    Nesting::Body => budget.check(bytes),
                })?;
            }
        }
        let work = work::of_values(self.operation.as_ref(), inputs, &made, context.symbols)?;
        bounds::budget(|budget| budget.check_work(work))?;
        Ok(bounds::start(work)?)
    }

    /// The bytes of an output of which only the operation knows how large it becomes.
    ///
    /// All but a range select from their inputs, so that these bound it.
    fn minted(&self, datum: DatumType, inputs: &[TValue]) -> TractResult<u64> {
        match (self.operation.name().as_ref(), inputs) {
            ("Range", [start, end, step]) => {
                let number = |value: &TValue| value.cast_to_scalar::<f64>();
                Ok(sizes::range(datum, number(start)?, number(end)?, number(step)?))
            }
            _ => Ok(0),
        }
    }

    /// Checks what the operation made.
    fn after(&self, values: TVec<TValue>) -> TractResult<TVec<TValue>> {
        ensure!(
            values.len() == self.outputs.len(),
            "{} made another number of outputs",
            self.operation.name()
        );
        for (output, value) in self.outputs.iter().zip(&values) {
            if !output.matches(value) {
                bail!("{} made {:?}, and not {output:?}", self.operation.name(), value.shape());
            }
        }
        Ok(values)
    }
}

impl Checked {
    /// What is watched.
    pub(crate) fn operation(&self) -> &dyn TypedOp {
        self.0.operation.as_ref()
    }
}

impl PartialEq for Checked {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Checked {}

impl Op for Checked {
    fn name(&self) -> StaticName {
        self.0.operation.name()
    }

    fn mints_runtime_symbols(&self) -> bool {
        self.0.operation.mints_runtime_symbols()
    }

    fn required_bound_symbols(&self, inputs: &[&TypedFact]) -> TVec<Symbol> {
        self.0.operation.required_bound_symbols(inputs)
    }

    op_as_typed_op!();
}

impl TypedOp for Checked {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        self.0.operation.output_facts(inputs)
    }

    as_op!();
}

impl EvalOp for Checked {
    not_out_of_plan!();

    fn eval(&self, context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        self.0.before(context, &inputs)?;
        self.0.after(self.0.operation.eval(context, inputs)?)
    }

    fn forwards_input(&self) -> Option<usize> {
        self.0.operation.forwards_input()
    }

    fn state(&self, context: &EvalContext) -> TractResult<Option<Box<dyn OpState>>> {
        let Some(state) = self.0.operation.state(context)? else { return Ok(None) };
        Ok(Some(Box::new(CheckedState { inner: Arc::clone(&self.0), state })))
    }

    fn drop_session(&self, session: SessionId, node: usize) {
        self.0.operation.drop_session(session, node);
    }
}

/// The state of an operation that is watched.
#[derive(Clone, Debug)]
struct CheckedState {
    inner: Arc<Inner>,
    state: Box<dyn OpState>,
}

impl OpState for CheckedState {
    fn init_tensor_fact(&self) -> Option<(String, TypedFact)> {
        self.state.init_tensor_fact()
    }

    fn has_init_tensor_fact(&self) -> bool {
        self.state.has_init_tensor_fact()
    }

    fn resolve_symbols(&mut self, turn: &mut TurnState) -> TractResult<()> {
        self.state.resolve_symbols(turn)
    }

    fn eval(
        &mut self,
        context: &EvalContext,
        _operation: &dyn Op,
        inputs: TVec<TValue>,
    ) -> TractResult<TVec<TValue>> {
        self.inner.before(context, &inputs)?;
        let values = self.state.eval(context, self.inner.operation.as_op(), inputs)?;
        self.inner.after(values)
    }

    fn reset_lanes(&mut self, lanes: &[LaneId]) -> TractResult<()> {
        self.state.reset_lanes(lanes)
    }
}
