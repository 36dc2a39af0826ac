//! Tests of the backends that a graph of the host's is given to, one after the other, and of what each is told.

use crate::scripted::{Scripted, error, model};
use std::num::NonZeroU32;
use wasi_nn::{
    Control, Device, Error, ErrorKind, ExecutionTarget, GraphEncoding, GuestModels, LoadOptions, NamedGraph,
    Origin, Precision, Registry, RegistryBuilder, Source,
};

fn graph(name: &str) -> NamedGraph {
    NamedGraph::new(name, GraphEncoding::Onnx, Source::Bytes(vec![Vec::new()]))
}

fn refusing(name: &str, kind: ErrorKind, why: &'static str) -> Scripted {
    Scripted::new(name).script(move |_, _, _| Err(Error::new(kind, why)))
}

fn with(backends: &[&Scripted], graph: NamedGraph) -> Registry {
    let builder = Registry::builder().graph(graph).guest_models(GuestModels::InProcess);
    backends.iter().fold(builder, |builder, backend| builder.backend((*backend).clone())).build().unwrap()
}

fn named(registry: &Registry) -> Result<(), Error> {
    registry.named("g", &Control::unbounded()).map(drop)
}

#[test]
fn the_next_backend_is_asked_if_one_refuses() {
    let first = refusing("first", ErrorKind::Unsupported, "no operator `Odd`");
    let panicking = Scripted::new("panicking").script(|_, _, _| panic!("a mistake"));
    let blind = Scripted::new("blind").accepting(&[(GraphEncoding::PyTorch, Origin::Host)]);
    let (third, last) = (Scripted::new("third"), Scripted::new("last"));
    let registry = with(&[&first, &panicking, &blind, &third, &last], graph("g"));
    let described = registry.describe("g").unwrap();
    assert_eq!(described.backend, "third");
    let others: Vec<_> =
        described.others.iter().map(|other| (other.backend.as_str(), other.reason.as_str())).collect();
    assert_eq!(
        others,
        [
            ("first", "no operator `Odd`"),
            ("panicking", "the backend panicked: a mistake"),
            ("last", "not asked: `third` comes first"),
            ("blind", "it reads no onnx"),
        ]
    );
    // It is kept: nobody is asked again.
    named(&registry).unwrap();
    let asked = [&first, &panicking, &blind, &third, &last].map(Scripted::loads);
    assert_eq!(asked, [1, 1, 0, 1, 0]);
}

#[test]
fn if_all_refuse_each_has_its_say() {
    let first = refusing("first", ErrorKind::Unsupported, "no operator `Odd`");
    let second = refusing("second", ErrorKind::TooLarge, "12 bytes");
    let third = refusing("third", ErrorKind::Runtime, "no library");
    let registry = with(&[&first, &second, &third], graph("g"));
    let refused = error(named(&registry));
    assert_eq!(
        refused.to_string(),
        "graph `g`: first: no operator `Odd`; second: 12 bytes; third: no library"
    );
    // What a backend lacks is not what a guest should hear of if another has it and fails.
    assert_eq!(refused.kind(), ErrorKind::TooLarge);
    let refused = error(named(&with(&[&first, &first.renamed("other")], graph("g"))));
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
}

/// Libraries repeat the model, and models have names with any characters.
#[test]
fn what_many_say_is_bounded_and_escaped() {
    const LONG: &str = "\u{1b}[31m\nforged ";
    let long = Scripted::new("long").script(|_, _, _| Err(Error::runtime(LONG.repeat(1000))));
    let refused = error(named(&with(&[&long, &long.renamed("other")], graph("g")))).to_string();
    assert!(refused.starts_with("graph `g`: long: \\u{1b}[31m\\nforged \\u{1b}"), "{refused}");
    assert!(refused.contains("...; other: \\u{1b}[31m"), "{refused}");
    assert!(refused.len() < 2500 && !refused.contains(['\n', '\u{1b}']), "{refused}");
}

#[test]
fn what_may_go_a_moment_later_stays_where_it_is() {
    let busy = refusing("busy", ErrorKind::Busy, "later");
    let other = Scripted::new("other");
    let refused = error(named(&with(&[&busy, &other], graph("g"))));
    assert_eq!((refused.kind(), refused.to_string()), (ErrorKind::Busy, "graph `g`: later".to_owned()));
    assert_eq!(other.loads(), 0);
}

