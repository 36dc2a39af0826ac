//! A model some of whose outputs are no tensors of numbers.

use crate::Element;
use crate::onnx::{DataType, GraphProto, Message, ModelProto, NodeProto};

/// `y = x + x`, of N x 3 bytes; `probabilities`, a list of maps, as the exporters of scikit-learn write them for a classifier; and
/// `texts`, of 2 x 3 strings. In ONNX, for runtimes that have such outputs.
#[must_use]
pub fn double_beside_maps() -> Vec<u8> {
    const STRING: DataType = DataType(8);
    // `seq(map(int64, tensor(float)))`, by `TypeProto` of onnx.proto.
    let float = Message::new().message(1, Message::new().varint(1, 1));
    let map = Message::new().message(5, Message::new().varint(1, 7).message(2, float));
    let maps = Message::new().message(4, Message::new().message(1, map));
    let graph = GraphProto::new("double")
        .input("x", Element::U8, &[-1, 3])
        .node(NodeProto::new("Cast", &["x"], &["wide"]).int("to", 6))
        .node(NodeProto::new("Add", &["wide", "wide"], &["sum"]))
        .node(NodeProto::new("Cast", &["sum"], &["y"]).int("to", 2))
        .node(NodeProto::new("Cast", &["x"], &["scores"]).int("to", 1))
        .node(
            NodeProto::new("ZipMap", &["scores"], &["probabilities"])
                .domain("ai.onnx.ml")
                .ints("classlabels_int64s", &[0, 1, 2]),
        )
        .node(NodeProto::new("Cast", &["sum"], &["texts"]).int("to", 8))
        .output("y", Element::U8, &[-1, 3])
        .raw(Message::new().message(12, Message::new().bytes(1, "probabilities").message(2, maps)))
        .output("texts", STRING, &[2, 3]);
    ModelProto::new(graph).opset("ai.onnx.ml", 1).into_bytes()
}
