//! Tests of models that the engine by itself gets wrong or refuses, against ONNX Runtime.

use super::support::{floats, load, refused, run, run_once, untyped};
use nn_models::onnx::{
    ANY, DataType, FunctionProto, GraphProto, Message, ModelProto, NodeProto, TensorProto,
};
use nn_models::oracle::{Job, Model, Oracle, Runtime, TOLERANCE};
use nn_models::{Element, Tensor, packages};
use wasi_nn::{Control, ErrorKind};

/// The same numbers each time, between -1 and 1.
fn numbers(dims: &[u32]) -> Tensor {
    let count = dims.iter().product::<u32>();
    let values: Vec<f32> = (0..count).map(|index| (index as f32 * 1.7 + count as f32).sin()).collect();
    Tensor::f32(dims, &values)
}

/// A list of texts as an attribute, and a text.
fn texts(values: &[&str]) -> Message {
    values.iter().fold(Message::new(), |fields, value| fields.bytes(9, value))
}

fn text(value: &str) -> Message {
    Message::new().bytes(4, value)
}

fn float(value: f32) -> Message {
    Message::new().float(2, value)
}

/// What the engine and ONNX Runtime make of a model are the same floats.
#[track_caller]
fn same(name: &str, model: ModelProto, inputs: &[Tensor]) {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let bytes = model.into_bytes();
    let job = Job { runtime: Runtime::OnnxRuntime, model: Model::Onnx(&bytes), inputs };
    let expected = oracle.run(&[job]).unwrap().remove(0).unwrap_or_else(|error| panic!("{name}: {error}"));
    let outputs = run_once(bytes, inputs).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(outputs.len(), expected.len(), "{name}");
    for (output, expected) in outputs.iter().zip(&expected) {
        let furthest = expected.furthest(output);
        assert!(furthest.is_some_and(|apart| apart <= TOLERANCE), "{name}: {furthest:?} apart");
    }
}

/// A graph of one operation on `x`, with more constants.
fn one(node: NodeProto, shape: &[i64], constants: &[(&str, Tensor)]) -> GraphProto {
    let graph = GraphProto::new("g").input("x", Element::F32, shape).node(node).raw(untyped("y"));
    constants.iter().fold(graph, |graph, (name, tensor)| graph.initializer(TensorProto::new(name, tensor)))
}

/// A softmax between 8 bits looks at all of an axis, so that no table of 256 values has it.
#[test]
fn quantised_softmax() {
    for operation in ["Softmax", "LogSoftmax"] {
        let mut graph = GraphProto::new("g").input("x", Element::F32, &[2, 6]).raw(untyped("y"));
        let scales = [("s0", 0.05), ("s1", if operation == "Softmax" { 1.0 / 255.0 } else { 0.05 })];
        for (name, scale) in scales {
            graph = graph.initializer(TensorProto::new(name, &Tensor::f32(&[], &[scale])));
        }
        for (name, zero) in [("z0", 128), ("z1", if operation == "Softmax" { 0 } else { 255 })] {
            graph = graph.initializer(TensorProto::new(name, &Tensor::small(Element::U8, &[], &[zero])));
        }
        let graph = graph
            .node(NodeProto::new("QuantizeLinear", &["x", "s0", "z0"], &["a"]))
            .node(NodeProto::new("DequantizeLinear", &["a", "s0", "z0"], &["b"]))
            .node(NodeProto::new(operation, &["b"], &["c"]).int("axis", -1))
            .node(NodeProto::new("QuantizeLinear", &["c", "s1", "z1"], &["d"]))
            .node(NodeProto::new("DequantizeLinear", &["d", "s1", "z1"], &["y"]));
        same(operation, ModelProto::with_opset(graph, 18), &[numbers(&[2, 6])]);
    }
}