/// What one reader refuses may be an attack on the next.
#[test]
fn bytes_of_guests_never_move_on() {
    for kind in [ErrorKind::Runtime, ErrorKind::Unsupported, ErrorKind::InvalidEncoding] {
        let onnx = refusing("onnx", kind, "no");
        let (openvino, other) = (Scripted::new("openvino"), Scripted::new("other"));
        for order in [[&onnx, &openvino, &other], [&other, &openvino, &onnx]] {
            let registry = with(&order, graph("g"));
            for target in [ExecutionTarget::Cpu, ExecutionTarget::Auto] {
                let guests = model(GraphEncoding::Onnx, &[b""]);
                let refused = error(registry.load(guests, target, &Control::unbounded()));
                assert_eq!(refused.kind(), kind);
            }
        }
        assert_eq!((onnx.loads(), openvino.loads(), other.loads()), (4, 0, 0));
    }
}

#[test]
fn a_graph_has_an_order_of_its_own() {
    let (a, b, c) = (Scripted::new("a"), refusing("b", ErrorKind::Runtime, "no"), Scripted::new("c"));
    let registry = with(&[&a, &b, &c], graph("g").backend("b").backend("c"));
    let described = registry.describe("g").unwrap();
    assert_eq!(described.backend, "c");
    let others: Vec<_> = described.others.iter().map(|other| other.reason.as_str()).collect();
    assert_eq!(others, ["no", "the host has named others for the graph"]);
    let refused = error(named(&with(&[&a, &b, &c], graph("g").backend("b"))));
    assert_eq!(refused.to_string(), "graph `g`: no");
    assert_eq!(a.loads(), 0);
}

#[test]
fn each_backend_is_told_how_and_hears_its_own_properties() {
    let (a, b) = (refusing("a", ErrorKind::Runtime, "no"), Scripted::new("b"));
    let how = graph("g")
        .device(Device::Named("GPU.1".to_owned()))
        .precision(Precision::Fast)
        .threads(NonZeroU32::new(3).unwrap())
        .property("b", "STREAMS", "4")
        .property("a", "url", "x")
        .property("b", "mode", "");
    named(&with(&[&a, &b], how)).unwrap();
    let mut told = LoadOptions::new(Device::Named("GPU.1".to_owned()));
    told.precision = Precision::Fast;
    told.threads = NonZeroU32::new(3);
    told.properties = vec![("url".to_owned(), "x".to_owned())];
    assert_eq!(a.told(), [told.clone()]);
    told.properties = vec![("STREAMS".to_owned(), "4".to_owned()), ("mode".to_owned(), String::new())];
    assert_eq!(b.told(), [told]);
    // Guests' models have the defaults.
    let onnx = Scripted::new("onnx");
    let guests = model(GraphEncoding::Onnx, &[b""]);
    onnx.registry().load(guests, ExecutionTarget::Gpu, &Control::unbounded()).unwrap();
    assert_eq!(onnx.told(), [LoadOptions::new(Device::Target(ExecutionTarget::Gpu))]);
}

#[test]
fn wrong_names_of_backends_are_refused_at_once() {
    let backend = Scripted::new("a").accepting(&[(GraphEncoding::Onnx, Origin::Host)]);
    let build = |graph| {
        let builder = Registry::builder().backend(backend.clone()).backend(backend.renamed("b"));
        error(builder.graph(graph).build()).to_string()
    };
    let there_are = "graph `g`: there is no backend `c`; there are: `a`, `b`";
    assert_eq!(build(graph("g").backend("a").backend("c")), there_are);
    assert_eq!(build(graph("g").property("c", "x", "y")), there_are);
    let tflite = NamedGraph::new("g", GraphEncoding::TensorFlowLite, Source::Bytes(vec![Vec::new()]));
    assert_eq!(
        build(tflite.backend("a").backend("b")),
        "graph `g`: none of the backends `a`, `b` reads tensorflowlite"
    );
}

#[test]
fn all_are_loaded_at_once_and_every_failure_is_told() {
    let backend = Scripted::new("a").script(|model, _, _| match model.encoding {
        GraphEncoding::PyTorch => Err(Error::runtime("no")),
        _ => Ok(()),
    });
    let bad = |name| NamedGraph::new(name, GraphEncoding::PyTorch, Source::Bytes(vec![Vec::new()]));
    let builder = || {
        let builder = Registry::builder().backend(backend.clone());
        [graph("d"), bad("c"), graph("b"), bad("a")].into_iter().fold(builder, RegistryBuilder::graph)
    };
    let registry = builder().build().unwrap();
    let failed = registry.load_all(&Control::unbounded()).unwrap_err();
    let failed: Vec<_> = failed.iter().map(ToString::to_string).collect();
    assert_eq!(failed, ["graph `a`: no", "graph `c`: no"]);
    assert_eq!(backend.alive(), 2);
    // Those that are there are not loaded again.
    registry.load_all(&Control::unbounded()).unwrap_err();
    assert_eq!(backend.loads(), 6);
    assert_eq!(error(builder().eager(true).build()).to_string(), "graph `a`: no; graph `c`: no");
    assert!(with(&[&backend], graph("g")).load_all(&Control::unbounded()).is_ok());
}
