//! Tests of a graph's ports: order, names, types and shapes of inputs and outputs, and what is no tensor of numbers.

use crate::support::{floats, load, onnx, onnx_runtime, refusal, run, set};
use nn_models::onnx::{ANY, DataType, GraphProto, Message, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor, golden, models};
use std::sync::Arc;
use wasi_nn::backend::{Port, PortType};
use wasi_nn::{Control, ElementType, Error, ErrorKind, TensorType};
use wasi_nn_onnxruntime::OnnxRuntime;

/// The number of strings in `TensorProto.DataType`.
const STRING: DataType = DataType(8);

fn text(ports: &[Port]) -> Vec<String> {
    ports.iter().map(|port| format!("{}: {} {}", port.name, port.element, port.shape_text())).collect()
}

#[test]
fn ports_come_in_the_order_of_the_model() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = load(&backend, onnx(models::difference_and_product(Element::I64).onnx())).unwrap();
    assert_eq!(text(graph.inputs()), ["a: i64 [4]", "b: i64 [4]"]);
    assert_eq!(text(graph.outputs()), ["difference: i64 [4]", "product: i64 [4]"]);
    assert_eq!(graph.device(), "CPU");
    assert_eq!(graph.compiled().compiles.done, 1);
}

#[test]
fn ports_have_names_types_and_shapes() {
    let Some(backend) = onnx_runtime() else { return };
    for case in golden::cases() {
        let graph = load(&backend, onnx(case.model.onnx())).unwrap();
        let run = &case.runs[0];
        for (port, tensor) in graph.inputs().iter().zip(&run.inputs) {
            let kind = TensorType::new(crate::support::element(tensor.element), &tensor.dims).unwrap();
            assert_eq!(port.fit(kind).map_err(|error| error.to_string()), Ok(kind), "{}", case.name);
        }
        assert_eq!(graph.outputs().len(), run.outputs.len(), "{}", case.name);
    }
    let graph = load(&backend, onnx(models::dynamic_batch().onnx())).unwrap();
    assert_eq!(
        (text(graph.inputs()), text(graph.outputs())),
        (vec!["x: f32 [?, 4]".into()], vec!["y: f32 [?, 4]".into()])
    );
}

#[test]
fn constants_that_are_declared_as_inputs_are_none() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = GraphProto::new("g")
        .input("w", Element::F32, &[2])
        .input("x", Element::F32, &[2])
        .initializer(TensorProto::new("w", &Tensor::f32(&[2], &[10.0, 20.0])))
        .node(NodeProto::new("Add", &["x", "w"], &["y"]))
        .output("y", Element::F32, &[2]);
    let graph = load(&backend, onnx(ModelProto::new(graph).into_bytes())).unwrap();
    assert_eq!(text(graph.inputs()), ["x: f32 [2]"]);
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    let outputs = run(execution.as_mut(), &[Tensor::f32(&[2], &[1.0, 2.0])], 1).unwrap();
    assert_eq!(outputs, [floats(&[11.0, 22.0])]);
}

#[test]
fn an_input_may_leave_everything_open() {
    let Some(backend) = onnx_runtime() else { return };
    // A value of a type without a shape: not even the number of dimensions is known.
    let kind = Message::new().message(1, Message::new().varint(1, 1));
    let graph = GraphProto::new("g")
        .raw(Message::new().message(11, Message::new().bytes(1, "x").message(2, kind.clone())))
        .node(NodeProto::new("Relu", &["x"], &["y"]))
        .raw(Message::new().message(12, Message::new().bytes(1, "y").message(2, kind)));
    let graph = load(&backend, onnx(ModelProto::new(graph).into_bytes())).unwrap();
    assert_eq!((&graph.inputs()[0].shape, &graph.outputs()[0].shape), (&None, &None));
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    for dims in [vec![], vec![2], vec![1, 2, 1]] {
        let count = usize::try_from(dims.iter().product::<u32>()).unwrap();
        let outputs = run(execution.as_mut(), &[Tensor::f32(&dims, &vec![-1.5; count])], 1).unwrap();
        assert_eq!(outputs, [floats(&vec![0.0; count])], "{dims:?}");
    }
}

/// `y = x`, of another type than guests have.
fn copy_of(element: DataType) -> Vec<u8> {
    let graph = GraphProto::new("copy")
        .input("x", element, &[4])
        .node(NodeProto::new("Identity", &["x"], &["y"]))
        .output("y", element, &[4]);
    ModelProto::new(graph).into_bytes()
}

