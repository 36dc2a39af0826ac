//! Models with loops and branches, which no [`Sketch`](crate::Sketch) has.

use crate::ir::Files;
use crate::onnx::{DataType, GraphProto, ModelProto, NodeProto, TensorProto};
use crate::{Element, Tensor};

/// `y = x + 1 + 1 ...`, `f32` of shape 1: as many additions as asked for, one after the other, in a `Loop`. ONNX
/// only, and not for tract, which has no `Loop`.
///
/// A round takes about a microsecond.
#[must_use]
pub fn busy_loop(iterations: i64) -> Vec<u8> {
    let graph = GraphProto::new("busy_loop")
        .input("x", Element::F32, &[1])
        .initializer(TensorProto::new("count", &Tensor::i64(&[], &[iterations])))
        .initializer(TensorProto::bool("yes", true))
        .node(NodeProto::new("Loop", &["count", "yes", "x"], &["y"]).graph("body", adding_one()))
        .output("y", Element::F32, &[1]);
    ModelProto::new(graph).into_bytes()
}

/// The same with a turn for each element of `x`, `f32` of any size, from zero on: it counts them.
#[must_use]
pub fn counting_loop() -> Vec<u8> {
    let graph = GraphProto::new("counting_loop")
        .input("x", Element::F32, &[-1])
        .initializer(TensorProto::new("axes", &Tensor::i64(&[1], &[0])))
        .initializer(TensorProto::new("zero", &Tensor::f32(&[1], &[0.0])))
        .initializer(TensorProto::bool("yes", true))
        .node(NodeProto::new("Shape", &["x"], &["sizes"]))
        .node(NodeProto::new("Squeeze", &["sizes", "axes"], &["turns"]))
        .node(NodeProto::new("Loop", &["turns", "yes", "zero"], &["y"]).graph("body", adding_one()))
        .output("y", Element::F32, &[1]);
    ModelProto::new(graph).into_bytes()
}

/// The body of a loop, a turn of which adds one.
fn adding_one() -> GraphProto {
    GraphProto::new("body")
        .input("iteration", Element::I64, &[])
        .input("go_on", DataType::BOOL, &[])
        .input("v", Element::F32, &[1])
        .initializer(TensorProto::new("one", &Tensor::f32(&[1], &[1.0])))
        .node(NodeProto::new("Identity", &["go_on"], &["still"]))
        .node(NodeProto::new("Add", &["v", "one"], &["w"]))
        .output("still", DataType::BOOL, &[])
        .output("w", Element::F32, &[1])
}

/// `y = x + x` if the scalar `x`, `f32`, is not zero, behind as many `If`s as asked for, one in the other; else
/// `y = x`.
///
/// A level nests three messages, of which protobuf's C++ decoder takes 100 in all. OpenVINO takes twice as long for
/// each level to compile it: a second for 16 of them, three minutes for 24, and nothing can stop it.
#[must_use]
pub fn nested_ifs(depth: u32) -> Vec<u8> {
    let mut node = NodeProto::new("Add", &["x", "x"], &["y0"]);
    for level in 1..=depth {
        let inner = format!("y{}", level - 1);
        let then_branch = GraphProto::new("then").node(node).output(&inner, Element::F32, &[]);
        let else_branch = GraphProto::new("else").node(NodeProto::new("Identity", &["x"], &["same"])).output(
            "same",
            Element::F32,
            &[],
        );
        node = NodeProto::new("If", &["condition"], &[&format!("y{level}")])
            .graph("then_branch", then_branch)
            .graph("else_branch", else_branch);
    }
    let DataType(boolean) = DataType::BOOL;
    let graph = GraphProto::new("nested_ifs")
        .input("x", Element::F32, &[])
        .node(NodeProto::new("Cast", &["x"], &["condition"]).int("to", boolean.cast_signed()))
        .node(node)
        .output(&format!("y{depth}"), Element::F32, &[]);
    ModelProto::new(graph).into_bytes()
}

