//! Checks that the attributes and inputs of an operation are as the ONNX specification demands.
//!
//! The engine is written for models that somebody trained. In others, rules that count from an axis to the rank of a
//! tensor count for ever if the axis does not exist, a permutation that is none is followed in circles, and
//! windows and trees that do not fit lead kernels out of their tensors. So what the ONNX specification demands
//! is checked here, for the operations where it matters, each time that more is known about the inputs.

mod symbols;
mod trees;
mod windows;

pub(crate) use symbols::check_typed as check_symbols;

use crate::attribute::attribute;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;
use wasi_nn::{Error, ErrorKind};
use windows::Window;

/// Attributes that name axes, or say how many there are.
const AXES: [&str; 5] = ["axes", "axis", "batch_dims", "gather_axis", "quantize_axis"];

/// Operations that count axes of their first input, and how many it must have at least.
///
/// Windows have rules of their own, and names of the form `...Normalization` that are missing have one.
const LEAST_RANKS: [(&str, usize); 34] = [
    ("ArgMax", 1),
    ("ArgMin", 1),
    ("ArrayFeatureExtractor", 1),
    ("BatchNormalization", 2),
    ("Concat", 1),
    ("CumSum", 1),
    ("DFT", 1),
    ("DepthToSpace", 4),
    ("EyeLike", 2),
    ("GRU", 3),
    ("Gather", 1),
    ("GatherElements", 1),
    ("GatherND", 1),
    ("GlobalAveragePool", 3),
    ("GlobalLpPool", 3),
    ("GlobalMaxPool", 3),
    ("GridSample", 3),
    ("GroupNormalization", 2),
    ("InstanceNormalization", 2),
    ("LRN", 2),
    ("LSTM", 3),
    ("MatMul", 1),
    ("MatMulNBits", 1),
    ("Multinomial", 2),
    ("NonMaxSuppression", 3),
    ("Normalizer", 1),
    ("RNN", 3),
    ("Resize", 1),
    ("STFT", 2),
    ("ScatterElements", 1),
    ("ScatterND", 1),
    ("SpaceToDepth", 4),
    ("TopK", 1),
    ("Trilu", 2),
];

/// Operations of which constant inputs say how large the output is: the first such input, and the least number there.
const TAKE_SHAPES: [(&str, usize, i64); 6] = [
    ("ConstantOfShape", 0, 0),
    ("Expand", 1, 0),
    ("Pad", 1, 0),
    ("Range", 0, -0x8000_0000),
    ("Reshape", 1, -1),
    ("Tile", 1, 0),
];

/// The most dimensions that a tensor has.
const MAX_RANK: usize = 32;

/// What is checked of an operation.
#[derive(Debug, Clone)]
pub(crate) struct NodeChecks {
    operation: String,
    axes: TVec<i64>,
    permutation: Option<TVec<i64>>,
    window: Option<Window>,
    /// The nodes of an ensemble of trees.
    tree_nodes: Option<u64>,
}

impl NodeChecks {
    /// Checks what is wrong whatever the inputs are.
    pub(crate) fn of(node: &NodeProto) -> TractResult<Self> {
        trees::check(node)?;
        let axes = AXES.iter().flat_map(|name| ints(node, name)).copied().collect();
        let permutation = attribute(node, "perm").map(|attribute| attribute.ints.as_slice().into());
        Ok(NodeChecks {
            operation: node.op_type.clone(),
            axes,
            permutation,
            window: Window::of(node),
            tree_nodes: trees::nodes(node),
        })
    }

    /// The name of the operator.
    pub(crate) fn operation(&self) -> &str {
        &self.operation
    }

    /// Checks what is known by now.
    pub(crate) fn check(&self, inputs: &[&InferenceFact], outputs: &[&InferenceFact]) -> TractResult<()> {
        inputs.iter().chain(outputs).try_for_each(|fact| symbols::check(fact))?;
        let ranks: TVec<Option<usize>> = inputs.iter().map(|fact| rank(fact)).collect();
        let all = ranks.iter().copied().chain(outputs.iter().map(|fact| rank(fact)));
        if all.flatten().any(|rank| rank > MAX_RANK) {
            let message = format!("the model has a tensor of more than {MAX_RANK} dimensions");
            bail!(Error::new(ErrorKind::TooLarge, message));
        }
        let first = ranks.first().copied().flatten().or_else(|| outputs.first().and_then(|fact| rank(fact)));
        if let Some(rank) = first {
            self.check_axes(rank)?;
        }
        if first.is_some_and(|rank| rank < self.least_rank()) {
            bail!("`{}` takes a tensor of {} dimensions or more", self.operation, self.least_rank());
        }
        if self.operation == "Upsample"
            && let Some(scales) = inputs.get(1).and_then(|fact| fact.value.concretize())
        {
            let scales =
                scales.as_plain_ram().and_then(|view| view.as_slice::<f32>().ok()).unwrap_or_default();
            // Of several elements for one, the engine takes another than `Resize` of version 10 does.
            ensure!(
                scales.iter().all(|scale| *scale >= 1.0),
                "a `Resize` of version 10 makes its input smaller"
            );
        }
        if self.operation == "GatherND" && ranks.get(1) == Some(&Some(0)) {
            bail!("the indices of a `GatherND` are no single number");
        }
        let shapes = TAKE_SHAPES.into_iter().find(|(operation, ..)| *operation == self.operation);
        if let Some((_, first, least)) = shapes {
            // Only a range is given by several.
            let count = if self.operation == "Range" { 3 } else { 1 };
            let mut shapes = inputs.iter().skip(first).take(count).filter_map(|fact| fact.value.concretize());
            shapes.try_for_each(|shape| check_shape(&shape, least))?;
        }
        self.window.as_ref().map_or(Ok(()), |window| window.check(&self.operation, inputs))
    }

