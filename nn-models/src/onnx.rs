//! A writer of ONNX models.
//!
//! Each type is a message of `onnx.proto` that is still open: what is called first comes first, nothing is checked,
//! and [`raw`](GraphProto::raw) appends fields that no method has. That is enough for sane models, and it is what
//! insane ones need.
//!
//! ```
//! use nn_models::{Element, onnx::{GraphProto, ModelProto, NodeProto}};
//!
//! let graph = GraphProto::new("double")
//!     .input("x", Element::F32, &[1, 4])
//!     .node(NodeProto::new("Add", &["x", "x"], &["y"]))
//!     .output("y", Element::F32, &[1, 4]);
//! let bytes: Vec<u8> = ModelProto::new(graph).into_bytes();
//! ```

mod wire;

use crate::{Element, Tensor};
pub use wire::Message;

/// A size that the model leaves open.
pub const ANY: i64 = -1;

/// `TensorProto.DataType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataType(pub u64);

impl DataType {
    /// Conditions of `If` and `Loop`, one byte each.
    pub const BOOL: DataType = DataType(9);
}

impl From<Element> for DataType {
    fn from(element: Element) -> Self {
        DataType(match element {
            Element::F32 => 1,
            Element::U8 => 2,
            Element::I32 => 6,
            Element::I64 => 7,
            Element::F16 => 10,
            Element::F64 => 11,
        })
    }
}

/// Defines the message types: a name each, and what all of them can do.
macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(Message);

        impl $name {
            /// Appends fields as they are.
            #[must_use]
            pub fn raw(self, fields: Message) -> Self {
                Self(self.0.append(fields))
            }
        }

        impl From<$name> for Message {
            fn from(message: $name) -> Message {
                message.0
            }
        }
    )*};
}

messages! {
    /// A whole model.
    ModelProto,
    /// A graph, or a branch or body of one.
    GraphProto,
    /// One operation.
    NodeProto,
    /// A constant tensor.
    TensorProto,
    /// A constant tensor of which only some elements are there.
    SparseTensorProto,
    /// An operation that the model defines itself.
    FunctionProto,
}

impl ModelProto {
    /// A model of IR version 8 that takes its operations from opset 13.
    #[must_use]
    pub fn new(graph: GraphProto) -> Self {
        Self::with_opset(graph, 13)
    }

    /// A model of IR version 8 that takes its operations from an opset of choice.
    #[must_use]
    pub fn with_opset(graph: GraphProto, opset: u64) -> Self {
        Self(Message::new().varint(1, 8).message(7, graph)).opset("", opset)
    }

    /// Imports the operations of another domain.
    #[must_use]
    pub fn opset(self, domain: &str, version: u64) -> Self {
        self.raw(Message::new().message(8, opset(domain, version)))
    }

    /// Adds an operation to the model's own.
    #[must_use]
    pub fn function(self, function: FunctionProto) -> Self {
        self.raw(Message::new().message(25, function))
    }

    /// The encoded model.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

impl GraphProto {
    /// An empty graph.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Message::new().bytes(2, name))
    }

    /// Adds an input; [`ANY`] leaves a size open.
    #[must_use]
    pub fn input(self, name: &str, element: impl Into<DataType>, shape: &[i64]) -> Self {
        self.raw(Message::new().message(11, value_info(name, element.into(), shape)))
    }

    /// Adds an output; [`ANY`] leaves a size open.
    #[must_use]
    pub fn output(self, name: &str, element: impl Into<DataType>, shape: &[i64]) -> Self {
        self.raw(Message::new().message(12, value_info(name, element.into(), shape)))
    }

    /// Adds an operation.
    #[must_use]
    pub fn node(self, node: NodeProto) -> Self {
        self.raw(Message::new().message(1, node))
    }

    /// Adds a constant.
    #[must_use]
    pub fn initializer(self, tensor: TensorProto) -> Self {
        self.raw(Message::new().message(5, tensor))
    }

    /// Adds a sparse constant.
    #[must_use]
    pub fn sparse_initializer(self, tensor: SparseTensorProto) -> Self {
        self.raw(Message::new().message(15, tensor))
    }
}

impl NodeProto {
    /// An operation on named values.
    #[must_use]
    pub fn new(op: &str, inputs: &[&str], outputs: &[&str]) -> Self {
        let fields = inputs.iter().fold(Message::new(), |fields, name| fields.bytes(1, name));
        let fields = outputs.iter().fold(fields, |fields, name| fields.bytes(2, name));
        Self(fields.bytes(4, op))
    }

    /// Says whose operation it is, if not ONNX's.
    #[must_use]
    pub fn domain(self, domain: &str) -> Self {
        self.raw(Message::new().bytes(7, domain))
    }