#[test]
fn truth_values_and_small_integers_are_bytes() {
    let Some(backend) = onnx_runtime() else { return };
    for (element, expected, bytes) in
        [(DataType::BOOL, PortType::Bool, [0, 1, 1, 0]), (DataType(3), PortType::I8, [0, 127, 128, 255])]
    {
        let graph = load(&backend, onnx(copy_of(element))).unwrap();
        assert_eq!((&graph.inputs()[0].element, &graph.outputs()[0].element), (&expected, &expected));
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        let tensor = Tensor { element: Element::U8, dims: vec![4], bytes: bytes.to_vec() };
        assert_eq!(run(execution.as_mut(), &[tensor], 1).unwrap(), [bytes]);
    }
}

/// `y = x`, as strings, and `n`, the number of elements of `x`.
fn numbers_and_strings() -> Vec<u8> {
    let graph = GraphProto::new("both")
        .input("x", Element::F32, &[2])
        .node(NodeProto::new("Cast", &["x"], &["y"]).int("to", 8))
        .node(NodeProto::new("Size", &["x"], &["n"]))
        .output("y", STRING, &[2])
        .output("n", Element::I64, &[]);
    ModelProto::new(graph).into_bytes()
}

#[test]
fn strings_are_refused_with_a_sentence() {
    let Some(backend) = onnx_runtime() else { return };
    let (kind, said) = refusal(&backend, onnx(copy_of(STRING)));
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(said.starts_with("the input `x` is of strings, for which wasi-nn has no type"), "{said}");
    // Other outputs can be had.
    let graph = load(&backend, onnx(numbers_and_strings())).unwrap();
    assert_eq!(text(graph.outputs()), ["y: string [2]", "n: i64 []"]);
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    set(execution.as_mut(), 0, &Tensor::f32(&[2], &[1.0, 2.0])).unwrap();
    execution.compute(&Control::unbounded()).unwrap();
    let error = execution.output(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().starts_with("the output `y` is of strings"), "{error}");
    assert_eq!(execution.output(1).unwrap(), 2_i64.to_le_bytes());
}

#[test]
fn sequences_are_refused_with_a_sentence() {
    let Some(backend) = onnx_runtime() else { return };
    // A type `seq(tensor(float))`, of one dimension that is open.
    let tensor = Message::new().message(1, Message::new().varint(1, 1));
    let sequence = Message::new().message(4, Message::new().message(1, tensor));
    let value = |name: &str| Message::new().bytes(1, name).message(2, sequence.clone());
    let taking = GraphProto::new("g")
        .raw(Message::new().message(11, value("s")))
        .node(NodeProto::new("SequenceLength", &["s"], &["n"]))
        .output("n", Element::I64, &[]);
    let (kind, said) = refusal(&backend, onnx(ModelProto::with_opset(taking, 13).into_bytes()));
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(said.starts_with("the input `s` is a sequence"), "{said}");
    let giving = GraphProto::new("g")
        .input("x", Element::F32, &[ANY])
        .node(NodeProto::new("SequenceConstruct", &["x", "x"], &["s"]))
        .node(NodeProto::new("Neg", &["x"], &["y"]))
        .raw(Message::new().message(12, value("s")))
        .output("y", Element::F32, &[ANY]);
    let graph = load(&backend, onnx(ModelProto::with_opset(giving, 13).into_bytes())).unwrap();
    let two = TensorType::new(ElementType::F32, &[2]).unwrap();
    let outputs = Arc::clone(&graph).outputs_for(&[two], &Control::unbounded()).unwrap();
    assert_eq!(text(&outputs), [text(&graph.outputs()[..1]).remove(0), "y: f32 [2]".to_owned()]);
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    set(execution.as_mut(), 0, &Tensor::f32(&[2], &[1.0, 2.0])).unwrap();
    execution.compute(&Control::unbounded()).unwrap();
    let error = execution.output(0).unwrap_err().to_string();
    assert!(error.contains("`s` is no tensor"), "{error}");
}

