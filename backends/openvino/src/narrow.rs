//! Numbers that OpenVINO computes in 32 bits: those that do not fit are an error, and not others.
//!
//! OpenVINO 2026.4 takes the nearest integer with a sign of 32 bits for one of `i64`, `u64` and `u32`, and the nearest float
//! of `f32` for one of `f64`.

use crate::flow::Side;
use wasi_nn::backend::PortType;
use wasi_nn::{Error, Printable};

/// A type whose numbers may not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wide {
    I64,
    U32,
    U64,
    F64,
}

impl Wide {
    /// The type of a name of OpenVINO's; nothing for types whose numbers all fit.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "i64" => Wide::I64,
            "u32" => Wide::U32,
            "u64" => Wide::U64,
            "f64" => Wide::F64,
            _ => return None,
        })
    }

    /// The type of an input or an output, likewise.
    pub(crate) fn of(element: &PortType) -> Option<Self> {
        match element {
            PortType::Known(element) => Wide::named(element.name()),
            PortType::Other(name) => Wide::named(name),
            PortType::Bool | PortType::I8 => None,
        }
    }

    /// The place and the text of the first number, of those in little-endian order, that does not fit and is `wanted`.
    pub(crate) fn first_lost(
        self,
        bytes: &[u8],
        wanted: impl FnMut(Side) -> bool,
    ) -> Option<(usize, String)> {
        match self {
            Wide::I64 => find(bytes, |bytes| i64::from_le_bytes(*bytes), wanted),
            Wide::U32 => find(bytes, |bytes| u32::from_le_bytes(*bytes), wanted),
            Wide::U64 => find(bytes, |bytes| u64::from_le_bytes(*bytes), wanted),
            Wide::F64 => find(bytes, |bytes| f64::from_le_bytes(*bytes), wanted),
        }
    }
}

/// A number that may not fit.
pub(crate) trait Number: Copy {
    /// Where it lies if it does not fit.
    fn lost(self) -> Option<Side>;

    /// The number for people.
    fn text(self) -> String;
}

impl Number for i64 {
    fn lost(self) -> Option<Side> {
        let side = if self < 0 { Side::Low } else { Side::High };
        i32::try_from(self).is_err().then_some(side)
    }

    fn text(self) -> String {
        self.to_string()
    }
}

impl Number for u64 {
    fn lost(self) -> Option<Side> {
        i32::try_from(self).is_err().then_some(Side::High)
    }

    fn text(self) -> String {
        self.to_string()
    }
}

impl Number for u32 {
    fn lost(self) -> Option<Side> {
        u64::from(self).lost()
    }

    fn text(self) -> String {
        self.to_string()
    }
}

/// Digits get lost of all, as when a model is converted; this is about those that become the greatest of their sign.
impl Number for f64 {
    fn lost(self) -> Option<Side> {
        let side = if self < 0.0 { Side::Low } else { Side::High };
        (self.is_finite() && self.abs() > f64::from(f32::MAX)).then_some(side)
    }

    fn text(self) -> String {
        format!("{self:e}")
    }
}

fn find<const N: usize, T: Number>(
    bytes: &[u8],
    read: impl Fn(&[u8; N]) -> T,
    mut wanted: impl FnMut(Side) -> bool,
) -> Option<(usize, String)> {
    let numbers = bytes.as_chunks().0.iter().map(read).enumerate();
    numbers
        .filter(|(_, number)| number.lost().is_some_and(&mut wanted))
        .map(|(at, number)| (at, number.text()))
        .next()
}

/// Checks the elements of an input.
pub(crate) fn check_input(name: &str, wide: Wide, bytes: &[u8]) -> Result<(), Error> {
    match wide.first_lost(bytes, |_| true) {
        None => Ok(()),
        Some((at, _)) => Err(Error::invalid_argument(format!(
            "element {at} of the input `{}` does not fit 32 bits, in which OpenVINO computes; give the model to another \
             backend, such as the embedded ONNX engine",
            Printable::at_most(name, 64)
        ))),
    }
}

/// The error for a constant of a model, with what else can be done.
pub(crate) fn refused_constant(name: &str, number: &str, way_out: &str) -> Error {
    Error::unsupported(format!(
        "the constant `{}` of the model has {number}, which does not fit 32 bits, in which OpenVINO computes; {way_out}",
        Printable::at_most(name, 64)
    ))
}

#[cfg(test)]
mod tests {
    use super::{Number, Wide, check_input};
    use crate::flow::Side;
    use wasi_nn::ElementType;
    use wasi_nn::backend::PortType;

    #[test]
    fn what_does_not_fit_is_lost() {
        for (number, expected) in [
            (0, None),
            (-1, None),
            (i64::from(i32::MAX), None),
            (i64::from(i32::MIN), None),
            (i64::from(i32::MAX) + 1, Some(Side::High)),
            (i64::from(i32::MIN) - 1, Some(Side::Low)),
            (i64::MAX, Some(Side::High)),
            (1 << 32, Some(Side::High)),
        ] {
            assert_eq!(number.lost(), expected, "{number}");
            let bytes = [[0; 8], number.to_le_bytes()].concat();
            assert_eq!(check_input("x", Wide::I64, &bytes).is_err(), expected.is_some(), "{number}");
            let found = expected.map(|_| (1, number.to_string()));
            assert_eq!(Wide::I64.first_lost(&bytes, |_| true), found);
            assert_eq!(Wide::I64.first_lost(&bytes, |side| Some(side) != expected), None);
        }
        for (number, expected) in [
            (0.1, None),
            (1e38, None),
            (-1e39, Some(Side::Low)),
            (f64::MAX, Some(Side::High)),
            (f64::INFINITY, None),
            (f64::NAN, None),
        ] {
            assert_eq!(number.lost(), expected, "{number}");
        }
        for (number, is_lost) in [(0, false), (0x7fff_ffff, false), (0x8000_0000, true), (u32::MAX, true)] {
            assert_eq!(number.lost().is_some(), is_lost, "{number}");
            assert_eq!(u64::from(number).lost().is_some(), is_lost, "{number}");
            let wide = [Wide::U32.first_lost(&number.to_le_bytes(), |_| true)];
            assert_eq!(wide, [is_lost.then(|| (0, number.to_string()))]);
        }
    }

    #[test]
    fn numbers_of_other_types_fit() {
        for name in ["i64", "u32", "u64", "f64"] {
            assert!(Wide::named(name).is_some());
            assert_eq!(Wide::of(&PortType::Other(name.to_owned())), Wide::named(name));
        }
        assert_eq!(Wide::of(&PortType::Known(ElementType::I64)), Some(Wide::I64));
        assert_eq!(Wide::of(&PortType::I8), None);
        for name in ["f32", "i32", "u8", "f16", "u16", "boolean", ""] {
            assert_eq!(Wide::named(name), None);
        }
        assert_eq!(Wide::F64.first_lost(&1e300_f64.to_le_bytes(), |_| true), Some((0, "1e300".to_owned())));
    }
}
