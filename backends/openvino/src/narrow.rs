//! Numbers of 64 bits, which OpenVINO computes in 32: those that do not fit are an error, and not others.

use wasi_nn::backend::PortType;
use wasi_nn::{ElementType, Error, Printable};

/// Whether an element, in little-endian order, is lost.
type Lost = fn(&[u8; 8]) -> bool;

/// How to tell which elements of a type are lost; nothing for types that OpenVINO computes in.
pub(super) fn lost(element: &PortType) -> Option<Lost> {
    match element {
        PortType::Known(ElementType::I64) => Some(|bytes| !fits(i64::from_le_bytes(*bytes))),
        // Digits get lost of all, as when a model is converted; this is about those that become infinite.
        PortType::Known(ElementType::F64) => Some(|bytes| {
            let number = f64::from_le_bytes(*bytes);
            number.is_finite() && number.abs() > f64::from(f32::MAX)
        }),
        _ => None,
    }
}

/// Whether an integer is one of 32 bits too.
pub(super) fn fits(number: i64) -> bool {
    i32::try_from(number).is_ok()
}

/// Checks the elements of an input.
pub(super) fn check(name: &str, lost: Lost, bytes: &[u8]) -> Result<(), Error> {
    match bytes.as_chunks().0.iter().position(lost) {
        None => Ok(()),
        Some(at) => Err(Error::invalid_argument(format!(
            "element {at} of the input `{}` does not fit 32 bits, in which OpenVINO computes; give the model to another \
             backend, such as the embedded ONNX engine",
            Printable::at_most(name, 64)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::{check, lost};
    use wasi_nn::ElementType;
    use wasi_nn::backend::PortType;

    fn is_lost(element: ElementType, number: [u8; 8]) -> bool {
        let lost = lost(&PortType::Known(element)).unwrap();
        check("x", lost, &[[0; 8], number].concat()).is_err()
    }

    #[test]
    fn what_does_not_fit_is_lost() {
        for (number, expected) in [
            (0, false),
            (-1, false),
            (i64::from(i32::MAX), false),
            (i64::from(i32::MIN), false),
            (i64::from(i32::MAX) + 1, true),
            (i64::from(i32::MIN) - 1, true),
            (i64::MAX, true),
            (1 << 32, true),
        ] {
            assert_eq!(is_lost(ElementType::I64, number.to_le_bytes()), expected, "{number}");
        }
        for (number, expected) in [
            (0.1, false),
            (1e38, false),
            (-1e39, true),
            (f64::MAX, true),
            (f64::INFINITY, false),
            (f64::NAN, false),
        ] {
            assert_eq!(is_lost(ElementType::F64, number.to_le_bytes()), expected, "{number}");
        }
        for element in [ElementType::F32, ElementType::I32, ElementType::U8, ElementType::F16] {
            assert!(lost(&PortType::Known(element)).is_none());
        }
    }
}
