//! Tests of loops that have no end before their last turn, and of those that end at a time limit.

use crate::support::{load, onnx, onnx_runtime, refusal, set};
use backend_tests::control;
use nn_models::onnx::{DataType, FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor};
use std::time::Duration;
use wasi_nn::{Control, ErrorKind, InterruptHandle};

/// More turns than anybody waits for.
const ENDLESS: i64 = 1 << 62;

fn node(operator: &str, inputs: &[&str], outputs: &[&str]) -> NodeProto {
    NodeProto::new(operator, inputs, outputs)
}

fn one(name: &str) -> TensorProto {
    TensorProto::new(name, &Tensor::f32(&[1], &[1.0]))
}

/// The body of a loop, with the number `i`, the condition `c` and the value `v` of a turn, and constants `inner_t` and `one`.
/// The loop goes on, and the turn's value is `made`.
fn body(nodes: &[NodeProto], made: &str) -> GraphProto {
    let graph = GraphProto::new("body")
        .input("i", Element::I64, &[])
        .input("c", DataType::BOOL, &[])
        .input("v", Element::F32, &[1])
        .initializer(TensorProto::bool("co", true))
        .initializer(TensorProto::bool("inner_t", true))
        .initializer(one("one"));
    let graph = nodes.iter().cloned().fold(graph, GraphProto::node);
    graph.output("co", DataType::BOOL, &[]).output(made, Element::F32, &[1])
}

/// A graph of a branch, whose output is `out`.
fn branch(node: Option<NodeProto>, out: &str) -> GraphProto {
    let graph = GraphProto::new("branch").output(out, Element::F32, &[1]);
    match node {
        Some(node) => graph.node(node),
        None => graph.initializer(one(out)),
    }
}

/// `y` is what a loop of so many turns makes of `x`, `f32` of shape 1; the functions `Nothing` and `Something` are there.
fn looping(turns: i64, body: GraphProto) -> Vec<u8> {
    let nothing = FunctionProto::new("own", "Nothing", &["p"], &["q"])
        .node(node("Constant", &[], &["q"]).tensor("value", one("")));
    let something = FunctionProto::new("own", "Something", &["p"], &["q"]).node(node("Neg", &["p"], &["q"]));
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[1])
        .initializer(TensorProto::new("n", &Tensor::i64(&[], &[turns])))
        .initializer(TensorProto::bool("t", true))
        .initializer(one("k"))
        .node(node("Loop", &["n", "t", "x"], &["y"]).graph("body", body))
        .output("y", Element::F32, &[1]);
    let model = ModelProto::with_opset(graph, 15).opset("own", 1);
    model.function(nothing).function(something).into_bytes()
}

/// Bodies of which ONNX Runtime leaves nothing to run, most of them by working out constants.
fn idle() -> Vec<(&'static str, GraphProto)> {
    let passed_on = GraphProto::new("body")
        .input("i", Element::I64, &[])
        .input("c", DataType::BOOL, &[])
        .input("v", Element::F32, &[1])
        .output("c", DataType::BOOL, &[])
        .output("v", Element::F32, &[1]);
    let chosen = node("If", &["inner_t"], &["vo"])
        .graph("then_branch", branch(None, "a"))
        .graph("else_branch", branch(Some(node("Neg", &["v"], &["b"])), "b"));
    vec![
        ("a constant", body(&[], "one")),
        ("a node that is a constant", body(&[node("Constant", &[], &["vo"]).tensor("value", one(""))], "vo")),
        ("what the turn before had", passed_on),
        ("a sum of constants", body(&[node("Add", &["one", "one"], &["vo"])], "vo")),
        ("a sum of constants around it", body(&[node("Add", &["k", "k"], &["vo"])], "vo")),
        ("a shape", body(&[node("Shape", &["v"], &["s"]), node("Cast", &["s"], &["vo"]).int("to", 1)], "vo")),
        ("a branch of a constant condition", body(&[chosen], "vo")),
        ("a type", body(&[node("CastLike", &["one", "v"], &["vo"])], "vo")),
        ("what nobody needs", body(&[node("Identity", &["v"], &["unused"])], "one")),
        ("a function of constants", body(&[node("Nothing", &["v"], &["vo"]).domain("own")], "vo")),
    ]
}