/// What looks at one element at a time stays right as a table.
#[test]
fn quantised_sigmoid() {
    let constants = [("s", Tensor::f32(&[], &[0.05])), ("z", Tensor::small(Element::U8, &[], &[128]))];
    let graph = one(NodeProto::new("QuantizeLinear", &["x", "s", "z"], &["a"]), &[2, 6], &constants)
        .node(NodeProto::new("DequantizeLinear", &["a", "s", "z"], &["b"]))
        .node(NodeProto::new("Sigmoid", &["b"], &["c"]))
        .node(NodeProto::new("QuantizeLinear", &["c", "s", "z"], &["d"]))
        .node(NodeProto::new("DequantizeLinear", &["d", "s", "z"], &["y"]));
    same("Sigmoid", ModelProto::with_opset(graph, 18), &[numbers(&[2, 6])]);
}

/// A recurrence over 5 steps of 3 numbers, with a state of 4, in one direction.
fn recurrent(operation: &str, change: impl FnOnce(NodeProto) -> NodeProto, batch: i64) -> ModelProto {
    let gates = match operation {
        "RNN" => 1,
        "GRU" => 3,
        _ => 4,
    };
    let node = NodeProto::new(operation, &["x", "w", "r", "b"], &["y", "h"]).int("hidden_size", 4);
    let constants = [
        ("w", numbers(&[1, gates * 4, 3])),
        ("r", numbers(&[1, gates * 4, 4])),
        ("b", numbers(&[1, gates * 8])),
    ];
    ModelProto::with_opset(one(change(node), &[5, batch, 3], &constants).raw(untyped("h")), 14)
}

#[test]
fn recurrences_with_attributes() {
    let direction = |node: NodeProto| node.attribute("direction", 3, text("reverse"));
    let clip = |node: NodeProto| node.attribute("clip", 1, float(0.3));
    for operation in ["RNN", "GRU", "LSTM"] {
        let x = [numbers(&[5, 2, 3])];
        same(&format!("{operation}, a batch of 2"), recurrent(operation, |node| node, 2), &x);
        same(&format!("{operation}, reverse"), recurrent(operation, direction, 2), &x);
        same(&format!("{operation}, clipped"), recurrent(operation, clip, 2), &x);
        let names: &[&str] = match operation {
            "RNN" => &["Relu"],
            "GRU" => &["HardSigmoid", "Softsign"],
            _ => &["HardSigmoid", "Relu", "Tanh"],
        };
        let others = |node: NodeProto| node.attribute("activations", 8, texts(names));
        same(&format!("{operation}, {names:?}"), recurrent(operation, others, 2), &x);
    }
    let x = [numbers(&[5, 1, 3])];
    let linear = |node: NodeProto| direction(node).int("linear_before_reset", 1);
    same("GRU, reverse, linear before reset", recurrent("GRU", linear, 1), &x);
    let linear = |node: NodeProto| clip(node).int("linear_before_reset", 1);
    same("GRU, clipped, linear before reset", recurrent("GRU", linear, 1), &x);
    same("LSTM, coupled", recurrent("LSTM", |node| node.int("input_forget", 1), 1), &x);
}

#[test]
fn an_unknown_activation_is_refused() {
    let model =
        recurrent("LSTM", |node| node.attribute("activations", 8, texts(&["Tanh", "Sine", "Tanh"])), 1);
    let (kind, message) = refused(load(model));
    assert_eq!(kind, ErrorKind::Unsupported, "{message}");
    assert!(message.contains("no activation `Sine` for LSTM"), "{message}");
}

/// A function of the model's own may have the name of an operator.
fn local_softmax() -> ModelProto {
    let function = FunctionProto::new("a.library", "Softmax", &["x"], &["y"])
        .node(NodeProto::new("Softmax", &["x"], &["t"]).int("axis", 1))
        .node(NodeProto::new("Add", &["t", "t"], &["y"]));
    let node = NodeProto::new("Softmax", &["x"], &["y"]).domain("a.library");
    ModelProto::new(one(node, &[1, 4, 3], &[])).opset("a.library", 1).function(function)
}

