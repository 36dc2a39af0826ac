//! Tests of executions: inputs and outputs that stay, and reused buffers without another guest's data.

use crate::support::{CPU, floats, ir, load, onnx, openvino, run, set};
use nn_models::ir::{Files, Network};
use nn_models::{Element, Tensor, models};
use std::sync::Arc;
use wasi_nn::backend::{Backend, Execution};
use wasi_nn::{Control, Device, ElementType, ExecutionTarget, LoadOptions, Origin, TensorType};

fn secret() -> Tensor {
    Tensor::f32(&[1, 16], &[7.0; 16])
}

/// The bytes of the input, and where they lie.
fn input(execution: &mut dyn Execution) -> (Vec<u8>, usize) {
    let bytes = execution.input(0, TensorType::new(ElementType::F32, &[1, 16]).unwrap()).unwrap();
    (bytes.to_vec(), bytes.as_ptr() as usize)
}

#[test]
fn the_next_guest_gets_the_same_buffers_without_what_was_in_them() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, ir(models::small_relu().ir(), Origin::Guest)).unwrap();
    let mut first = Arc::clone(&graph).execution().unwrap();
    assert_eq!(run(first.as_mut(), &[secret()], 1).unwrap(), [secret().bytes]);
    let (_, place) = input(first.as_mut());
    drop(first);
    let mut second = Arc::clone(&graph).execution().unwrap();
    assert_eq!(second.output(0).unwrap(), [0; 64]);
    assert_eq!(input(second.as_mut()), (vec![0; 64], place));
    // Two at once have one each.
    let mut third = Arc::clone(&graph).execution().unwrap();
    assert_ne!(input(third.as_mut()).1, place);
    set(third.as_mut(), 0, &secret()).unwrap();
    second.compute(&Control::unbounded()).unwrap();
    assert_eq!(second.output(0).unwrap(), [0; 64]);
}

#[test]
fn new_executions_start_with_zeroes() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, ir(models::large_relu().ir(), Origin::Host)).unwrap();
    // Freed memory of about this size is what a new request might get.
    drop(std::hint::black_box(vec![0x55_u8; 602_112]));
    let mut execution = graph.execution().unwrap();
    let kind = TensorType::new(ElementType::F32, &[1, 3, 224, 224]).unwrap();
    assert!(execution.input(0, kind).unwrap().iter().all(|byte| *byte == 0));
    assert!(execution.output(0).unwrap().iter().all(|byte| *byte == 0));
}

#[test]
fn open_shapes_keep_nothing_for_others() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, onnx(models::dynamic_batch().onnx())).unwrap();
    let mut first = Arc::clone(&graph).execution().unwrap();
    assert!(first.output(0).is_err(), "nothing was computed");
    run(first.as_mut(), &[Tensor::f32(&[2, 4], &[7.0; 8])], 1).unwrap();
    drop(first);
    let mut second = graph.execution().unwrap();
    assert!(second.output(0).is_err(), "nothing was computed");
    let bytes = second.input(0, TensorType::new(ElementType::F32, &[2, 4]).unwrap()).unwrap();
    assert_eq!(bytes, [0; 32]);
}

/// `y` is `x`, or looks at the same elements: what a library might put in the same place.
fn in_place(kind: &str, shape: &[i64]) -> Files {
    let mut network = Network::new("in_place");
    let x = network.parameter("x", Element::F32, shape);
    if kind == "Result" {
        network.result(&x);
    } else {
        let shape = network.constant("shape", &Tensor::i64(&[1], &[-1]));
        let y = network.layer(kind, "y", &[&x, &shape], &[("special_zero", "false")], &x.of_shape(&[-1]));
        network.result(&y);
    }
    network.finish()
}

#[test]
fn outputs_outlive_the_next_inputs() {
    let Some(openvino) = openvino() else { return };
    for kind in ["Result", "Reshape"] {
        for shape in [&[2, 2][..], &[-1, 2]] {
            let graph = load(&openvino, ir(in_place(kind, shape), Origin::Guest)).unwrap();
            for first in [3.0, 4.0] {
                let mut execution = Arc::clone(&graph).execution().unwrap();
                let outputs = run(execution.as_mut(), &[Tensor::f32(&[2, 2], &[first; 4])], 1).unwrap();
                assert_eq!(outputs, [floats(&[first; 4])]);
                set(execution.as_mut(), 0, &Tensor::f32(&[2, 2], &[9.0; 4])).unwrap();
                assert_eq!(execution.output(0).unwrap(), outputs[0], "{kind} {shape:?}");
                if shape[0] < 0 {
                    // The input moves to larger memory.
                    set(execution.as_mut(), 0, &Tensor::f32(&[1000, 2], &[8.0; 2000])).unwrap();
                    assert_eq!(execution.output(0).unwrap(), outputs[0], "{kind} {shape:?}");
                    execution.compute(&Control::unbounded()).unwrap();
                    assert_eq!(execution.output(0).unwrap(), floats(&[8.0; 2000]), "{kind} {shape:?}");
                }
            }
        }
    }
}

