//! Tests of the views against models of the writer, and against damaged ones.

use super::{MAX_DEPTH, Model};
use nn_models::hostile::broken;
use nn_models::onnx::{FunctionProto, GraphProto, Message, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor, models};

fn written() -> Vec<u8> {
    let numbers = Tensor::i64(&[2], &[1, -1]);
    let body = GraphProto::new("body").node(NodeProto::new("Abs", &["x"], &["b"]).domain("own"));
    let node = NodeProto::new("Op", &["x", "", "n"], &["y"])
        .domain("own")
        .int("i", -2)
        .ints("is", &[3, -4])
        .tensor("t", TensorProto::new("", &numbers))
        .graph("g", body)
        .attribute("f", 1, Message::new().float(2, 1.5))
        .attribute("s", 3, Message::new().bytes(4, "text"));
    let graph = GraphProto::new("g")
        .input("x", Element::F16, &[2, nn_models::onnx::ANY])
        .initializer(TensorProto::new("n", &numbers))
        .node(node)
        .output("y", Element::I64, &[]);
    let function =
        FunctionProto::new("own", "Op", &["a"], &["b"]).node(NodeProto::new("Neg", &["a"], &["b"]));
    ModelProto::with_opset(graph, 17).opset("own", 3).function(function).into_bytes()
}

#[test]
fn a_view_has_what_was_written() {
    let bytes = written();
    let model = Model::new(&bytes).unwrap();
    assert_eq!(model.opsets, [("", 17), ("own", 3)]);
    let graph = &model.graph;
    let [node] = graph.nodes.as_slice() else { panic!("{:?}", graph.nodes) };
    assert_eq!((node.operator, node.domain), ("Op", "own"));
    assert_eq!(
        (node.input(0), node.input(1), node.input(2), node.input(3)),
        (Some("x"), None, Some("n"), None)
    );
    assert_eq!((node.output(0), node.output(1)), (Some("y"), None));
    let attribute = |name| node.attribute(name).unwrap();
    assert_eq!(attribute("i").int, -2);
    assert_eq!(attribute("is").ints, [3, -4]);
    assert_eq!(attribute("f").float, 1.5);
    assert_eq!(attribute("s").text, b"text");
    let tensor = attribute("t").tensor.as_ref().unwrap();
    assert_eq!((tensor.element, tensor.dimensions.as_slice()), (7, &[2][..]));
    assert_eq!(tensor.integers().unwrap(), Some(vec![1, -1]));
    let [body] = attribute("g").graphs.as_slice() else { panic!("no graph") };
    assert_eq!(body.nodes.first().unwrap().operator, "Abs");
    let constant = graph.constants.first().unwrap();
    assert_eq!((constant.name, constant.integers().unwrap()), ("n", Some(vec![1, -1])));
    let (input, output) = (graph.inputs.first().unwrap(), graph.outputs.first().unwrap());
    assert_eq!((input.name, input.element, input.shape.clone()), ("x", 10, Some(vec![Some(2), None])));
    assert_eq!((output.name, output.element, output.shape.clone()), ("y", 7, Some(vec![])));
    let [function] = model.functions.as_slice() else { panic!("{:?}", model.functions) };
    assert_eq!((function.domain, function.name), ("own", "Op"));
    assert_eq!((function.inputs.as_slice(), function.outputs.as_slice()), (&["a"][..], &["b"][..]));
    assert_eq!(function.nodes.first().unwrap().operator, "Neg");
}

#[test]
fn integers_are_found_in_each_form() {
    let of = |element: u64, fields: Message| {
        let tensor = TensorProto::empty().raw(fields.varint(2, element));
        let bytes = ModelProto::new(GraphProto::new("g").initializer(tensor)).into_bytes();
        Model::new(&bytes).unwrap().graph.constants.first().unwrap().integers().unwrap()
    };
    assert_eq!(of(7, Message::new().int(7, -1).int(7, 2)), Some(vec![-1, 2]));
    assert_eq!(of(7, Message::new().packed(7, &[1, 2, 3])), Some(vec![1, 2, 3]));
    assert_eq!(of(7, Message::new().bytes(9, (1_i64 << 40).to_le_bytes())), Some(vec![1 << 40]));
    assert_eq!(of(6, Message::new().int(5, -7)), Some(vec![-7]));
    assert_eq!(of(6, Message::new().bytes(9, (-8_i32).to_le_bytes())), Some(vec![-8]));
    // Floats, and what lies elsewhere.
    assert_eq!(of(1, Message::new().bytes(9, 1_f32.to_le_bytes())), None);
    let data = TensorProto::without_data("n", Element::I64, &[1]).external_data(&[("location", "secret")]);
    let outside = ModelProto::new(GraphProto::new("g").initializer(data)).into_bytes();
    let model = Model::new(&outside).unwrap();
    assert_eq!(model.graph.constants.first().unwrap().integers().unwrap(), None);
}

