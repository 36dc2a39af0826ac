//! Types and shapes of tensors, and the arithmetic that both need.

use crate::Error;
use std::fmt;

/// The greatest number of dimensions. Models have up to eight; native libraries accept millions, and fall
/// over later.
pub const MAX_RANK: usize = 16;

/// `tensor_type` of the witx: what one element is. Elements are little endian and lie close together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// IEEE 754 half precision, 2 bytes.
    F16,
    /// IEEE 754 single precision, 4 bytes.
    F32,
    /// IEEE 754 double precision, 8 bytes.
    F64,
    /// Unsigned, 1 byte.
    U8,
    /// Signed, 4 bytes.
    I32,
    /// Signed, 8 bytes.
    I64,
}

impl ElementType {
    /// All of them, in the order of the witx.
    pub const ALL: [ElementType; 6] = [
        ElementType::F16,
        ElementType::F32,
        ElementType::F64,
        ElementType::U8,
        ElementType::I32,
        ElementType::I64,
    ];

    /// How many bytes an element has.
    #[must_use]
    pub const fn width(self) -> usize {
        match self {
            ElementType::U8 => 1,
            ElementType::F16 => 2,
            ElementType::F32 | ElementType::I32 => 4,
            ElementType::F64 | ElementType::I64 => 8,
        }
    }

    /// Its name, as in `f32`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ElementType::F16 => "f16",
            ElementType::F32 => "f32",
            ElementType::F64 => "f64",
            ElementType::U8 => "u8",
            ElementType::I32 => "i32",
            ElementType::I64 => "i64",
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The type and the shape of a tensor whose size is known to be sane.
///
/// It has at most [`MAX_RANK`] dimensions, each at most `i32::MAX`, and its size in bytes fits a `u32`, as
/// everything does that lies in a guest's memory. No dimensions at all mean a scalar; a dimension of zero
/// means that there are no elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TensorType<'a> {
    element: ElementType,
    dimensions: &'a [u32],
    byte_len: u32,
}

impl<'a> TensorType<'a> {
    /// Checks the shape.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) if there are too many dimensions, or
    /// if one of them or their product is too large.
    pub fn new(element: ElementType, dimensions: &'a [u32]) -> Result<Self, Error> {
        let elements = element_count(dimensions)?;
        let width = u32::try_from(element.width()).unwrap_or(u32::MAX);
        match elements.checked_mul(width) {
            Some(byte_len) => Ok(TensorType { element, dimensions, byte_len }),
            None => Err(Error::invalid_argument("the tensor has more bytes than a guest's memory")),
        }
    }

    /// What one element is.
    #[must_use]
    pub const fn element(&self) -> ElementType {
        self.element
    }

    /// The dimensions, outermost first.
    #[must_use]
    pub const fn dimensions(&self) -> &'a [u32] {
        self.dimensions
    }

    /// Its size in bytes.
    #[must_use]
    pub const fn byte_len(&self) -> u32 {
        self.byte_len
    }
}

/// The product of the dimensions, in elements.
pub(crate) fn element_count(dimensions: &[u32]) -> Result<u32, Error> {
    if dimensions.len() > MAX_RANK {
        return Err(Error::invalid_argument("the tensor has more than 16 dimensions"));
    }
    if dimensions.iter().any(|dimension| i32::try_from(*dimension).is_err()) {
        return Err(Error::invalid_argument("a dimension of the tensor is greater than 2^31 - 1"));
    }
    // A zero makes the product zero, however large the dimensions around it are.
    if dimensions.contains(&0) {
        return Ok(0);
    }
    let product = dimensions.iter().try_fold(1_u32, |product, dimension| product.checked_mul(*dimension));
    product.ok_or_else(|| Error::invalid_argument("the tensor has more elements than a guest's memory"))
}

#[cfg(test)]
mod tests {
    use super::{ElementType, TensorType};
    use crate::ErrorKind;
    use proptest::prelude::*;

    /// Dimensions that are mostly near the places where arithmetic breaks.
    fn dimension() -> impl Strategy<Value = u32> {
        prop_oneof![
            0..4_u32,
            0..70_000_u32,
            (0..34_u32).prop_map(|shift| (1_u64 << shift.min(31)) as u32),
            any::<u32>()
        ]
    }

    proptest! {
        #[test]
        fn sizes_agree_with_wide_arithmetic(
            dimensions in prop::collection::vec(dimension(), 0..20),
            element in prop::sample::select(ElementType::ALL.as_slice()),
        ) {
            // Twenty dimensions of 32 bits do not fit any integer, so the model saturates.
            let product = dimensions.iter().fold(1_u128, |product, dim| product.saturating_mul((*dim).into()));
            let bytes = product.saturating_mul(element.width() as u128);
            let is_sane = dimensions.len() <= 16
                && dimensions.iter().all(|dim| *dim <= 0x7fff_ffff)
                && bytes <= u32::MAX.into();
            match TensorType::new(element, &dimensions) {
                Ok(tensor) => prop_assert!(is_sane && u128::from(tensor.byte_len()) == bytes, "{tensor:?}"),
                Err(error) => {
                    prop_assert!(!is_sane, "{dimensions:?}");
                    prop_assert_eq!(error.kind(), ErrorKind::InvalidArgument);
                }
            }
        }
    }

    #[test]
    fn no_dimensions_are_one_element_and_a_zero_is_none() {
        let len =
            |dimensions: &[u32]| TensorType::new(ElementType::F64, dimensions).map(|it| it.byte_len()).ok();
        assert_eq!(len(&[]), Some(8));
        assert_eq!(len(&[1]), Some(8));
        assert_eq!(len(&[0]), Some(0));
        assert_eq!(len(&[0x7fff_ffff, 0x7fff_ffff, 0]), Some(0));
    }
}
