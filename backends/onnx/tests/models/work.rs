//! Tests that the work of an operation is known before it starts: at the latest when its inputs are there.

use super::support::{load, load_with, refused, run_once, set};
use nn_models::onnx::{GraphProto, Message, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor, models};
use std::time::Duration;
use wasi_nn::{Control, ErrorKind, InterruptHandle};

/// A model of one operation on `f32` inputs and constants, whose output may have any shape.
fn operation(node: NodeProto, inputs: &[(&str, &[i64])], constants: &[(&str, Tensor)]) -> Vec<u8> {
    let graph = inputs
        .iter()
        .fold(GraphProto::new("g"), |graph, (name, shape)| graph.input(name, Element::F32, shape));
    let graph = constants
        .iter()
        .fold(graph, |graph, (name, tensor)| graph.initializer(TensorProto::new(name, tensor)));
    let output = Message::new().message(12, Message::new().bytes(1, "y"));
    ModelProto::with_opset(graph.node(node).raw(output), 17).into_bytes()
}

fn product(size: i64) -> Vec<u8> {
    operation(
        NodeProto::new("MatMul", &["a", "b"], &["y"]),
        &[("a", &[size, size]), ("b", &[size, size])],
        &[],
    )
}

fn window(op: &str, size: i64, inside: i64) -> Vec<u8> {
    let node = NodeProto::new(op, &["x"], &["y"]).ints("kernel_shape", &[size, size]);
    let node = node.ints("pads", &[size - inside, size - inside, size - inside, size - inside]);
    operation(node, &[("x", &[1, 1, inside, inside])], &[])
}

fn einsum(equation: &str, size: i64) -> Vec<u8> {
    let names = ["a", "b", "c"];
    let inputs = names.map(|name| (name, [size, size]));
    let inputs: Vec<(&str, &[i64])> = inputs.iter().map(|(name, shape)| (*name, shape.as_slice())).collect();
    let node = NodeProto::new("Einsum", &names, &["y"]);
    operation(node.attribute("equation", 3, Message::new().bytes(4, equation)), &inputs, &[])
}

fn convolved(op: &str, size: i64, kernel: i64, groups: i64) -> Vec<u8> {
    let node = NodeProto::new(op, &["x", "w"], &["y"]).ints("kernel_shape", &[kernel, kernel]);
    let (x, w) = ([1, groups, size, size], [groups, 1, kernel, kernel]);
    operation(node.int("group", groups), &[("x", &x), ("w", &w)], &[])
}

/// Each beside one that is a thousand times as much, and would take minutes.
#[test]
fn an_operation_that_takes_too_long_is_refused() {
    let batches = |count: i64| {
        let node = NodeProto::new("MatMul", &["a", "b"], &["y"]);
        operation(node, &[("a", &[count, 1, 4]), ("b", &[count, 4, 1])], &[])
    };
    let drawn = |classes: i64, count: i64| {
        let node = NodeProto::new("Multinomial", &["x"], &["y"]).int("sample_size", count);
        operation(node, &[("x", &[1, classes])], &[])
    };
    let normalized = |channels: i64| {
        let node = NodeProto::new("LRN", &["x"], &["y"]).int("size", 2 * channels - 1);
        operation(node, &[("x", &[1, channels, 16, 16])], &[])
    };
    for (name, little, much) in [
        ("a product", product(1024), product(10_240)),
        ("products", batches(1000), batches(8_000_000)),
        ("a sum of many axes", einsum("ij,jk,kl->il", 32), einsum("ij,jk,kl->il", 1024)),
        ("a convolution", convolved("Conv", 64, 3, 32), convolved("Conv", 4096, 255, 2)),
        ("a transposed one", convolved("ConvTranspose", 64, 3, 32), convolved("ConvTranspose", 4096, 255, 2)),
        ("a pool", window("MaxPool", 8, 4), window("MaxPool", 1 << 20, 2)),
        ("an average", window("AveragePool", 8, 4), window("AveragePool", 1 << 20, 2)),
        ("draws", drawn(1000, 1000), drawn(1_000_000, 1_000_000)),
        ("channels around", normalized(32), normalized(8192)),
    ] {
        if let Err(error) = load(little) {
            panic!("{name}: {error}");
        }
        let (kind, message) = refused(load(much));
        assert_eq!(kind, ErrorKind::TooLarge, "{name}: {message}");
    }
}

