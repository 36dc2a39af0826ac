//! Tests that graphs in files are loaded as they were when the registry was built, or not at all.

use crate::scripted::{Scripted, error};
use nn_models::hostile::external;
use nn_models::models;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use wasi_nn::{Control, GraphEncoding, NamedGraph, Registry, Source};

/// What a backend was given.
type Seen = Arc<Mutex<Vec<Source>>>;

fn watching() -> (Scripted, Seen) {
    let seen = Seen::default();
    let backend = Scripted::new("any").script({
        let seen = Arc::clone(&seen);
        move |model, _, _| {
            seen.lock().unwrap().push(model.source.clone());
            Ok(())
        }
    });
    (backend, seen)
}

fn registry(backend: &Scripted, encoding: GraphEncoding, files: &[&Path]) -> Registry {
    build(backend, named(encoding, files))
}

fn named(encoding: GraphEncoding, files: &[&Path]) -> NamedGraph {
    let files = files.iter().map(|file| file.to_path_buf()).collect();
    NamedGraph::new("g", encoding, Source::Files(files))
}

fn build(backend: &Scripted, graph: NamedGraph) -> Registry {
    Registry::builder().backend(backend.clone()).graph(graph).build().unwrap()
}

fn load(registry: &Registry) -> Result<(), wasi_nn::Error> {
    registry.named("g", &Control::unbounded()).map(drop)
}

/// A folder with one model in each format.
fn folder() -> (tempfile::TempDir, impl Fn(&str) -> PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    let path = move |name: &str| path.join(name);
    let ir = models::scalar().ir();
    fs::create_dir(path("saved")).unwrap();
    for (name, bytes) in [
        ("m.xml", ir.xml.as_bytes()),
        ("m.bin", b"weights"),
        ("other.bin", b"other weights"),
        ("m.onnx", &models::scalar().onnx()),
        ("m.tflite", b"0000TFL3"),
        ("saved/saved_model.pb", b"a graph"),
        ("saved/variables", b"its data"),
        ("paddle.xml", b"not XML"),
    ] {
        fs::write(path(name), bytes).unwrap();
    }
    (dir, path)
}

#[test]
fn what_a_backend_can_have_from_memory_is_read_once() {
    let (_dir, path) = folder();
    let read = |name: &str| fs::read(path(name)).unwrap();
    let files = |names: &[&str]| Source::Files(names.iter().map(|name| path(name)).collect());
    for (encoding, names, expected) in [
        (GraphEncoding::Onnx, &["m.onnx"][..], Source::Bytes(vec![read("m.onnx")])),
        (GraphEncoding::OpenVino, &["m.xml"], Source::Bytes(vec![read("m.xml"), read("m.bin")])),
        (
            GraphEncoding::OpenVino,
            &["m.xml", "other.bin"],
            Source::Bytes(vec![read("m.xml"), read("other.bin")]),
        ),
        (GraphEncoding::OpenVino, &["paddle.xml"], files(&["paddle.xml"])),
        (GraphEncoding::TensorFlowLite, &["m.tflite"], files(&["m.tflite"])),
        (GraphEncoding::TensorFlow, &["saved"], files(&["saved"])),
    ] {
        let (backend, seen) = watching();
        let names: Vec<_> = names.iter().map(|name| path(name)).collect();
        let names: Vec<_> = names.iter().map(PathBuf::as_path).collect();
        load(&registry(&backend, encoding, &names)).unwrap();
        assert_eq!(*seen.lock().unwrap(), [expected]);
        // Whoever wants weights mapped gets the names.
        let (backend, seen) = watching();
        load(&build(&backend, named(encoding, &names).mapped())).unwrap();
        assert!(matches!(seen.lock().unwrap()[..], [Source::Files(_)]));
    }
}

/// A change of a guest's.
type Change = fn(&Path);

#[test]
fn what_changed_since_is_not_loaded() {
    let overwritten: Change = |file| {
        let len = fs::read(file).unwrap().len();
        fs::write(file, vec![b'x'; len]).unwrap();
    };
    let renamed: Change = |file| {
        let other = file.with_extension("new");
        fs::copy(file, &other).unwrap();
        fs::rename(other, file).unwrap();
    };
    let removed: Change = |file| fs::remove_file(file).unwrap();
    let changes = [overwritten, renamed, removed];
    for (encoding, named_file, changed) in [
        (GraphEncoding::Onnx, "m.onnx", "m.onnx"),
        (GraphEncoding::OpenVino, "m.xml", "m.xml"),
        (GraphEncoding::OpenVino, "m.xml", "m.bin"),
        (GraphEncoding::TensorFlowLite, "m.tflite", "m.tflite"),
        (GraphEncoding::TensorFlow, "saved", "saved/variables"),
    ] {
        for is_mapped in [false, true] {
            for change in changes {
                let (_dir, path) = folder();
                let (backend, seen) = watching();
                let file = path(named_file);
                let graph = named(encoding, &[&file]);
                let registry = build(&backend, if is_mapped { graph.mapped() } else { graph });
                change(&path(changed));
                let failed = error(load(&registry)).to_string();
                let is_named = failed.contains(changed) || failed.contains("saved");
                assert!(is_named, "{failed}");
                assert!(seen.lock().unwrap().is_empty(), "{changed}: the backend has seen it");
            }
        }
    }
}

#[test]
fn what_changes_while_it_is_read_is_not_used() {
    let (_dir, path) = folder();
    let file = path("m.tflite");
    let backend = Scripted::new("any").script({
        let file = file.clone();
        move |_, _, _| {
            fs::write(&file, "0000TFL4").unwrap();
            Ok(())
        }
    });
    let failed = error(load(&registry(&backend, GraphEncoding::TensorFlowLite, &[&file])));
    assert!(failed.to_string().contains("has changed since"), "{failed}");
    assert_eq!(backend.alive(), 0);
}

#[test]
fn data_beside_an_onnx_model_is_looked_at_too() {
    let (_dir, path) = folder();
    fs::write(path("m.onnx"), external::weights_in("w.bin")).unwrap();
    fs::write(path("w.bin"), "12345678").unwrap();
    let (backend, seen) = watching();
    let build = || registry(&backend, GraphEncoding::Onnx, &[&path("m.onnx")]);
    load(&build()).unwrap();
    assert_eq!(*seen.lock().unwrap(), [Source::Files(vec![path("m.onnx")])]);
    let before = build();
    fs::write(path("w.bin"), "87654321").unwrap();
    assert!(error(load(&before)).to_string().contains("w.bin` has changed"));
    // Others may change as they like.
    let before = build();
    fs::write(path("log"), "8").unwrap();
    load(&before).unwrap();
    // What was not there is not taken.
    fs::remove_file(path("w.bin")).unwrap();
    let before = build();
    fs::write(path("w.bin"), "87654321").unwrap();
    assert!(error(load(&before)).to_string().contains("was not seen beside the model"));
}

#[test]
fn what_is_opened_later_is_known() {
    let (_dir, path) = folder();
    let (backend, _) = watching();
    let of = |encoding, file: &str| registry(&backend, encoding, &[&path(file)]).relies_on();
    assert_eq!(of(GraphEncoding::Onnx, "m.onnx"), [path("m.onnx")]);
    assert_eq!(of(GraphEncoding::OpenVino, "m.xml"), [path("m.xml"), path("m.bin")]);
    assert_eq!(backend.loads(), 0);
}
