//! Tests that a model beyond a limit is refused before the host spends what it asks for.

use super::support::{load, load_with, refused, run_once};
use nn_models::hostile::greedy;
use nn_models::onnx::{GraphProto, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor, models};
use std::sync::Arc;
use wasi_nn::{Control, ElementType, ErrorKind, TensorType};

#[test]
fn four_tebibytes_are_an_error() {
    for (name, model) in [("a constant", greedy::huge_constant()), ("an input", greedy::huge_input())] {
        let kind = load(model).err().map(|error| error.kind());
        assert_eq!(kind, Some(ErrorKind::TooLarge), "{name}");
    }
    assert_eq!(refused(load(greedy::claimed_constant())).0, ErrorKind::Runtime);
    // A size that comes in is looked at when it is there.
    let inputs = |count: i64| [Tensor::f32(&[], &[1.5]), Tensor::i64(&[1], &[count])];
    assert_eq!(run_once(greedy::size_from_input(), &inputs(1 << 10)).unwrap(), [1.5_f32.to_le_bytes()]);
    let error = run_once(greedy::size_from_input(), &inputs(1 << 40)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
}

/// The output of one operation on `x`, `f32` of shape 1, and constants.
fn operation(node: NodeProto, constants: &[(&str, Tensor)], output: &str) -> Vec<u8> {
    let start = GraphProto::new("g").input("x", Element::F32, &[1]);
    let graph = constants
        .iter()
        .fold(start, |graph, (name, tensor)| graph.initializer(TensorProto::new(name, tensor)));
    ModelProto::new(graph.node(node).output(output, Element::F32, &[])).into_bytes()
}

#[test]
fn whatever_makes_more_of_less_is_bounded() {
    for size in [1 << 30, 1 << 40] {
        check_whatever_makes_more(size);
    }
}

#[track_caller]
fn check_whatever_makes_more(size: i64) {
    let huge = || Tensor::i64(&[1], &[size]);
    for (name, model) in [
        ("Expand", operation(NodeProto::new("Expand", &["x", "n"], &["y"]), &[("n", huge())], "y")),
        ("Tile", operation(NodeProto::new("Tile", &["x", "n"], &["y"]), &[("n", huge())], "y")),
        (
            "Pad",
            operation(
                NodeProto::new("Pad", &["x", "n"], &["y"]),
                &[("n", Tensor::i64(&[2], &[0, size]))],
                "y",
            ),
        ),
        (
            "ConstantOfShape",
            operation(NodeProto::new("ConstantOfShape", &["n"], &["y"]), &[("n", huge())], "y"),
        ),
        (
            "Range",
            operation(
                NodeProto::new("Range", &["from", "to", "step"], &["y"]),
                &[
                    ("from", Tensor::f32(&[], &[0.0])),
                    ("to", Tensor::f32(&[], &[1e12])),
                    ("step", Tensor::f32(&[], &[1.0])),
                ],
                "y",
            ),
        ),
    ] {
        let kind = load(model).err().map(|error| error.kind());
        assert_eq!(kind, Some(ErrorKind::TooLarge), "{name} of {size}");
    }
}

#[test]
fn a_range_that_values_bound_is_bounded_when_it_is_computed() {
    let graph = GraphProto::new("g")
        .input("to", Element::F32, &[])
        .initializer(TensorProto::new("from", &Tensor::f32(&[], &[0.0])))
        .initializer(TensorProto::new("step", &Tensor::f32(&[], &[1.0])))
        .node(NodeProto::new("Range", &["from", "to", "step"], &["numbers"]))
        .node(NodeProto::new("ReduceMax", &["numbers"], &["y"]).int("keepdims", 0))
        .output("y", Element::F32, &[]);
    let model = ModelProto::new(graph).into_bytes();
    let to = |number: f32| run_once(model.clone(), &[Tensor::f32(&[], &[number])]);
    assert_eq!(to(1000.0).unwrap(), [999.0_f32.to_le_bytes()]);
    assert_eq!(to(1e12).unwrap_err().kind(), ErrorKind::TooLarge);
    assert!(to(f32::INFINITY).is_err());
}

#[test]
fn one_tensor_has_a_limit() {
    // 602,112 bytes each way.
    assert!(load_with(models::large_relu(), |limits| limits.max_tensor_bytes = 602_112).is_ok());
    let less = load_with(models::large_relu(), |limits| limits.max_tensor_bytes = 602_111);
    assert_eq!(refused(less).0, ErrorKind::TooLarge);
}

#[test]
fn all_tensors_have_a_limit() {
    // In and out exist at one time, and next to nothing besides.
    assert!(load_with(models::large_relu(), |limits| limits.max_total_bytes = 2 * 602_112 + 64).is_ok());
    let less = load_with(models::large_relu(), |limits| limits.max_total_bytes = 2 * 602_112 - 1);
    assert_eq!(refused(less).0, ErrorKind::TooLarge);
}

#[test]
fn many_constants_are_bounded_together() {
    // Each is within the limit of a tensor, and made while the model is read.
    let start = GraphProto::new("g").input("x", Element::F32, &[1]);
    let start = start.initializer(TensorProto::new("n", &Tensor::i64(&[1], &[1 << 19])));
    let graph = (0..40).fold(start, |graph, index| {
        let name = format!("c{index}");
        // Of equal ones there would be one.
        let value = TensorProto::new("value", &Tensor::i64(&[1], &[index]));
        let node = NodeProto::new("ConstantOfShape", &["n"], &[&name]).tensor("value", value);
        graph.node(node).output(&name, Element::I64, &[1 << 19])
    });
    let model = ModelProto::new(graph).into_bytes();
    let bounded = load_with(model, |limits| limits.max_total_bytes = 16 << 20);
    assert_eq!(refused(bounded).0, ErrorKind::TooLarge);
}

#[test]
fn inputs_of_open_shape_have_a_limit() {
    let graph = load_with(models::dynamic_batch(), |limits| limits.max_tensor_bytes = 160).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    let batch = [10, 4];
    assert!(execution.input(0, TensorType::new(ElementType::F32, &batch).unwrap()).is_ok());
    let batch = [11, 4];
    let error = execution.input(0, TensorType::new(ElementType::F32, &batch).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[test]
fn operations_and_graphs_are_counted() {
    let links = models::matmul_chain(2, 20);
    assert!(load_with(links.clone(), |limits| limits.max_nodes = 20).is_ok());
    assert_eq!(refused(load_with(links, |limits| limits.max_nodes = 19)).0, ErrorKind::TooLarge);
    let nested = models::nested_ifs(3);
    assert!(load_with(nested.clone(), |limits| limits.max_depth = 4).is_ok());
    assert_eq!(refused(load_with(nested, |limits| limits.max_depth = 3)).0, ErrorKind::TooLarge);
}

#[test]
fn shapes_beyond_the_limit_are_compiled_again() {
    let graph = load_with(models::dynamic_batch(), |limits| limits.max_shapes = 2).unwrap();
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    for round in 0..3 {
        for batch in 1..5_u32 {
            let numbers = vec![0.0; usize::try_from(4 * batch).unwrap()];
            super::support::set(execution.as_mut(), 0, &Tensor::f32(&[batch, 4], &numbers)).unwrap();
            execution.compute(&Control::unbounded()).unwrap();
            let length = execution.output(0).unwrap().len();
            assert_eq!(length, usize::try_from(16 * batch).unwrap(), "round {round}");
        }
    }
}
