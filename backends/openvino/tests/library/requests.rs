//! Tests of executions: inputs and outputs that stay, and reused buffers without another guest's data.

use crate::support::{CPU, floats, ir, load, onnx, openvino, run};
use backend_tests::buffers;
use nn_models::ir::{Files, Network};
use nn_models::{Element, Tensor, models};
use std::sync::Arc;
use wasi_nn::backend::Backend;
use wasi_nn::{Control, Device, ExecutionTarget, LoadOptions, Origin};

#[test]
fn the_next_guest_gets_the_same_buffers_without_what_was_in_them() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, ir(models::small_relu().ir(), Origin::Guest)).unwrap();
    buffers::the_next_guest_gets_the_same_without_what_was_in_them(&graph);
}

#[test]
fn new_executions_start_with_zeroes() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, ir(models::large_relu().ir(), Origin::Host)).unwrap();
    buffers::new_executions_start_with_zeroes(graph);
}

#[test]
fn open_shapes_keep_nothing_for_others() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, onnx(models::dynamic_batch().onnx())).unwrap();
    buffers::open_shapes_keep_nothing_for_others(graph);
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
            let what = format!("{kind} {shape:?}");
            buffers::outputs_outlive_the_next_inputs(&graph, shape[0] < 0, &what);
        }
    }
}

#[test]
fn inputs_stay_set() {
    let Some(openvino) = openvino() else { return };
    for files in [models::double(Element::F32).ir(), models::difference_and_product(Element::F32).ir()] {
        let graph = load(&openvino, ir(files, Origin::Host)).unwrap();
        buffers::inputs_stay_set(&graph);
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
            let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
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
    buffers::shapes_may_change_in_every_direction(graph);
}

#[test]
fn a_graph_may_go_before_its_executions() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, ir(models::dynamic_batch().ir(), Origin::Guest)).unwrap();
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
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
            let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
            for value in [value, value + 10.0] {
                let outputs = run(execution.as_mut(), &[Tensor::f32(&[2, 3], &[value; 6])], 1).unwrap();
                assert_eq!(outputs, [floats(&[2.0 * value; 6])], "{options:?}");
            }
        }
    }
}
