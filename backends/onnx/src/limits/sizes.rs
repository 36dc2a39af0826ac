//! Estimates of the bytes of tensors, before they exist.

use crate::OnnxLimits;
use crate::limits::pool::Share;
use tract_onnx::prelude::{DatumType, InferenceFact, TypedFact};
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::internal::ExoticFact;
use wasi_nn::{Error, ErrorKind};

/// Memory that a piece of work may still use.
#[derive(Clone, Debug)]
pub(crate) struct SizeBudget {
    tensor: u64,
    total: u64,
    left: u64,
    work: u64,
    /// What is taken from all.
    share: Option<Share>,
}

impl SizeBudget {
    pub(crate) fn new(limits: &OnnxLimits) -> Self {
        let total = limits.max_total_bytes;
        SizeBudget { tensor: limits.max_tensor_bytes, total, left: total, work: limits.max_work, share: None }
    }

    /// Has what is taken be taken from all as well.
    pub(crate) fn within(mut self, share: &Share) -> Self {
        self.share = Some(share.clone());
        self
    }

    /// Checks one tensor by itself.
    pub(crate) fn check(&self, bytes: u64) -> Result<(), Error> {
        if bytes > self.tensor {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "the model needs a tensor of {bytes} bytes, and {} are allowed; see `OnnxLimits::max_tensor_bytes`",
                    self.tensor
                ),
            ));
        }
        Ok(())
    }

    /// Checks one operation by itself.
    pub(crate) fn check_work(&self, work: u64) -> Result<(), Error> {
        if work > self.work {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "the model has an operation of {work} multiplications, and {} are allowed; see \
                     `OnnxLimits::max_work`",
                    self.work
                ),
            ));
        }
        Ok(())
    }

    /// Checks one tensor, and takes what it needs.
    pub(crate) fn charge(&mut self, bytes: u64) -> Result<(), Error> {
        self.check(bytes)?;
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.share.as_ref().map_or(Ok(()), |share| share.grow(bytes))?;
                self.left = left;
                Ok(())
            }
            None => Err(self.exhausted()),
        }
    }

    /// Takes what was checked before.
    pub(crate) fn reserve(&mut self, bytes: u64) -> Result<(), Error> {
        self.share.as_ref().map_or(Ok(()), |share| share.grow(bytes))?;
        self.left = self.left.saturating_sub(bytes);
        Ok(())
    }

    /// Checks what all tensors take together.
    pub(crate) fn check_total(&self, bytes: u64) -> Result<(), Error> {
        if bytes > self.total { Err(self.exhausted()) } else { Ok(()) }
    }

    fn exhausted(&self) -> Error {
        let total = self.total;
        let message = format!(
            "the model needs more than {total} bytes for its tensors; see `OnnxLimits::max_total_bytes`"
        );
        Error::new(ErrorKind::TooLarge, message)
    }
}

/// The bytes of a tensor of a shape, saturating.
pub(crate) fn byte_size(datum: DatumType, shape: impl IntoIterator<Item = usize>) -> u64 {
    product(shape).saturating_mul(widen(datum.size_of()))
}

/// The elements of a tensor of a shape, saturating.
///
/// A dimension of zero counts as one: there are no elements then, but operations make tables and count along
/// the other dimensions all the same.
pub(crate) fn product(shape: impl IntoIterator<Item = usize>) -> u64 {
    shape.into_iter().fold(1, |product, dimension| product.saturating_mul(widen(dimension.max(1))))
}

/// The bytes of the numbers from `start` to `end` in steps of `step`.
#[expect(
    clippy::as_conversions,
    reason = "it saturates, and makes zero of what is no number, as the engine does"
)]
pub(crate) fn range(datum: DatumType, start: f64, end: f64, step: f64) -> u64 {
    let count = ((end - start) / step).ceil() as u64;
    widen(datum.size_of()).saturating_mul(count)
}

/// The bytes of what a typed fact describes, if its shape is known.
pub(crate) fn typed(fact: &TypedFact) -> Option<u64> {
    let shape = fact.shape.as_concrete()?;
    let plain = byte_size(fact.datum_type, shape.iter().copied());
    Some(plain.saturating_add(arranged(fact)?))
}

/// The bytes of the engine's own arrangement of elements, as for products of matrices, if that is known.
pub(crate) fn arranged(fact: &TypedFact) -> Option<u64> {
    let sizes = fact.exotic_fact().map(ExoticFact::buffer_sizes).into_iter().flatten();
    sizes
        .map(|size| size.as_i64().and_then(|size| u64::try_from(size).ok()))
        .try_fold(0, |sum: u64, size| Some(sum.saturating_add(size?)))
}

/// The bytes of what a fact describes while the model is being analysed, if its type and shape are known.
pub(crate) fn inferred(fact: &InferenceFact) -> Option<u64> {
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