/// Bodies with something to run.
fn busy() -> Vec<(&'static str, GraphProto)> {
    let negative = || branch(Some(node("Neg", &["v"], &["b"])), "b");
    let both = |condition| {
        node("If", &[condition], &["vo"]).graph("then_branch", negative()).graph("else_branch", negative())
    };
    let few = node("Loop", &["few", "inner_t", "v"], &["vo"]).graph("body", {
        let inner = GraphProto::new("inner").input("j", Element::I64, &[]).input("d", DataType::BOOL, &[]);
        let inner = inner.input("w", Element::F32, &[1]);
        inner.output("d", DataType::BOOL, &[]).output("w", Element::F32, &[1])
    });
    let constant = |name: &str, value: i64| TensorProto::new(name, &Tensor::i64(&[], &[value]));
    vec![
        ("a sum", body(&[node("Add", &["v", "one"], &["vo"])], "vo")),
        ("the same again", body(&[node("Identity", &["v"], &["vo"])], "vo")),
        ("an input of the model", body(&[node("Neg", &["x"], &["vo"])], "vo")),
        ("a branch of a condition", body(&[both("c")], "vo")),
        ("two branches", body(&[both("inner_t")], "vo")),
        ("random numbers", body(&[node("RandomNormal", &[], &["vo"]).ints("shape", &[1])], "vo")),
        ("a function", body(&[node("Something", &["v"], &["vo"]).domain("own")], "vo")),
        ("a loop of a few turns", body(&[few], "vo").initializer(constant("few", 3))),
    ]
}

#[test]
fn a_loop_that_would_not_end_is_refused() {
    let Some(backend) = onnx_runtime() else { return };
    for (what, body) in idle() {
        let (kind, said) = refusal(&backend, onnx(looping(ENDLESS, body.clone())));
        assert_eq!(kind, ErrorKind::Unsupported, "{what}");
        assert!(said.starts_with("a turn of the loop `y` has nothing to compute"), "{what}: {said}");
        // It is over before anybody waits.
        let graph = load(&backend, onnx(looping(1 << 16, body))).unwrap();
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        set(execution.as_mut(), 0, &Tensor::f32(&[1], &[1.0])).unwrap();
        execution.compute(&Control::unbounded()).unwrap();
    }
}

#[test]
fn a_loop_with_something_to_run_ends_at_its_limit() {
    let Some(backend) = onnx_runtime() else { return };
    for (what, body) in busy() {
        println!("{what}");
        let graph = load(&backend, onnx(looping(ENDLESS, body))).unwrap();
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        set(execution.as_mut(), 0, &Tensor::f32(&[1], &[1.0])).unwrap();
        let control = Control::new(Some(Duration::from_millis(20)), &InterruptHandle::default());
        assert_eq!(control::kind(execution.as_mut(), &control), ErrorKind::TimedOut, "{what}");
    }
}

/// In a loop, in a branch, in a function, and as `Scan`, whose turns are as many as a dimension of no elements says.
#[test]
fn such_a_loop_is_found_wherever_it_is() {
    let Some(backend) = onnx_runtime() else { return };
    let refused = |what: &str, model: Vec<u8>| {
        let (kind, said) = refusal(&backend, onnx(model));
        assert_eq!(kind, ErrorKind::Unsupported, "{what}");
        assert!(said.starts_with("a turn of the loop `"), "{what}: {said}");
    };
    let inner = || node("Loop", &["n", "t", "v"], &["vo"]).graph("body", idle().remove(2).1);
    refused("in a loop", looping(ENDLESS, body(&[inner()], "vo")));
    let branches = node("If", &["c"], &["vo"])
        .graph("then_branch", branch(Some(inner()), "vo"))
        .graph("else_branch", branch(None, "b"));
    refused("in a branch", looping(ENDLESS, body(&[branches], "vo")));
    let function = FunctionProto::new("own", "F", &["n", "t", "v"], &["vo"]).node(inner());
    let graph = GraphProto::new("g").input("x", Element::F32, &[1]).node(node("Neg", &["x"], &["y"])).output(
        "y",
        Element::F32,
        &[1],
    );
    refused("in a function", ModelProto::with_opset(graph, 15).function(function).into_bytes());
    let turn = GraphProto::new("turn").input("s", Element::F32, &[0]).output("s", Element::F32, &[0]);
    let scan = GraphProto::new("g")
        .initializer(TensorProto::new("shape", &Tensor::i64(&[2], &[1 << 40, 0])))
        .node(node("ConstantOfShape", &["shape"], &["s"]))
        .node(node("Scan", &["s"], &["y"]).int("num_scan_inputs", 1).graph("body", turn))
        .output("y", Element::F32, &[-1, 0]);
    refused("Scan", ModelProto::with_opset(scan, 15).into_bytes());
}
