//! Tests that a guest's IR computes what ONNX Runtime makes of the ONNX that it was made from, by OpenVINO's own writer.

use crate::support::{bytes, libs, load, openvino, run};
use nn_models::onnx::{GraphProto, Message, ModelProto, NodeProto, TensorProto};
use nn_models::oracle::{Oracle, TOLERANCE};
use nn_models::packages::{self, Absent};
use nn_models::{Element, Tensor};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use wasi_nn::{Control, GraphEncoding, Origin};

/// Writes the IR of the ONNX file in the current folder, with a title of two lines.
const WRITE: &str = "
import openvino
model = openvino.Core().read_model('model.onnx')
model.set_rt_info('two\\nlines', 'title')
openvino.save_model(model, 'model.xml', compress_to_fp16=False)
";

#[track_caller]
fn compare(onnx: &[u8], inputs: &[Tensor]) {
    let (Some(openvino), Some(_)) = (openvino(), libs()) else { return };
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    fs::write(file("model.onnx"), onnx).unwrap();
    let written = oracle.in_folder(dir.path()).command(WRITE).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let parts = ["model.xml", "model.bin"].map(|name| fs::read(file(name)).unwrap());
    assert!(parts[0].windows(5).any(|word| word == b"&#10;"));
    let graph = load(&openvino, bytes(GraphEncoding::OpenVino, parts.to_vec(), Origin::Guest)).unwrap();
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    let expected = packages::or_skip(Oracle::find()).unwrap().run_onnx(onnx, inputs).unwrap();
    for (input, expected) in inputs.iter().zip(expected) {
        let outputs = run(execution.as_mut(), std::slice::from_ref(input), 1).unwrap();
        let apart = expected.unwrap().first().unwrap().furthest(&outputs[0]).unwrap();
        assert!(apart <= TOLERANCE, "{apart}");
    }
}

fn compare_file(file: Result<PathBuf, Absent>, inputs: &[Tensor]) {
    if let Some(file) = packages::or_skip(file) {
        compare(&fs::read(file).unwrap(), inputs);
    }
}

/// Numbers between -1 and 1.
fn wave(dims: &[u32]) -> Tensor {
    let count: u32 = dims.iter().product();
    Tensor::f32(
        dims,
        &(0..count).map(|at| (f32::from(u16::try_from(at % 977).unwrap()) * 0.7).sin()).collect::<Vec<_>>(),
    )
}

#[test]
fn text_models() {
    compare_file(packages::text_classifier(), &[wave(&[1, 3, 48, 192])]);
    compare_file(packages::text_detector(), &[wave(&[1, 3, 64, 64]), wave(&[1, 3, 96, 160])]);
}

#[test]
fn recurrent_operators() {
    for (operator, gates) in [("LSTM", 4), ("GRU", 3), ("RNN", 1)] {
        for (direction, directions) in [("forward", 1), ("reverse", 1), ("bidirectional", 2)] {
            let node = NodeProto::new(operator, &["x", "w", "r", "b"], &["y"])
                .int("hidden_size", 5)
                .attribute("direction", 3, Message::new().bytes(4, direction));
            let graph = GraphProto::new("recurrent")
                .input("x", Element::F32, &[4, 2, 3])
                .initializer(TensorProto::new("w", &wave(&[directions, gates * 5, 3])))
                .initializer(TensorProto::new("r", &wave(&[directions, gates * 5, 5])))
                .initializer(TensorProto::new("b", &wave(&[directions, gates * 10])))
                .node(node)
                .output("y", Element::F32, &[4, directions.into(), 2, 5]);
            compare(&ModelProto::with_opset(graph, 14).into_bytes(), &[wave(&[4, 2, 3])]);
        }
    }
}

#[test]
fn padding_and_division() {
    let pads = Tensor::i64(&[4], &[1, 0, 0, 2]);
    let graph = GraphProto::new("padded")
        .input("x", Element::F32, &[-1, 3])
        .initializer(TensorProto::new("pads", &pads))
        .node(NodeProto::new("Pad", &["x", "pads"], &["p"]))
        .node(NodeProto::new("Exp", &["p"], &["e"]))
        .node(NodeProto::new("Div", &["p", "e"], &["y"]))
        .output("y", Element::F32, &[-1, 5]);
    compare(&ModelProto::new(graph).into_bytes(), &[wave(&[2, 3]), wave(&[7, 3])]);
}
