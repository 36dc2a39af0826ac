//! Tests of models whose requests have a new size each: plans that leave sizes open give what ONNX Runtime does.

use super::support::{load, run, set};
use nn_models::onnx::{GraphProto, ModelProto, NodeProto, TensorProto};
use nn_models::oracle::{Job, Model, Oracle, Runtime, TOLERANCE};
use nn_models::{Element, Tensor, packages};
use std::sync::Arc;
use wasi_nn::{Control, ErrorKind};

const WORDS: u32 = 20;
const WIDTH: i64 = 8;

/// Numbers that look like data, the same in every run.
fn numbers(dims: &[u32]) -> Tensor {
    let count = dims.iter().product::<u32>();
    let values: Vec<f32> = (0..count).map(|index| (f64::from(index) * 1.7).sin() as f32).collect();
    Tensor::f32(dims, &values)
}

fn whole(values: &[i64]) -> Tensor {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Tensor { element: Element::I64, dims: vec![u32::try_from(values.len()).unwrap()], bytes }
}

/// A text of so many words for each of the batch, and which of the words count.
fn text(batch: u32, len: u32) -> [Tensor; 2] {
    let ids: Vec<i64> = (0..batch * len).map(|index| i64::from(index * 7 % WORDS)).collect();
    let mask: Vec<i64> = (0..batch * len).map(|index| i64::from(index % len < len.max(3) - 2)).collect();
    [ids, mask].map(|values| Tensor { dims: vec![batch, len], ..whole(&values) })
}

/// Attention with two heads over the words of a text, with sizes computed from the inputs as exporters write them; then a
/// mean over the words that count.
fn attention() -> ModelProto {
    let width = u32::try_from(WIDTH).unwrap();
    let mut graph = GraphProto::new("attention").input("ids", Element::I64, &[-1, -1]).input(
        "mask",
        Element::I64,
        &[-1, -1],
    );
    let constants = [
        ("words", numbers(&[WORDS, width])),
        ("wq", numbers(&[width, width])),
        ("wk", numbers(&[width, width])),
        ("far", Tensor::f32(&[], &[-1e9])),
        ("one", Tensor::f32(&[], &[1.0])),
        ("first", whole(&[0])),
        ("second", whole(&[1])),
        ("heads", whole(&[2, WIDTH / 2])),
        ("middle", whole(&[1, 2])),
        ("last", whole(&[2])),
    ];
    for (name, tensor) in &constants {
        graph = graph.initializer(TensorProto::new(name, tensor));
    }
    let split = |graph: GraphProto, from: &str, weights: &str, to: &str, order: &[i64]| {
        let [product, heads] = [format!("{to} product"), format!("{to} heads")];
        graph
            .node(NodeProto::new("MatMul", &[from, weights], &[&product]))
            .node(NodeProto::new("Reshape", &[&product, "split"], &[&heads]))
            .node(NodeProto::new("Transpose", &[&heads], &[to]).ints("perm", order))
    };
    graph = graph
        .node(NodeProto::new("Gather", &["words", "ids"], &["x"]))
        .node(NodeProto::new("Shape", &["ids"], &["size"]))
        .node(NodeProto::new("Gather", &["size", "first"], &["batch"]))
        .node(NodeProto::new("Gather", &["size", "second"], &["len"]))
        .node(NodeProto::new("Concat", &["batch", "len", "heads"], &["split"]).int("axis", 0))
        .node(NodeProto::new("Cast", &["mask"], &["counts"]).int("to", 1))
        .node(NodeProto::new("Sub", &["one", "counts"], &["hidden"]))
        .node(NodeProto::new("Unsqueeze", &["hidden", "middle"], &["wide"]))
        .node(NodeProto::new("Mul", &["wide", "far"], &["bias"]));
    graph = split(graph, "x", "wq", "q", &[0, 2, 1, 3]);
    graph = split(graph, "x", "wk", "k", &[0, 2, 3, 1]);
    let graph = graph
        .node(NodeProto::new("MatMul", &["q", "k"], &["scores"]))
        .node(NodeProto::new("Add", &["scores", "bias"], &["masked"]))
        .node(NodeProto::new("Softmax", &["masked"], &["weights"]).int("axis", -1))
        .node(NodeProto::new("Unsqueeze", &["counts", "last"], &["column"]))
        .node(NodeProto::new("Mul", &["x", "column"], &["kept"]))
        .node(NodeProto::new("ReduceSum", &["kept", "second"], &["sum"]).int("keepdims", 0))
        .output("weights", Element::F32, &[-1, 2, -1, -1])
        .output("sum", Element::F32, &[-1, WIDTH]);
    ModelProto::with_opset(graph, 17)
}

