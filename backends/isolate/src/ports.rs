//! Ports, element types and shapes in messages.

use wasi_isolate::wire::{Reader, Writer};
use wasi_nn::backend::{Port, PortType};
use wasi_nn::{ElementType, MAX_RANK};

/// Ports of one kind, and bytes of their names. Models have a few; a message holds some thousand.
const MAX_PORTS: usize = 4096;
const MAX_NAME: usize = 1024;

/// Dimensions of a port. Guests' tensors have fewer.
const MAX_DIMENSIONS: usize = 64;

/// Bytes of the name of a type.
const MAX_TYPE: usize = 64;

const BOOL: u8 = 100;
const I8: u8 = 101;
const OTHER: u8 = 102;

/// Whether the other side takes as many ports, of as many dimensions.
pub(crate) fn fit(ports: &[Port]) -> bool {
    let rank = |port: &Port| port.shape.as_ref().map_or(0, Vec::len);
    ports.len() <= MAX_PORTS && ports.iter().all(|port| rank(port) <= MAX_DIMENSIONS)
}

/// Writes ports.
pub(crate) fn encode(ports: &[Port], writer: &mut Writer) {
    count(ports.len(), writer);
    for port in ports {
        writer.text(&port.name, MAX_NAME);
        match &port.element {
            PortType::Known(known) => writer.u8(element_number(*known)),
            PortType::Bool => writer.u8(BOOL),
            PortType::I8 => writer.u8(I8),
            PortType::Other(name) => writer.u8(OTHER).text(name, MAX_TYPE),
        };
        writer.u8(port.shape.is_some().into());
        let shape = port.shape.as_deref().unwrap_or_default();
        count(shape.len(), writer);
        for dimension in shape {
            writer.u8(dimension.is_some().into()).u32(dimension.unwrap_or_default());
        }
    }
}

/// Reads ports.
pub(crate) fn decode(reader: &mut Reader<'_>) -> Option<Vec<Port>> {
    (0..reader.count(MAX_PORTS)?).map(|_| decode_one(reader)).collect()
}

fn decode_one(reader: &mut Reader<'_>) -> Option<Port> {
    let name = reader.text(MAX_NAME)?.to_owned();
    let element = match reader.u8()? {
        BOOL => PortType::Bool,
        I8 => PortType::I8,
        OTHER => PortType::Other(reader.text(MAX_TYPE)?.to_owned()),
        number => PortType::Known(element(number)?),
    };
    let has_shape = flag(reader)?;
    let shape = (0..reader.count(MAX_DIMENSIONS)?).map(|_| {
        let is_fixed = flag(reader)?;
        reader.u32().map(|dimension| is_fixed.then_some(dimension))
    });
    let shape = shape.collect::<Option<Vec<_>>>()?;
    Some(Port::new(name, element, has_shape.then_some(shape)))
}

/// Writes the type and the shape of a tensor.
pub(crate) fn encode_tensor(element: ElementType, dimensions: &[u32], writer: &mut Writer) {
    writer.u8(element_number(element));
    count(dimensions.len(), writer);
    for dimension in dimensions {
        writer.u32(*dimension);
    }
}

/// Reads the type and the shape of a tensor.
pub(crate) fn decode_tensor(reader: &mut Reader<'_>) -> Option<(ElementType, Vec<u32>)> {
    let element = element(reader.u8()?)?;
    let dimensions = (0..reader.count(MAX_RANK)?).map(|_| reader.u32()).collect::<Option<_>>()?;
    Some((element, dimensions))
}

/// Writes a number of things.
pub(crate) fn count(count: usize, writer: &mut Writer) {
    writer.u32(u32::try_from(count).unwrap_or(u32::MAX));
}

/// Reads what is either.
pub(crate) fn flag(reader: &mut Reader<'_>) -> Option<bool> {
    match reader.u8()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn element_number(element: ElementType) -> u8 {
    let number = ElementType::ALL.iter().position(|known| *known == element);
    number.and_then(|number| u8::try_from(number).ok()).unwrap_or_default()
}

fn element(number: u8) -> Option<ElementType> {
    ElementType::ALL.get(usize::from(number)).copied()
}
