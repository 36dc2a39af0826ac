//! Tests of indices that are no places: an error for most operations, and nothing at all for `OneHot`.

use super::support::{floats, load, refused, run, run_once, untyped};
use nn_models::onnx::{ANY, GraphProto, ModelProto, NodeProto, TensorProto};
use nn_models::oracle::{Job, Model, Oracle, Runtime};
use nn_models::{Element, Tensor, packages};
use std::sync::Arc;
use wasi_nn::{Control, ErrorKind};

fn ids(dims: &[u32], values: &[i64]) -> Tensor {
    Tensor::i64(dims, values)
}

fn data() -> Tensor {
    Tensor::f32(&[2, 3], &[0.0, 1.0, 2.0, 10.0, 11.0, 12.0])
}

/// A model that does one operation on `x` and on indices that come in.
fn model(node: NodeProto, dims: &[i64]) -> ModelProto {
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[2, 3])
        .input("at", Element::I64, dims)
        .initializer(TensorProto::new("row", &Tensor::f32(&[2], &[5.0, 6.0])))
        .initializer(TensorProto::new("rows", &Tensor::f32(&[2, 1], &[5.0, 6.0])))
        .node(node)
        .raw(untyped("y"));
    ModelProto::with_opset(graph, 17)
}

#[test]
fn what_is_no_place_is_an_error() {
    let gather = |axis| NodeProto::new("Gather", &["x", "at"], &["y"]).int("axis", axis);
    let elements = NodeProto::new("GatherElements", &["x", "at"], &["y"]).int("axis", 1);
    let points = NodeProto::new("GatherND", &["x", "at"], &["y"]);
    let scatter = NodeProto::new("ScatterElements", &["x", "at", "rows"], &["y"]).int("axis", 1);
    let scatter_points = NodeProto::new("ScatterND", &["x", "at", "row"], &["y"]);
    // What each is given: places, and one of a next row or of nowhere.
    let of_rows = (ids(&[2, 1], &[0, -1]), ids(&[2, 1], &[0, 3]));
    let of_points = (ids(&[2, 2], &[0, 1, 1, 2]), ids(&[2, 2], &[0, 1, 0, 3]));
    for (name, node, dims, (good, bad)) in [
        ("Gather", gather(1), [2, 1], of_rows.clone()),
        ("Gather", gather(0), [2, 1], (ids(&[2, 1], &[0, -2]), ids(&[2, 1], &[0, 2]))),
        ("GatherElements", elements, [2, 1], of_rows.clone()),
        ("GatherND", points, [2, 2], of_points.clone()),
        ("ScatterElements", scatter, [2, 1], of_rows),
        ("ScatterND", scatter_points, [2, 2], of_points),
    ] {
        let graph = load(model(node, &dims)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
        for _ in 0..2 {
            assert!(run(execution.as_mut(), &[data(), good.clone()], 1).is_ok(), "{name}");
            let error = run(execution.as_mut(), &[data(), bad.clone()], 1).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name}: {error}");
            assert!(error.to_string().contains("was given the index"), "{name}: {error}");
        }
    }
}

/// What a model itself has wrong is found when it is loaded.
#[test]
fn constants_that_are_no_places() {
    let graph = GraphProto::new("g")
        .input("z", Element::F32, &[1])
        .initializer(TensorProto::new("x", &data()))
        .initializer(TensorProto::new("at", &ids(&[2], &[0, 3])))
        .node(NodeProto::new("Gather", &["x", "at"], &["y"]).int("axis", 1))
        .node(NodeProto::new("Add", &["y", "z"], &["w"]))
        .output("w", Element::F32, &[2, 2]);
    let (kind, message) = refused(load(ModelProto::with_opset(graph, 17)));
    assert!(kind == ErrorKind::InvalidArgument && message.contains("the index 3"), "{message}");
}

#[test]
fn one_hot_of_any_index() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    for axis in [0, 1, 2, -1, -2] {
        let graph = GraphProto::new("g")
            .input("at", Element::I64, &[2, 4])
            .initializer(TensorProto::new("depth", &ids(&[], &[3])))
            .initializer(TensorProto::new("values", &Tensor::f32(&[2], &[-1.0, 4.0])))
            .node(NodeProto::new("OneHot", &["at", "depth", "values"], &["y"]).int("axis", axis))
            .output("y", Element::F32, &[ANY; 3]);
        let bytes = ModelProto::with_opset(graph, 17).into_bytes();
        let inputs = [ids(&[2, 4], &[0, -1, 2, 3, -3, -4, 1 << 32, i64::MIN])];
        let job = Job { runtime: Runtime::OnnxRuntime, model: Model::Onnx(&bytes), inputs: &inputs };
        let expected = oracle.run(&[job]).unwrap().remove(0).unwrap();
        let outputs = run_once(bytes, &inputs).unwrap();
        assert_eq!(floats(&outputs[0]), floats(&expected[0].tensor.bytes), "{axis}");
    }
}