#[test]
fn functions() {
    same("a function", local_softmax(), &[numbers(&[1, 4, 3])]);
    // Functions that call functions, twice, with attributes.
    let inner = FunctionProto::new("a", "Inner", &["x"], &["y", "z"])
        .node(NodeProto::new("Identity", &["x"], &["z"]))
        .raw(Message::new().bytes(6, "alpha"))
        .node(NodeProto::new("LeakyRelu", &["x"], &["y"]).raw(
            Message::new().message(5, Message::new().bytes(1, "alpha").bytes(21, "alpha").varint(20, 1)),
        ));
    let outer = FunctionProto::new("a", "Outer", &["a"], &["b"])
        .node(NodeProto::new("Inner", &["a"], &["t", "u"]).domain("a").attribute("alpha", 1, float(0.5)))
        .node(NodeProto::new("Inner", &["t"], &["v", "w"]).domain("a").attribute("alpha", 1, float(0.25)))
        .node(NodeProto::new("Sub", &["v", "u"], &["b"]))
        .raw(Message::new().message(9, Message::new().bytes(1, "a").varint(2, 1)));
    let graph = one(NodeProto::new("Outer", &["x"], &["y"]).domain("a"), &[6], &[]);
    let model = ModelProto::new(graph).opset("a", 1).function(outer).function(inner);
    same("functions in functions", model, &[numbers(&[6])]);
}

#[test]
fn functions_have_an_end() {
    // Each calls the next twice: 2^20 nodes from twenty functions; and one that calls itself.
    let call = |name: &str, from: &str, to: &str| NodeProto::new(name, &[from], &[to]).domain("a");
    let of = |name: String, next: &str| {
        FunctionProto::new("a", &name, &["x"], &["y"]).node(call(next, "x", "t")).node(call(next, "t", "y"))
    };
    let names: Vec<String> = (0..14).map(|index| format!("f{index}")).collect();
    let last = FunctionProto::new("a", "f14", &["x"], &["y"]);
    let relu =
        |last: FunctionProto| (0..20).fold(last, |last, _| last.node(NodeProto::new("Relu", &["x"], &["y"])));
    let mut model = ModelProto::new(one(call("f0", "x", "y"), &[1], &[])).opset("a", 1).function(relu(last));
    for (index, name) in names.iter().enumerate() {
        model = model.function(of(name.clone(), &format!("f{}", index + 1)));
    }
    let (kind, message) = refused(load(model));
    assert_eq!(kind, ErrorKind::TooLarge, "{message}");
    let itself = ModelProto::new(one(call("f", "x", "y"), &[1], &[])).opset("a", 1);
    let (kind, message) = refused(load(itself.function(of("f".to_owned(), "f"))));
    assert_eq!(
        (kind, message.as_str()),
        (ErrorKind::Runtime, "the function `f` calls itself, or functions lie too deep")
    );
}

/// Without a value it is made of zeros of `f32`.
#[test]
fn constant_of_shape() {
    let node = NodeProto::new("ConstantOfShape", &["s"], &["y"]);
    let graph = one(NodeProto::new("Shape", &["x"], &["s"]), &[2, 3], &[]).node(node);
    same("ConstantOfShape", ModelProto::with_opset(graph, 18), &[numbers(&[2, 3])]);
}

/// The work is that of a window of 5 channels, and not of all 192.
#[test]
fn lrn() {
    let node = NodeProto::new("LRN", &["x"], &["y"]).int("size", 5);
    same("LRN", ModelProto::new(one(node, &[1, 192, 56, 56], &[])), &[numbers(&[1, 192, 56, 56])]);
}

