//! Wrappers around the engine's operations, which check the size of results before the engine evaluates anything.
//!
//! The engine evaluates operations on constants while it analyses a model, and looks at the size of the result
//! afterwards. Here each operation is wrapped, so that the question comes first.

use crate::error::AtNode;
use crate::limits::bounds;
use crate::limits::indices::Indexed;
use crate::limits::sizes;
use crate::load::node_checks::{NodeChecks, check_symbols};
use crate::load::{choice, extreme, recurrent};
use std::collections::HashMap;
use std::sync::LazyLock;
use tract_onnx::model::{OnnxOpRegister, ParsingContext};
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::optim::CONST_FOLD_MEM_BUDGET;
use tract_onnx::tract_core::tract_data::TooEarly;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::array::Squeeze;

/// Bytes of a constant that is computed while a model is analysed, before anything is known of the work: of so few, even
/// an operation that compares all pairs makes short work. Sizes, which is what analysis needs, are far smaller.
const FOLDED: u64 = 64 << 10;

/// The engine's own operations.
static OPERATIONS: LazyLock<OnnxOpRegister> = LazyLock::new(|| tract_onnx::onnx().op_register);

/// The engine with all its operations wrapped.
pub(crate) fn framework() -> tract_onnx::Onnx {
    let mut framework = tract_onnx::onnx();
    framework.op_register.insert("Upsample", build);
    for builder in framework.op_register.0.values_mut() {
        *builder = build;
    }
    framework
}

/// Whether the engine has an operation.
pub(crate) fn is_known(operation: &str) -> bool {
    OPERATIONS.0.contains_key(operation)
}

fn build(context: &ParsingContext, node: &NodeProto) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    bounds::check()?;
    if node.op_type == "Upsample" {
        // What `Resize` was in version 10.
        let context = ParsingContext { onnx_operator_set_version: 10, ..context.clone() };
        return guard("Resize", &context, node);
    }
    guard(&node.op_type, context, node)
}

/// The operation that the engine builds under a name, guarded.
fn guard(
    name: &str,
    context: &ParsingContext<'_>,
    node: &NodeProto,
) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    let Some(builder) = OPERATIONS.0.get(name) else {
        bail!("no operation has the name {}", node.op_type);
    };
    let at = AtNode::new(&node.op_type, name_of(node));
    let checks = at.blame(NodeChecks::of(node))?;
    let built = match node.op_type.as_str() {
        "If" => choice::build(context, node),
        "RNN" | "GRU" | "LSTM" => recurrent::build(context, node),
        // The engine takes the axes for given before version 13.
        "Squeeze" if node.input.len() < 2 && node.attribute.is_empty() => {
            Ok((expand(Squeeze::new(None)), vec![]))
        }
        _ => builder(context, node),
    };
    let (operation, closures) = at.blame(built)?;
    Ok((Box::new(Guarded { operation, checks, indexed: Indexed::of_node(node), at }), closures))
}

/// The name of a node, or of its first output if it has none.
fn name_of(node: &NodeProto) -> &str {
    let mut names = [&node.name].into_iter().chain(&node.output);
    names.find(|name| !name.is_empty()).map(String::as_str).unwrap_or_default()
}

/// An operation that is guarded. It passes for what it wraps wherever the engine looks at it.
#[derive(Debug, Clone)]
struct Guarded {
    operation: Box<dyn InferenceOp>,
    checks: NodeChecks,
    indexed: Option<Indexed>,
    /// Where errors are.
    at: AtNode,
}

never_equal!(Guarded);

impl Op for Guarded {
    fn name(&self) -> StaticName {
        self.operation.name()
    }

    fn validation(&self) -> Validation {
        self.operation.validation()
    }

    fn info(&self) -> TractResult<Vec<String>> {
        self.operation.info()
    }

    fn mints_runtime_symbols(&self) -> bool {
        self.operation.mints_runtime_symbols()
    }

    fn required_bound_symbols(&self, inputs: &[&TypedFact]) -> TVec<Symbol> {
        self.operation.required_bound_symbols(inputs)
    }

    fn as_typed(&self) -> Option<&dyn TypedOp> {
        self.operation.as_typed()
    }
}

impl EvalOp for Guarded {
    fn eval(&self, context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        self.operation.eval(context, inputs)
    }

    fn forwards_input(&self) -> Option<usize> {
        self.operation.forwards_input()
    }

    fn eval_out_of_plan(&self, inputs: TVec<TValue>) -> TractResult<Option<TVec<TValue>>> {
        self.operation.eval_out_of_plan(inputs)
    }

    fn state(&self, context: &EvalContext) -> TractResult<Option<Box<dyn OpState>>> {
        self.operation.state(context)
    }

    fn drop_session(&self, session: SessionId, node: usize) {
        self.operation.drop_session(session, node);
    }
}

impl InferenceOp for Guarded {
    fn infer(
        &mut self,
        inputs: TVec<&InferenceFact>,
        outputs: TVec<&InferenceFact>,
        observed: TVec<&InferenceFact>,
    ) -> TractResult<(TVec<InferenceFact>, TVec<InferenceFact>, TVec<InferenceFact>)> {
        bounds::check()?;
        let inferred = self.inferred(inputs, outputs, observed);
        self.at.blame(inferred)
    }

    fn observe_outlets(&self, model: &InferenceModel, node: &InferenceNode) -> TractResult<Vec<OutletId>> {
        self.operation.observe_outlets(model, node)
    }

    fn infer_facts(
        &mut self,
        inputs: TVec<&InferenceFact>,
        outputs: TVec<&InferenceFact>,
        observed: TVec<&InferenceFact>,
    ) -> TractResult<(TVec<InferenceFact>, TVec<InferenceFact>, TVec<InferenceFact>)> {
        self.operation.infer_facts(inputs, outputs, observed)
    }

