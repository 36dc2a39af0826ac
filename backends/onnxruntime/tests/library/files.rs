//! Tests of the host's models in files, with data beside them and elsewhere.

use crate::support::{builder, file, floats, load, of, onnx, onnx_runtime, refusal, run};
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

/// As Hugging Face's cache has them: the files of a revision are links to those of all, which have other names.
#[cfg(unix)]
#[test]
fn links_may_lead_to_where_the_model_is() {
    use std::os::unix::fs::symlink;
    let Some(backend) = onnx_runtime() else { return };
    let place = Place::new();
    for folder in ["blobs", "snapshots/1", "elsewhere"] {
        fs::create_dir_all(place.path(folder)).unwrap();
    }
    fs::write(place.path("blobs/1f"), external::weights_in("data")).unwrap();
    fs::write(place.path("blobs/2f"), floats(&[10.0, 20.0])).unwrap();
    fs::write(place.path("elsewhere/2f"), floats(&[30.0, 40.0])).unwrap();
    let model = place.path("snapshots/1/model.onnx");
    symlink("../../blobs/1f", &model).unwrap();
    let (_, text) = refusal(&backend, file(model.clone()));
    assert!(text.starts_with("cannot read `data`, in which the model has data"), "{text}");
    let data = place.path("snapshots/1/data");
    symlink("../../blobs/2f", &data).unwrap();
    let computed = || {
        let graph = load(&backend, file(model.clone()))?;
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        Ok::<_, Error>(run(execution.as_mut(), &[Tensor::f32(&[2], &[1.0, 2.0])], 1).unwrap())
    };
    assert_eq!(computed().unwrap(), [floats(&[11.0, 22.0])]);
    // A link to anywhere else is none of the model's.
    fs::remove_file(&data).unwrap();
    symlink("../../elsewhere/2f", &data).unwrap();
    assert!(computed().unwrap_err().to_string().contains("no file in the model's own folder"));
    // Beside the link, it is in the folder that the host named.
    fs::remove_file(&data).unwrap();
    fs::copy(place.path("elsewhere/2f"), &data).unwrap();
    assert_eq!(computed().unwrap(), [floats(&[31.0, 42.0])]);
    // A name that leads out of the folder is refused, wherever it leads.
    fs::write(place.path("blobs/1f"), external::weights_in("../../blobs/2f")).unwrap();
    assert!(computed().unwrap_err().to_string().contains("is not in its own folder"));
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

/// `y` is what code makes of `x`, at once or in both branches.
fn compiled(code: &NodeProto, is_inner: bool) -> Vec<u8> {
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
    ModelProto::new(graph).opset("com.microsoft", 1).into_bytes()
}

fn code() -> NodeProto {
    NodeProto::new("EPContext", &["x"], &["y"]).domain("com.microsoft")
}

fn text(node: NodeProto, name: &str, value: &str) -> NodeProto {
    node.attribute(name, 3, Message::new().bytes(4, value))
}

#[test]
fn compiled_code_names_no_file() {
    let Some(backend) = onnx_runtime() else { return };
    let outside = text(code().int("embed_mode", 0), "ep_cache_context", "code.so");
    let from_caller = code().attribute("embed_mode", 2, Message::new().int(3, 1).bytes(21, "mode"));
    let embedded = text(code().int("embed_mode", 1), "ep_cache_context", "code");
    let of_model = text(embedded.clone(), "onnx_model_filename", "../model.onnx");
    for is_inner in [false, true] {
        for (node, why) in [
            (&outside, "has its code in a file"),
            (&from_caller, "has its code in a file"),
            (&of_model, "names the file that it was made of"),
        ] {
            let (kind, text) = refusal(&backend, onnx(compiled(node, is_inner)));
            assert_eq!(kind, ErrorKind::Unsupported);
            assert!(text.contains(why), "{text}");
        }
        // Code in the model itself is for a device that takes it.
        let (_, text) = refusal(&backend, onnx(compiled(&embedded, is_inner)));
        assert!(text.starts_with("ONNX Runtime failed when reading the model"), "{text}");
    }
}

#[test]
fn guests_bring_no_compiled_code() {
    let Some(mut builder) = builder() else { return };
    let backend = builder.guest_onnx(true).build().unwrap();
    for node in [code(), text(code().int("embed_mode", 1), "ep_cache_context", "code")] {
        for is_inner in [false, true] {
            let (kind, text) = refusal(&backend, of(compiled(&node, is_inner), Origin::Guest));
            assert_eq!(kind, ErrorKind::Unsupported);
            assert!(text.contains("the operator `EPContext` of the node `y` is compiled code"), "{text}");
        }
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
