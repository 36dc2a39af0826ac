//! Tests of graphs that the host names.

use crate::scripted::{Scripted, error};
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use wasi_nn::backend::PortType;
use wasi_nn::{
    Control, Device, ElementType, Error, ErrorKind, ExecutionTarget, GraphEncoding, MAX_NAME_LEN, NamedGraph,
    Registry, Source, TensorType,
};

fn graph(name: &str) -> NamedGraph {
    NamedGraph::new(name, GraphEncoding::Onnx, Source::Bytes(vec![Vec::new()]))
}

fn with(backend: &Scripted, graph: NamedGraph) -> Result<Registry, Error> {
    Registry::builder().backend(backend.clone()).graph(graph).build()
}

#[test]
fn a_graph_is_loaded_once_and_kept() {
    let (backend, start) = (Scripted::new("onnx"), Barrier::new(16));
    let registry = with(&backend, graph("g")).unwrap();
    assert_eq!(backend.loads(), 0);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                start.wait();
                registry.clone().named("g", &Control::unbounded()).unwrap();
            });
        }
    });
    assert_eq!((backend.loads(), backend.alive()), (1, 1));
    drop(registry);
    assert_eq!(backend.alive(), 0);
}

#[test]
fn a_failure_has_its_reason_and_is_not_kept() {
    // Descriptors, memory, threads, a library that could not be opened: no error tells whether it would come again.
    let working = Arc::new(AtomicBool::new(false));
    let backend = Scripted::new("onnx").script({
        let working = Arc::clone(&working);
        move |_, _, _| match working.load(Ordering::SeqCst) {
            true => Ok(()),
            false => Err(Error::runtime("too many open files")),
        }
    });
    let registry = with(&backend, graph("g")).unwrap();
    for _ in 0..2 {
        let failed = error(registry.named("g", &Control::unbounded()));
        assert_eq!(failed.kind(), ErrorKind::Runtime);
        assert_eq!(failed.to_string(), "graph `g`: too many open files");
    }
    working.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        registry.named("g", &Control::unbounded()).unwrap();
    }
    assert_eq!(backend.loads(), 3);
}

#[test]
fn a_panic_is_a_failure_like_others() {
    let backend = Scripted::new("onnx").script(|_, _, _| panic!("a backend's mistake"));
    let registry = with(&backend, graph("g")).unwrap();
    for _ in 0..2 {
        let failed = error(registry.named("g", &Control::unbounded()));
        assert_eq!(failed.kind(), ErrorKind::Runtime);
        assert!(failed.to_string().starts_with("graph `g`: "), "{failed}");
        assert!(failed.to_string().ends_with("a backend's mistake"), "{failed}");
    }
}

#[test]
fn eager_registries_load_all_or_say_why_not() {
    let backend = Scripted::new("onnx");
    let registry =
        Registry::builder().backend(backend.clone()).graph(graph("a")).graph(graph("b")).eager(true).build();
    assert_eq!(backend.loads(), 2);
    drop(registry.unwrap());
    let failing = Scripted::new("onnx").script(|_, _, _| Err(Error::runtime("a bad model")));
    let failed = error(Registry::builder().backend(failing).graph(graph("g")).eager(true).build());
    assert_eq!(failed.to_string(), "graph `g`: a bad model");
}

#[test]
fn names_are_looked_up_as_they_are() {
    let registry = with(&Scripted::new("onnx"), graph("models/../día.onnx ")).unwrap();
    registry.named("models/../día.onnx ", &Control::unbounded()).unwrap();
    for other in ["día.onnx ", "models/../día.onnx", "models/../dia.onnx ", "MODELS/../día.onnx ", ""] {
        let missing = error(registry.named(other, &Control::unbounded()));
        assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");
    }
}

#[test]
fn some_names_are_no_names() {
    let longest = "x".repeat(MAX_NAME_LEN);
    for bad in ["", "a\0b", &format!("{longest}x")] {
        let refused = error(with(&Scripted::new("onnx"), graph(bad)));
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument, "{refused}");
    }
    with(&Scripted::new("onnx"), graph(&longest)).unwrap();
    let twice =
        Registry::builder().backend(Scripted::new("onnx")).graph(graph("a")).graph(graph("a")).build();
    assert_eq!(error(twice).to_string(), "there are two graphs `a`");
}

