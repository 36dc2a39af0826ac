//! The scan against models of the writer, against a real decoder, and against any bytes.

use super::{Limits, Summary, locations, scan};
use crate::ErrorKind;
use nn_models::hostile::broken;
use nn_models::hostile::external::{self, Reference};
use nn_models::onnx::{GraphProto, Message, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, models};
use proptest::prelude::*;

const SECRET: Reference<'_> = Reference { location: "secret", offset: 0, length: 16 };

const GENEROUS: Limits = Limits { nodes: 1000, depth: 30, bytes: 1 << 30 };

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
    let exact = Limits { nodes, depth, bytes: size };
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

/// Against `prost`, as the embedded engine uses it.
#[cfg(feature = "onnx")]
mod decoder {
    use super::*;
    use tract_onnx::pb::{self, AttributeProto, ModelProto as Decoded, NodeProto as Node, SparseTensorProto};
    use tract_onnx::prelude::Framework;

    fn decode(bytes: &[u8]) -> Option<Decoded> {
        tract_onnx::onnx().proto_model_for_read(&mut &*bytes).ok()
    }

    /// What a decoder found.
    #[derive(Debug, Default, PartialEq)]
    struct Found {
        nodes: u64,
        depth: u32,
        is_external: bool,
    }

    impl Found {
        fn model(model: &Decoded) -> Self {
            let mut found = Found::default();
            let training = model.training_info.iter();
            let trained = training.flat_map(|info| info.initialization.iter().chain(&info.algorithm));
            for graph in model.graph.iter().chain(trained) {
                found.graph(graph, 1);
            }
            for function in &model.functions {
                function.node.iter().for_each(|node| found.node(node, 0));
            }
            found
        }

        fn graph(&mut self, graph: &pb::GraphProto, depth: u32) {
            self.depth = self.depth.max(depth);
            graph.initializer.iter().for_each(|tensor| self.tensor(tensor));
            graph.sparse_initializer.iter().for_each(|tensor| self.sparse(tensor));
            graph.node.iter().for_each(|node| self.node(node, depth));
        }

        fn node(&mut self, node: &Node, depth: u32) {
            self.nodes += 1;
            for AttributeProto { t, tensors, sparse_tensor, sparse_tensors, g, graphs, .. } in &node.attribute
            {
                t.iter().chain(tensors).for_each(|tensor| self.tensor(tensor));
                sparse_tensor.iter().chain(sparse_tensors).for_each(|tensor| self.sparse(tensor));
                g.iter().chain(graphs).for_each(|graph| self.graph(graph, depth + 1));
            }
        }

        fn sparse(&mut self, tensor: &SparseTensorProto) {
            tensor.values.iter().chain(&tensor.indices).for_each(|tensor| self.tensor(tensor));
        }

        fn tensor(&mut self, tensor: &pb::TensorProto) {
            self.is_external |= tensor.data_location.is_some_and(|location| location != 0);
            self.is_external |= !tensor.external_data.is_empty();
        }
    }

    /// The scan may refuse more than the decoder, but must not miss what the decoder sees.
    fn agree(bytes: &[u8]) {
        let Some(decoded) = decode(bytes) else { return };
        let found = Found::model(&decoded);
        if let Ok(summary) = scan(bytes, &GENEROUS) {
            let seen = Found { nodes: summary.nodes, depth: summary.depth, is_external: false };
            assert_eq!(seen, found);
        }
    }

    fn tensor() -> impl Strategy<Value = TensorProto> {
        prop_oneof![
            6 => Just(TensorProto::new("t", &nn_models::Tensor::f32(&[2], &[1.0, 2.0]))),
            1 => Just(TensorProto::without_data("t", Element::I64, &[1]).raw(Message::new().packed(7, &[-1]))),
            1 => Just(TensorProto::empty().external()),
            1 => Just(TensorProto::empty().external_data(&[("location", "weights")])),
            1 => Just(TensorProto::empty().raw(Message::new().varint(14, 1).varint(14, 0))),
        ]
    }

    fn graph() -> impl Strategy<Value = GraphProto> {
        let leaf = proptest::collection::vec(tensor(), 0..3)
            .prop_map(|tensors| tensors.into_iter().fold(GraphProto::new("g"), GraphProto::initializer));
        leaf.prop_recursive(5, 20, 3, |inner| {
            proptest::collection::vec((inner, tensor(), any::<bool>()), 0..3).prop_map(|parts| {
                parts.into_iter().fold(GraphProto::new("g"), |graph, (inner, tensor, is_graph)| {
                    let node = NodeProto::new("If", &["c"], &["y"]);
                    graph.node(if is_graph { node.graph("g", inner) } else { node.tensor("t", tensor) })
                })
            })
        })
    }

    #[test]
    fn the_fixtures_agree() {
        for case in external::everywhere(&SECRET) {
            agree(&case.model);
        }
        for mutant in broken::mutants(&models::nested_ifs(3), 2).take(5_000) {
            agree(&mutant);
        }
    }

    proptest! {
        #[test]
        fn made_models_agree(graph in graph(), damage in proptest::option::of((any::<prop::sample::Index>(), any::<u8>()))) {
            let mut bytes = ModelProto::new(graph).into_bytes();
            if let Some((at, byte)) = damage {
                let place = at.index(bytes.len());
                bytes[place] = byte;
            }
            agree(&bytes);
        }
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
