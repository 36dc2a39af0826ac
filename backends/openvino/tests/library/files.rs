//! Tests of the host's models, which are read from files of any format.

use crate::support::{builder, floats, load, openvino, refusal, run};
use nn_models::ir::Files;
use nn_models::onnx::Message;
use nn_models::{Tensor, models};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasi_nn::backend::Backend;
use wasi_nn::{Control, ErrorKind, GraphEncoding, Model, Origin, Source};

pub(crate) fn model(encoding: GraphEncoding, files: Vec<PathBuf>) -> Arc<Model> {
    Arc::new(Model { encoding, source: Source::Files(files), origin: Origin::Host })
}

/// Writes a model as `model.xml` and `model.bin`, of which the first is named.
pub(crate) fn written(dir: &Path, files: &Files) -> Arc<Model> {
    fs::write(dir.join("model.xml"), &files.xml).unwrap();
    fs::write(dir.join("model.bin"), &files.weights).unwrap();
    model(GraphEncoding::OpenVino, vec![dir.join("model.xml")])
}

fn check_batch(model: Arc<Model>) {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, model).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    let outputs = run(execution.as_mut(), &[Tensor::f32(&[1, 4], &[1.0; 4])], 1).unwrap();
    assert_eq!(outputs, [floats(&[11.0, 21.0, 31.0, 41.0])]);
}

#[test]
fn the_weights_lie_beside_the_xml_or_where_it_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let files = models::dynamic_batch().ir();
    check_batch(written(dir.path(), &files));
    fs::rename(dir.path().join("model.bin"), dir.path().join("weights")).unwrap();
    check_batch(model(
        GraphEncoding::OpenVino,
        vec![dir.path().join("model.xml"), dir.path().join("weights")],
    ));
}

#[test]
fn onnx_is_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("model.onnx");
    fs::write(&file, models::dynamic_batch().onnx()).unwrap();
    check_batch(model(GraphEncoding::Onnx, vec![file.clone()]));
    let Some(openvino) = openvino() else { return };
    let (kind, _) = refusal(&openvino, model(GraphEncoding::Onnx, vec![file.clone(), file]));
    assert_eq!(kind, ErrorKind::InvalidArgument);
}

/// `y = max(x, 0)`, `f32` of shape 1 x 4, as a frozen graph: `GraphDef` of TensorFlow.
fn tensorflow() -> Vec<u8> {
    const FLOAT: u64 = 1;
    let attribute = |key: &str, value: Message| Message::new().bytes(1, key).message(2, value);
    let kind = |key| attribute(key, Message::new().varint(6, FLOAT));
    let size = |size| Message::new().int(1, size);
    let shape = Message::new().message(2, size(1)).message(2, size(4));
    let x = Message::new()
        .bytes(1, "x")
        .bytes(2, "Placeholder")
        .message(5, kind("dtype"))
        .message(5, attribute("shape", Message::new().message(7, shape)));
    let y = Message::new().bytes(1, "y").bytes(2, "Relu").bytes(3, "x").message(5, kind("T"));
    Message::new().message(1, x).message(1, y).into_bytes()
}

#[test]
fn tensorflow_is_read_from_a_file_only() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("model.pb");
    fs::write(&file, tensorflow()).unwrap();
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, model(GraphEncoding::TensorFlow, vec![file])).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    let outputs = run(execution.as_mut(), &[Tensor::f32(&[1, 4], &[-1.0, 2.0, -3.0, 4.0])], 1).unwrap();
    assert_eq!(outputs, [floats(&[0.0, 2.0, 0.0, 4.0])]);
    for (encoding, origin) in [
        (GraphEncoding::TensorFlow, Origin::Host),
        (GraphEncoding::TensorFlow, Origin::Guest),
        (GraphEncoding::TensorFlowLite, Origin::Guest),
        (GraphEncoding::PyTorch, Origin::Host),
    ] {
        let model = crate::support::bytes(encoding, vec![tensorflow()], origin);
        assert_eq!(refusal(&openvino, model).0, ErrorKind::InvalidEncoding);
    }
}

#[test]
fn a_file_that_is_absent_is_named() {
    let Some(openvino) = openvino() else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("none.onnx");
    let (kind, text) = refusal(&openvino, model(GraphEncoding::Onnx, vec![file.clone()]));
    assert_eq!(kind, ErrorKind::Runtime);
    assert!(text.contains(&file.display().to_string()), "{text}");
}

#[test]
fn a_guest_s_model_is_never_a_file() {
    let Some(openvino) = openvino() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut model = Arc::unwrap_or_clone(written(dir.path(), &models::scalar().ir()));
    model.origin = Origin::Guest;
    assert_eq!(refusal(&openvino, Arc::new(model)).0, ErrorKind::InvalidArgument);
}

#[test]
fn what_is_worth_a_try_is_known_without_the_library() {
    let openvino = wasi_nn_openvino::OpenVino::builder().build().unwrap();
    let of = |origin| GraphEncoding::ALL.map(|encoding| openvino.accepts(encoding, origin));
    assert_eq!(of(Origin::Host), [true, true, true, false, true, false]);
    assert_eq!(of(Origin::Guest), [true, false, false, false, false, false]);
}

#[test]
fn host_models_are_cached_and_those_of_guests_are_not() {
    let Some(mut builder) = builder() else { return };
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("deep").join("cache");
    let openvino = builder.cache_dir(&cache).build().unwrap();
    let entries = || fs::read_dir(&cache).unwrap().count();
    let files = models::dynamic_batch().ir();
    load(&openvino, crate::support::ir(files.clone(), Origin::Guest)).unwrap();
    assert_eq!(entries(), 0);
    for (compiles, hits) in [(1, 0), (0, 1)] {
        let graph = load(&openvino, written(dir.path(), &files)).unwrap();
        assert_eq!(entries(), 1);
        let compiled = graph.compiled();
        assert_eq!((compiled.compiles.done, compiled.hits), (compiles, hits));
    }
}

#[cfg(unix)]
#[test]
fn the_cache_is_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let build = || wasi_nn_openvino::OpenVino::builder().cache_dir(&cache).build();
    build().unwrap();
    assert_eq!(fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
    for (mode, is_fine) in [(0o755, true), (0o770, false), (0o702, false), (0o700, true)] {
        fs::set_permissions(&cache, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(build().is_ok(), is_fine, "{mode:o}");
    }
    fs::remove_dir(&cache).unwrap();
    fs::write(&cache, "").unwrap();
    assert!(build().is_err(), "a file is no folder");
}
