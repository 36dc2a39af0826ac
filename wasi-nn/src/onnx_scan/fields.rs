//! The messages of ONNX in which tensors can be, and what their fields have.

/// A message that has tensors, or messages that have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    SparseTensor,
    Training,
    Function,
}

/// What a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A message in which tensors can be.
    Message(Message),
    /// Another message.
    Plain,
    /// A text or bytes.
    Text,
    Varint,
    Varints,
    Fixed32,
    Fixed32s,
    Fixed64s,
    /// Where a tensor's data is.
    Location,
    /// A description of data outside of the model.
    External,
    /// What the field has is not known here.
    Unknown,
}

/// What a field has, as of ONNX 1.20.
pub(super) fn content(message: Message, field: u32) -> Content {
    use Content::{Fixed32, Fixed32s, Fixed64s, Plain, Text, Varint, Varints};
    match (message, field) {
        (Message::Model, 7) => Content::Message(Message::Graph),
        (Message::Model, 20) => Content::Message(Message::Training),
        (Message::Model, 25) => Content::Message(Message::Function),
        (Message::Model, 1 | 5) => Varint,
        (Message::Model, 2 | 3 | 4 | 6) => Text,
        (Message::Model, 8 | 14 | 26) => Plain,

        (Message::Graph, 1) => Content::Message(Message::Node),
        (Message::Graph, 5) => Content::Message(Message::Tensor),
        (Message::Graph, 15) => Content::Message(Message::SparseTensor),
        (Message::Graph, 2 | 10) => Text,
        (Message::Graph, 11 | 12 | 13 | 14 | 16) => Plain,

        (Message::Node, 5) => Content::Message(Message::Attribute),
        (Message::Node, 1 | 2 | 3 | 4 | 6 | 7 | 8) => Text,
        (Message::Node, 9 | 10) => Plain,

        (Message::Attribute, 5 | 10) => Content::Message(Message::Tensor),
        (Message::Attribute, 6 | 11) => Content::Message(Message::Graph),
        (Message::Attribute, 22 | 23) => Content::Message(Message::SparseTensor),
        (Message::Attribute, 1 | 4 | 9 | 13 | 21) => Text,
        (Message::Attribute, 2) => Fixed32,
        (Message::Attribute, 3 | 20) => Varint,
        (Message::Attribute, 7) => Fixed32s,
        (Message::Attribute, 8) => Varints,
        (Message::Attribute, 14 | 15) => Plain,

        (Message::Tensor, 13) => Content::External,
        (Message::Tensor, 14) => Content::Location,
        (Message::Tensor, 1 | 5 | 7 | 11) => Varints,
        (Message::Tensor, 2) => Varint,
        (Message::Tensor, 4) => Fixed32s,
        (Message::Tensor, 10) => Fixed64s,
        (Message::Tensor, 6 | 8 | 9 | 12) => Text,
        (Message::Tensor, 3 | 16) => Plain,

        (Message::SparseTensor, 1 | 2) => Content::Message(Message::Tensor),
        (Message::SparseTensor, 3) => Varints,

        (Message::Training, 1 | 2) => Content::Message(Message::Graph),
        (Message::Training, 3 | 4) => Plain,

        (Message::Function, 7) => Content::Message(Message::Node),
        (Message::Function, 11) => Content::Message(Message::Attribute),
        (Message::Function, 1 | 4 | 5 | 6 | 8 | 10 | 13) => Text,
        (Message::Function, 9 | 12 | 14) => Plain,

        _ => Content::Unknown,
    }
}
