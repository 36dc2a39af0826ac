//! The attribute of a node, by its name.

use tract_onnx::pb::{AttributeProto, NodeProto};

/// The first attribute of that name, as the engine takes it.
pub(crate) fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}
