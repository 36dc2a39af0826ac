//! Tests of the scan against models of the writer, against a real decoder, and against any bytes.

use super::{Limits, Summary, locations, scan};
use crate::ErrorKind;
use nn_models::hostile::broken;
use nn_models::hostile::external::{self, Reference};
use nn_models::onnx::{GraphProto, Message, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, models};
use proptest::prelude::*;

const SECRET: Reference<'_> = Reference { location: "secret", offset: 0, length: 16 };

const GENEROUS: Limits = Limits { nodes: 1000, depth: 30, bytes: 1 << 30, owner: None };

fn kind(bytes: &[u8]) -> Option<ErrorKind> {
    scan(bytes, &GENEROUS).err().map(|error| error.kind())
}

#[test]
fn models_are_counted() {
    let chain = scan(&models::matmul_chain(4, 7).onnx(), &GENEROUS).unwrap();
    assert_eq!((chain.nodes, chain.depth, chain.unknown), (7, 1, 0));
    // A cast, then `If` and `Identity` on each level, and one sum inside.
    let nested = scan(&models::nested_ifs(3), &GENEROUS).unwrap();
    assert_eq!((nested.nodes, nested.depth), (1 + 2 * 3 + 1, 4));
    assert_eq!(scan(&[], &GENEROUS).unwrap().nodes, 0);
}

#[test]
fn limits_are_exact() {
    let bytes = models::nested_ifs(3);
    let Summary { nodes, depth, bytes: size, .. } = scan(&bytes, &GENEROUS).unwrap();
    let exact = Limits { nodes, depth, bytes: size, owner: None };
    assert!(scan(&bytes, &exact).is_ok());
    for less in [
        Limits { nodes: nodes - 1, ..exact.clone() },
        Limits { depth: depth - 1, ..exact.clone() },
        Limits { bytes: size - 1, ..exact.clone() },
    ] {
        assert_eq!(scan(&bytes, &less).unwrap_err().kind(), ErrorKind::TooLarge, "{less:?}");
    }
}

#[test]
fn data_elsewhere_is_refused_wherever_it_is_named() {
    for case in external::everywhere(&SECRET) {
        assert_eq!(kind(&case.model), Some(ErrorKind::Unsupported), "{}", case.name);
    }
    assert_eq!(kind(&external::only_words()), None);
}

#[test]
fn a_location_in_the_upper_half_is_a_location() {
    // Decoders keep the lower 32 bits, of which these are none and one.
    for location in [1 << 32, 1 << 32 | 1, u64::MAX, 2] {
        let tensor = TensorProto::empty().raw(Message::new().varint(14, location));
        let model = ModelProto::new(GraphProto::new("g").initializer(tensor)).into_bytes();
        assert_eq!(kind(&model), Some(ErrorKind::Unsupported), "{location}");
    }
    let inside = TensorProto::empty().raw(Message::new().varint(14, 0));
    assert_eq!(kind(&ModelProto::new(GraphProto::new("g").initializer(inside)).into_bytes()), None);
}

#[test]
fn what_decoders_disagree_on_is_refused() {
    let graph = |fields: Message| Message::new().message(7, fields).into_bytes();
    for (what, bytes) in [
        ("a group", graph(Message::new()).into_iter().chain([0x0b, 0x0c]).collect()),
        ("a text as a number", graph(Message::new().varint(2, 1))),
        ("a graph as a number", Message::new().varint(7, 1).into_bytes()),
        ("a number as a text", Message::new().bytes(1, "8").into_bytes()),
        ("the field 0", vec![0x02, 0x00]),
        ("a wire type that is none", vec![0x0e, 0x00]),
        ("65 bits", vec![0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]),
        ("half a number", vec![0x08, 0x80]),
        ("half a text", vec![0x12, 0x02, b'a']),
        ("half a number in a run", {
            let tensor = TensorProto::empty().raw(Message::new().bytes(7, [0x80]));
            ModelProto::new(GraphProto::new("g").initializer(tensor)).into_bytes()
        }),
    ] {
        assert_eq!(kind(&bytes), Some(ErrorKind::Runtime), "{what}");
    }
}

#[test]
fn unknown_fields_are_counted() {
    // Four each, in the model, the graph, a node and a tensor.
    assert_eq!(scan(&external::unknown_fields(), &GENEROUS).unwrap().unknown, 16);
}

#[test]
fn small_bytes_that_decode_to_much_are_charged_for() {
    // An empty node is two bytes, an unnamed dimension too, and a small number of 64 bits is one.
    let nodes = (0..1000).fold(Message::new(), |graph, _| graph.message(1, Message::new()));
    let dimensions = (0..1000).fold(Message::new(), |shape, _| shape.message(1, Message::new()));
    let value = Message::new().message(2, Message::new().message(1, Message::new().message(2, dimensions)));
    let numbers = Message::new().message(5, Message::new().packed(7, &[1; 1000]));
    for (graph, least) in
        [(nodes, 1000 * 170), (Message::new().message(12, value), 1000 * 56), (numbers, 1000 * 8)]
    {
        let model = Message::new().message(7, graph).into_bytes();
        assert!(scan(&model, &GENEROUS).unwrap().bytes >= least);
    }
}

#[test]
fn damaged_files_are_no_surprise() {
    let whole = models::nested_ifs(3);
    for half in broken::beginnings(&whole).chain([whole.as_slice()]) {
        let _ = kind(half);
    }
    for mutant in broken::mutants(&whole, 1).take(10_000) {
        let _ = kind(&mutant);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_looked_at(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = kind(&bytes);
    }
}

#[test]
fn files_outside_of_the_model_are_found() {
    let weights = |name: &str| TensorProto::without_data(name, Element::F32, &[2]).external();
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[2])
        .initializer(weights("a").external_data(&[("offset", "8"), ("location", "w.bin")]))
        .initializer(weights("b").external_data(&[("location", "more/w.bin"), ("length", "8")]))
        .initializer(weights("c").external_data(&[("location", "w.bin")]))
        .node(NodeProto::new("Add", &["x", "a"], &["y"]))
        .output("y", Element::F32, &[2]);
    let found = locations(&ModelProto::new(graph).into_bytes()).unwrap();
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["more/w.bin", "w.bin"]);
    assert!(locations(&models::scalar().onnx()).unwrap().is_empty());
    assert!(locations(b"no model").is_err());
}
