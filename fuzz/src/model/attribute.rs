//! Attributes, as ONNX has them.

use super::node::{Element, Node};
use super::tree::Tree;
use crate::number;
use nn_models::onnx::{Message, NodeProto, TensorProto};
use nn_models::{Element as Stored, Tensor};
use serde::{Deserialize, Serialize};

/// An attribute of a node. Two may have one name, which some readers look for and others do not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Attribute {
    /// `axis`.
    Axis(i64),
    /// `axes`.
    Axes(Vec<i64>),
    /// `kernel_shape`.
    Window(Vec<i64>),
    /// `strides`.
    Strides(Vec<i64>),
    /// `pads`.
    Pads(Vec<i64>),
    /// `dilations`.
    Dilations(Vec<i64>),
    /// `auto_pad`.
    AutoPad(Padding),
    /// `ceil_mode`.
    CeilMode(i64),
    /// `count_include_pad`.
    CountIncludePad(i64),
    /// `group`.
    Group(i64),
    /// `keepdims`.
    KeepDims(i64),
    /// `to`.
    To(Element),
    /// `perm`.
    Perm(Vec<i64>),
    /// `hidden_size`.
    Hidden(i64),
    /// `direction`: both, or forward.
    Bidirectional(bool),
    /// `equation`.
    Equation(String),
    /// `mode`: linear, or nearest.
    Linear(bool),
    /// `blocksize`.
    Block(i64),
    /// `size`.
    Size(i64),
    /// `shape`.
    Shape(Vec<i64>),
    /// `value`, of one element.
    Value(u8),
    /// All that a tree ensemble has.
    Tree(Tree),
    /// The branches of an `If`, and the body of a loop, which are the same here.
    Body(Vec<Node>),
    /// Anything of no meaning, so many times.
    Noise {
        /// The number of attributes.
        count: u32,
        /// Whether they have one name.
        same: bool,
    },
}

/// How an operation pads by itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Padding {
    /// Not at all; `pads` counts.
    NotSet,
    /// Not at all.
    Valid,
    /// So that the size stays, with more at the end.
    SameUpper,
    /// So that the size stays, with more at the beginning.
    SameLower,
}

crate::number::any_of!(Padding: NotSet, Valid, SameUpper, SameLower);

impl Attribute {
    /// Adds it to a node, but for a body.
    pub(super) fn add(&self, node: NodeProto) -> NodeProto {
        let text = |node: NodeProto, name, text: &str| node.attribute(name, 3, Message::new().bytes(4, text));
        match self {
            Attribute::Axis(axis) => node.int("axis", *axis),
            Attribute::Axes(axes) => node.ints("axes", axes),
            Attribute::Window(sizes) => node.ints("kernel_shape", sizes),
            Attribute::Strides(sizes) => node.ints("strides", sizes),
            Attribute::Pads(sizes) => node.ints("pads", sizes),
            Attribute::Dilations(sizes) => node.ints("dilations", sizes),
            Attribute::AutoPad(padding) => {
                let word = match padding {
                    Padding::NotSet => "NOTSET",
                    Padding::Valid => "VALID",
                    Padding::SameUpper => "SAME_UPPER",
                    Padding::SameLower => "SAME_LOWER",
                };
                text(node, "auto_pad", word)
            }
            Attribute::CeilMode(mode) => node.int("ceil_mode", *mode),
            Attribute::CountIncludePad(count) => node.int("count_include_pad", *count),
            Attribute::Group(group) => node.int("group", *group),
            Attribute::KeepDims(keep) => node.int("keepdims", *keep),
            Attribute::To(element) => node.int("to", element.code().0.cast_signed()),
            Attribute::Perm(perm) => node.ints("perm", perm),
            Attribute::Hidden(size) => node.int("hidden_size", *size),
            Attribute::Bidirectional(both) => {
                text(node, "direction", if *both { "bidirectional" } else { "forward" })
            }
            Attribute::Equation(equation) => text(node, "equation", equation),
            Attribute::Linear(linear) => text(node, "mode", if *linear { "linear" } else { "nearest" }),
            Attribute::Block(size) => node.int("blocksize", *size),
            Attribute::Size(size) => node.int("size", *size),
            Attribute::Shape(shape) => node.ints("shape", shape),
            Attribute::Value(value) => {
                node.tensor("value", TensorProto::new("v", &Tensor::small(Stored::F32, &[1], &[*value])))
            }
            Attribute::Tree(tree) => tree.add(node),
            Attribute::Body(_) => node,
            Attribute::Noise { count, same } => (0..number::count(*count)).fold(node, |node, index| {
                let index = if *same { 0 } else { index };
                node.int(&format!("noise{index}"), 0)
            }),
        }
    }
}
