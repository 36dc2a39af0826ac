//! Tests that sane models compute what was worked out by hand, again and again.

use super::support::{CPU, floats, load, of_guest, of_host, refused, run, run_once, set};
use nn_models::onnx::{ANY, DataType, GraphProto, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Op, Sketch, Tensor, golden, models};
use std::num::NonZeroU32;
use std::sync::Arc;
use wasi_nn::backend::{Backend, Port, PortType};
use wasi_nn::{
    Control, Device, ElementType, ErrorKind, ExecutionTarget, GraphEncoding, LoadOptions, Origin, Precision,
    Source, TensorType,
};
use wasi_nn_onnx::Onnx;

#[test]
fn golden_models() {
    for case in golden::cases().into_iter().chain([golden::wide_integers()]) {
        let graph = load(case.model.onnx()).unwrap();
        let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
        // Twice, since the second time everything that was kept is used again.
        for pass in case.runs.iter().chain(&case.runs) {
            let outputs = run(execution.as_mut(), &pass.inputs, graph.outputs().len()).unwrap();
            let expected: Vec<_> = pass.outputs.iter().map(|output| output.bytes.clone()).collect();
            assert_eq!(outputs, expected, "{}", case.name);
        }
    }
}

#[test]
fn sums_of_products_of_small_integers_are_right() {
    let refused = backend_tests::products::refused(&|model| load(model));
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn ports_are_in_the_order_of_declaration() {
    let graph = load(models::difference_and_product(Element::I64)).unwrap();
    let port = |name: &str| Port::new(name, PortType::Known(ElementType::I64), Some(vec![Some(4)]));
    assert_eq!(graph.inputs(), [port("a"), port("b")]);
    assert_eq!(graph.outputs(), [port("difference"), port("product")]);
    assert_eq!(graph.device(), "CPU");
}

#[test]
fn open_dimensions_are_ports_with_none() {
    let graph = load(models::dynamic_batch()).unwrap();
    let port = |name: &str| Port::new(name, PortType::Known(ElementType::F32), Some(vec![None, Some(4)]));
    assert_eq!(graph.inputs(), [port("x")]);
    assert_eq!(graph.outputs(), [port("y")]);
}

#[test]
fn constants_that_are_declared_as_inputs_are_none() {
    let graph = GraphProto::new("g")
        .input("w", Element::F32, &[2])
        .input("x", Element::F32, &[2])
        .initializer(TensorProto::new("w", &Tensor::f32(&[2], &[10.0, 20.0])))
        .node(NodeProto::new("Add", &["x", "w"], &["y"]))
        .output("y", Element::F32, &[2]);
    let model = ModelProto::new(graph).into_bytes();
    let names: Vec<String> =
        load(model.clone()).unwrap().inputs().iter().map(|port| port.name.clone()).collect();
    assert_eq!(names, ["x"]);
    let outputs = run_once(model, &[Tensor::f32(&[2], &[1.0, 2.0])]).unwrap();
    assert_eq!(floats(&outputs[0]), [11.0, 22.0]);
}

#[test]
fn an_input_may_leave_everything_open() {
    // A value of a type without a shape: not even the number of dimensions is known.
    let value = nn_models::onnx::Message::new()
        .bytes(1, "x")
        .message(2, nn_models::onnx::Message::new().message(1, nn_models::onnx::Message::new().varint(1, 1)));
    let graph = GraphProto::new("g")
        .raw(nn_models::onnx::Message::new().message(11, value))
        .node(NodeProto::new("Relu", &["x"], &["y"]))
        .output("y", Element::F32, &[ANY]);
    let graph = load(ModelProto::new(graph)).unwrap();
    assert_eq!(graph.inputs()[0].shape, None);
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    for dims in [vec![], vec![2], vec![1, 2, 1]] {
        let count = dims.iter().product::<u32>();
        let input = Tensor::f32(&dims, &vec![-1.5; usize::try_from(count).unwrap()]);
        let outputs = run(execution.as_mut(), &[input], graph.outputs().len()).unwrap();
        assert!(floats(&outputs[0]).iter().all(|number| *number == 0.0), "{dims:?}");
    }
}

#[test]
fn booleans_and_shapes_come_out_as_bytes_and_numbers() {
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[2, 2])
        .initializer(TensorProto::new("zero", &Tensor::f32(&[], &[0.0])))
        .node(NodeProto::new("Greater", &["x", "zero"], &["positive"]))
        .node(NodeProto::new("Shape", &["x"], &["shape"]))
        .node(NodeProto::new("Size", &["x"], &["size"]))
        .output("positive", DataType::BOOL, &[2, 2])
        .output("shape", Element::I64, &[2])
        .output("size", Element::I64, &[]);
    let model = ModelProto::new(graph).into_bytes();
    let types: Vec<_> =
        load(model.clone()).unwrap().outputs().iter().map(|port| port.element.clone()).collect();
    let numbers = PortType::Known(ElementType::I64);
    assert_eq!(types, [PortType::Bool, numbers.clone(), numbers]);
    let outputs = run_once(model, &[Tensor::f32(&[2, 2], &[1.0, -1.0, 0.0, 2.0])]).unwrap();
    assert_eq!(outputs, [vec![1, 0, 0, 1], Tensor::i64(&[2], &[2, 2]).bytes, Tensor::i64(&[], &[4]).bytes]);
}

