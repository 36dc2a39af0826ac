//! How large tensors are, before they exist.

use super::OnnxLimits;
use crate::{Error, ErrorKind};
use tract_onnx::prelude::{DatumType, InferenceFact, TypedFact};
use tract_onnx::tract_hir::infer::Factoid;

/// Memory that a piece of work may still use.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    tensor: u64,
    total: u64,
    left: u64,
}

impl Budget {
    pub(super) fn new(limits: &OnnxLimits) -> Self {
        let total = limits.max_total_bytes;
        Budget { tensor: limits.max_tensor_bytes, total, left: total }
    }

    /// Checks one tensor by itself.
    pub(super) fn check(&self, bytes: u64) -> Result<(), Error> {
        if bytes > self.tensor {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "the model needs a tensor of {bytes} bytes, and {} are allowed; see `OnnxLimits`",
                    self.tensor
                ),
            ));
        }
        Ok(())
    }

    /// Checks one tensor, and takes what it needs.
    pub(super) fn charge(&mut self, bytes: u64) -> Result<(), Error> {
        self.check(bytes)?;
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Error::new(
                ErrorKind::TooLarge,
                format!("the model needs more than {} bytes for its tensors; see `OnnxLimits`", self.total),
            )),
        }
    }
}

/// The bytes of a tensor of a shape, saturating.
pub(super) fn byte_size(datum: DatumType, shape: impl IntoIterator<Item = usize>) -> u64 {
    let width = widen(datum.size_of());
    // A zero makes the product zero, however large the others are.
    let (mut product, mut empty) = (width, false);
    for dimension in shape {
        empty |= dimension == 0;
        product = product.saturating_mul(widen(dimension));
    }
    if empty { 0 } else { product }
}

/// The bytes of what a typed fact describes, if its shape is known.
pub(super) fn typed(fact: &TypedFact) -> Option<u64> {
    let shape = fact.shape.as_concrete()?;
    Some(byte_size(fact.datum_type, shape.iter().copied()))
}

/// The bytes of what a fact describes while the model is being analysed, if its type and shape are known.
pub(super) fn inferred(fact: &InferenceFact) -> Option<u64> {
    let datum = fact.datum_type.concretize()?;
    let shape = fact.shape.concretize()?;
    // A negative dimension is a mistake that the engine finds by itself.
    let shape: Option<Vec<usize>> =
        shape.iter().map(|dimension| usize::try_from(dimension.as_i64()?).ok()).collect();
    Some(byte_size(datum, shape?))
}

fn widen(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
