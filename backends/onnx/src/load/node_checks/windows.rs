//! Checks of the windows of convolutions and pools, which slide over tensors.

use super::rank;
use crate::attribute::attribute;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;
use wasi_nn::{Error, ErrorKind};

/// Operations with windows, and which input has the weights of those that have any.
const WINDOWED: [(&str, Option<usize>); 6] = [
    ("AveragePool", None),
    ("Conv", Some(1)),
    ("ConvInteger", Some(1)),
    ("ConvTranspose", Some(1)),
    ("MaxPool", None),
    ("QLinearConv", Some(3)),
];

/// The most elements that a window has: the engine makes a table of them.
const MAX_ELEMENTS: i64 = 1 << 22;

/// What is said about the window of an operation; lists that are empty are not there.
#[derive(Debug, Clone)]
pub(super) struct Window {
    weights: Option<usize>,
    kernel: TVec<i64>,
    /// Strides and dilations.
    steps: [TVec<i64>; 2],
    pads: TVec<i64>,
    /// What is added to the output, or its size.
    output: [TVec<i64>; 2],
    /// The engine chooses the padding.
    chooses: bool,
}

/// The bytes of one entry in a table of the engine's, as measured: 156 bytes of a model with a window of 20,000 elements
/// over 20,000 outputs made one of 9.4 GB.
const ENTRY: u64 = 24;

/// The sizes behind batch and channels that are known.
fn sizes_of(fact: &InferenceFact) -> TVec<i64> {
    fact.shape.dims().skip(2).filter_map(|dim| dim.concretize()?.as_i64()).collect()
}

/// How many axes a list of pads is for: each has one before and one after.
fn window_axes(pads: &TVec<i64>) -> usize {
    pads.len() / 2
}

impl Window {
    pub(super) fn of(node: &NodeProto) -> Option<Self> {
        let (_, weights) = WINDOWED.into_iter().find(|(operation, _)| *operation == node.op_type)?;
        let ints =
            |name| attribute(node, name).map_or(TVec::new(), |attribute| attribute.ints.as_slice().into());
        Some(Window {
            weights,
            kernel: ints("kernel_shape"),
            steps: [ints("strides"), ints("dilations")],
            pads: ints("pads"),
            output: [ints("output_padding"), ints("output_shape")],
            chooses: attribute(node, "auto_pad").is_some_and(|attribute| attribute.s.starts_with(b"SAME")),
        })
    }

    /// The sizes of the window, from the weights where there are some.
    fn dimensions(&self, inputs: &[&InferenceFact]) -> TVec<i64> {
        match self.weights.and_then(|index| inputs.get(index)) {
            Some(weights) => sizes_of(weights),
            None => self.kernel.clone(),
        }
    }

    /// The bytes of the table that the engine makes of the elements which a window has where it lies partly in the
    /// padding: for each of these outputs, and each of its elements.
    pub(super) fn table(&self, inputs: &[&InferenceFact]) -> u64 {
        let data = inputs.first().map(|data| sizes_of(data)).unwrap_or_default();
        let window = self.dimensions(inputs);
        let [strides, dilations] = &self.steps;
        let (mut all, mut inside) = (1u64, 1u64);
        for (axis, (size, window)) in data.iter().zip(&window).enumerate() {
            let at =
                |numbers: &TVec<i64>, index: usize, default| numbers.get(index).copied().unwrap_or(default);
            let (stride, dilation) = (at(strides, axis, 1).max(1), at(dilations, axis, 1));
            let reach = window.saturating_sub(1).saturating_mul(dilation).saturating_add(1);
            let before = at(&self.pads, axis, 0);
            let after = at(&self.pads, axis.saturating_add(window_axes(&self.pads)), 0);
            // Padding that the engine chooses makes as many outputs as there are steps in the data.
            let padded = size.saturating_add(before).saturating_add(after).saturating_sub(reach);
            let steps = |room: i64| u64::try_from(room.div_euclid(stride).saturating_add(1)).unwrap_or(0);
            let chosen = if self.chooses { steps(size.saturating_sub(1)) } else { 0 };
            all = all.saturating_mul(steps(padded).max(chosen));
            inside = inside.saturating_mul(steps(size.saturating_sub(reach)));
        }
        let elements = window
            .iter()
            .fold(1u64, |product, size| product.saturating_mul(u64::try_from(*size).unwrap_or(0)));
        all.saturating_sub(inside).saturating_mul(elements).saturating_mul(ENTRY)
    }

    /// Checks that the sizes of the axes are known. Those that depend on values become expressions which grow with
    /// each window after another, and for which the engine makes its tables anew in each computation.
    pub(super) fn check_sizes(&self, operation: &str, inputs: &[&InferenceFact]) -> TractResult<()> {
        let axes = inputs.first().and_then(|fact| rank(fact)).unwrap_or(2).saturating_sub(2);
        let known = inputs.first().map(|data| sizes_of(data).len()).unwrap_or_default();
        ensure!(
            known == axes,
            "the window of `{operation}` slides along an axis whose size depends on values"
        );
        Ok(())
    }

    /// Checks that there is one number for each axis that the window slides along, and that it can be.
    pub(super) fn check(&self, operation: &str, inputs: &[&InferenceFact]) -> TractResult<()> {
        let Some(rank_of_data) = inputs.first().and_then(|fact| rank(fact)) else { return Ok(()) };
        let axes = rank_of_data.saturating_sub(2);
        ensure!(axes > 0, "`{operation}` takes a batch, channels, and one axis or more");
        let weights = self.weights.and_then(|index| inputs.get(index));
        if let Some(rank_of_weights) = weights.and_then(|fact| rank(fact)) {
            ensure!(
                rank_of_weights == rank_of_data,
                "the weights of `{operation}` have other axes than its data"
            );
        }
        ensure!(weights.is_some() || !self.kernel.is_empty(), "`{operation}` has no window");
        let fits = |numbers: &TVec<i64>, count: usize, least: i64| {
            let is_sane = |number: &i64| (least..i64::from(i32::MAX)).contains(number);
            numbers.is_empty() || (numbers.len() == count && numbers.iter().all(is_sane))
        };
        let is_sane = fits(&self.kernel, axes, 1)
            && self.steps.iter().all(|steps| fits(steps, axes, 1))
            && fits(&self.pads, axes.saturating_mul(2), 0)
            && self.output.iter().all(|sizes| fits(sizes, axes, 0));
        ensure!(is_sane, "the window of `{operation}` does not fit its data");
        let dimensions = self.dimensions(inputs);
        if weights.is_some() && dimensions.len() == axes && !self.kernel.is_empty() {
            ensure!(dimensions == self.kernel, "the window of `{operation}` does not fit its weights");
        }
        ensure!(dimensions.iter().all(|dimension| *dimension > 0), "the window of `{operation}` is empty");
        if dimensions.iter().fold(1, |product: i64, dimension| product.saturating_mul(*dimension))
            > MAX_ELEMENTS
        {
            let message = format!("the window of `{operation}` has more than {MAX_ELEMENTS} elements");
            bail!(Error::new(ErrorKind::TooLarge, message));
        }
        Ok(())
    }
}