#[test]
fn numbers_of_64_bits_are_found_in_each_form() {
    let of = |element: u64, fields: Message| {
        let tensor = TensorProto::empty().raw(fields.varint(2, element));
        let bytes = ModelProto::new(GraphProto::new("g").initializer(tensor)).into_bytes();
        let model = Model::new(&bytes).unwrap();
        let tensor = model.graph.constants.first().unwrap();
        (tensor.unsigned().unwrap(), tensor.doubles().unwrap())
    };
    let doubles = |field| Message::new().bytes(field, [1_f64, 1e300].map(f64::to_le_bytes).concat());
    assert_eq!(of(11, doubles(10)), (None, Some(vec![1.0, 1e300])));
    assert_eq!(of(11, doubles(9)), (None, Some(vec![1.0, 1e300])));
    assert_eq!(of(13, Message::new().int(11, -1).varint(11, 2)), (Some(vec![u64::MAX, 2]), None));
    assert_eq!(of(13, Message::new().bytes(9, u64::MAX.to_le_bytes())), (Some(vec![u64::MAX]), None));
    assert_eq!(of(12, Message::new().varint(11, 3_000_000_000)), (Some(vec![3_000_000_000]), None));
    assert_eq!(of(12, Message::new().bytes(9, u32::MAX.to_le_bytes())), (Some(vec![u32::MAX.into()]), None));
    assert_eq!(of(7, Message::new().int(7, -1)), (None, None));
}

#[test]
fn truth_values_are_found_in_each_form() {
    let of = |element: u64, fields: Message| {
        let tensor = TensorProto::empty().raw(fields.varint(2, element));
        let bytes = ModelProto::new(GraphProto::new("g").initializer(tensor)).into_bytes();
        Model::new(&bytes).unwrap().graph.constants.first().unwrap().bools().unwrap()
    };
    assert_eq!(of(9, Message::new().packed(5, &[1, 0])), Some(vec![true, false]));
    assert_eq!(of(9, Message::new().bytes(9, [0, 1])), Some(vec![false, true]));
    assert_eq!(of(6, Message::new().packed(5, &[1, 0])), None);
}

#[test]
fn floats_are_found_in_each_form() {
    let of = |element: u64, fields: Message| {
        let tensor = TensorProto::empty().raw(fields.varint(2, element));
        let bytes = ModelProto::new(GraphProto::new("g").initializer(tensor)).into_bytes();
        Model::new(&bytes).unwrap().graph.constants.first().unwrap().floats().unwrap()
    };
    assert_eq!(of(1, Message::new().float(4, 1.5).float(4, -2.0)), Some(vec![1.5, -2.0]));
    assert_eq!(
        of(1, Message::new().bytes(4, [1_f32, 2.0].map(f32::to_le_bytes).concat())),
        Some(vec![1.0, 2.0])
    );
    assert_eq!(of(1, Message::new().bytes(9, 3_f32.to_le_bytes())), Some(vec![3.0]));
    assert_eq!(of(7, Message::new().int(7, 1)), None);
}

#[test]
fn what_decoders_read_in_two_ways_is_an_error() {
    let graph = || Message::new().message(1, Message::new());
    let twice = Message::new().message(7, graph()).message(7, graph()).into_bytes();
    assert!(Model::new(&twice).is_err());
    let text = Message::new().message(7, Message::new().message(1, Message::new().bytes(4, [0xff])));
    assert!(Model::new(&text.into_bytes()).is_err());
}

#[test]
fn no_function_passes_for_an_operator_of_onnx() {
    let of = |domain: &str| {
        let function =
            FunctionProto::new(domain, "Resize", &["a"], &["b"]).node(NodeProto::new("Neg", &["a"], &["b"]));
        let bytes = ModelProto::new(GraphProto::new("g")).function(function).into_bytes();
        Model::new(&bytes).unwrap().check_functions().map_err(|error| error.to_string())
    };
    assert_eq!(of("own"), Ok(()));
    assert_eq!(of("ai.onnx.ml"), Ok(()));
    for domain in ["", "ai.onnx"] {
        assert!(of(domain).unwrap_err().starts_with("the model's function `Resize` is in the domain"));
    }
}

#[test]
fn graphs_inside_each_other_have_an_end() {
    let nested = |depth: u32| {
        let inner = (1..depth).fold(GraphProto::new("g"), |inner, _| {
            GraphProto::new("g").node(NodeProto::new("If", &[], &[]).graph("then_branch", inner))
        });
        ModelProto::new(inner).into_bytes()
    };
    assert!(Model::new(&nested(MAX_DEPTH)).is_ok());
    assert!(Model::new(&nested(MAX_DEPTH + 1)).is_err());
}

#[test]
fn damaged_files_are_no_surprise() {
    for whole in [written(), models::nested_ifs(3)] {
        for half in broken::beginnings(&whole) {
            let _ = Model::new(half);
        }
        for mutant in broken::mutants(&whole, 1).take(10_000) {
            let _ = Model::new(&mutant);
        }
    }
}