#[test]
fn inputs_stay_set() {
    let Some(openvino) = openvino() else { return };
    for files in [models::double(Element::F32).ir(), models::difference_and_product(Element::F32).ir()] {
        let graph = load(&openvino, ir(files, Origin::Host)).unwrap();
        let mut execution = Arc::clone(&graph).execution().unwrap();
        for (index, port) in graph.inputs().iter().enumerate() {
            let dimensions: Vec<u32> = port.shape.iter().flatten().flatten().copied().collect();
            let len = dimensions.iter().product::<u32>() as usize;
            set(execution.as_mut(), index, &Tensor::f32(&dimensions, &vec![5.0; len])).unwrap();
        }
        execution.compute(&Control::unbounded()).unwrap();
        let first = execution.output(0).unwrap().to_vec();
        execution.compute(&Control::unbounded()).unwrap();
        assert_eq!(execution.output(0).unwrap(), first);
    }
}

/// `y = v + x`, and `v` is `y` the next time: zero at first.
fn accumulator() -> Files {
    let mut network = Network::new("accumulator");
    let x = network.parameter("x", Element::F32, &[1]);
    let zero = network.constant("zero", &Tensor::f32(&[1], &[0.0]));
    let variable = [("variable_id", "v"), ("variable_type", "f32"), ("variable_shape", "1")];
    let read = network.layer("ReadValue", "read", &[&zero], &variable, &x);
    let sum = network.layer("Add", "y", &[&read, &x], &[("auto_broadcast", "numpy")], &x);
    let _ = network.layer("Assign", "assign", &[&sum], &variable, &x);
    network.result(&sum);
    let mut files = network.finish();
    for kind in ["ReadValue", "Assign"] {
        let (from, to) = [1, 6].map(|set| format!("type=\"{kind}\" version=\"opset{set}\"")).into();
        files.xml = files.xml.replace(&from, &to);
    }
    files
}

#[test]
fn what_a_model_remembers_is_forgotten_with_the_execution() {
    let Some(openvino) = openvino() else { return };
    let dir = tempfile::tempdir().unwrap();
    let files = accumulator();
    let in_files = crate::files::written(dir.path(), &files);
    for model in [ir(files.clone(), Origin::Guest), ir(files, Origin::Host), in_files] {
        let graph = load(&openvino, model).unwrap();
        for _ in 0..2 {
            let mut execution = Arc::clone(&graph).execution().unwrap();
            for expected in [3.0, 6.0, 9.0] {
                let outputs = run(execution.as_mut(), &[Tensor::f32(&[1], &[3.0])], 1).unwrap();
                assert_eq!(outputs, [floats(&[expected])]);
            }
        }
    }
}

#[test]
fn shapes_may_change_in_every_direction() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, ir(models::dynamic_batch().ir(), Origin::Host)).unwrap();
    let mut execution = graph.execution().unwrap();
    for batch in [1, 5, 2, 0, 1000, 1, 1001, 7, 7, 7] {
        let values = vec![1.0; batch * 4];
        let tensor = Tensor::f32(&[u32::try_from(batch).unwrap(), 4], &values);
        let expected = floats(&[11.0, 21.0, 31.0, 41.0].repeat(batch));
        assert_eq!(run(execution.as_mut(), &[tensor], 1).unwrap(), [expected]);
    }
}

#[test]
fn a_graph_may_go_before_its_executions() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, ir(models::dynamic_batch().ir(), Origin::Guest)).unwrap();
    let mut execution = Arc::clone(&graph).execution().unwrap();
    drop(graph);
    drop(openvino);
    let outputs = run(execution.as_mut(), &[Tensor::f32(&[1, 4], &[0.0; 4])], 1).unwrap();
    assert_eq!(outputs, [floats(&[10.0, 20.0, 30.0, 40.0])]);
}

/// Where the library does not promise that outputs stay in place, they are looked up each time.
#[test]
fn other_devices_compute_the_same() {
    let Some(openvino) = openvino() else { return };
    let sketch = models::double(Element::F32);
    let others = [Device::Target(ExecutionTarget::Auto), Device::Named("HETERO:CPU".to_owned())];
    for options in others.map(LoadOptions::new).into_iter().chain([CPU]) {
        let graph = openvino.load(ir(sketch.ir(), Origin::Host), &options, &Control::unbounded()).unwrap();
        for value in [1.0, 2.0] {
            let mut execution = Arc::clone(&graph).execution().unwrap();
            for value in [value, value + 10.0] {
                let outputs = run(execution.as_mut(), &[Tensor::f32(&[2, 3], &[value; 6])], 1).unwrap();
                assert_eq!(outputs, [floats(&[2.0 * value; 6])], "{options:?}");
            }
        }
    }
}
