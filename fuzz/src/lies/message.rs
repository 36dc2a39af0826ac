//! The messages of a worker, written from the description of the protocol and not with its code.

use serde::{Deserialize, Serialize};
#[cfg(unix)]
use wasi_facade::isolate::wire::Writer;

/// A message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Body {
    /// Any bytes.
    Bytes(Vec<u8>),
    /// A model that was loaded.
    Loaded {
        /// The device.
        device: String,
        /// Bytes that it holds.
        held: u64,
        /// Its inputs and outputs.
        ports: [Vec<Port>; 2],
        /// Whether each input is looked at.
        checks: Vec<u8>,
    },
    /// Where outputs are.
    Outputs(Vec<Output>),
    /// What outputs would be.
    Ports(Vec<Port>),
    /// Why there is nothing.
    Error {
        /// The number of its kind.
        kind: u8,
        /// For people.
        text: String,
    },
}

/// An input or an output.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The number of the type of its elements.
    pub element: u8,
    /// Its sizes, if it has a shape.
    pub shape: Option<Shape>,
    /// How many of it follow each other.
    pub times: u16,
}

/// Sizes of which some are open.
pub type Shape = Vec<Option<u32>>;

/// An output.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Output {
    /// In the message.
    Here(Vec<u8>),
    /// In the memory.
    At {
        /// Where it begins.
        start: u64,
        /// How many bytes it has.
        len: u64,
        /// How many of it follow each other.
        times: u16,
    },
    /// Not there.
    Missing {
        /// The number of the kind of the error.
        kind: u8,
        /// For people.
        text: String,
    },
}

/// Bytes that a message is cut to before it is sent.
#[cfg(unix)]
const MAX: usize = 1 << 20;

/// The bytes of a message.
#[cfg(unix)]
pub(super) fn encode(body: &Body) -> Vec<u8> {
    let mut writer = Writer::new();
    match body {
        Body::Bytes(bytes) => return bytes.clone(),
        Body::Loaded { device, held, ports: [inputs, outputs], checks } => {
            writer.u8(1).text(device, MAX).u64(*held).u64(1).u64(1000);
            ports(inputs, &mut writer);
            ports(outputs, &mut writer);
            for check in checks {
                writer.u8(*check);
            }
        }
        Body::Outputs(outputs) => {
            let times =
                |output: &Output| if let Output::At { times, .. } = output { u32::from(*times) } else { 1 };
            writer.u8(1).u32(outputs.iter().map(times).sum());
            for output in outputs.iter().flat_map(|output| (0..times(output)).map(move |_| output)) {
                match output {
                    Output::Here(bytes) => writer.u8(1).bytes(bytes),
                    Output::At { start, len, .. } => writer.u8(0).u64(*start).u64(*len),
                    Output::Missing { kind, text } => writer.u8(2).u8(*kind).text(text, MAX),
                };
            }
        }
        Body::Ports(outputs) => ports(outputs, writer.u8(1)),
        Body::Error { kind, text } => {
            writer.u8(0).u8(*kind).text(text, MAX);
        }
    }
    let mut message = writer.finish();
    message.truncate(MAX);
    message
}

#[cfg(unix)]
fn ports(ports: &[Port], writer: &mut Writer) {
    let all = || ports.iter().flat_map(|port| (0..port.times).map(move |_| port));
    writer.u32(u32::try_from(all().count()).unwrap_or(u32::MAX));
    for port in all() {
        writer.text(&port.name, MAX).u8(port.element);
        // The name of a type without a number.
        if port.element == 102 {
            writer.text(&port.name, MAX);
        }
        writer.u8(port.shape.is_some().into());
        let shape = port.shape.as_deref().unwrap_or_default();
        writer.u32(u32::try_from(shape.len()).unwrap_or(u32::MAX));
        for size in shape {
            writer.u8(size.is_some().into()).u32(size.unwrap_or_default());
        }
    }
}
