//! Tests of a graph's ports: order, names, types and shapes of inputs and outputs.

use crate::support::{ir, load, onnx, openvino};
use nn_models::ir::Network;
use nn_models::{Element, golden, models};
use wasi_nn::backend::{Port, PortType};
use wasi_nn::{Control, ElementType, ErrorKind, Origin, TensorType};

fn text(ports: &[Port]) -> Vec<String> {
    ports.iter().map(|port| format!("{}: {} {}", port.name, port.element, port.shape_text())).collect()
}

#[test]
fn ports_come_in_the_order_of_the_model() {
    let Some(openvino) = openvino() else { return };
    let sketch = models::difference_and_product(Element::I64);
    for model in [ir(sketch.ir(), Origin::Guest), onnx(sketch.onnx())] {
        let graph = load(&openvino, model).unwrap();
        assert_eq!(text(graph.inputs()), ["a: i64 [4]", "b: i64 [4]"]);
        assert_eq!(text(graph.outputs()), ["difference: i64 [4]", "product: i64 [4]"]);
    }
}

#[test]
fn ports_have_names_types_and_shapes() {
    let Some(openvino) = openvino() else { return };
    for case in golden::cases() {
        let graph = load(&openvino, ir(case.model.ir(), Origin::Host)).unwrap();
        let run = &case.runs[0];
        for (port, tensor) in graph.inputs().iter().zip(&run.inputs) {
            let kind = TensorType::new(crate::support::element(tensor.element), &tensor.dims).unwrap();
            assert_eq!(port.fit(kind).map_err(|error| error.to_string()), Ok(kind), "{}", case.name);
        }
        assert_eq!(graph.outputs().len(), run.outputs.len(), "{}", case.name);
    }
    let graph = load(&openvino, ir(models::dynamic_batch().ir(), Origin::Host)).unwrap();
    assert_eq!(
        (text(graph.inputs()), text(graph.outputs())),
        (vec!["x: f32 [?, 4]".into()], vec!["y: f32 [?, 4]".into()])
    );
    assert_eq!(graph.device(), "CPU");
}

/// `y = x`, of another type than guests have.
fn copy_of(element: &str, precision: &str) -> nn_models::ir::Files {
    let mut network = Network::new("copy");
    let x = network.parameter("x", Element::U8, &[4]);
    let y = network.layer("Result", "y", &[&x], &[], &x);
    drop(y);
    let mut files = network.finish();
    files.xml =
        files.xml.replace("\"u8\"", &format!("\"{element}\"")).replace("\"U8\"", &format!("\"{precision}\""));
    files
}

#[test]
fn other_types_are_named_and_are_bytes_at_best() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, ir(copy_of("boolean", "BOOL"), Origin::Host)).unwrap();
    assert_eq!(graph.inputs()[0].element, PortType::Bool);
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    execution.compute(&Control::unbounded()).unwrap();
    assert_eq!(execution.output(0).unwrap().len(), 4);
}

#[test]
fn strings_are_never_bytes() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, ir(copy_of("string", "STRING"), Origin::Host)).unwrap();
    assert_eq!(graph.outputs()[0].element, PortType::Other("string".to_owned()));
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    let kind = TensorType::new(ElementType::U8, &[4]).unwrap();
    assert!(execution.input(0, kind).is_err());
    execution.compute(&Control::unbounded()).unwrap();
    assert_eq!(execution.output(0).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn what_does_not_fit_is_an_error_and_not_a_fault() {
    let Some(openvino) = openvino() else { return };
    for files in [models::double(Element::F32).ir(), models::dynamic_batch().ir()] {
        let graph = load(&openvino, ir(files, Origin::Host)).unwrap();
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        let kind = |element, dimensions| TensorType::new(element, dimensions).unwrap();
        assert!(execution.input(1, kind(ElementType::F32, &[2, 3])).is_err());
        assert!(execution.input(usize::MAX, kind(ElementType::F32, &[2, 3])).is_err());
        assert!(execution.input(0, kind(ElementType::F32, &[2, 3, 2])).is_err());
        assert!(execution.input(0, kind(ElementType::F64, &[2, 3])).is_err());
        assert!(execution.output(1).is_err());
    }
}

#[test]
fn numbers_that_do_not_fit_32_bits_are_an_error_when_they_are_set() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, ir(models::double(Element::I64).ir(), Origin::Host)).unwrap();
    let mut execution = std::sync::Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    for (number, fits) in [(7_i64, true), (1 << 32, false), (i32::MIN.into(), true), (i64::MIN, false)] {
        let shape = graph.inputs()[0].shape.clone().unwrap();
        let shape: Vec<u32> = shape.into_iter().map(|size| size.unwrap_or(1)).collect();
        let buffer = execution.input(0, TensorType::new(ElementType::I64, &shape).unwrap()).unwrap();
        buffer.fill(0);
        buffer[..8].copy_from_slice(&number.to_le_bytes());
        let result = execution.check_input(0, &Control::unbounded()).map_err(|error| error.kind());
        assert_eq!(result, if fits { Ok(()) } else { Err(ErrorKind::InvalidArgument) }, "{number}");
    }
}

/// A compiled model tells no shape that depends on its inputs', so one computation does.
#[test]
fn the_shapes_of_outputs_are_told_for_those_of_inputs() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, onnx(models::dynamic_batch().onnx())).unwrap();
    let outputs_for = |shape: &[u32]| {
        let tensor = TensorType::new(ElementType::F32, shape).unwrap();
        graph.clone().outputs_for(&[tensor], &Control::unbounded()).map(|outputs| text(&outputs))
    };
    for rows in [1, 7] {
        assert_eq!(outputs_for(&[rows, 4]).unwrap(), [format!("y: f32 [{rows}, 4]")]);
    }
    let error = outputs_for(&[2, 5]).unwrap_err().to_string();
    assert!(error.starts_with("OpenVINO failed when "), "{error}");
    let fixed = load(&openvino, ir(models::small_relu().ir(), Origin::Host)).unwrap();
    assert_eq!(fixed.clone().outputs_for(&[], &Control::unbounded()).unwrap(), fixed.outputs());
}
