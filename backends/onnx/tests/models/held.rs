//! Tests that a loaded model takes no more memory than its graph reports.

use super::support::{load, load_with, set};
use nn_models::onnx::{GraphProto, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor, golden, models};
use std::sync::Arc;
use test_support::counting::in_use;
use wasi_nn::backend::Graph;
use wasi_nn::{Control, ErrorKind};
use wasi_nn_onnx::{Onnx, OnnxLimits};

/// What loading leaves allocated, and what the graph says.
fn held(model: Vec<u8>) -> (isize, isize) {
    let (len, before) = (model.len(), in_use());
    let graph = load(model).unwrap();
    // The model itself is freed, unless the graph has it.
    let live = in_use() - before + isize::try_from(len).unwrap();
    (live, isize::try_from(graph.held_bytes()).unwrap())
}

/// Models that are small as files: many nodes, names, shapes, constants of one element, trees.
fn small_ones() -> Vec<(&'static str, Vec<u8>)> {
    let chain = |op: &str, count: usize| {
        let start = GraphProto::new("g").input("x", Element::F32, &[4]);
        let name = |step: usize| if step == 0 { "x".to_owned() } else { format!("t{step}") };
        let graph = (0..count)
            .fold(start, |graph, step| graph.node(NodeProto::new(op, &[&name(step)], &[&name(step + 1)])));
        ModelProto::with_opset(graph.output(&name(count), Element::F32, &[4]), 13).into_bytes()
    };
    let constants = (0..500).fold(GraphProto::new("g").input("x", Element::F32, &[1]), |graph, step| {
        let (constant, from) =
            (format!("c{step}"), if step == 0 { "x".to_owned() } else { format!("t{step}") });
        graph.initializer(TensorProto::new(&constant, &Tensor::f32(&[1], &[2.0]))).node(NodeProto::new(
            "Div",
            &[&constant, &from],
            &[&format!("t{}", step + 1)],
        ))
    });
    let constants = ModelProto::with_opset(constants.output("t500", Element::F32, &[1]), 13).into_bytes();
    let weights = GraphProto::new("g")
        .input("x", Element::F32, &[1, 512])
        .initializer(TensorProto::new("w", &Tensor::f32(&[512, 512], &[0.5; 512 * 512])))
        .node(NodeProto::new("MatMul", &["x", "w"], &["y"]))
        .output("y", Element::F32, &[1, 512]);
    vec![
        ("many nodes", chain("Erf", 2000)),
        ("nodes that vanish", chain("Identity", 2000)),
        ("products", models::matmul_chain(4, 200).onnx()),
        ("branches", models::nested_ifs(5)),
        ("constants", constants),
        ("weights", ModelProto::with_opset(weights, 13).into_bytes()),
    ]
}

#[test]
fn a_model_holds_no_more_than_it_says() {
    let golden = golden::cases().into_iter().map(|case| (case.name, case.model.onnx()));
    let small = small_ones().into_iter().map(|(name, model)| (name.to_owned(), model));
    for (name, model) in small.chain(golden) {
        let len = model.len();
        let (live, said) = held(model);
        println!("{name}: {len} bytes, {live} live, {said} said");
        assert!(live <= said, "{name}: {live} are held, and {said} said");
    }
}

/// Every execution has computed with another shape, and rests.
#[test]
fn executions_that_rest_hold_no_plans_that_are_not_kept() {
    let graph = load_with(models::dynamic_batch(), |limits| limits.max_shapes = 2).unwrap();
    let compute = |batch: u32| {
        let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
        let numbers = vec![1.0; usize::try_from(4 * batch).unwrap()];
        set(execution.as_mut(), 0, &Tensor::f32(&[batch, 4], &numbers)).unwrap();
        execution.compute(&Control::unbounded()).unwrap();
        execution
    };
    // Plans are made on another thread, so that this one counts what it frees as less than nothing: the difference
    // between two executions and forty is what executions have besides.
    let before = in_use();
    let mut some: Vec<_> = (1..3).map(compute).collect();
    let of_two = in_use() - before;
    some.extend((3..41).map(compute));
    let of_forty = in_use() - before;
    assert!(of_forty < of_two + 38 * 4096, "{of_two} and {of_forty}");
    // They go on, with a plan made anew.
    for execution in &mut some {
        execution.compute(&Control::unbounded()).unwrap();
    }
}

#[test]
fn all_computations_together_have_a_limit() {
    let mut limits = OnnxLimits::default();
    // In and out, and the two together fit once.
    limits.max_process_bytes = 3 * 602_112;
    let onnx = Onnx::with_limits(limits);
    let load = |onnx: &Onnx| {
        use wasi_nn::backend::Backend;
        let model = super::support::of_guest(models::large_relu());
        onnx.load(model, &super::support::CPU, &Control::unbounded()).unwrap()
    };
    let compute = |graph: &Arc<dyn Graph>| {
        let mut execution = Arc::clone(graph).execution(&Control::unbounded()).unwrap();
        set(execution.as_mut(), 0, &Tensor::f32(&[1, 3, 224, 224], &vec![1.0; 3 * 224 * 224])).unwrap();
        execution.compute(&Control::unbounded()).map(|()| execution)
    };
    // What one has used is there for the next.
    let graph = load(&onnx);
    let kept: Vec<_> = (0..3).map(|_| compute(&graph).unwrap()).collect();
    assert_eq!(kept.len(), 3);
    let mut limits = OnnxLimits::default();
    limits.max_process_bytes = 602_112;
    let busy = compute(&load(&Onnx::with_limits(limits))).err().unwrap();
    assert_eq!(busy.kind(), ErrorKind::Busy);
    assert!(busy.to_string().contains("OnnxLimits"), "{busy}");
}