    /// The bytes of tables that the engine makes for the operation, as far as the sizes of its inputs are known.
    pub(crate) fn tables(&self, inputs: &[&InferenceFact]) -> u64 {
        self.window.as_ref().map_or(0, |window| window.table(inputs))
    }

    /// Checks what has to be known once all inputs have their sizes: no work and no window may depend on values.
    pub(crate) fn check_sizes(&self, inputs: &[&InferenceFact]) -> TractResult<()> {
        if let Some(window) = &self.window {
            window.check_sizes(&self.operation, inputs)?;
        }
        if let Some(nodes) = self.tree_nodes {
            let rows = inputs.first().and_then(|fact| fact.shape.dims().next()?.concretize()?.as_i64());
            let Some(rows) = rows.and_then(|rows| u64::try_from(rows).ok()) else {
                bail!("how many rows `{}` has depends on values", self.operation);
            };
            // A row goes down all trees, and in the worst of them past every node.
            let work = rows.saturating_mul(nodes).saturating_mul(trees::STEP);
            crate::limits::bounds::budget(|budget| budget.check_work(work))?;
        }
        Ok(())
    }

    fn least_rank(&self) -> usize {
        let known = LEAST_RANKS.iter().find(|(operation, _)| *operation == self.operation);
        known.map_or(self.operation.ends_with("Normalization").into(), |(_, rank)| *rank)
    }

    fn check_axes(&self, rank: usize) -> TractResult<()> {
        let added = match self.operation.as_str() {
            "Unsqueeze" => self.axes.len(),
            "OneHot" => 1,
            _ => 0,
        };
        let axes = i64::try_from(rank.saturating_add(added)).unwrap_or(i64::MAX);
        // A flattened tensor may end behind its last axis, and an axis of quantisation does not count for one scale.
        let is_open = matches!(self.operation.as_str(), "Flatten" | "QuantizeLinear" | "DequantizeLinear");
        let last = if is_open { axes } else { axes.saturating_sub(1) };
        // Zero is what an attribute without a number has.
        let exists = |axis: &i64| *axis == 0 || (-axes..=last).contains(axis);
        if let Some(axis) = self.axes.iter().find(|axis| !exists(axis)) {
            bail!("`{}` has no axis {axis}", self.operation);
        }
        if let Some(permutation) = &self.permutation {
            let mut sorted = permutation.to_vec();
            sorted.sort_unstable();
            let is_permutation = sorted.len() == rank && (0..).zip(&sorted).all(|(axis, own)| axis == *own);
            ensure!(is_permutation, "{permutation:?} is no permutation of {rank} axes");
        }
        Ok(())
    }
}

fn rank(fact: &InferenceFact) -> Option<usize> {
    usize::try_from(fact.shape.rank().concretize()?).ok()
}

/// The numbers of an attribute, be it one or several.
fn ints<'a>(node: &'a NodeProto, name: &str) -> impl Iterator<Item = &'a i64> {
    attribute(node, name).into_iter().flat_map(|attribute| attribute.ints.iter().chain([&attribute.i]))
}

/// The engine takes the lower 32 bits of a dimension, and some negative ones for huge ones.
fn check_shape(shape: &Tensor, least: i64) -> TractResult<()> {
    let numbers = shape.as_plain_ram().and_then(|view| view.as_slice::<i64>().ok()).unwrap_or_default();
    if let Some(number) = numbers.iter().find(|number| **number < least) {
        bail!("the model has a dimension of {number}");
    }
    if numbers.iter().any(|number| i32::try_from(*number).is_err()) {
        bail!(Error::new(ErrorKind::TooLarge, "the model has a dimension beyond 2^31"));
    }
    Ok(())
}