/// The branch that a known size decides is taken; the other does not fit.
#[test]
fn squeeze_if() {
    let branch = |node: NodeProto, name: &str| GraphProto::new(name).node(node).raw(untyped(name));
    let choice = NodeProto::new("If", &["c"], &["y"])
        .graph("then_branch", branch(NodeProto::new("Squeeze", &["t", "ax"], &["o1"]), "o1"))
        .graph("else_branch", branch(NodeProto::new("Identity", &["t"], &["o2"]), "o2"));
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[ANY, ANY])
        .initializer(TensorProto::new("m1", &Tensor::i64(&[], &[-1])))
        .initializer(TensorProto::new("one", &Tensor::i64(&[], &[1])))
        .initializer(TensorProto::new("ax", &Tensor::i64(&[1], &[-1])))
        .node(NodeProto::new("Relu", &["x"], &["t"]))
        .node(NodeProto::new("Shape", &["t"], &["sh"]))
        .node(NodeProto::new("Gather", &["sh", "m1"], &["l"]))
        .node(NodeProto::new("Equal", &["l", "one"], &["c"]))
        .node(choice)
        .raw(untyped("y"));
    let model = || ModelProto::with_opset(graph.clone(), 16);
    same("the else branch", model(), &[numbers(&[1, 5])]);
    same("the then branch", model(), &[numbers(&[5, 1])]);
}

#[test]
fn squeeze_without_axes() {
    let graph = one(NodeProto::new("Squeeze", &["x"], &["y"]), &[1, 3, 1], &[]);
    same("Squeeze", ModelProto::with_opset(graph, 11), &[numbers(&[1, 3, 1])]);
}

/// Truth values go in as bytes.
#[test]
fn bool_input() {
    let graph = GraphProto::new("g")
        .input("m", DataType::BOOL, &[3])
        .input("x", Element::F32, &[3])
        .initializer(TensorProto::new("z", &Tensor::f32(&[], &[0.0])))
        .node(NodeProto::new("Where", &["m", "x", "z"], &["y"]))
        .output("y", Element::F32, &[3]);
    let inputs = [Tensor::small(Element::U8, &[3], &[1, 0, 1]), Tensor::f32(&[3], &[1.5, 2.5, 3.5])];
    let outputs = run_once(ModelProto::with_opset(graph, 17), &inputs).unwrap();
    assert_eq!(floats(&outputs[0]), [1.5, 0.0, 3.5]);
}

#[test]
fn attention() {
    let dims = [1, 2, 4, 8];
    let mut graph = GraphProto::new("g");
    for name in ["q", "k", "v"] {
        graph = graph.input(name, Element::F32, &dims);
    }
    let graph = graph.node(NodeProto::new("Attention", &["q", "k", "v"], &["y"])).raw(untyped("y"));
    let inputs = [1.0, 2.0, 3.0].map(|factor| {
        let values: Vec<f32> =
            floats(&numbers(&[1, 2, 4, 8]).bytes).iter().map(|value| value * factor).collect();
        Tensor::f32(&[1, 2, 4, 8], &values)
    });
    same("Attention", ModelProto::with_opset(graph, 23), &inputs);
}

/// A factor that the engine forgets, and exponentials that overflow.
#[test]
fn activations() {
    let x = [Tensor::f32(&[6], &[-200.0, -2.0, -0.5, 0.0, 1.5, 200.0])];
    for (operation, opset) in [("Celu", 12), ("Softplus", 13)] {
        let node = NodeProto::new(operation, &["x"], &["y"]);
        let node = if operation == "Celu" { node.attribute("alpha", 1, float(2.0)) } else { node };
        same(operation, ModelProto::with_opset(one(node, &[6], &[]), opset), &x);
    }
    let node = NodeProto::new("ReduceLogSumExp", &["x"], &["y"]).int("keepdims", 0);
    same("ReduceLogSumExp", ModelProto::with_opset(one(node, &[6], &[]), 13), &x);
}

/// What a model declares of its outputs is what it makes.
#[test]
fn declared_outputs() {
    let model = |element: Element, shape: &[i64]| {
        let graph = GraphProto::new("g")
            .input("x", Element::F32, &[2, 3])
            .node(NodeProto::new("Relu", &["x"], &["y"]))
            .output("y", element, shape);
        ModelProto::new(graph)
    };
    assert!(load(model(Element::F32, &[ANY, 3])).is_ok());
    for (model, complaint) in [
        (
            model(Element::F64, &[2, 3]),
            "declares f64 for its output `y`, and the embedded ONNX engine makes f32",
        ),
        (
            model(Element::F32, &[3, 3]),
            "declares [3, 3] for its output `y`, and the embedded ONNX engine makes [2, 3]",
        ),
        (model(Element::F32, &[6]), "declares [6] for its output `y`"),
    ] {
        let (kind, message) = refused(load(model));
        assert!(kind == ErrorKind::Unsupported && message.contains(complaint), "{message}");
    }
}