#[test]
fn files_are_looked_for_at_once_and_left_for_later() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.onnx");
    let files = || Source::Files(vec![file.clone()]);
    let backend = Scripted::new("onnx");
    let missing = error(with(&backend, NamedGraph::new("g", GraphEncoding::Onnx, files())));
    assert_eq!(missing.kind(), ErrorKind::InvalidArgument);
    let begins = format!("graph `g`: cannot read `{}`: ", file.display());
    assert!(missing.to_string().starts_with(&begins), "{missing}");

    fs::write(&file, b"").unwrap();
    let registry = with(&backend, NamedGraph::new("g", GraphEncoding::Onnx, files())).unwrap();
    assert_eq!(backend.loads(), 0);
    registry.named("g", &Control::unbounded()).unwrap();
}

#[test]
fn the_number_of_files_and_parts_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model");
    fs::write(&file, b"").unwrap();
    let files = |count| Source::Files(vec![file.clone(); count]);
    let parts = |count| Source::Bytes(vec![Vec::new(); count]);
    for (encoding, source, is_good) in [
        (GraphEncoding::Onnx, files(1), true),
        (GraphEncoding::Onnx, files(2), false),
        (GraphEncoding::OpenVino, files(0), false),
        (GraphEncoding::OpenVino, files(1), true),
        (GraphEncoding::OpenVino, files(2), true),
        (GraphEncoding::OpenVino, files(3), false),
        (GraphEncoding::OpenVino, parts(1), false),
        (GraphEncoding::OpenVino, parts(2), true),
        (GraphEncoding::TensorFlowLite, parts(0), false),
    ] {
        let text = format!("{encoding} {source:?}");
        let built = with(&Scripted::new("any"), NamedGraph::new("g", encoding, source));
        assert_eq!(built.is_ok(), is_good, "{text}");
    }
}

/// Whatever a backend is asked was checked before.
#[test]
fn outputs_for_inputs_are_the_backends_to_tell() {
    let registry = with(&Scripted::new("onnx"), graph("g")).unwrap();
    let outputs_for = |shapes: &[&[u32]]| {
        let tensors: Vec<_> =
            shapes.iter().map(|shape| TensorType::new(ElementType::U8, shape).unwrap()).collect();
        let graph = registry.named("g", &Control::unbounded()).unwrap();
        graph.outputs_for(&tensors, &Control::unbounded()).map_err(|error| error.to_string())
    };
    // Fixed outputs need no library.
    assert_eq!(outputs_for(&[&[1]]), Ok(registry.describe("g").unwrap().outputs));
    assert_eq!(outputs_for(&[]), Err("the graph has 1 inputs, not 0".to_owned()));
    assert_eq!(outputs_for(&[&[2]]), Err("input `in` has the shape [1], not [2]".to_owned()));
}

#[test]
fn devices_are_passed_on_and_described() {
    let backend = Scripted::new("onnx");
    let builder = Registry::builder()
        .backend(backend.clone())
        .graph(graph("usual"))
        .graph(graph("named").device(Device::Named("GPU.1".to_owned())))
        .graph(graph("target").device(Device::Target(ExecutionTarget::Tpu)));
    let registry = builder.build().unwrap();
    let devices = ["usual", "named", "target"].map(|name| registry.describe(name).unwrap().device);
    assert_eq!(devices, ["cpu!", "GPU.1!", "tpu!"]);
    let described = registry.describe("usual").unwrap();
    assert_eq!((described.encoding, described.backend.as_str()), (GraphEncoding::Onnx, "onnx"));
    let [input] = &described.inputs[..] else { panic!("{described:?}") };
    assert_eq!((input.name.as_str(), &input.element), ("in", &PortType::Known(ElementType::U8)));
    assert_eq!(described.outputs[0].name, "out");
    // A graph is the same for the host and for guests.
    let graph = registry.named("usual", &Control::unbounded()).unwrap();
    assert!(Arc::ptr_eq(&graph, &registry.named("usual", &Control::unbounded()).unwrap()));
    assert_eq!(backend.loads(), 3);
}