    fn incorporate(
        &self,
        model: &InferenceModel,
        node: &InferenceNode,
    ) -> TractResult<Option<InferenceModelPatch>> {
        self.operation.incorporate(model, node)
    }

    fn nboutputs(&self) -> TractResult<usize> {
        self.operation.nboutputs()
    }

    fn as_op(&self) -> &dyn Op {
        self.operation.as_op()
    }

    fn as_op_mut(&mut self) -> &mut dyn Op {
        self.operation.as_op_mut()
    }

    fn to_typed(
        &self,
        source: &InferenceModel,
        node: &InferenceNode,
        target: &mut TypedModel,
        mapping: &HashMap<OutletId, OutletId>,
    ) -> TractResult<TVec<OutletId>> {
        bounds::check()?;
        self.at.blame(self.translate(source, node, target, mapping))
    }
}

/// What is known of inputs, outputs, and values that an operation observes.
type Facts = (TVec<InferenceFact>, TVec<InferenceFact>, TVec<InferenceFact>);

impl Guarded {
    /// What the operation infers, once it was checked.
    fn inferred(
        &mut self,
        inputs: TVec<&InferenceFact>,
        outputs: TVec<&InferenceFact>,
        observed: TVec<&InferenceFact>,
    ) -> TractResult<Facts> {
        self.checks.check(&inputs, &outputs)?;
        let table = self.checks.tables(&inputs);
        bounds::budget(|budget| budget.check(table))?;
        let (inputs, mut outputs, observed) = self.operation.infer_facts(inputs, outputs, observed)?;
        check_facts(&outputs)?;
        if let Some(values) = self.folded(&inputs, &outputs)? {
            outputs = values;
        }
        Ok((inputs, outputs, observed))
    }

    /// Has the operation add itself to a typed model, checks before and what it added afterwards.
    fn translate(
        &self,
        source: &InferenceModel,
        node: &InferenceNode,
        target: &mut TypedModel,
        mapping: &HashMap<OutletId, OutletId>,
    ) -> TractResult<TVec<OutletId>> {
        let facts = node.inputs.iter().map(|outlet| {
            let outlet = mapping.get(outlet).context("an input was not translated")?;
            Ok(InferenceFact::from(target.outlet_fact(*outlet)?))
        });
        let facts = facts.collect::<TractResult<TVec<_>>>()?;
        let inputs: TVec<_> = facts.iter().collect();
        self.checks.check(&inputs, &[])?;
        self.checks.check_sizes(&inputs)?;
        let table = self.checks.tables(&inputs);
        bounds::budget(|budget| budget.charge(table))?;
        let known = target.nodes.len();
        let outlets = self.operation.to_typed(source, node, target, mapping)?;
        if matches!(self.checks.operation(), "ReduceMax" | "ReduceMin") {
            extreme::replace_since(target, known);
            extreme::check(target, &outlets)?;
        }
        for node in target.nodes.iter().skip(known) {
            for output in &node.outputs {
                check_symbols(&output.fact)?;
                let bytes = sizes::typed(&output.fact).unwrap_or(0);
                let is_constant = output.fact.konst.is_some();
                bounds::budget(
                    |budget| if is_constant { budget.charge(bytes) } else { budget.check(bytes) },
                )?;
            }
        }
        Ok(outlets)
    }

    /// What the outputs are, if all inputs are constants and the outputs are known to be small.
    ///
    /// The engine's own version of this evaluates first.
    fn folded(
        &self,
        inputs: &[InferenceFact],
        outputs: &[InferenceFact],
    ) -> TractResult<Option<TVec<InferenceFact>>> {
        // The engine has another extreme of infinities, and panics at an index that is no place of one.
        if inputs.is_empty() || matches!(self.checks.operation(), "ReduceMax" | "ReduceMin" | "OneHot") {
            return Ok(None);
        }
        // How many elements are not zero cannot be known before, but is no more than there are elements.
        let is_bounded = self.operation.name() == "NonZero";
        let most = if is_bounded { CONST_FOLD_MEM_BUDGET } else { FOLDED };
        let is_small = |bytes: u64| bytes <= most;
        if !is_bounded && !outputs.iter().all(|fact| sizes::inferred(fact).is_some_and(is_small)) {
            return Ok(None);
        }
        let constant = |fact: &InferenceFact| {
            let tensor = fact.value.concretize()?;
            let bytes = sizes::byte_size(tensor.datum_type(), tensor.shape().iter().copied());
            (tensor.is_plain_ram() && is_small(bytes)).then(|| tensor.into_tvalue())
        };
        let Some(values) = inputs.iter().map(constant).collect::<Option<TVec<_>>>() else { return Ok(None) };
        if let Some(indexed) = self.indexed {
            indexed.check(self.checks.operation(), &values)?;
        }
        match self.operation.eval_out_of_plan(values) {
            Ok(None) => Ok(None),
            Ok(Some(values)) => {
                let facts = values.into_iter().map(|value| {
                    let bytes = sizes::byte_size(value.datum_type(), value.shape().iter().copied());
                    bounds::budget(|budget| budget.charge(bytes))?;
                    InferenceFact::try_from(value.into_arc_tensor())
                });
                facts.collect::<TractResult<TVec<_>>>().map(Some)
            }
            Err(error) if error.root_cause().is::<TooEarly>() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Checks how large the outputs of an operation are going to be.
fn check_facts(outputs: &[InferenceFact]) -> TractResult<()> {
    for bytes in outputs.iter().filter_map(sizes::inferred) {
        bounds::budget(|budget| budget.check(bytes))?;
    }
    Ok(())
}