/// ONNX Runtime itself loads such models, and would take one output for the other.
#[test]
fn names_that_the_library_cannot_tell_apart_are_refused() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = |x: &str, y: &str| {
        GraphProto::new("g")
            .input("x", Element::F32, &[2])
            .input(x, Element::F32, &[2])
            .node(NodeProto::new("Add", &["x", x], &["y"]))
            .node(NodeProto::new("Sub", &["x", x], &[y]))
            .output("y", Element::F32, &[2])
            .output(y, Element::F32, &[2])
    };
    for (x, y, name) in [("b", "y\0z", "`y`"), ("x\0b", "z", "`x`")] {
        let (kind, said) = refusal(&backend, onnx(ModelProto::new(graph(x, y)).into_bytes()));
        assert_eq!(kind, ErrorKind::Unsupported);
        assert!(said.contains(name) && said.contains("up to a NUL"), "{said}");
    }
    let twice = graph("b", "z").output("y", Element::F32, &[2]);
    assert!(refusal(&backend, onnx(ModelProto::new(twice).into_bytes())).1.contains("`y`"));
    // Alone, it is a name that no computation finds.
    let alone = GraphProto::new("g")
        .input("x", Element::F32, &[2])
        .node(NodeProto::new("Neg", &["x"], &["y\0z"]))
        .output("y\0z", Element::F32, &[2]);
    let mut execution = load(&backend, onnx(ModelProto::new(alone).into_bytes()))
        .unwrap()
        .execution(&Control::unbounded())
        .unwrap();
    set(execution.as_mut(), 0, &Tensor::f32(&[2], &[1.0, 2.0])).unwrap();
    assert!(execution.compute(&Control::unbounded()).is_err());
}

#[test]
fn an_optional_output_is_no_tensor_and_no_fault() {
    let Some(backend) = onnx_runtime() else { return };
    // A type `optional(tensor(float))`, and the tensor's own.
    let tensor = Message::new().message(1, Message::new().varint(1, 1));
    let optional = Message::new().message(9, Message::new().message(1, tensor.clone()));
    for is_there in [false, true] {
        let inputs: &[&str] = if is_there { &["x"] } else { &[] };
        let mut node = NodeProto::new("Optional", inputs, &["y"]);
        if !is_there {
            node = node.attribute("type", 13, Message::new().message(14, tensor.clone()));
        }
        let graph = GraphProto::new("g")
            .input("x", Element::F32, &[2])
            .node(node)
            .raw(Message::new().message(12, Message::new().bytes(1, "y").message(2, optional.clone())));
        let graph = load(&backend, onnx(ModelProto::with_opset(graph, 15).into_bytes())).unwrap();
        assert_eq!(graph.outputs()[0].element, PortType::Other("optional".to_owned()));
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        for _ in 0..2 {
            set(execution.as_mut(), 0, &Tensor::f32(&[2], &[1.0, 2.0])).unwrap();
            execution.compute(&Control::unbounded()).unwrap();
            match execution.output(0) {
                Ok(bytes) => assert!(is_there && bytes == floats(&[1.0, 2.0])),
                Err(error) => assert!(!is_there, "{error}"),
            }
        }
    }
}

#[test]
fn a_fixed_shape_may_have_no_elements() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = GraphProto::new("none")
        .input("x", Element::F32, &[0, 3])
        .node(NodeProto::new("Neg", &["x"], &["y"]))
        .node(NodeProto::new("Size", &["x"], &["n"]))
        .output("y", Element::F32, &[0, 3])
        .output("n", Element::I64, &[]);
    let graph = load(&backend, onnx(ModelProto::new(graph).into_bytes())).unwrap();
    for _ in 0..2 {
        let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
        let outputs = run(execution.as_mut(), &[Tensor::f32(&[0, 3], &[])], 2).unwrap();
        assert_eq!(outputs, [vec![], vec![0; 8]]);
    }
}

#[test]
fn what_does_not_fit_is_an_error_and_not_a_fault() {
    let Some(backend) = onnx_runtime() else { return };
    for model in [models::double(Element::F32), models::dynamic_batch()] {
        let graph = load(&backend, onnx(model.onnx())).unwrap();
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        let kind = |element, dimensions| TensorType::new(element, dimensions).unwrap();
        assert!(execution.input(1, kind(ElementType::F32, &[2, 3])).is_err());
        assert!(execution.input(usize::MAX, kind(ElementType::F32, &[2, 3])).is_err());
        assert!(execution.output(1).is_err());
        assert!(execution.compute(&Control::unbounded()).is_err() || graph_is_fixed(&model.onnx()));
    }
}

/// Inputs of fixed shapes are zeros from the start.
fn graph_is_fixed(model: &[u8]) -> bool {
    model == models::double(Element::F32).onnx()
}

/// An input of another type, rank or size than the model has is refused where the model meets it.
#[test]
fn a_wrong_tensor_is_an_error() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = load(&backend, onnx(models::dynamic_batch().onnx())).unwrap();
    for (element, dims) in
        [(ElementType::F32, &[2_u32, 5][..]), (ElementType::F64, &[2, 4]), (ElementType::F32, &[2, 4, 1])]
    {
        let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
        execution.input(0, TensorType::new(element, dims).unwrap()).unwrap().fill(0);
        let error = execution.compute(&Control::unbounded()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Runtime, "{error}");
    }
}