/// Computes with all inputs in one context, one after the other, and compares each with ONNX Runtime.
fn compare(model: ModelProto, requests: &[Vec<Tensor>]) {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let bytes = model.into_bytes();
    let jobs: Vec<_> = requests
        .iter()
        .map(|inputs| Job { runtime: Runtime::OnnxRuntime, model: Model::Onnx(&bytes), inputs })
        .collect();
    let answers = oracle.run(&jobs).unwrap();
    let graph = load(bytes.clone()).unwrap();
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    for (inputs, answer) in requests.iter().zip(answers) {
        let dims: Vec<_> = inputs.iter().map(|input| &input.dims).collect();
        let outputs = run(execution.as_mut(), inputs, graph.outputs().len()).unwrap();
        for (output, expected) in outputs.iter().zip(&answer.unwrap()) {
            let furthest = expected.furthest(output);
            assert!(furthest.is_some_and(|apart| apart <= TOLERANCE), "{dims:?}: {furthest:?} apart");
        }
    }
}

#[test]
fn texts_of_any_length() {
    let lengths = [5, 6, 7, 30, 2, 1, 9, 5, 4, 3, 1, 40];
    compare(attention(), &lengths.map(|len| text(1, len).to_vec()));
}

#[test]
fn batches_of_any_size() {
    let sizes = [(1, 5), (1, 6), (3, 6), (4, 9), (4, 1), (2, 2), (1, 1), (7, 3), (3, 7), (5, 5), (6, 8)];
    compare(attention(), &sizes.map(|(batch, len)| text(batch, len).to_vec()));
}

/// What was the same by chance comes apart.
#[test]
fn sizes_that_were_the_same() {
    let graph = GraphProto::new("g")
        .input("a", Element::F32, &[-1, 3])
        .input("b", Element::F32, &[-1, 3])
        .node(NodeProto::new("Concat", &["a", "b"], &["c"]).int("axis", 0))
        .node(NodeProto::new("Softmax", &["c"], &["y"]).int("axis", 0))
        .output("y", Element::F32, &[-1, 3]);
    let sizes = [(2, 2), (4, 4), (5, 5), (5, 6), (1, 6), (7, 7), (8, 3), (2, 9), (9, 9)];
    let requests = sizes.map(|(a, b)| vec![numbers(&[a, 3]), numbers(&[b, 3])]);
    compare(ModelProto::with_opset(graph, 17), &requests);
}

/// A size that the model itself gives a meaning, by a reshape to fixed sizes, is no open one.
#[test]
fn sizes_that_only_some_values_fit() {
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[-1, -1])
        .initializer(TensorProto::new("rows", &whole(&[4, -1])))
        .initializer(TensorProto::new("line", &numbers(&[3])))
        .node(NodeProto::new("Reshape", &["x", "rows"], &["y"]))
        .node(NodeProto::new("Add", &["y", "line"], &["z"]))
        .output("z", Element::F32, &[4, 3]);
    let sizes = [[2, 6], [4, 3], [6, 2], [12, 1], [1, 12], [4, 1], [3, 4]];
    compare(ModelProto::with_opset(graph, 17), &sizes.map(|dims| vec![numbers(&dims)]));
}

/// A word that is none is an error for its guest, whatever the plan, and what comes after it is as before.
#[test]
fn bad_values_in_between() {
    let graph = load(attention()).unwrap();
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    let mut results = Vec::new();
    for round in 0..2 {
        for len in 3..9 {
            let [ids, mask] = text(1, len);
            let outputs = run(execution.as_mut(), &[ids.clone(), mask.clone()], 2).unwrap();
            if round == 0 {
                results.push(outputs);
            } else {
                assert_eq!(outputs, results[usize::try_from(len).unwrap() - 3], "{len}");
            }
            let none =
                Tensor { dims: ids.dims.clone(), ..whole(&vec![1 << 40; usize::try_from(len).unwrap()]) };
            set(execution.as_mut(), 0, &none).unwrap();
            set(execution.as_mut(), 1, &mask).unwrap();
            let error = execution.compute(&Control::unbounded()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
            // An error leaves the context as it was.
            let [ids, mask] = text(1, len);
            assert_eq!(
                run(execution.as_mut(), &[ids, mask], 2).unwrap(),
                results[usize::try_from(len).unwrap() - 3]
            );
        }
    }
}
