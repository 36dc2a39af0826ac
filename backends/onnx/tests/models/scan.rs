//! Tests of the scan of ONNX bytes against `prost`, the decoder that the embedded engine uses.

use nn_models::hostile::broken;
use nn_models::hostile::external::{self, Reference};
use nn_models::onnx::{GraphProto, Message, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, models};
use proptest::prelude::*;
use tract_onnx::pb::{self, AttributeProto, ModelProto as Decoded, NodeProto as Node, SparseTensorProto};
use tract_onnx::prelude::Framework;
use wasi_nn::onnx_scan::{Limits, scan};

const SECRET: Reference<'_> = Reference { location: "secret", offset: 0, length: 16 };

const GENEROUS: Limits = Limits { nodes: 1000, depth: 30, bytes: 1 << 30, owner: None };

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
        for AttributeProto { t, tensors, sparse_tensor, sparse_tensors, g, graphs, .. } in &node.attribute {
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
