//! Tests of small models that ask for much: tables, expressions of sizes and steps, each beside a modest model.

use super::support::{floats, load, refused, run_once};
use nn_models::onnx::{GraphProto, Message, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor};
use wasi_nn::ErrorKind;

/// A model of these nodes from `x` to `y`, whose output may have any shape.
fn model(shape: &[i64], nodes: impl IntoIterator<Item = NodeProto>) -> Vec<u8> {
    let graph = GraphProto::new("g").input("x", Element::F32, shape);
    let graph = nodes.into_iter().fold(graph, GraphProto::node);
    let output = Message::new().message(12, Message::new().bytes(1, "y"));
    ModelProto::with_opset(graph.raw(output), 12).into_bytes()
}

/// A window of `size` elements over as many, all but one of which lie partly in the padding.
fn padded(op: &str, size: i64) -> Vec<u8> {
    let node =
        NodeProto::new(op, &["x"], &["y"]).ints("kernel_shape", &[size]).ints("pads", &[size / 2, size / 2]);
    model(&[1, 1, size], [node])
}

#[test]
fn tables_of_windows_in_the_padding_are_counted() {
    for op in ["AveragePool", "MaxPool"] {
        assert!(load(padded(op, 64)).is_ok(), "{op}");
        for size in [20_000, 40_000] {
            let (kind, message) = refused(load(padded(op, size)));
            assert_eq!(kind, ErrorKind::TooLarge, "{op}: {message}");
        }
    }
    // The engine may choose the padding, and windows have several axes.
    let chosen = |size: i64| {
        let node = NodeProto::new("MaxPool", &["x"], &["y"]).ints("kernel_shape", &[size, size]);
        let same = Message::new().bytes(4, "SAME_UPPER");
        model(&[1, 1, size, size], [node.attribute("auto_pad", 3, same)])
    };
    assert!(load(chosen(8)).is_ok());
    assert_eq!(refused(load(chosen(300))).0, ErrorKind::TooLarge);
}

/// The numbers of the elements that are not zero, as a picture: how many there are depends on values.
fn of_values(then: impl IntoIterator<Item = NodeProto>) -> Vec<u8> {
    let first = [
        NodeProto::new("NonZero", &["x"], &["indices"]),
        NodeProto::new("Cast", &["indices"], &["numbers"]).int("to", 1),
        NodeProto::new("Unsqueeze", &["numbers"], &["t0"]).ints("axes", &[0]),
    ];
    model(&[4], first.into_iter().chain(then))
}

fn name(step: usize, last: usize) -> String {
    if step == last { "y".to_owned() } else { format!("t{step}") }
}

#[test]
fn sizes_that_are_divided_again_and_again_do_not_recurse() {
    for strides in [2, 3, 1000, 1_000_000_000] {
        for steps in [1usize, 3, 40, 100] {
            let pools = (0..steps).map(|step| {
                NodeProto::new("MaxPool", &[&name(step, steps)], &[&name(step + 1, steps)])
                    .ints("kernel_shape", &[2])
                    .ints("strides", &[strides])
            });
            let (_, message) = refused(load(of_values(pools)));
            assert!(message.contains("values"), "{message}");
        }
    }
    let plain = NodeProto::new("Identity", &["t0"], &["y"]);
    assert!(load(of_values([plain])).is_ok());
}

#[test]
fn sizes_that_are_added_up_again_and_again_do_not_grow() {
    let doubled = |steps: usize| {
        of_values((0..steps).map(|step| {
            let from = name(step, steps);
            NodeProto::new("Concat", &[&from, &from, "t0"], &[&name(step + 1, steps)]).int("axis", 2)
        }))
    };
    assert!(load(doubled(2)).is_ok());
    let (kind, message) = refused(load(doubled(200)));
    assert!(matches!(kind, ErrorKind::TooLarge | ErrorKind::Runtime), "{kind:?} {message}");
    let mixed = (0..8).flat_map(|step: usize| {
        let (from, to) = (name(step, 8), name(step + 1, 8));
        let pooled = format!("m{step}");
        [
            NodeProto::new("MaxPool", &[&from], &[&pooled])
                .ints("kernel_shape", &[3])
                .ints("strides", &[2])
                .ints("pads", &[1, 1]),
            NodeProto::new("Concat", &[&from, &pooled], &[&to]).int("axis", 2),
        ]
    });
    assert!(load(of_values(mixed)).is_err());
}

