//! Tests of loops: some are computed otherwise, and others nothing could stop.

use crate::{refusal, refusal_by};
use nn_models::ir;
use nn_models::onnx::{DataType, GraphProto, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor};
use wasi_nn::{GraphEncoding, Origin, Source};
use wasi_nn_openvino::OpenVino;

/// A model with a loop whose number of turns and condition have these names, behind some nodes.
fn with_loop(nodes: &[NodeProto], turns: &str, condition: &str, outputs: &[&str]) -> Vec<u8> {
    let body = GraphProto::new("b").node(NodeProto::new("Neg", &["x"], &["n"]));
    let number = |name, value| TensorProto::new(name, &Tensor::i64(&[], &[value]));
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[-1])
        .input("m", Element::I64, &[])
        .input("c", DataType::BOOL, &[])
        .initializer(number("two", 2))
        .initializer(number("none", 0))
        .initializer(number("less", -1))
        .initializer(number("far", i64::MAX))
        .initializer(TensorProto::bool("yes", true))
        .initializer(TensorProto::bool("no", false));
    let graph = nodes.iter().cloned().fold(graph, GraphProto::node);
    let node = NodeProto::new("Loop", &[turns, condition, "x"], outputs).graph("body", body);
    ModelProto::new(graph.node(node).output("y", Element::F32, &[])).into_bytes()
}

/// How a network comes to a number of turns, of an input and the constant 2.
type Turns<'a> = &'a dyn Fn(&mut ir::Network, &ir::Port, &ir::Port) -> ir::Port;

const CARRIED: &[&str] = &["y"];
const COLLECTED: &[&str] = &["y", "all"];

#[test]
fn loops_have_turns() {
    let allowing = |turns: &str, condition: &str, outputs: &[&str]| {
        let mut openvino = OpenVino::builder();
        openvino.open_loops(true);
        let bytes = Source::Bytes(vec![with_loop(&[], turns, condition, outputs)]);
        refusal_by(openvino, GraphEncoding::Onnx, bytes, Origin::Host)
    };
    // Exporters write the greatest number for a loop that its condition ends.
    for turns in ["two", "", "far"] {
        assert_eq!(allowing(turns, "yes", COLLECTED), None, "{turns}");
        assert_eq!(allowing(turns, "", COLLECTED), None, "{turns}");
        assert_eq!(allowing(turns, "c", CARRIED), None, "{turns}");
    }
    assert_eq!(allowing("m", "c", CARRIED), None);
    assert_eq!(allowing("none", "yes", CARRIED), None);
    assert_eq!(allowing("two", "no", CARRIED), None);
    for (turns, condition, outputs) in [
        ("less", "yes", CARRIED),
        ("less", "c", COLLECTED),
        ("none", "yes", COLLECTED),
        ("two", "no", COLLECTED),
        ("two", "c", COLLECTED),
        ("m", "yes", COLLECTED),
        ("", "c", COLLECTED),
    ] {
        let reason = allowing(turns, condition, outputs).expect("it was let through");
        assert!(
            reason.starts_with("OpenVINO computes the operator") && reason.contains("no turn"),
            "{reason}"
        );
    }
}

#[test]
fn guests_do_not_choose_turns_of_onnx() {
    let is_taken = |nodes: &[NodeProto], turns: &str| {
        let bytes = with_loop(nodes, turns, "yes", CARRIED);
        let reason = refusal(GraphEncoding::Onnx, vec![bytes], Origin::Host);
        let is_open =
            |reason: &String| reason.contains("how many turns the loop `y` has") && reason.contains("worker");
        assert!(reason.as_ref().is_none_or(is_open), "{reason:?}");
        reason.is_none()
    };
    assert!(is_taken(&[], "two") && ["m", "", "far"].iter().all(|turns| !is_taken(&[], turns)));
    let to = |operator: &str, inputs: &[&str]| NodeProto::new(operator, inputs, &["t"]);
    let size = |inputs: &[&str]| NodeProto::new("Shape", inputs, &["size"]);
    for (node, is_safe) in [
        (to("Squeeze", &["size"]), true),
        (to("Gather", &["size", "m"]), true),
        (to("Add", &["size", "two"]), true),
        (to("Add", &["size", "m"]), false),
        (to("Add", &["size", "less"]), false),
        (to("Sub", &["size", "two"]), false),
        (to("Squeeze", &["m"]), false),
        (to("Squeeze", &["unknown"]), false),
    ] {
        assert_eq!(is_taken(&[size(&["x"]), node.clone()], "t"), is_safe, "{node:?}");
    }
    // In a body, what the graph around has counts as well.
    let inner = GraphProto::new("i").node(NodeProto::new("Neg", &["x"], &["n"]));
    for (turns, is_safe) in [("two", true), ("m", false)] {
        let inner = NodeProto::new("Loop", &[turns, "yes", "x"], &["y"]).graph("body", inner.clone());
        let body = GraphProto::new("b").node(inner);
        let outer = NodeProto::new("Loop", &["two", "yes", "x"], &["z"]).graph("body", body);
        assert_eq!(is_taken(&[outer], "two"), is_safe);
    }
}

#[test]
fn guests_do_not_choose_turns_of_ir() {
    let load = |kind: &str, turns: Turns<'_>, allow| {
        let mut network = ir::Network::new("loops");
        let x = network.parameter("x", Element::I64, &[2]);
        let two = network.constant("two", &Tensor::i64(&[], &[2]));
        let turns = turns(&mut network, &x, &two);
        let y = network.layer(kind, "rounds", &[&turns, &x], &[], &x);
        network.result(&y);
        let files = network.finish();
        let parts = vec![files.xml.into_bytes(), files.weights];
        let mut openvino = OpenVino::builder();
        openvino.open_loops(allow);
        refusal_by(openvino, GraphEncoding::OpenVino, Source::Bytes(parts), Origin::Host)
    };
    let is_taken = |kind: &str, turns: Turns<'_>| {
        assert_eq!(load(kind, turns, true), None);
        let reason = load(kind, turns, false);
        let is_open = |reason: &String| reason.contains("how many turns the loop `rounds` has");
        assert!(reason.as_ref().is_none_or(is_open), "{reason:?}");
        reason.is_none()
    };
    assert!(is_taken("Loop", &|_, _, two| two.clone()));
    assert!(!is_taken("Loop", &|_, x, _| x.clone()));
    assert!(is_taken("TensorIterator", &|_, x, _| x.clone()));
    for number in [-1, i64::MIN, i64::MAX, i32::MAX.into()] {
        let number = Tensor::i64(&[], &[number]);
        assert!(!is_taken("Loop", &|network, _, _| network.constant("turns", &number)));
    }
    assert!(is_taken("Loop", &|network, x, _| network.layer("ShapeOf", "s", &[x], &[], x)));
    for (kind, is_safe) in [("Add", true), ("Squeeze", true), ("Multiply", false), ("Subtract", false)] {
        let with = |network: &mut ir::Network, of: &ir::Port, two: &ir::Port| {
            network.layer(kind, "t", &[of, two], &[], of)
        };
        assert_eq!(is_taken("Loop", &|network, _, two| with(network, two, two)), is_safe, "{kind}");
        assert!(!is_taken("Loop", &|network, x, two| with(network, x, two)), "{kind}");
    }
}