    /// Adds an integer attribute.
    #[must_use]
    pub fn int(self, name: &str, value: i64) -> Self {
        self.attribute(name, 2, Message::new().int(3, value))
    }

    /// Adds an attribute of several integers.
    #[must_use]
    pub fn ints(self, name: &str, values: &[i64]) -> Self {
        self.attribute(name, 7, Message::new().packed(8, values))
    }

    /// Adds a tensor attribute.
    #[must_use]
    pub fn tensor(self, name: &str, value: TensorProto) -> Self {
        self.attribute(name, 4, Message::new().message(5, value))
    }

    /// Adds a graph attribute.
    #[must_use]
    pub fn graph(self, name: &str, value: GraphProto) -> Self {
        self.attribute(name, 5, Message::new().message(6, value))
    }

    /// Adds an attribute with fields of choice; `kind` is an `AttributeProto.AttributeType`.
    #[must_use]
    pub fn attribute(self, name: &str, kind: u64, value: Message) -> Self {
        self.raw(Message::new().message(5, attribute(name, kind, value)))
    }
}

impl TensorProto {
    /// A tensor without any field.
    #[must_use]
    pub fn empty() -> Self {
        Self(Message::new())
    }

    /// A tensor that carries its elements.
    #[must_use]
    pub fn new(name: &str, tensor: &Tensor) -> Self {
        let dims: Vec<i64> = tensor.dims.iter().map(|size| i64::from(*size)).collect();
        Self::without_data(name, tensor.element, &dims).raw(Message::new().bytes(9, &tensor.bytes))
    }

    /// A type and a shape, and no elements.
    #[must_use]
    pub fn without_data(name: &str, element: impl Into<DataType>, dims: &[i64]) -> Self {
        Self(Message::new().packed(1, dims).varint(2, element.into().0).bytes(8, name))
    }

    /// One boolean.
    #[must_use]
    pub fn bool(name: &str, value: bool) -> Self {
        Self::without_data(name, DataType::BOOL, &[]).raw(Message::new().bytes(9, [u8::from(value)]))
    }

    /// Says where the elements are instead: `location`, `offset` and `length` are the keys that ONNX knows.
    #[must_use]
    pub fn external_data(self, entries: &[(&str, &str)]) -> Self {
        let entry = |(key, value): &(&str, &str)| Message::new().bytes(1, key).bytes(2, value);
        self.raw(entries.iter().fold(Message::new(), |fields, pair| fields.message(13, entry(pair))))
    }

    /// Says that the elements are elsewhere.
    #[must_use]
    pub fn external(self) -> Self {
        self.raw(Message::new().varint(14, 1))
    }
}

impl SparseTensorProto {
    /// Values, and where they stand among elements that are zero.
    #[must_use]
    pub fn new(values: TensorProto, indices: TensorProto, dims: &[i64]) -> Self {
        Self(Message::new().message(1, values).message(2, indices).packed(3, dims))
    }
}

impl FunctionProto {
    /// An operation of opset 13 made of others, which are added by [`node`](Self::node).
    #[must_use]
    pub fn new(domain: &str, name: &str, inputs: &[&str], outputs: &[&str]) -> Self {
        let fields = Message::new().bytes(1, name).bytes(10, domain).message(9, opset("", 13));
        let fields = inputs.iter().fold(fields, |fields, name| fields.bytes(4, name));
        Self(outputs.iter().fold(fields, |fields, name| fields.bytes(5, name)))
    }

    /// Adds an operation to the body.
    #[must_use]
    pub fn node(self, node: NodeProto) -> Self {
        self.raw(Message::new().message(7, node))
    }

    /// Adds an attribute with a default; `kind` is an `AttributeProto.AttributeType`.
    #[must_use]
    pub fn default_attribute(self, name: &str, kind: u64, value: Message) -> Self {
        self.raw(Message::new().message(11, attribute(name, kind, value)))
    }
}

fn attribute(name: &str, kind: u64, value: Message) -> Message {
    Message::new().bytes(1, name).varint(20, kind).append(value)
}

fn opset(domain: &str, version: u64) -> Message {
    Message::new().bytes(1, domain).varint(2, version)
}

fn value_info(name: &str, element: DataType, shape: &[i64]) -> Message {
    let dims = shape.iter().enumerate().fold(Message::new(), |dims, (axis, size)| {
        let size = match *size {
            ANY => Message::new().bytes(2, format!("N{axis}")),
            size => Message::new().int(1, size),
        };
        dims.message(1, size)
    });
    let tensor = Message::new().varint(1, element.0).message(2, dims);
    Message::new().bytes(1, name).message(2, Message::new().message(1, tensor))
}