/// A tree that is a list, so that each row goes down all of it.
fn tree(depth: i64, rows: i64) -> Vec<u8> {
    let count = 2 * depth + 1;
    let branch = |node: i64| node < depth;
    let ids: Vec<i64> = (0..count).collect();
    let yes: Vec<i64> = ids.iter().map(|node| if branch(*node) { node + 1 } else { 0 }).collect();
    let no: Vec<i64> = ids.iter().map(|node| if branch(*node) { depth + 1 + node } else { 0 }).collect();
    let zeros = vec![0; ids.len()];
    let modes = ids
        .iter()
        .fold(Message::new(), |all, node| all.bytes(9, if branch(*node) { "BRANCH_GT" } else { "LEAF" }));
    let floats = |count: usize| (0..count).fold(Message::new(), |all, _| all.float(7, 0.5));
    let node = NodeProto::new("TreeEnsembleClassifier", &["x"], &["y", "scores"])
        .domain("ai.onnx.ml")
        .ints("nodes_treeids", &zeros)
        .ints("nodes_nodeids", &ids)
        .ints("nodes_featureids", &zeros)
        .ints("nodes_truenodeids", &yes)
        .ints("nodes_falsenodeids", &no)
        .ints("class_ids", &[0])
        .ints("class_nodeids", &[depth])
        .ints("class_treeids", &[0])
        .ints("classlabels_int64s", &[0, 1])
        .attribute("nodes_values", 6, floats(ids.len()))
        .attribute("class_weights", 6, floats(1))
        .attribute("nodes_modes", 8, modes);
    model(&[rows, 1], [node])
}

#[test]
fn steps_down_a_tree_are_work() {
    assert!(load(tree(10, 100)).is_ok());
    let (kind, message) = refused(load(tree(2000, 1_000_000)));
    assert_eq!(kind, ErrorKind::TooLarge, "{message}");
}

#[test]
fn an_operation_has_a_number_of_inputs() {
    let joined =
        |count: usize| model(&[1], [NodeProto::new("Concat", &vec!["x"; count], &["y"]).int("axis", 0)]);
    assert!(load(joined(100)).is_ok());
    let (kind, message) = refused(load(joined(64_000)));
    assert_eq!(kind, ErrorKind::TooLarge, "{message}");
}

/// Names are for people: that several nodes have one changes nothing.
#[test]
fn nodes_may_have_one_name() {
    let named = |step: usize, name: &str| {
        let node = NodeProto::new(
            "Relu",
            &[if step == 0 { "x" } else { "a" }],
            &[if step == 0 { "a" } else { "y" }],
        );
        node.raw(Message::new().bytes(3, name))
    };
    for names in [["n", "n"], ["", ""], ["1 n", "n"], ["n", ""]] {
        let both = names.iter().enumerate().map(|(step, name)| named(step, name));
        assert!(load(model(&[4], both)).is_ok(), "{names:?}");
    }
}

/// Large results of constants, each of which would be thrown away: the engine computed all of them while it loaded.
#[test]
fn what_is_constant_and_large_is_not_computed_to_be_thrown_away() {
    let tiles = (0..400).map(|step| {
        let from = if step == 0 { "c".to_owned() } else { format!("s{}", step - 1) };
        let tile = NodeProto::new("Tile", &[&from, "times"], &[&format!("l{step}")]);
        let sum =
            NodeProto::new("ReduceMax", &[&format!("l{step}")], &[&format!("s{step}")]).ints("axes", &[0]);
        [tile, sum]
    });
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[1])
        .initializer(TensorProto::new("c", &Tensor::f32(&[1], &[1.0])))
        .initializer(TensorProto::new("times", &Tensor::i64(&[1], &[1 << 24])));
    let graph = tiles.flatten().fold(graph, GraphProto::node);
    let graph = graph.node(NodeProto::new("Add", &["x", "s399"], &["y"])).output("y", Element::F32, &[1]);
    let start = std::time::Instant::now();
    let loaded = load(ModelProto::with_opset(graph, 12).into_bytes());
    // It took a minute, and may be refused or not.
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", loaded.map(drop));
    // What is constant and small is computed, and the model is what is left.
    let doubled = (0..3).map(|step| {
        let from = if step == 0 { "c".to_owned() } else { format!("s{}", step - 1) };
        NodeProto::new("Add", &[&from, &from], &[&format!("s{step}")])
    });
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[1])
        .initializer(TensorProto::new("c", &Tensor::f32(&[1], &[1.0])));
    let graph = doubled.fold(graph, GraphProto::node).node(NodeProto::new("Add", &["x", "s2"], &["y"]));
    let model = ModelProto::with_opset(graph.output("y", Element::F32, &[1]), 12).into_bytes();
    let outputs = run_once(model, &[Tensor::f32(&[1], &[0.5])]).unwrap();
    assert_eq!(floats(&outputs[0]), [8.5]);
}
