//! ONNX models whose constants are not in the model but in a file of the host, or in the memory of its process.
//!
//! A `TensorProto` may say that its elements are elsewhere. Readers believe it for models that came as bytes too:
//! OpenVINO takes a location relative to the current folder, and [`MEMORY`] for an address. So ONNX from a guest is
//! looked through before such a reader sees it, and everything of [`everywhere`] is refused.

mod guises;
mod places;

use super::{Named, named};
use crate::onnx::{GraphProto, Message, ModelProto, NodeProto, TensorProto};
use crate::{Element, Tensor};
pub use guises::in_every_guise;
pub use places::in_every_place;

/// The location that stands for the memory of the process; the offset is the address.
pub const MEMORY: &str = "*/_ORT_MEM_ADDR_/*";

/// Bytes of the host that a model asks for.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'a> {
    /// The name of a file, or [`MEMORY`].
    pub location: &'a str,
    /// Where in the file, or the address.
    pub offset: u64,
    /// How many bytes; a multiple of eight, for the places where only integers of 64 bits can stand.
    pub length: u16,
}

/// An honest model: `y = x + w`, `f32` of shape 2, with `w` in a file beside the model.
#[must_use]
pub fn weights_in(location: &str) -> Vec<u8> {
    let weights = TensorProto::without_data("w", Element::F32, &[2]).external();
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[2])
        .initializer(weights.external_data(&[("location", location)]))
        .node(NodeProto::new("Add", &["x", "w"], &["y"]))
        .output("y", Element::F32, &[2]);
    ModelProto::new(graph).into_bytes()
}

impl Reference<'_> {
    /// The constant `w` of type `u8`, which is elsewhere.
    fn tensor(&self) -> TensorProto {
        self.unmarked().external()
    }

    /// The same without the field that says so.
    fn unmarked(&self) -> TensorProto {
        self.locate(self.shaped())
    }

    /// Type and shape of the constant, and nothing else.
    fn shaped(&self) -> TensorProto {
        TensorProto::without_data("w", Element::U8, &self.shape())
    }

    fn locate(&self, tensor: TensorProto) -> TensorProto {
        let (offset, length) = (self.offset.to_string(), self.length.to_string());
        tensor.external_data(&[("location", self.location), ("offset", &offset), ("length", &length)])
    }

    fn shape(&self) -> [i64; 1] {
        [i64::from(self.length)]
    }

    /// The constant `w` as it would be without an attack: zeros.
    fn harmless(&self) -> TensorProto {
        let zeros = vec![0; usize::from(self.length)];
        TensorProto::new("w", &Tensor { element: Element::U8, dims: vec![self.length.into()], bytes: zeros })
    }

    /// A graph whose output `y` comes from a node.
    fn graph(&self, start: GraphProto, node: NodeProto) -> GraphProto {
        start.node(node).output("y", Element::U8, &self.shape())
    }

    fn model(&self, start: GraphProto, node: NodeProto) -> Vec<u8> {
        ModelProto::new(self.graph(start, node)).into_bytes()
    }
}

/// `y` is `w`.
fn copy() -> NodeProto {
    NodeProto::new("Identity", &["w"], &["y"])
}

/// All of them: [`in_every_place`] and [`in_every_guise`]. They have no inputs; the output `y` is of type `u8`, and
/// holds what was asked for where a reader falls for it.
#[must_use]
pub fn everywhere(reference: &Reference<'_>) -> Vec<Named<Vec<u8>>> {
    let mut all = in_every_place(reference);
    all.extend(in_every_guise(reference));
    all
}

/// A sane model with the words of an attack: in names, in comments, and as elements.
///
/// Its output, `u8` of shape 18, is the text [`MEMORY`].
#[must_use]
pub fn only_words() -> Vec<u8> {
    let text = Tensor { element: Element::U8, dims: vec![18], bytes: MEMORY.as_bytes().to_vec() };
    let graph = GraphProto::new(MEMORY)
        .initializer(TensorProto::new("location", &text).raw(Message::new().bytes(12, MEMORY)))
        .node(NodeProto::new("Identity", &["location"], &["y"]))
        .output("y", Element::U8, &[18]);
    ModelProto::new(graph).raw(Message::new().bytes(6, "external_data")).into_bytes()
}

/// A sane model with fields that no reader knows, of every kind, in every message: `y = x + 1`, `f32` of shape 1.
///
/// Protobuf lets a newer writer add fields, and readers pass over them.
#[must_use]
pub fn unknown_fields() -> Vec<u8> {
    let unknown = || Message::new().varint(900, 1).fixed64(901, 2).bytes(902, "new").float(903, 4.0);
    let graph = GraphProto::new("unknown_fields")
        .input("x", Element::F32, &[1])
        .initializer(TensorProto::new("one", &Tensor::f32(&[1], &[1.0])).raw(unknown()))
        .node(NodeProto::new("Add", &["x", "one"], &["y"]).raw(unknown()))
        .output("y", Element::F32, &[1])
        .raw(unknown());
    ModelProto::new(graph).raw(unknown()).into_bytes()
}
