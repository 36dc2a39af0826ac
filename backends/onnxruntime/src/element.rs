//! ONNX's numbers for the types of elements, which are ONNX Runtime's too.

use wasi_nn::backend::{Port, PortType};
use wasi_nn::{ElementType, Error, Printable};

/// What the types are called, by their numbers (`TensorProto.DataType`); those from 17 on have eight bits or fewer.
const NAMES: [&str; 27] = [
    "undefined",
    "f32",
    "u8",
    "i8",
    "u16",
    "i16",
    "i32",
    "i64",
    "string",
    "bool",
    "f16",
    "f64",
    "u32",
    "u64",
    "complex64",
    "complex128",
    "bf16",
    "f8e4m3",
    "f8e4m3fnuz",
    "f8e5m2",
    "f8e5m2fnuz",
    "u4",
    "i4",
    "f4e2m1",
    "u2",
    "i2",
    "f8e8m0",
];

const UNDEFINED: i32 = 0;
pub(super) const U8: i32 = code(ElementType::U8);
pub(super) const I8: i32 = 3;
const STRING: i32 = 8;
const BOOL: i32 = 9;

/// The number of a type that guests know.
const fn code(element: ElementType) -> i32 {
    match element {
        ElementType::F32 => 1,
        ElementType::U8 => 2,
        ElementType::I32 => 6,
        ElementType::I64 => 7,
        ElementType::F16 => 10,
        ElementType::F64 => 11,
    }
}

/// The number of a type as a model has it, if the model tells it.
pub(super) fn told(number: u64) -> Option<i32> {
    i32::try_from(number).ok().filter(|number| *number != UNDEFINED)
}

/// The number of the type of an input, which a guest sets as `element`.
pub(super) fn code_at(port: Option<&Port>, element: ElementType) -> i32 {
    match port.map(|port| &port.element) {
        Some(PortType::Bool) => BOOL,
        Some(PortType::I8) => I8,
        _ => code(element),
    }
}

/// What a number stands for.
pub(super) fn port_type(code: i32) -> PortType {
    if let Some(element) = ElementType::ALL.into_iter().find(|element| self::code(*element) == code) {
        return PortType::Known(element);
    }
    match (code, usize::try_from(code).ok().and_then(|code| NAMES.get(code))) {
        (BOOL, _) => PortType::Bool,
        (I8, _) => PortType::I8,
        (_, Some(name)) => PortType::Other((*name).to_owned()),
        (_, None) => PortType::Other(format!("type {code}")),
    }
}

/// Whether a type is that of texts.
pub(super) const fn is_string(code: i32) -> bool {
    code == STRING
}

/// Whether a tensor of this type is bytes and nothing but bytes. Strings are C++ objects, whose bytes are addresses; and
/// nobody knows what future releases add.
pub(super) fn is_plain(code: i32) -> bool {
    let is_listed = usize::try_from(code).is_ok_and(|code| code < NAMES.len());
    is_listed && code != UNDEFINED && code != STRING
}

/// The error for texts, for which wasi-nn has no type.
#[cold]
pub(super) fn strings(kind: &str, name: &str) -> Error {
    Error::unsupported(format!(
        "the {kind} `{}` is of strings, for which wasi-nn has no type; have the model make numbers of them",
        Printable::at_most(name, 64)
    ))
}

#[cfg(test)]
mod tests {
    use super::{code, is_plain, port_type};
    use ort_sys::ONNXTensorElementDataType as Declared;
    use wasi_nn::ElementType;
    use wasi_nn::backend::PortType;

    #[test]
    fn the_types_of_guests_have_the_numbers_of_the_c_api() {
        for element in ElementType::ALL {
            assert_eq!(port_type(code(element)), PortType::Known(element));
            assert!(is_plain(code(element)));
        }
    }

    #[test]
    fn names_are_at_their_numbers() {
        use Declared::*;
        for (number, name) in [
            (ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16, "u16"),
            (ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, "string"),
            (ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64, "u64"),
            (ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, "bf16"),
            (ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E5M2FNUZ, "f8e5m2fnuz"),
            (ONNX_TENSOR_ELEMENT_DATA_TYPE_INT4, "i4"),
            (ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E8M0, "f8e8m0"),
        ] {
            assert_eq!(port_type(number as i32), PortType::Other(name.to_owned()));
        }
        assert_eq!(port_type(ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL as i32), PortType::Bool);
        assert_eq!(port_type(ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 as i32), PortType::I8);
        assert_eq!(port_type(27), PortType::Other("type 27".to_owned()));
    }

    #[test]
    fn strings_and_the_unknown_are_not_bytes() {
        assert!(![8, 0, 27, -1, i32::MAX].into_iter().any(is_plain));
        assert!([1, 9, 16, 26].into_iter().all(is_plain));
    }
}
