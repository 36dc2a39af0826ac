//! `Upsample`, and `Resize` as it was in version 10, which is the same under another name.

use super::steps::{self, Steps};
use crate::attribute::attribute;
use tract_onnx::pb::NodeProto;

/// Gives the scales as an input, and says that the nearest element is the one before.
pub(super) fn rewrite(steps: &mut Steps, node: &NodeProto) -> bool {
    let Some(x) = node.input.first() else { return false };
    let attribute = |name: &str| attribute(node, name);
    let scales = match (node.input.get(1), attribute("scales")) {
        (Some(scales), _) => scales.clone(),
        (None, Some(scales)) => steps.floats(&scales.floats),
        (None, None) => return false,
    };
    let mut attributes = vec![steps::text("nearest_mode", "floor")];
    attributes.extend(attribute("mode").cloned());
    let outputs: Vec<&str> = node.output.iter().map(String::as_str).collect();
    steps.node("Upsample", &[x, &scales], &outputs, attributes);
    true
}
