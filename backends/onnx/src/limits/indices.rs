//! The check of indices, before an operation of the engine follows them.
//!
//! They are values, often a guest's. The engine adds an index to where a row begins, and does not ask whether it is still in
//! that row: one beyond the end reads the next row without a word, and panics behind the last. ONNX has it an error.

use crate::attribute::attribute;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::ops::array::{Gather, GatherElements, GatherNd, ScatterElements, ScatterNd};
use tract_onnx::tract_hir::internal::*;
use wasi_nn::Error;

/// What the indices of an operation, its second input, are places of in its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Indexed {
    /// Each is a place along this axis, which counts from the last one if it is negative.
    Along(i64),
    /// The last axis has a place for each of the axes from this one.
    Points(usize),
}

impl Indexed {
    /// What an operation's are, if it has any.
    pub(crate) fn of(operation: &dyn TypedOp) -> Option<Self> {
        let gather = operation.downcast_ref::<Gather>().map(|gather| gather.axis);
        let elements = || operation.downcast_ref::<GatherElements>().map(|gather| gather.axis);
        let scatter = || operation.downcast_ref::<ScatterElements>().map(|scatter| scatter.axis);
        let axis = gather.or_else(elements).or_else(scatter).and_then(|axis| i64::try_from(axis).ok());
        let axis = axis.map(Indexed::Along);
        let batch = || operation.downcast_ref::<GatherNd>().map(|gather| gather.batch_dims);
        let batch = || batch().or_else(|| operation.is::<ScatterNd>().then_some(0));
        axis.or_else(|| batch().map(Indexed::Points))
    }

    /// What those of a node of a model are, of which the engine may compute a constant before it is an operation.
    pub(crate) fn of_node(node: &NodeProto) -> Option<Self> {
        let number = |name: &str| attribute(node, name).map_or(0, |attribute| attribute.i);
        match node.op_type.as_str() {
            "Gather" | "GatherElements" | "Scatter" | "ScatterElements" => {
                Some(Indexed::Along(number("axis")))
            }
            "GatherND" => usize::try_from(number("batch_dims")).ok().map(Indexed::Points),
            "ScatterND" => Some(Indexed::Points(0)),
            _ => None,
        }
    }

    /// Checks the indices of the operation called `name`.
    pub(crate) fn check(self, name: &str, inputs: &[TValue]) -> TractResult<()> {
        let [data, indices, ..] = inputs else { bail!("`{name}` takes data and indices") };
        let numbers = indices.cast_to::<i64>()?;
        let view = numbers.try_as_plain_ram()?;
        let indices = view.as_slice::<i64>()?;
        let sizes = data.shape();
        match self {
            Indexed::Along(axis) => {
                let rank = i64::try_from(sizes.len())?;
                let axis = if axis < 0 { axis.saturating_add(rank) } else { axis };
                let size = usize::try_from(axis).ok().and_then(|axis| sizes.get(axis).copied());
                check_all(name, indices, size)
            }
            Indexed::Points(first) => {
                let axes = numbers.shape().last().copied().unwrap_or(1).max(1);
                let sizes = sizes.get(first..).unwrap_or_default();
                (0..axes).try_for_each(|axis| {
                    check_all(name, indices.iter().skip(axis).step_by(axes), sizes.get(axis).copied())
                })
            }
        }
    }
}

/// Checks indices along an axis of that size, from whose end negative ones count.
fn check_all<'a>(
    name: &str,
    indices: impl IntoIterator<Item = &'a i64>,
    size: Option<usize>,
) -> TractResult<()> {
    let size = i64::try_from(size.unwrap_or(0)).unwrap_or(i64::MAX);
    let is_place = |index: i64| index < size && index >= size.saturating_neg();
    match indices.into_iter().find(|index| !is_place(**index)) {
        Some(index) => bail!(Error::invalid_argument(format!(
            "the operator `{name}` was given the index {index} of an axis that has {size} places"
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::Indexed;
    use tract_onnx::prelude::{Tensor, tensor1, tensor2};
    use tract_onnx::tract_hir::internal::IntoTValue;

    fn check(indexed: Indexed, indices: Tensor) -> Result<(), String> {
        let data = Tensor::zero::<f32>(&[2, 3]).unwrap();
        let inputs = [data.into_tvalue(), indices.into_tvalue()];
        indexed.check("Gather", &inputs).map_err(|error| error.to_string())
    }

    #[test]
    fn places_along_an_axis() {
        let along = |axis| move |index: i64| check(Indexed::Along(axis), tensor1(&[0, index, 1]));
        let (rows, columns) = (along(0), along(1));
        assert!([-2, -1, 0, 1].into_iter().all(|index| rows(index).is_ok()));
        assert!([-3, -2, 2].into_iter().all(|index| columns(index).is_ok()));
        for index in [-3, 2, i64::MIN, i64::MAX] {
            let text =
                format!("the operator `Gather` was given the index {index} of an axis that has 2 places");
            assert_eq!(rows(index), Err(text));
        }
        // It would be the first of the next row.
        assert!(columns(3).is_err() && columns(-4).is_err());
        assert!(check(Indexed::Along(1), tensor1(&[3_i32])).is_err());
        assert!(along(-1)(2).is_ok() && along(-1)(3).is_err() && along(2)(0).is_err());
    }

    #[test]
    fn places_in_several_axes() {
        let points = |first, points| check(Indexed::Points(first), points);
        assert!(points(0, tensor2(&[[1_i64, 2], [-2, -3]])).is_ok());
        assert!(points(0, tensor2(&[[2_i64, 0]])).is_err());
        assert!(points(0, tensor2(&[[0_i64, 3]])).is_err());
        assert!(points(1, tensor2(&[[2_i64], [-3]])).is_ok());
        assert!(points(1, tensor2(&[[3_i64]])).is_err());
        assert!(points(0, tensor2(&[[0_i64, 0, 0]])).is_err(), "there is no third axis");
    }
}