/// A session tells no shape that depends on its inputs', so one computation does.
#[test]
fn the_shapes_of_outputs_are_told_for_those_of_inputs() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = load(&backend, onnx(models::dynamic_batch().onnx())).unwrap();
    let outputs_for = |shape: &[u32]| {
        let tensor = TensorType::new(ElementType::F32, shape).unwrap();
        graph.clone().outputs_for(&[tensor], &Control::unbounded()).map(|outputs| text(&outputs))
    };
    for rows in [1, 7] {
        assert_eq!(outputs_for(&[rows, 4]).unwrap(), [format!("y: f32 [{rows}, 4]")]);
    }
    assert!(
        outputs_for(&[2, 5]).unwrap_err().to_string().starts_with("ONNX Runtime failed when computing: ")
    );
    let fixed = load(&backend, onnx(models::small_relu().onnx())).unwrap();
    assert_eq!(fixed.clone().outputs_for(&[], &Control::unbounded()).unwrap(), fixed.outputs());
}

/// What a model declares of its outputs and does not keep to is an error, and no wrong answer.
#[test]
fn a_shape_that_a_model_only_claims_is_an_error() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = GraphProto::new("liar")
        .input("x", Element::F32, &[-1])
        .node(NodeProto::new("NonZero", &["x"], &["y"]))
        .output("y", Element::I64, &[1, 3]);
    let graph = load(&backend, onnx(ModelProto::new(graph).into_bytes())).unwrap();
    for (values, is_right) in [(&[1.0, 1.0, 1.0][..], true), (&[1.0, 0.0, 1.0], false)] {
        let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
        let outputs = run(execution.as_mut(), &[Tensor::f32(&[3], values)], 1);
        assert_eq!(outputs.is_ok(), is_right, "{outputs:?}");
    }
}

/// Runs a model on `[[1, 2, 3], [4, 5, 6]]`, and gives the first output's bytes.
#[track_caller]
fn computed(backend: &OnnxRuntime, graph: GraphProto) -> Result<Vec<u8>, Error> {
    let graph = load(backend, onnx(ModelProto::new(graph).into_bytes()))?;
    let mut execution = graph.execution(&Control::unbounded())?;
    let input = Tensor::f32(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    Ok(run(execution.as_mut(), &[input], 1)?.remove(0))
}

/// ONNX Runtime goes on with a line in its log.
#[test]
fn an_output_has_the_shape_that_the_model_declares() {
    let Some(backend) = onnx_runtime() else { return };
    let relu = |input: &[i64], output: &[i64]| {
        GraphProto::new("relu")
            .input("x", Element::F32, input)
            .node(NodeProto::new("Relu", &["x"], &["y"]))
            .output("y", Element::F32, output)
    };
    let nonzero = |output: &[i64]| {
        GraphProto::new("nonzero")
            .input("x", Element::F32, &[ANY, 3])
            .node(NodeProto::new("NonZero", &["x"], &["y"]))
            .output("y", Element::I64, output)
    };
    let same = |output: &[i64]| {
        GraphProto::new("same").input("x", Element::F32, &[ANY, ANY]).output("x", Element::F32, output)
    };
    for (what, graph) in [
        ("a size that the input shows", relu(&[ANY, 3], &[ANY, 4])),
        ("a fixed size", relu(&[2, 3], &[2, 4])),
        ("a number of dimensions", relu(&[ANY, 3], &[ANY])),
        ("a size that only the computation shows", relu(&[ANY, ANY], &[ANY, 4])),
        ("no dimensions", relu(&[ANY, ANY], &[])),
        ("what the operator makes", nonzero(&[5, ANY])),
        ("a number of dimensions that the operator makes", nonzero(&[ANY])),
        ("an input that is an output", same(&[ANY, 4])),
        ("an input that is an output, as a fixed shape", same(&[3, 3])),
    ] {
        let error = computed(&backend, graph).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{what}: {error}");
        assert!(error.to_string().starts_with("the model declares ["), "{what}: {error}");
    }
    for right in [relu(&[ANY, ANY], &[ANY, 3]), relu(&[ANY, ANY], &[2, ANY]), same(&[ANY, 3]), same(&[2, 3])]
    {
        assert_eq!(computed(&backend, right).unwrap(), floats(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    }
    assert!(computed(&backend, nonzero(&[2, ANY])).is_ok());
}
