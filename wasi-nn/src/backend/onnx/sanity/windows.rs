//! Windows that slide over tensors, of convolutions and pools.

use super::{attribute, rank};
use crate::{Error, ErrorKind};
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

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
        })
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
        let dimensions: TVec<i64> = match weights {
            Some(weights) => {
                weights.shape.dims().skip(2).filter_map(|dim| dim.concretize()?.as_i64()).collect()
            }
            None => self.kernel.clone(),
        };
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
