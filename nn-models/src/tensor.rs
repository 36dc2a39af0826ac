//! Tensors as values: a type, a shape, and the elements in little-endian bytes.

use std::fmt;

/// What one element of a tensor is; those that `wasi_ephemeral_nn` has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// IEEE 754 half precision.
    F16,
    /// IEEE 754 single precision.
    F32,
    /// IEEE 754 double precision.
    F64,
    /// Unsigned, 8 bits.
    U8,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
}

impl Element {
    /// All of them, in the order of the witx.
    pub const ALL: [Element; 6] =
        [Element::F16, Element::F32, Element::F64, Element::U8, Element::I32, Element::I64];

    /// The name, as in `f32`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Element::F16 => "f16",
            Element::F32 => "f32",
            Element::F64 => "f64",
            Element::U8 => "u8",
            Element::I32 => "i32",
            Element::I64 => "i64",
        }
    }

    /// The little-endian bytes of a small integer, which every type holds exactly.
    #[must_use]
    pub fn encode(self, value: u8) -> Vec<u8> {
        match self {
            Element::F16 => half(value).to_le_bytes().to_vec(),
            Element::F32 => f32::from(value).to_le_bytes().to_vec(),
            Element::F64 => f64::from(value).to_le_bytes().to_vec(),
            Element::U8 => vec![value],
            Element::I32 => i32::from(value).to_le_bytes().to_vec(),
            Element::I64 => i64::from(value).to_le_bytes().to_vec(),
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The bits of a half that is a small integer: a biased exponent of 15 + log2, and the digits below the first.
fn half(value: u8) -> u16 {
    let Some(log2) = u16::from(value).checked_ilog2() else { return 0 };
    let exponent = u16::try_from(15 + log2).unwrap_or_default();
    exponent << 10 | (u16::from(value) << (10 - log2)) & 0x3ff
}

/// A type, a shape, and the elements in little-endian bytes, the last dimension running fastest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// What one element is.
    pub element: Element,
    /// The sizes, outermost first; none for a scalar.
    pub dims: Vec<u32>,
    /// The elements.
    pub bytes: Vec<u8>,
}

impl Tensor {
    /// Small integers as elements of any type, so that one table serves all types.
    #[must_use]
    pub fn small(element: Element, dims: &[u32], values: &[u8]) -> Self {
        Self::new(element, dims, values.iter().flat_map(|value| element.encode(*value)).collect())
    }

    /// Elements of type `f32`.
    #[must_use]
    pub fn f32(dims: &[u32], values: &[f32]) -> Self {
        Self::new(Element::F32, dims, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// Elements of type `i64`.
    #[must_use]
    pub fn i64(dims: &[u32], values: &[i64]) -> Self {
        Self::new(Element::I64, dims, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    fn new(element: Element, dims: &[u32], bytes: Vec<u8>) -> Self {
        Self { element, dims: dims.to_vec(), bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::{Element, Tensor, half};

    /// Bit patterns from tables of IEEE 754 halves.
    #[test]
    fn halves_of_small_integers() {
        let known = [(0, 0), (1, 0x3c00), (2, 0x4000), (3, 0x4200), (100, 0x5640), (255, 0x5bf8)];
        for (value, bits) in known {
            assert_eq!(half(value), bits, "{value}");
        }
    }

    /// A half is `2^(exponent - 25) * (1024 + digits)`.
    #[test]
    fn every_small_integer_comes_back() {
        for value in 1..=255_u8 {
            let bits = f64::from(half(value) >> 10) - 25.0;
            assert_eq!(bits.exp2() * f64::from(1024 + (half(value) & 0x3ff)), f64::from(value));
        }
    }

    #[test]
    fn elements_are_little_endian() {
        assert_eq!(Tensor::small(Element::I32, &[2], &[1, 255]).bytes, [1, 0, 0, 0, 255, 0, 0, 0]);
        assert_eq!(Tensor::small(Element::F32, &[], &[1]), Tensor::f32(&[], &[1.0]));
        assert_eq!(Tensor::small(Element::I64, &[1, 1], &[7]), Tensor::i64(&[1, 1], &[7]));
    }
}
