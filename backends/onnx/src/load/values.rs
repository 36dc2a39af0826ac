//! The inputs whose values decide shapes and branches, such as the target of a `Reshape`.
//!
//! The engine wants such a value as a constant. Where it does not get along without, a plan is made for the value at
//! hand, as it is for shapes.

use std::collections::{HashMap, HashSet};
use tract_onnx::pb::{GraphProto, NodeProto};
use wasi_nn::ElementType;
use wasi_nn::backend::{Port, PortType};

/// Operators whose result has a shape, or which take a branch, by the values of these inputs.
const DECIDING: [(&str, &[usize]); 44] = [
    ("BatchNormalization", &[1, 2, 3, 4]),
    ("BlackmanWindow", &[0]),
    ("CenterCropPad", &[1]),
    ("Col2Im", &[1, 2]),
    ("ConstantOfShape", &[0]),
    ("CumSum", &[1]),
    ("DFT", &[1, 2]),
    ("DequantizeLinear", &[1, 2]),
    ("Dropout", &[1, 2]),
    ("Expand", &[1]),
    ("GRU", &[4]),
    ("HammingWindow", &[0]),
    ("HannWindow", &[0]),
    ("If", &[0]),
    ("LSTM", &[4]),
    ("Loop", &[0, 1]),
    ("MelWeightMatrix", &[0, 1, 2, 3, 4]),
    ("NonMaxSuppression", &[2, 3, 4]),
    ("OneHot", &[1, 2]),
    ("Pad", &[1, 2, 3]),
    ("QuantizeLinear", &[1, 2]),
    ("RNN", &[4]),
    ("Range", &[0, 1, 2]),
    ("ReduceL1", &[1]),
    ("ReduceL2", &[1]),
    ("ReduceLogSum", &[1]),
    ("ReduceLogSumExp", &[1]),
    ("ReduceMax", &[1]),
    ("ReduceMean", &[1]),
    ("ReduceMin", &[1]),
    ("ReduceProd", &[1]),
    ("ReduceSum", &[1]),
    ("ReduceSumSquare", &[1]),
    ("Reshape", &[1]),
    ("Resize", &[1, 2, 3]),
    ("STFT", &[1, 2, 3]),
    ("Slice", &[1, 2, 3, 4]),
    ("Split", &[1]),
    ("Squeeze", &[1]),
    ("Tile", &[1]),
    ("TopK", &[1]),
    ("Trilu", &[1]),
    ("Unsqueeze", &[1]),
    ("Upsample", &[1]),
];

/// The values of a graph that decide.
#[derive(Default)]
pub(crate) struct Deciding<'a> {
    /// What operators take as such.
    direct: HashSet<&'a str>,
    /// What these are made of.
    all: HashSet<&'a str>,
}

/// Whether an input decides: as it is, or as a number that sizes are computed from. Floats are data.
pub(crate) fn decides(input: &Port, deciding: &Deciding<'_>) -> bool {
    let is_size = !matches!(
        input.element,
        PortType::Known(ElementType::F16 | ElementType::F32 | ElementType::F64) | PortType::Other(_)
    );
    let name = input.name.as_str();
    deciding.direct.contains(name) || (is_size && deciding.all.contains(name))
}

/// The values that decide.
pub(crate) fn deciding(graph: &GraphProto) -> Deciding<'_> {
    let makers: HashMap<&str, &NodeProto> = graph
        .node
        .iter()
        .flat_map(|node| node.output.iter().map(move |name| (name.as_str(), node)))
        .collect();
    let mut direct: HashSet<&str> = graph.node.iter().flat_map(operands).collect();
    // A single number may have been a list of one.
    let reshaped =
        direct.iter().filter_map(|name| makers.get(name)).filter(|maker| maker.op_type == "Reshape");
    let reshaped: Vec<&str> = reshaped.filter_map(|maker| maker.input.first()).map(String::as_str).collect();
    direct.extend(reshaped);
    let mut all: HashSet<&str> = HashSet::new();
    let mut next: Vec<&str> = direct.iter().copied().collect();
    while let Some(name) = next.pop() {
        if !all.insert(name) {
            continue;
        }
        // A shape is known whatever the values are.
        let maker = makers.get(name).filter(|maker| !matches!(maker.op_type.as_str(), "Shape" | "Size"));
        next.extend(maker.iter().flat_map(|maker| maker.input.iter().map(String::as_str)));
    }
    Deciding { direct, all }
}

fn operands(node: &NodeProto) -> impl Iterator<Item = &str> {
    let own = DECIDING.iter().find(|(operation, _)| *operation == node.op_type);
    let places = own.map_or(&[][..], |(_, places)| places);
    places
        .iter()
        .filter_map(|place| node.input.get(*place))
        .map(String::as_str)
        .filter(|name| !name.is_empty())
}
