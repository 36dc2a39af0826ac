//! Checks of sizes that depend on values: expressions of symbols, which the engine simplifies without a bound.
//!
//! Strided windows one after the other divide a size by a power, which passes 2^63 and has the engine recurse without
//! end; joining a tensor with a part of itself doubles the expression with each operation. So every expression between
//! two operations is bounded, and one operation makes at most a few times as much of it.

use std::fmt::{self, Write};
use tract_onnx::tract_hir::internal::*;
use wasi_nn::{Error, ErrorKind};

/// The longest expression, in characters as the engine writes it. Those of real models have some dozen.
const LENGTH: usize = 512;

/// The most digits of a number in one. The products of two still fit 64 bits.
const DIGITS: usize = 9;

/// Checks the sizes that are known of a tensor while a model is analysed, and sizes that are its values.
pub(super) fn check(fact: &InferenceFact) -> TractResult<()> {
    for size in fact.shape.dims().filter_map(Factoid::concretize) {
        check_size(&size)?;
    }
    fact.value.concretize().map_or(Ok(()), |tensor| check_values(&tensor))
}

/// Checks the same of a tensor of a typed model.
pub(crate) fn check_typed(fact: &TypedFact) -> TractResult<()> {
    fact.shape.iter().try_for_each(check_size)?;
    fact.konst.as_ref().map_or(Ok(()), |tensor| check_values(tensor))
}

fn check_values(tensor: &Tensor) -> TractResult<()> {
    let sizes = tensor.as_plain_ram().and_then(|view| view.as_slice::<TDim>().ok()).unwrap_or_default();
    sizes.iter().try_for_each(check_size)
}

fn check_size(size: &TDim) -> TractResult<()> {
    if size.as_i64().is_some() {
        return Ok(());
    }
    let mut measure = Measure { left: LENGTH, digits: 0 };
    if write!(measure, "{size}").is_err() {
        let message = "the model has a tensor whose size is too long an expression of values";
        bail!(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(())
}

/// Ends its writer once an expression, or a number in it, is too long.
struct Measure {
    left: usize,
    digits: usize,
}

impl Write for Measure {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.left = self.left.checked_sub(part.len()).ok_or(fmt::Error)?;
        for byte in part.bytes() {
            self.digits = if byte.is_ascii_digit() { self.digits.saturating_add(1) } else { 0 };
            if self.digits > DIGITS {
                return Err(fmt::Error);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{check_size, check_typed};
    use tract_onnx::tract_hir::internal::*;

    #[test]
    fn long_expressions_and_large_numbers_are_refused() {
        let scope = SymbolScope::default();
        let n: TDim = scope.new_with_prefix("n").into();
        assert!(check_size(&7.to_dim()).is_ok());
        assert!(check_size(&i64::MAX.to_dim()).is_ok());
        assert!(check_size(&n).is_ok());
        assert!(check_size(&((n.clone() + 3) / 4 * 1_000_000)).is_ok());
        assert!(check_size(&(n.clone() * 10_000_000_000i64)).is_err());
        assert!(check_size(&(n.clone() / 10_000_000_000u64)).is_err());
        let many = (0..200).map(|index| TDim::from(scope.new_with_prefix("m")) / (index + 2));
        let sum = many.fold(n.clone(), |sum, term| sum + term);
        assert!(check_size(&sum).is_err());
        let fact = f32::fact([1.to_dim(), sum]);
        assert!(check_typed(&fact).is_err());
        assert!(check_typed(&f32::fact([1.to_dim(), n])).is_ok());
    }
}
