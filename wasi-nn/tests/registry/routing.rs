//! Tests of the routing of models to backends, and of models that no backend gets.

use crate::scripted::{Scripted, error, model};
use wasi_nn::{
    Control, Device, Error, ErrorKind, ExecutionTarget, GraphEncoding, GuestModels, Model, NamedGraph,
    Origin, Registry, RegistryBuilder, Source,
};

const XML: &[u8] = b"<?xml version=\"1.0\"?><net/>";
/// A model in each encoding, in bytes, with the right number of parts.
const MODELS: [(GraphEncoding, &[&[u8]]); 5] = [
    (GraphEncoding::OpenVino, &[XML, b""]),
    (GraphEncoding::Onnx, &[b"\x08\x07\x3a\x00"]),
    (GraphEncoding::TensorFlow, &[b"\x0a\x00"]),
    (GraphEncoding::PyTorch, &[b"PK"]),
    (GraphEncoding::TensorFlowLite, &[b"\x1c\x00\x00\x00TFL3"]),
];

fn graph(name: &str, encoding: GraphEncoding) -> NamedGraph {
    NamedGraph::new(name, encoding, Source::Bytes(vec![Vec::new()]))
}

fn load(registry: &Registry, model: Model) -> Result<(), Error> {
    registry.load(model, ExecutionTarget::Cpu, &Control::unbounded()).map(drop)
}

#[test]
fn guests_may_bring_two_encodings_for_two_backends() {
    let (onnx, openvino) = (Scripted::new("onnx"), Scripted::new("openvino"));
    // The order is another's preference, and does not matter to guests' models.
    let registry = Registry::builder()
        .backend(openvino.clone())
        .backend(onnx.clone())
        .guest_models(GuestModels::InProcess)
        .build()
        .unwrap();
    for (encoding, parts) in MODELS {
        let loaded = load(&registry, model(encoding, parts)).map_err(|error| error.kind());
        let is_safe = matches!(encoding, GraphEncoding::OpenVino | GraphEncoding::Onnx);
        assert_eq!(loaded, if is_safe { Ok(()) } else { Err(ErrorKind::InvalidEncoding) }, "{encoding}");
    }
    assert_eq!(onnx.loaded(), [(GraphEncoding::Onnx, "cpu".to_owned())]);
    assert_eq!(openvino.loaded(), [(GraphEncoding::OpenVino, "cpu".to_owned())]);
}

#[test]
fn a_model_never_goes_to_a_backend_that_was_not_meant() {
    let other = Scripted::new("other");
    let builder = Registry::builder().backend(other.clone());
    let registry = builder.guest_models(GuestModels::InProcess).build().unwrap();
    for (encoding, parts) in MODELS {
        let refused = error(load(&registry, model(encoding, parts)));
        assert_eq!(refused.kind(), ErrorKind::InvalidEncoding, "{refused}");
    }
    assert_eq!(other.loads(), 0);
}

#[test]
fn guests_bring_no_models_unless_the_host_says_where_those_run() {
    let onnx = Scripted::new("onnx");
    let model = || model(GraphEncoding::Onnx, MODELS[1].1);
    for registry in [
        Registry::builder().backend(onnx.clone()).build().unwrap(),
        Registry::builder().backend(onnx.clone()).guest_models(GuestModels::None).build().unwrap(),
    ] {
        let refused = error(load(&registry, model()));
        assert_eq!(refused.kind(), ErrorKind::InvalidEncoding);
        assert!(refused.to_string().contains("`RegistryBuilder::guest_models`"), "{refused}");
    }
    // A backend of the host's own process is none that isolates.
    let isolated = Registry::builder().backend(onnx.clone()).guest_models(GuestModels::Isolated).build();
    assert!(error(isolated).to_string().contains("no backend does that"));
    assert_eq!(onnx.loads(), 0);
    assert_eq!(load(&Registry::of_backend(onnx), model()).map_err(|error| error.kind()), Ok(()));
}

#[test]
fn the_host_may_route_otherwise() {
    let other = Scripted::new("other");
    let builder = Registry::builder().backend(other.clone());
    let routed = |builder: RegistryBuilder, (encoding, _)| builder.route(encoding, "other");
    let builder = MODELS.into_iter().fold(builder, routed);
    let registry = builder.refuse(GraphEncoding::PyTorch).build().unwrap();
    for (encoding, parts) in MODELS {
        assert_eq!(load(&registry, model(encoding, parts)).is_ok(), encoding != GraphEncoding::PyTorch);
    }
}

#[test]
fn a_backend_has_a_say_too() {
    let onnx = Scripted::new("onnx").accepting(&[(GraphEncoding::Onnx, Origin::Host)]);
    let refused = error(load(&onnx.registry(), model(GraphEncoding::Onnx, &[b""])));
    assert_eq!(refused.kind(), ErrorKind::InvalidEncoding);
    assert_eq!(refused.to_string(), "backend `onnx` takes no onnx from guests");
}