#[test]
fn outputs_outlive_new_inputs() {
    // The output is the very input, so what was set must not be overwritten by what is set next.
    let identity = Sketch::new("same").input("x", Element::F32, &[2]).step(Op::Relu, &["x"], "y").output("y");
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[2])
        .node(NodeProto::new("Identity", &["x"], &["y"]))
        .output("y", Element::F32, &[2]);
    for model in [identity.onnx(), ModelProto::new(graph).into_bytes()] {
        let graph = load(model).unwrap();
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        for number in [1.0, 2.0, 3.0] {
            set(execution.as_mut(), 0, &Tensor::f32(&[2], &[number; 2])).unwrap();
            execution.compute(&Control::unbounded()).unwrap();
            set(execution.as_mut(), 0, &Tensor::f32(&[2], &[9.0; 2])).unwrap();
            assert_eq!(floats(execution.output(0).unwrap()), [number; 2]);
        }
    }
}

#[test]
fn an_input_is_kept_where_it_is() {
    let graph = load(models::large_relu()).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    let kind = TensorType::new(ElementType::F32, &[1, 3, 224, 224]).unwrap();
    let place = execution.input(0, kind).unwrap().as_ptr();
    // As vectors of any processor need at least; the engine aligns for those of this one.
    assert_eq!(place.align_offset(16), 0);
    for _ in 0..3 {
        execution.compute(&Control::unbounded()).unwrap();
        let bytes = execution.input(0, kind).unwrap();
        assert_eq!((bytes.as_ptr(), bytes.len()), (place, 602_112));
    }
}

#[test]
fn executions_are_independent() {
    let graph = load(models::double(Element::I32)).unwrap();
    let mut executions: Vec<_> =
        (0..3).map(|_| Arc::clone(&graph).execution(&Control::unbounded()).unwrap()).collect();
    for (number, execution) in (0..).zip(&mut executions) {
        set(execution.as_mut(), 0, &Tensor::small(Element::I32, &[2, 3], &[number; 6])).unwrap();
    }
    for execution in &mut executions {
        execution.compute(&Control::unbounded()).unwrap();
    }
    for (number, execution) in (0..).zip(&executions) {
        let expected = Tensor::small(Element::I32, &[2, 3], &[2 * number; 6]);
        assert_eq!(execution.output(0).unwrap(), expected.bytes);
    }
}

