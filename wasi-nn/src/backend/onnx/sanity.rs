//! What the engine believes without looking.
//!
//! Some of its rules count from an axis to the rank of a tensor, and with an axis that does not exist they
//! count, and remember what they saw, until the memory is full.

use crate::{Error, ErrorKind};
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

/// Attributes that name axes, or say how many there are.
const AXES: [&str; 6] = ["axes", "axis", "batch_dims", "gather_axis", "perm", "quantize_axis"];

/// The ends of the names of operations that count from an axis even where the model names none.
const HAVE_AXES: [&str; 3] = ["Normalization", "GatherND", "DFT"];

/// Operations of which constant inputs say how large the output is.
const TAKE_SHAPES: [&str; 5] = ["ConstantOfShape", "Expand", "Pad", "Reshape", "Tile"];

/// The most dimensions that a tensor has.
const MAX_RANK: usize = 32;

/// What is checked of an operation whenever more is known about its inputs.
#[derive(Debug, Clone)]
pub(super) struct Sanity {
    operation: String,
    axes: TVec<i64>,
}

impl Sanity {
    pub(super) fn of(node: &NodeProto) -> Self {
        let attributes = node.attribute.iter().filter(|attribute| AXES.contains(&attribute.name.as_str()));
        let axes = attributes.flat_map(|attribute| attribute.ints.iter().chain([&attribute.i])).copied();
        Sanity { operation: node.op_type.clone(), axes: axes.collect() }
    }

    /// Refuses axes that do not exist, and sizes of which the engine would only take a part.
    pub(super) fn check(&self, inputs: &[&InferenceFact], outputs: &[&InferenceFact]) -> TractResult<()> {
        let rank = |fact: &&InferenceFact| {
            fact.shape.rank().concretize().and_then(|rank| usize::try_from(rank).ok())
        };
        let ranks: TVec<Option<usize>> = inputs.iter().map(rank).collect();
        if ranks.iter().copied().chain(outputs.iter().map(rank)).flatten().any(|rank| rank > MAX_RANK) {
            bail!(Error::new(
                ErrorKind::TooLarge,
                format!("the model has a tensor of more than {MAX_RANK} dimensions")
            ));
        }
        let first = ranks.first().copied().flatten().or_else(|| outputs.first().and_then(rank));
        if let Some(rank) = first {
            self.check_axes(rank)?;
        }
        let indexed = if self.operation == "GatherND" { ranks.get(1).copied().flatten() } else { first };
        if indexed == Some(0) && HAVE_AXES.iter().any(|ending| self.operation.ends_with(ending)) {
            bail!("`{}` takes no single number", self.operation);
        }
        if TAKE_SHAPES.contains(&self.operation.as_str()) {
            inputs
                .iter()
                .filter_map(|fact| fact.value.concretize())
                .try_for_each(|shape| check_shape(&shape))?;
        }
        Ok(())
    }

    fn check_axes(&self, rank: usize) -> TractResult<()> {
        let added = match self.operation.as_str() {
            "Unsqueeze" => self.axes.len(),
            "OneHot" => 1,
            _ => 0,
        };
        let rank = i64::try_from(rank.saturating_add(added)).unwrap_or(i64::MAX);
        match self.axes.iter().find(|axis| !(-rank..=rank).contains(*axis)) {
            Some(axis) => bail!("`{}` has no axis {axis}", self.operation),
            None => Ok(()),
        }
    }
}

/// The engine takes the lower 32 bits of a dimension.
fn check_shape(shape: &Tensor) -> TractResult<()> {
    let numbers = shape.as_plain_ram().and_then(|view| view.as_slice::<i64>().ok());
    if numbers.into_iter().flatten().any(|number| i32::try_from(*number).is_err()) {
        bail!(Error::new(ErrorKind::TooLarge, "the model has a dimension beyond 2^31"));
    }
    Ok(())
}