#[test]
fn pictures_and_texts_of_usual_models_are_no_such_work() {
    // GoogLeNet's largest normalisation, a detector's last one, a language model's last product.
    let lrn =
        operation(NodeProto::new("LRN", &["x"], &["y"]).int("size", 5), &[("x", &[1, 192, 56, 56])], &[]);
    let resized = NodeProto::new("Resize", &["x", "", "s"], &["y"]);
    let scales = Tensor::f32(&[4], &[1.0, 1.0, 4.0, 4.0]);
    let resized = operation(resized, &[("x", &[1, 24, 192, 192])], &[("s", scales)]);
    let last = operation(
        NodeProto::new("MatMul", &["a", "b"], &["y"]),
        &[("a", &[512, 1024]), ("b", &[1024, 50_000])],
        &[],
    );
    for model in [lrn, resized, last] {
        load(model).unwrap();
    }
}

/// Boxes side by side, so that none is like another and all are kept.
fn boxes(count: u16) -> (Vec<u8>, [Tensor; 2]) {
    let node = NodeProto::new("NonMaxSuppression", &["boxes", "scores", "limit", "overlap"], &["y"]);
    let constants = [("limit", Tensor::i64(&[1], &[i64::MAX])), ("overlap", Tensor::f32(&[1], &[0.5]))];
    let number = i64::from(count);
    let model = operation(node, &[("boxes", &[1, number, 4]), ("scores", &[1, 1, number])], &constants);
    let places = (0..count).flat_map(|at| [0.0, f32::from(at), 1.0, f32::from(at) + 1.0]).collect::<Vec<_>>();
    let scores = vec![0.5; usize::from(count)];
    let count = u32::from(count);
    (model, [Tensor::f32(&[1, count, 4], &places), Tensor::f32(&[1, 1, count], &scores)])
}

/// How many boxes are kept depends on values, so this is refused when they are there.
#[test]
fn what_depends_on_values_is_counted_when_they_are_there() {
    let (model, inputs) = boxes(100);
    let kept = run_once(model, &inputs).unwrap();
    assert_eq!(kept[0].len(), 100 * 3 * 8);
    let (model, inputs) = boxes(40_000);
    assert_eq!(run_once(model, &inputs).unwrap_err().kind(), ErrorKind::TooLarge);
}

/// The products of what is not zero with itself: their number is the number of values.
#[test]
fn products_of_sizes_that_depend_on_values_are_counted() {
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[20_000])
        .node(NodeProto::new("NonZero", &["x"], &["places"]))
        .node(NodeProto::new("Cast", &["places"], &["row"]).int("to", 1))
        .node(NodeProto::new("Transpose", &["row"], &["column"]))
        .node(NodeProto::new("MatMul", &["column", "row"], &["square"]))
        .node(NodeProto::new("MatMul", &["square", "column"], &["y"]))
        .output("y", Element::F32, &[-1, 1]);
    let model = ModelProto::with_opset(graph, 13).into_bytes();
    let compute = |count: usize, work: u64| {
        let values: Vec<f32> = (0..20_000).map(|at| if at < count { 1.0 } else { 0.0 }).collect();
        let graph = load_with(model.clone(), |limits| limits.max_work = work)?;
        let mut execution = graph.execution(&Control::unbounded())?;
        set(execution.as_mut(), 0, &Tensor::f32(&[20_000], &values))?;
        execution.compute(&Control::unbounded())?;
        Ok::<_, wasi_nn::Error>(execution.output(0)?.len())
    };
    assert_eq!(compute(10, 1 << 28).unwrap(), 40);
    assert_eq!(compute(2000, 1 << 28).unwrap_err().kind(), ErrorKind::TooLarge);
}

/// The guest's time is a tenth of what the machine would take at best. Processor time of this thread, which computes, says
/// whether it did, however busy the machine is.
#[cfg(unix)]
#[test]
fn what_would_end_long_after_the_time_is_up_is_not_started() {
    let graph = load(product(6000)).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    for index in 0..2 {
        let kind = wasi_nn::TensorType::new(wasi_nn::ElementType::F32, &[6000, 6000]).unwrap();
        execution.input(index, kind).unwrap().fill(0);
    }
    let (limit, start) = (Duration::from_millis(100), processor_time());
    let control = Control::new(Some(limit), &InterruptHandle::default());
    assert_eq!(execution.compute(&control).unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(processor_time() - start < Duration::from_millis(500));
    // What is short is done in the same time.
    let quick = models::matmul_chain(8, 2);
    let mut execution = load(quick).unwrap().execution(&Control::unbounded()).unwrap();
    set(execution.as_mut(), 0, &Tensor::f32(&[8, 8], &[1.0; 64])).unwrap();
    execution.compute(&Control::new(Some(Duration::from_secs(60)), &InterruptHandle::default())).unwrap();
}

/// What this thread has used of a processor.
#[cfg(unix)]
fn processor_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.try_into().unwrap(), now.tv_nsec.try_into().unwrap())
}