#[test]
fn what_is_out_of_order_is_an_error() {
    let mut execution = load(models::double(Element::F32)).unwrap().execution(&Control::unbounded()).unwrap();
    assert_eq!(execution.compute(&Control::unbounded()).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert!(execution.output(0).is_err());
    let kind = TensorType::new(ElementType::F32, &[2, 3]).unwrap();
    assert_eq!(execution.input(1, kind).unwrap_err().kind(), ErrorKind::InvalidArgument);
    execution.input(0, kind).unwrap().fill(0);
    execution.compute(&Control::unbounded()).unwrap();
    assert!(execution.output(1).is_err());
}

#[test]
fn only_the_processor() {
    let onnx = Onnx::new();
    let model = || of_guest(models::small_relu());
    let load = |device: Device| onnx.load(model(), &LoadOptions::new(device), &Control::unbounded());
    for device in [
        Device::Target(ExecutionTarget::Cpu),
        Device::Target(ExecutionTarget::Auto),
        Device::Named("CPU".to_owned()),
    ] {
        assert!(load(device).is_ok());
    }
    for device in [
        Device::Target(ExecutionTarget::Gpu),
        Device::Target(ExecutionTarget::Tpu),
        Device::Named("NPU".to_owned()),
    ] {
        let (kind, message) = refused(load(device.clone()));
        assert_eq!(kind, ErrorKind::Unsupported);
        assert!(message.contains(&format!("no device `{device}`")), "{message}");
    }
    let mut options = LoadOptions::new(Device::Target(ExecutionTarget::Cpu));
    options.threads = NonZeroU32::new(2);
    options.precision = Precision::Fast;
    assert!(onnx.load(model(), &options, &Control::unbounded()).is_ok());
    options.properties = vec![("streams".to_owned(), "2".to_owned())];
    let (kind, message) = refused(onnx.load(model(), &options, &Control::unbounded()));
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(message.ends_with("has no property `streams`; it has none at all"), "{message}");
    assert!(
        onnx.accepts(GraphEncoding::Onnx, Origin::Guest) && onnx.accepts(GraphEncoding::Onnx, Origin::Host)
    );
    assert!(!onnx.accepts(GraphEncoding::OpenVino, Origin::Host));
}

#[test]
fn a_model_has_one_part() {
    for count in [0, 2] {
        let model = of_host(Source::Bytes(vec![models::small_relu().onnx(); count]));
        let (kind, _) = refused(Onnx::new().load(model, &CPU, &Control::unbounded()));
        assert_eq!(kind, ErrorKind::InvalidArgument, "{count} parts");
    }
}

#[test]
fn a_missing_operation_is_named() {
    let node = NodeProto::new("Frobnicate", &["x"], &["y"]);
    let graph =
        GraphProto::new("g").input("x", Element::F32, &[1]).node(node).output("y", Element::F32, &[1]);
    let (kind, message) = refused(load(ModelProto::new(graph)));
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(message.contains("`Frobnicate`"), "{message}");
    // The engine has no loops whose end depends on what they compute.
    assert_eq!(refused(load(models::busy_loop(3))).0, ErrorKind::Unsupported);
}

/// What a computation makes is the oracle.
#[test]
fn the_shapes_of_outputs_are_known_before_computing() {
    let outputs_for = |model: Sketch, shape: &[u32]| {
        let tensor = TensorType::new(ElementType::F32, shape).unwrap();
        let outputs = load(model).unwrap().outputs_for(&[tensor], &Control::unbounded());
        outputs.map(|ports| ports.into_iter().map(|port| port.shape_text()).collect::<Vec<_>>())
    };
    for rows in [0, 1, 7] {
        assert_eq!(outputs_for(models::dynamic_batch(), &[rows, 4]).unwrap(), [format!("[{rows}, 4]")]);
        let input = Tensor::f32(&[rows, 4], &vec![0.0; 4 * rows as usize]);
        assert_eq!(run_once(models::dynamic_batch(), &[input]).unwrap()[0].len(), 16 * rows as usize);
    }
    assert_eq!(outputs_for(models::small_relu(), &[1, 16]).unwrap(), ["[1, 16]"]);
    // Their sum has no shape.
    let open = Sketch::new("sum").input("x", Element::F32, &[-1, -1]);
    let sum = open.constant("c", Tensor::f32(&[3], &[0.0; 3])).step(Op::Add, &["x", "c"], "y").output("y");
    assert_eq!(outputs_for(sum.clone(), &[2, 3]).unwrap(), ["[2, 3]"]);
    let error = outputs_for(sum, &[2, 4]).unwrap_err().to_string();
    assert!(
        error.contains("`Add` of the node `y`") || error.contains("while compiling the model: "),
        "{error}"
    );
}

#[test]
fn plans_are_counted() {
    let graph = load(models::dynamic_batch()).unwrap();
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    // The first and the third pass have one made, and the third another that leaves the number of rows open. The second finds
    // its plan in place, and the last two among those that are kept.
    for rows in [1, 1, 2, 1, 5] {
        run(execution.as_mut(), &[Tensor::f32(&[rows, 4], &vec![0.0; 4 * rows as usize])], 1).unwrap();
    }
    let compiled = graph.compiled();
    assert_eq!((compiled.compiles.done, compiled.compiles.failed, compiled.hits), (3, 0, 3));
    assert!(compiled.compiles.time > std::time::Duration::ZERO);
    let fixed = load(models::small_relu()).unwrap();
    assert_eq!((fixed.compiled().compiles.done, fixed.compiled().hits), (1, 0));
}
