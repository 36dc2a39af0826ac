//! Tests of the host's models in files, with data beside them and elsewhere.

use crate::support::{file, floats, load, onnx, onnx_runtime, refusal, run};
use nn_models::hostile::external::{self, Reference};
use nn_models::onnx::{GraphProto, Message, ModelProto, NodeProto};
use nn_models::{Element, Tensor, models};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, Error, ErrorKind, GraphEncoding, Model, Origin, Source};
use wasi_nn_onnxruntime::OnnxRuntime;

/// A folder with `inside/model.onnx`, `weights` beside the model and above, and a link from the one to the other.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(place.path("inside/deeper")).unwrap();
        for name in ["weights", "inside/weights", "inside/deeper/weights"] {
            fs::write(place.path(name), floats(&[10.0, 20.0])).unwrap();
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn load(&self, backend: &OnnxRuntime, model: &[u8]) -> Result<Arc<dyn Graph>, Error> {
        fs::write(self.path("inside/model.onnx"), model).unwrap();
        load(backend, file(self.path("inside/model.onnx")))
    }
}

#[test]
fn data_lies_in_the_models_own_folder() {
    let Some(backend) = onnx_runtime() else { return };
    let place = Place::new();
    for location in ["weights", "./weights", "deeper/weights"] {
        let graph = place.load(&backend, &external::weights_in(location)).unwrap();
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        let outputs = run(execution.as_mut(), &[Tensor::f32(&[2], &[1.0, 2.0])], 1).unwrap();
        assert_eq!(outputs, [floats(&[11.0, 22.0])], "{location}");
    }
}

#[test]
fn data_elsewhere_is_refused() {
    let Some(backend) = onnx_runtime() else { return };
    let place = Place::new();
    let above = place.path("weights");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&above, place.path("inside/link")).unwrap();
    for location in [
        "../weights",
        above.to_str().unwrap(),
        "link",
        "deeper/../../weights",
        "deeper",
        "none",
        "",
        external::MEMORY,
    ] {
        let refused = place.load(&backend, &external::weights_in(location)).err();
        let refused = refused.unwrap_or_else(|| panic!("{location:?} was read")).to_string();
        let is_ours =
            ["is not in its own folder", "in the model's own folder", "in which the model has data"];
        assert!(is_ours.iter().any(|part| refused.contains(part)), "{location:?}: {refused}");
    }
}

/// Wherever a tensor can stand, in a file and as bytes.
#[test]
fn nothing_of_the_hosts_is_read_for_a_model() {
    let Some(backend) = onnx_runtime() else { return };
    let place = Place::new();
    let secret = place.path("secret");
    fs::write(&secret, [7; 64]).unwrap();
    let absolute = secret.to_str().unwrap().to_owned();
    for location in [absolute.as_str(), "../secret", external::MEMORY] {
        for named in external::everywhere(&Reference { location, offset: 0, length: 16 }) {
            assert!(place.load(&backend, &named.model).is_err(), "{location}: {}", named.name);
            assert!(load(&backend, onnx(named.model)).is_err(), "{location}: {}", named.name);
        }
    }
    // What only speaks of it is a model like others.
    let graph = load(&backend, onnx(external::only_words())).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    assert_eq!(run(execution.as_mut(), &[], 1).unwrap(), [external::MEMORY.as_bytes()]);
    load(&backend, onnx(external::unknown_fields())).unwrap();
}

#[test]
fn bytes_have_no_files_beside_them() {
    let Some(backend) = onnx_runtime() else { return };
    let (kind, text) = refusal(&backend, onnx(external::weights_in("Cargo.toml")));
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(text.contains("give it as a file"), "{text}");
}

#[test]
fn compiled_code_in_a_file_is_refused() {
    let Some(backend) = onnx_runtime() else { return };
    for is_inner in [false, true] {
        let code = NodeProto::new("EPContext", &["x"], &["y"])
            .domain("com.microsoft")
            .int("embed_mode", 0)
            .attribute("ep_cache_context", 3, Message::new().bytes(4, "code.so"));
        let branch = || GraphProto::new("g").node(code.clone()).output("y", Element::F32, &[1]);
        let node = if is_inner {
            NodeProto::new("If", &["c"], &["y"]).graph("then_branch", branch()).graph("else_branch", branch())
        } else {
            code.clone()
        };
        let graph = GraphProto::new("g")
            .input("x", Element::F32, &[1])
            .initializer(nn_models::onnx::TensorProto::bool("c", true))
            .node(node)
            .output("y", Element::F32, &[1]);
        let model = ModelProto::new(graph).opset("com.microsoft", 1).into_bytes();
        let (kind, text) = refusal(&backend, onnx(model));
        assert_eq!(kind, ErrorKind::Unsupported);
        assert!(text.contains("has its code in a file"), "{text}");
    }
}

/// ONNX Runtime would look for its own format in any bytes.
#[test]
fn another_format_does_not_pass_for_onnx() {
    let Some(backend) = onnx_runtime() else { return };
    let other = [&[16, 0, 0, 0][..], b"ORTM", &[0; 64]].concat();
    assert_eq!(refusal(&backend, onnx(other)).0, ErrorKind::Runtime);
}

#[test]
fn a_file_that_is_absent_is_named() {
    let Some(backend) = onnx_runtime() else { return };
    let place = Place::new();
    let absent = place.path("none.onnx");
    let (kind, text) = refusal(&backend, file(absent.clone()));
    assert_eq!(kind, ErrorKind::Runtime);
    assert!(text.contains(&absent.display().to_string()), "{text}");
}

#[test]
fn models_of_guests_and_other_formats_are_not_taken() {
    // Known without the library.
    let backend = OnnxRuntime::builder().build().unwrap();
    let of = |origin| GraphEncoding::ALL.map(|encoding| backend.accepts(encoding, origin));
    assert_eq!(of(Origin::Host), [false, true, false, false, false, false]);
    assert_eq!(of(Origin::Guest), [false; 6]);
    let bytes = models::scalar().onnx();
    let source = Source::Bytes(vec![bytes.clone()]);
    for (encoding, origin, source) in [
        (GraphEncoding::Onnx, Origin::Guest, source.clone()),
        (GraphEncoding::OpenVino, Origin::Host, source.clone()),
        (GraphEncoding::TensorFlow, Origin::Host, source),
    ] {
        let model = Arc::new(Model { encoding, source, origin });
        assert_eq!(refusal(&backend, model).0, ErrorKind::InvalidEncoding);
    }
    for parts in [vec![], vec![bytes.clone(), bytes]] {
        let (encoding, origin) = (GraphEncoding::Onnx, Origin::Host);
        let model = Arc::new(Model { encoding, source: Source::Bytes(parts), origin });
        assert_eq!(refusal(&backend, model).0, ErrorKind::InvalidArgument);
    }
}
