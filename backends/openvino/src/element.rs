//! OpenVINO's numbers for the types of elements.

use openvino_sys::ov_element_type_e as Element;
use wasi_nn::ElementType;
use wasi_nn::backend::{Port, PortType};

/// What OpenVINO calls its types, by their numbers since 2025.1.
const NAMES: [&str; 26] = [
    "dynamic", "boolean", "bf16", "f16", "f32", "f64", "i4", "i8", "i16", "i32", "i64", "u1", "u2", "u3",
    "u4", "u6", "u8", "u16", "u32", "u64", "nf4", "f8e4m3", "f8e5m2", "string", "f4e2m1", "f8e8m0",
];

const DYNAMIC: u32 = 0;
const STRING: u32 = 23;

/// The number of a type that guests know.
pub(super) const fn code(element: ElementType) -> Element {
    match element {
        ElementType::F16 => Element::F16,
        ElementType::F32 => Element::F32,
        ElementType::F64 => Element::F64,
        ElementType::U8 => Element::U8,
        ElementType::I32 => Element::I32,
        ElementType::I64 => Element::I64,
    }
}

/// The number of the type of an input, which a guest sets as `element`.
pub(super) fn code_at(port: Option<&Port>, element: ElementType) -> Element {
    match port.map(|port| &port.element) {
        Some(PortType::Bool) => Element::OV_BOOLEAN,
        Some(PortType::I8) => Element::I8,
        _ => code(element),
    }
}

/// What a number stands for.
pub(super) fn port_type(code: u32) -> PortType {
    match usize::try_from(code).ok().and_then(|code| NAMES.get(code)) {
        Some(name) => named(name),
        None => PortType::Other(format!("type {code}")),
    }
}

/// What one of ONNX's numbers stands for (`TensorProto.DataType`), among the types that are numbers or truth values of
/// a byte or more.
pub(super) fn onnx_type(number: u64) -> Option<PortType> {
    Some(named(match number {
        1 => "f32",
        2 => "u8",
        3 => "i8",
        4 => "u16",
        5 => "i16",
        6 => "i32",
        7 => "i64",
        9 => "boolean",
        10 => "f16",
        11 => "f64",
        12 => "u32",
        13 => "u64",
        16 => "bf16",
        _ => return None,
    }))
}

fn named(name: &str) -> PortType {
    match (ElementType::ALL.into_iter().find(|element| element.name() == name), name) {
        (Some(element), _) => PortType::Known(element),
        (None, "boolean") => PortType::Bool,
        (None, "i8") => PortType::I8,
        (None, name) => PortType::Other(name.to_owned()),
    }
}

/// Whether a tensor of this type is bytes and nothing but bytes. Strings are C++ objects, whose bytes are
/// addresses; and nobody knows what future releases add.
pub(super) fn is_plain(code: u32) -> bool {
    let is_listed = usize::try_from(code).is_ok_and(|code| code < NAMES.len());
    is_listed && code != DYNAMIC && code != STRING
}

#[cfg(test)]
mod tests {
    use super::{Element, code, is_plain, port_type};
    use wasi_nn::ElementType;
    use wasi_nn::backend::PortType;

    #[test]
    fn the_types_of_guests_have_the_numbers_of_the_c_api() {
        for element in ElementType::ALL {
            assert_eq!(port_type(code(element) as u32), PortType::Known(element));
            assert!(is_plain(code(element) as u32));
        }
    }

    #[test]
    fn names_are_at_their_numbers() {
        for (element, name) in [
            (Element::DYNAMIC, "dynamic"),
            (Element::I4, "i4"),
            (Element::U1, "u1"),
            (Element::U6, "u6"),
            (Element::NF4, "nf4"),
            (Element::STRING, "string"),
            (Element::F8E8M0, "f8e8m0"),
        ] {
            assert_eq!(port_type(element as u32), PortType::Other(name.to_owned()));
        }
        assert_eq!(port_type(Element::OV_BOOLEAN as u32), PortType::Bool);
        assert_eq!(port_type(Element::I8 as u32), PortType::I8);
        assert_eq!(port_type(26), PortType::Other("type 26".to_owned()));
    }

    #[test]
    fn strings_and_the_unknown_are_not_bytes() {
        assert!(!is_plain(Element::STRING as u32));
        assert!(!is_plain(Element::DYNAMIC as u32));
        assert!(!is_plain(26) && !is_plain(u32::MAX));
        assert!(is_plain(Element::OV_BOOLEAN as u32) && is_plain(Element::F8E8M0 as u32));
    }
}