#[test]
fn guests_have_bytes_and_no_files() {
    let backend = Scripted::new("onnx");
    let registry = backend.registry_with(|builder| builder.route(GraphEncoding::OpenVino, "onnx"));
    let named = Model {
        encoding: GraphEncoding::Onnx,
        source: Source::Files(vec!["model.onnx".into()]),
        origin: Origin::Host,
    };
    assert_eq!(error(load(&registry, named)).kind(), ErrorKind::InvalidArgument);
    for (encoding, parts) in [
        (GraphEncoding::Onnx, vec![]),
        (GraphEncoding::Onnx, vec![b"".as_slice(); 2]),
        (GraphEncoding::OpenVino, vec![XML]),
        (GraphEncoding::OpenVino, vec![XML; 3]),
        (GraphEncoding::OpenVino, vec![]),
    ] {
        let refused = error(load(&registry, model(encoding, &parts)));
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument, "{refused}");
    }
    assert_eq!(backend.loads(), 0);
}

#[test]
fn a_model_of_a_guest_is_never_the_hosts() {
    let backend = Scripted::new("onnx").script(|model, _, _| {
        assert_eq!(model.origin, Origin::Guest);
        Ok(())
    });
    let claimed = Model { origin: Origin::Host, ..model(GraphEncoding::Onnx, &[b""]) };
    load(&backend.registry(), claimed).unwrap();
}

#[test]
fn the_processor_stands_in_only_if_the_host_says_so() {
    let backend = Scripted::new("onnx").script(|_, device, _| match device {
        Device::Target(ExecutionTarget::Gpu | ExecutionTarget::Tpu) => {
            Err(Error::unsupported("no such device"))
        }
        _ => Ok(()),
    });
    let load = |registry: &Registry, target| {
        let loaded = registry.load(model(GraphEncoding::Onnx, &[b""]), target, &Control::unbounded());
        loaded.map(|graph| graph.device().to_owned()).map_err(|error| error.kind())
    };
    let registry = backend.registry();
    for target in [ExecutionTarget::Gpu, ExecutionTarget::Tpu] {
        assert_eq!(load(&registry, target), Err(ErrorKind::Unsupported));
    }
    let registry = backend.registry_with(|builder| builder.fall_back_to_cpu(true));
    for target in [ExecutionTarget::Gpu, ExecutionTarget::Tpu, ExecutionTarget::Cpu] {
        assert_eq!(load(&registry, target), Ok("cpu!".to_owned()));
    }
    assert_eq!(load(&registry, ExecutionTarget::Auto), Ok("auto!".to_owned()));
}

#[test]
fn the_hosts_graphs_go_to_the_first_backend_that_accepts_them_or_the_one_it_names() {
    let host = |encoding| (encoding, Origin::Host);
    let first = Scripted::new("first").accepting(&[host(GraphEncoding::Onnx)]);
    let second =
        Scripted::new("second").accepting(&[host(GraphEncoding::Onnx), host(GraphEncoding::PyTorch)]);
    let builder = Registry::builder()
        .backend(first)
        .backend(second)
        .graph(graph("a", GraphEncoding::Onnx))
        .graph(graph("b", GraphEncoding::PyTorch))
        .graph(graph("c", GraphEncoding::Onnx).backend("second"));
    let registry = builder.build().unwrap();
    let backends = ["a", "b", "c"].map(|name| registry.describe(name).unwrap().backend);
    assert_eq!(backends, ["first", "second", "second"]);
}

#[test]
fn what_cannot_work_is_refused_at_once() {
    fn onnx_only() -> Scripted {
        Scripted::new("onnx").accepting(&[(GraphEncoding::Onnx, Origin::Host)])
    }
    let refused = |change: fn(RegistryBuilder) -> RegistryBuilder| {
        error(change(Registry::builder().backend(onnx_only())).build()).to_string()
    };
    assert_eq!(
        refused(|builder| builder.graph(graph("x", GraphEncoding::PyTorch))),
        "graph `x`: no backend reads pytorch; there are: `onnx`"
    );
    assert_eq!(
        refused(|builder| builder.graph(graph("x", GraphEncoding::PyTorch).backend("onnx"))),
        "graph `x`: backend `onnx` reads no pytorch"
    );
    assert_eq!(
        refused(|builder| builder.graph(graph("x", GraphEncoding::Onnx).backend("ort"))),
        "graph `x`: there is no backend `ort`; there are: `onnx`"
    );
    assert_eq!(
        refused(|builder| builder.route(GraphEncoding::Onnx, "ort")),
        "there is no backend `ort`; there are: `onnx`"
    );
    assert_eq!(refused(|builder| builder.backend(onnx_only())), "there are two backends `onnx`");
}