/// [`nested_ifs`] in OpenVINO's representation, which takes as long.
#[must_use]
pub fn nested_ifs_ir(depth: u32) -> Files {
    const CONDITION: &str = r#"<layer id="0" name="condition" type="Parameter" version="opset1">
<data shape="" element_type="boolean"/><output><port id="0" precision="BOOL"/></output></layer>"#;
    const CONVERSION: &str = r#"<layer id="0" name="condition" type="Convert" version="opset1">
<data destination_type="boolean"/><input><port id="1" precision="FP32"/></input>
<output><port id="0" precision="BOOL"/></output></layer>"#;
    const SUM: &str = r#"<layer id="2" name="y" type="Add" version="opset1"><data auto_broadcast="numpy"/>
<input><port id="2" precision="FP32"/><port id="3" precision="FP32"/></input>
<output><port id="4" precision="FP32" names="y"/></output></layer>"#;
    // Every level takes its condition from layer 0 and `x` from layer 1, and layer 2 makes `y` of them.
    let (mut layer, mut edges) = (SUM.to_owned(), "");
    for _ in 0..depth {
        layer = if_layer(&graph(CONDITION, &layer, edges));
        edges = r#"<edge from-layer="0" from-port="0" to-layer="2" to-port="0"/>
<edge from-layer="0" from-port="0" to-layer="2" to-port="1"/>"#;
    }
    let edges = format!("{edges}\n<edge from-layer=\"1\" from-port=\"0\" to-layer=\"0\" to-port=\"1\"/>");
    let graph = graph(CONVERSION, &layer, &edges);
    let xml = format!("<?xml version=\"1.0\"?>\n<net name=\"nested_ifs\" version=\"11\">\n{graph}\n</net>\n");
    Files { xml, weights: Vec::new() }
}

/// The layers and edges of a level.
fn graph(condition: &str, layer: &str, edges: &str) -> String {
    format!(
        r#"<layers>
{condition}
<layer id="1" name="x" type="Parameter" version="opset1"><data shape="" element_type="f32"/>
<output><port id="0" precision="FP32" names="x"/></output></layer>
{layer}
<layer id="3" name="result" type="Result" version="opset1">
<input><port id="0" precision="FP32"/></input></layer>
</layers>
<edges>
{edges}
<edge from-layer="1" from-port="0" to-layer="2" to-port="2"/>
<edge from-layer="1" from-port="0" to-layer="2" to-port="3"/>
<edge from-layer="2" from-port="4" to-layer="3" to-port="0"/>
</edges>"#
    )
}

/// An `If` whose first branch is a graph with condition and `x`, and whose second is `x`.
fn if_layer(then_body: &str) -> String {
    format!(
        r#"<layer id="2" name="y" type="If" version="opset8">
<then_port_map><input external_port_id="1" internal_layer_id="0"/>
<input external_port_id="2" internal_layer_id="1"/>
<output external_port_id="4" internal_layer_id="3"/></then_port_map>
<else_port_map><input external_port_id="3" internal_layer_id="0"/>
<output external_port_id="4" internal_layer_id="1"/></else_port_map>
<input><port id="0" precision="BOOL"/><port id="1" precision="BOOL"/>
<port id="2" precision="FP32"/><port id="3" precision="FP32"/></input>
<output><port id="4" precision="FP32" names="y"/></output>
<then_body>
{then_body}
</then_body>
<else_body><layers>
<layer id="0" name="x" type="Parameter" version="opset1"><data shape="" element_type="f32"/>
<output><port id="0" precision="FP32"/></output></layer>
<layer id="1" name="result" type="Result" version="opset1">
<input><port id="0" precision="FP32"/></input></layer>
</layers>
<edges><edge from-layer="0" from-port="0" to-layer="1" to-port="0"/></edges></else_body>
</layer>"#
    )
}
