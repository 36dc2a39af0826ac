//! Estimates of the steps of operations, before they run.
//!
//! An operation that runs cannot be stopped, so one that would run for hours must not start. Work is counted in
//! multiplications of a large product of matrices in `f32`, of which a core makes 25 in a nanosecond. What other steps
//! take was measured on models of one operation each, and what is unknown counts too: each element that is read or
//! written is work, whatever is done with it.

use crate::limits::bounds;
use crate::limits::sizes;
use crate::load::bodies;
use tract_onnx::tract_core::ops::Cost;
use tract_onnx::tract_core::ops::cnn::{MaxPool, PoolSpec, SumPool};
use tract_onnx::tract_core::ops::matmul::optimized::OptMatMul;
use tract_onnx::tract_hir::internal::*;
use tract_onnx_opl::lrn::Lrn;
use tract_onnx_opl::non_max_suppression::NonMaxSuppression;

/// An element that is read or written, by whatever operation: 5 ns.
const ELEMENT: u64 = 128;

/// A byte that is put where a product of matrices wants it: 0.2 ns.
const ARRANGED: u64 = 4;

/// An element whose place is computed, or that is sorted: 40 ns.
const PLACED: u64 = 1024;

/// An element of an operation that makes lists of numbers for each: 160 ns.
const LISTED: u64 = 4096;

/// A step of what slides windows, or compares pairs: 1.3 ns.
const STEP: u64 = 32;

/// A pair of boxes whose overlap is computed: 20 ns.
const PAIR: u64 = 512;

/// A multiplication of the engine's plain code for sums over axes that form no product of matrices: 320 ns.
const SUMMED: u64 = 8192;

/// One of many products of matrices, beside its multiplications: 2.5 us.
const PRODUCT: u64 = 65_536;

/// Checks all operations of a model, and of the bodies in it, as far as shapes are known.
pub(crate) fn check(model: &TypedModel) -> TractResult<()> {
    check_all(model, false)
}

/// [`check`], for a model that is not made faster any more.
pub(crate) fn check_compiled(model: &TypedModel) -> TractResult<()> {
    check_all(model, true)
}

fn check_all(model: &TypedModel, is_compiled: bool) -> TractResult<()> {
    for node in &model.nodes {
        let inputs = model.node_input_facts(node.id)?;
        // Of constants, the engine computes it as it is.
        let is_final = is_compiled || inputs.iter().all(|fact| fact.konst.is_some());
        let outputs: TVec<_> = node.outputs.iter().map(|output| &output.fact).collect();
        let work = Step { operation: node.op.as_ref(), inputs: &inputs, outputs: &outputs, is_final };
        let work = work.estimate(&SymbolValues::default())?;
        bounds::budget(|budget| budget.check_work(work.unwrap_or(0)))?;
        bodies::of(node.op.as_ref()).into_iter().try_for_each(|body| check_all(body, is_compiled))?;
    }
    Ok(())
}

/// The work of a node of a compiled model, unless it depends on values.
pub(crate) fn of_node(model: &TypedModel, node: &TypedNode) -> TractResult<Option<u64>> {
    let (inputs, operation) = (model.node_input_facts(node.id)?, node.op.as_ref());
    let outputs: TVec<_> = node.outputs.iter().map(|output| &output.fact).collect();
    Step { operation, inputs: &inputs, outputs: &outputs, is_final: true }.estimate(&SymbolValues::default())
}

/// The work of a compiled operation on these values, of which it makes something of the size of `outputs`, as far as
/// that is known.
pub(crate) fn of_values(
    operation: &dyn TypedOp,
    inputs: &[TValue],
    outputs: &[TypedFact],
    symbols: &SymbolValues,
) -> TractResult<u64> {
    if operation.is::<NonMaxSuppression>() {
        return suppression(inputs);
    }
    let inputs: TVec<_> = inputs
        .iter()
        .map(|value| {
            let mut fact = TypedFact::dt_shape(value.datum_type(), value.shape());
            fact.konst = (value.len() == 1).then(|| value.clone().into_arc_tensor());
            fact
        })
        .collect();
    let (inputs, outputs): (TVec<_>, TVec<_>) = (inputs.iter().collect(), outputs.iter().collect());
    let step = Step { operation, inputs: &inputs, outputs: &outputs, is_final: true };
    // Nothing but products of the engine's own form leaves it open then, and makes no more steps than pairs.
    let pairs = || inputs.iter().filter_map(|fact| elements(fact, symbols)).fold(1, u64::saturating_mul);
    Ok(step.estimate(symbols)?.unwrap_or_else(pairs))
}

/// The work of choosing among boxes: each of a class whose score is high enough is compared with those that were taken
/// before.
fn suppression(inputs: &[TValue]) -> TractResult<u64> {
    let number = |index: usize| inputs.get(index).and_then(|value| value.cast_to_scalar::<f64>().ok());
    let scores = inputs.get(1).context("`NonMaxSuppression` takes scores")?;
    let classes = scores.cast_to::<f32>()?;
    let width = scores.shape().last().copied().unwrap_or(1).max(1);
    let (limit, least) = (number(2).unwrap_or(f64::INFINITY), number(4).unwrap_or(f64::NEG_INFINITY));
    let pairs = classes.try_as_plain_ram()?.as_slice::<f32>()?.chunks(width).map(|class| {
        let candidates = class.iter().filter(|score| f64::from(**score) > least).count();
        let candidates = u64::try_from(candidates).unwrap_or(u64::MAX);
        // As a float, since the engine takes zero for no limit.
        let limit = if limit > 0.0 && limit < 9e15 { candidates.min(whole(limit)) } else { candidates };
        candidates.saturating_mul(limit.saturating_mul(PAIR).saturating_add(PLACED))
    });
    let read = sizes::product(scores.shape().iter().copied()).saturating_mul(ELEMENT);
    Ok(pairs.fold(read, u64::saturating_add))
}