/// Sizes that follow from those of the inputs may be those of the exporter's example.
#[test]
fn declared_sizes_of_an_example() {
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[ANY, 3])
        .node(NodeProto::new("Relu", &["x"], &["y"]))
        .output("y", Element::F32, &[2, 3]);
    let graph = load(ModelProto::new(graph)).unwrap();
    let mut execution = std::sync::Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    for rows in [2, 4, 5, 6] {
        let outputs = run(execution.as_mut(), &[numbers(&[rows, 3])], 1).unwrap();
        assert_eq!(outputs[0].len(), usize::try_from(12 * rows).unwrap());
    }
}

/// A target shape may come in with the data: a plan is made for it.
#[test]
fn a_shape_that_comes_in() {
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[6])
        .input("shape", Element::I64, &[2])
        .node(NodeProto::new("Reshape", &["x", "shape"], &["r"]))
        .node(NodeProto::new("ReduceSum", &["r"], &["y"]).int("keepdims", 0).raw(Message::new()))
        .node(NodeProto::new("Shape", &["r"], &["s"]))
        .raw(untyped("y"))
        .output("s", Element::I64, &[2]);
    let graph = load(ModelProto::new(graph)).unwrap();
    let mut execution = std::sync::Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    let x = Tensor::f32(&[6], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    for shape in [[2, 3], [3, -1], [2, 3]] {
        let inputs = [x.clone(), Tensor::i64(&[2], &shape)];
        let outputs = run(execution.as_mut(), &inputs, 2).unwrap();
        let expected = [shape[0], 6 / shape[0]];
        assert_eq!(outputs[1], Tensor::i64(&[2], &expected).bytes);
        assert_eq!(floats(&outputs[0]), [21.0]);
    }
}

/// What the engine computes in another way, without a test of the ONNX package's.
#[test]
fn roots_of_means_and_repeated_borders_are_refused() {
    let graph = |node: NodeProto| {
        let graph = GraphProto::new("g").input("x", Element::F32, &[1, 1, 4, 4]);
        let graph = graph.input("grid", Element::F32, &[1, 3, 3, 2]).node(node);
        load(ModelProto::with_opset(graph.raw(untyped("y")), 16))
    };
    let sample = |mode: &str, padding: &str| {
        let node = NodeProto::new("GridSample", &["x", "grid"], &["y"]).attribute("mode", 3, text(mode));
        graph(node.attribute("padding_mode", 3, text(padding)))
    };
    for refusal in [graph(NodeProto::new("GlobalLpPool", &["x"], &["y"])), sample("bicubic", "border")] {
        let (kind, message) = refused(refusal);
        assert!(kind == ErrorKind::Unsupported && message.contains("no operator `G"), "{message}");
    }
    assert!(sample("bicubic", "zeros").is_ok() && sample("bilinear", "border").is_ok());
}

/// Our words come first, and then the engine's, on one line.
#[test]
fn what_the_engine_refuses_is_said_with_operator_and_node() {
    let model = |name: &str| {
        let node = NodeProto::new("MatMul", &["x", "x"], &["y"]).raw(Message::new().bytes(3, name));
        ModelProto::new(GraphProto::new("g").input("x", Element::F32, &[3]).node(node).raw(untyped("y")))
    };
    let (_, message) = refused(load(model("product")));
    let begin = "the embedded ONNX engine cannot go on with the operator `MatMul` of the node `product`: it does not \
                 multiply two vectors; correct the model or its inputs, or give it to another backend, such as OpenVINO; the \
                 engine says: ";
    assert!(message.starts_with(begin) && message.len() > begin.len(), "{message}");
    let (_, message) = refused(load(model(&"a\n\u{1b}[31m".repeat(1_000))));
    assert!(message.len() < 1_500 && !message.contains(['\n', '\u{1b}']), "{message}");
}
