//! Ports made of a library's dimensions, and the check of inputs without elements.

use wasi_nn::backend::{Port, PortType};
use wasi_nn::{Error, ErrorKind, Printable, TensorType};

/// A port with the dimensions that a library has of it.
///
/// * `shape`: the dimensions, outermost first, with `None` for those that are open; `None` as a whole if even their
///   number is open
///
/// # Errors
///
/// [`ErrorKind::Unsupported`] for a dimension that 32 bits do not hold.
pub fn port(name: String, element: PortType, shape: Option<Vec<Option<i64>>>) -> Result<Port, Error> {
    let dimension = |dimension: Option<i64>| dimension.map(u32::try_from).transpose();
    let shape: Result<Option<Vec<_>>, _> =
        shape.map(|shape| shape.into_iter().map(dimension).collect()).transpose();
    match shape {
        Ok(shape) => Ok(Port::new(name, element, shape)),
        Err(_) => {
            let name = Printable::at_most(&name, 64);
            Err(Error::unsupported(format!("`{name}` has a dimension beyond 32 bits")))
        }
    }
}

/// Whether a port can have one tensor from the start: its shape is fixed, and guests know its type. One too large for a
/// guest is an error, before it takes the host's memory.
///
/// # Errors
///
/// [`ErrorKind::Unsupported`] for a tensor that no guest could have.
pub fn is_fixed(port: &Port) -> Result<bool, Error> {
    let Some(dimensions) =
        port.shape.as_ref().and_then(|shape| shape.iter().copied().collect::<Option<Vec<u32>>>())
    else {
        return Ok(false);
    };
    match port.element.as_set() {
        Some(element) => TensorType::new(element, &dimensions).map(|_| true).map_err(|error| {
            Error::unsupported(format!("`{}`: {error}", Printable::at_most(&port.name, 64)))
        }),
        None => Ok(false),
    }
}

/// The most elements that the other dimensions of an input make if one is zero.
const MOST_BESIDE_ZERO: u64 = 1 << 24;

/// Refuses an input that takes none of its guest's memory, and of whose large dimensions a library makes other tensors:
/// `Range` counts up to a dimension.
///
/// # Errors
///
/// [`ErrorKind::TooLarge`] for such an input.
pub fn check_empty(tensor: TensorType<'_>) -> Result<(), Error> {
    let others = tensor.dimensions().iter().filter(|size| **size > 0);
    let others = others.fold(1, |product: u64, size| product.saturating_mul(u64::from(*size)));
    if tensor.byte_len() > 0 || others <= MOST_BESIDE_ZERO {
        return Ok(());
    }
    let message = "an input without elements has other dimensions that make more than 2^24";
    Err(Error::new(ErrorKind::TooLarge, message))
}

#[cfg(test)]
mod tests {
    use super::{check_empty, is_fixed, port};
    use wasi_nn::backend::PortType;
    use wasi_nn::{ElementType, TensorType};

    #[test]
    fn inputs_without_elements_are_small_in_other_ways_too() {
        let is_taken = |dims: &[u32]| check_empty(TensorType::new(ElementType::U8, dims).unwrap()).is_ok();
        assert!(is_taken(&[]) && is_taken(&[0]) && is_taken(&[1, 32, 0, 128]));
        assert!(is_taken(&[1 << 12, 0, 1 << 12]) && is_taken(&[1 << 30]));
        assert!(!is_taken(&[1 << 12, 0, 1 << 13]) && !is_taken(&[0, 0x7fff_ffff, 0x7fff_ffff]));
    }

    #[test]
    fn ports_with_a_tensor_from_the_start_are_known() {
        let of = |element: &PortType, shape: &[Option<i64>]| {
            let port = port("x".to_owned(), element.clone(), Some(shape.to_vec()))?;
            is_fixed(&port)
        };
        let float = PortType::Known(ElementType::F32);
        assert_eq!(of(&float, &[Some(2), Some(3)]).ok(), Some(true));
        assert_eq!(of(&float, &[None, Some(3)]).ok(), Some(false));
        assert_eq!(of(&PortType::Other("string".to_owned()), &[Some(2)]).ok(), Some(false));
        assert!(of(&float, &[Some(1 << 40)]).unwrap_err().to_string().contains("beyond 32 bits"));
        assert!(of(&float, &[Some(0xffff_ffff), Some(0xffff_ffff)]).is_err());
    }

    #[test]
    fn names_in_errors_are_short_and_of_printable_characters() {
        let name = format!("\u{1b}[31m\n{}", "x".repeat(10_000));
        let float = PortType::Known(ElementType::F32);
        let of = |size: i64| port(name.clone(), float.clone(), Some(vec![Some(size), Some(size)]));
        let too_large = is_fixed(&of(0xffff_ffff).unwrap()).unwrap_err();
        for error in [of(1 << 40).unwrap_err(), too_large] {
            let text = error.to_string();
            assert!(text.len() < 300 && !text.contains(char::is_control), "{text}");
        }
    }
}