#[expect(clippy::as_conversions, reason = "a positive number below 2^53 is itself")]
fn whole(number: f64) -> u64 {
    number as u64
}

/// An operation, and what it is done on.
struct Step<'a> {
    operation: &'a dyn TypedOp,
    inputs: &'a [&'a TypedFact],
    outputs: &'a [&'a TypedFact],
    /// Whether it is computed as it is, rather than made faster before.
    is_final: bool,
}

impl Step<'_> {
    /// Its work, if the shapes are known.
    fn estimate(&self, symbols: &SymbolValues) -> TractResult<Option<u64>> {
        let total = |facts: &[&TypedFact]| {
            let mut sizes = facts.iter().map(|fact| elements(fact, symbols));
            sizes.try_fold(0, |sum: u64, size| Some(sum.saturating_add(size?)))
        };
        let (Some(read), Some(written)) = (total(self.inputs), total(self.outputs)) else { return Ok(None) };
        let shape = |index: usize| {
            let fact = self.inputs.get(index)?;
            Some(fact.shape.eval_to_usize(symbols).ok()?.into_owned())
        };
        let dimension = |index: usize, axis: usize| {
            sizes::product(shape(index).and_then(|shape| shape.get(axis).copied()))
        };
        let elements = read.saturating_add(written);
        if let Some(window) = self.pool().map(|spec| sizes::product(spec.kernel_shape.iter().copied())) {
            return Ok(Some(written.saturating_mul(window).saturating_mul(STEP)));
        }
        let name = self.operation.name();
        let own = match name.as_ref() {
            // Each draw looks at all classes.
            "Multinomial" => written.saturating_mul(dimension(0, 1)).saturating_mul(STEP),
            // Each element looks at some channels around it.
            "Lrn" => {
                let window =
                    self.operation.downcast_ref::<Lrn>().map_or(u64::MAX, |lrn| sizes::product([lrn.size]));
                written.saturating_mul(window.min(dimension(0, 1)).saturating_add(1)).saturating_mul(PLACED)
            }
            // Each element is added wherever the kernel puts it: `[C, HkWk, 1]`.
            "DepthwiseDeconv" => {
                let input = sizes::product(shape(1).into_iter().flatten());
                input.saturating_mul(dimension(0, 1)).saturating_mul(4 * STEP)
            }
            "NonZero" | "GridSample" => elements.saturating_mul(LISTED),
            "GatherElements" | "GatherNd" | "ScatterElements" | "ScatterNd" | "Resize" | "Topk" | "Fft"
            | "STFT" | "Cast" | "DeconvSum" | "Random" => elements.saturating_mul(PLACED),
            _ => elements.saturating_mul(ELEMENT),
        };
        let Some(multiplications) = self.multiplications(&name, symbols)? else { return Ok(None) };
        // The engine's own arrangements, which may be made while they are read.
        let arranged = self.outputs.iter().map(|fact| sizes::arranged(fact).unwrap_or(0));
        let arranged = arranged.fold(0, u64::saturating_add).saturating_mul(ARRANGED);
        Ok(Some(own.saturating_add(multiplications).saturating_add(arranged)))
    }

    fn pool(&self) -> Option<&PoolSpec> {
        let max = self.operation.downcast_ref::<MaxPool>().map(|pool| &pool.pool_spec);
        max.or_else(|| self.operation.downcast_ref::<SumPool>().map(|pool| &pool.pool_spec))
    }

    /// What the engine says that it multiplies, if that is known.
    fn multiplications(&self, name: &str, symbols: &SymbolValues) -> TractResult<Option<u64>> {
        let known =
            |count: &TDim| count.eval(symbols).as_i64().map(|count| u64::try_from(count).unwrap_or(u64::MAX));
        let mut work: u64 = 0;
        for (cost, count) in self.operation.cost(self.inputs)? {
            if cost.is_compute() {
                let Some(count) = known(&count) else { return Ok(None) };
                work = work.saturating_add(count.saturating_mul(self.multiplication(name, &cost)));
            }
        }
        if let Some(product) = self.operation.downcast_ref::<OptMatMul>() {
            let volume = product
                .c_fact
                .shape
                .iter()
                .map(&known)
                .try_fold(1, |volume: u64, dimension| Some(volume.saturating_mul(dimension?)));
            let (Some(volume), Some(m), Some(n)) = (volume, known(product.m()), known(product.n())) else {
                return Ok(None);
            };
            let products = volume / m.saturating_mul(n).max(1);
            work = work.saturating_add(products.saturating_mul(PRODUCT));
        }
        Ok(Some(work))
    }

    /// What one multiplication takes.
    fn multiplication(&self, name: &str, cost: &Cost) -> u64 {
        let is_convolution = name.contains("Conv");
        match cost {
            _ if name == "EinSum" && self.is_final => SUMMED,
            Cost::FMA(DatumType::F16) if is_convolution => PLACED,
            Cost::FMA(DatumType::F32) if name == "Conv" => 1,
            Cost::FMA(_) if is_convolution && name != "Conv" => 2 * STEP,
            Cost::FMA(DatumType::F32) => 1,
            // The engine has less for other types, and divides slower.
            _ => STEP / 2,
        }
    }
}

fn elements(fact: &TypedFact, symbols: &SymbolValues) -> Option<u64> {
    let shape = fact.shape.eval_to_usize(symbols).ok()?;
    Some(sizes::product(shape.iter().copied()))
}
