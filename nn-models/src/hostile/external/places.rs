//! Models with a tensor outside of the model, one for each place in an ONNX model where a tensor can stand.

use super::{Named, Reference, copy, named};
use crate::onnx::{
    DataType, FunctionProto, GraphProto, Message, ModelProto, NodeProto, SparseTensorProto, TensorProto,
};
use crate::{Element, Tensor};

/// One model for each place where a tensor can stand.
#[must_use]
pub fn in_every_place(reference: &Reference<'_>) -> Vec<Named<Vec<u8>>> {
    let mut all = in_graphs(reference);
    all.extend(in_attributes(reference));
    all.extend(in_sparse_tensors(reference));
    all.extend(in_functions(reference));
    all.extend(in_training(reference));
    all
}

fn in_graphs(reference: &Reference<'_>) -> Vec<Named<Vec<u8>>> {
    let branch = || reference.graph(plain(), constant(reference));
    let nested = || reference.graph(with_condition(), if_of(branch()));
    vec![
        named("initializer", reference.model(plain().initializer(reference.tensor()), copy())),
        named("initializer that nothing uses", {
            let spare = reference.tensor().raw(Message::new().bytes(8, "spare"));
            reference.model(plain().initializer(reference.harmless()).initializer(spare), copy())
        }),
        named("branch of an If", reference.model(with_condition(), if_of(branch()))),
        named("initializer in a branch of an If", {
            let branch = reference.graph(plain().initializer(reference.tensor()), copy());
            reference.model(with_condition(), if_of(branch))
        }),
        named("branch in a branch", reference.model(with_condition(), if_of(nested()))),
        named("body of a Loop", loop_of(reference)),
    ]
}

fn in_attributes(reference: &Reference<'_>) -> Vec<Named<Vec<u8>>> {
    // No operation has such an attribute, but a reader decodes it before it knows.
    let spare = |kind, value| {
        reference.model(plain().initializer(reference.harmless()), copy().attribute("spare", kind, value))
    };
    let graph = reference.graph(plain(), constant(reference));
    vec![
        named("attribute", reference.model(plain(), constant(reference))),
        named("attribute of a list of tensors", spare(9, Message::new().message(10, reference.tensor()))),
        named("attribute of a list of graphs", spare(10, Message::new().message(11, graph))),
    ]
}

fn in_sparse_tensors(reference: &Reference<'_>) -> Vec<Named<Vec<u8>>> {
    let values = || SparseTensorProto::new(reference.tensor(), every_index(reference), &reference.shape());
    let attribute = |kind, field| {
        let node = NodeProto::new("Constant", &[], &["y"]);
        let value = Message::new().message(field, values());
        reference.model(plain(), node.attribute("sparse_value", kind, value))
    };
    let indices = {
        let count = i64::from(reference.length / 8);
        let indices = TensorProto::without_data("", Element::I64, &[count]);
        let zeros = vec![0; usize::from(reference.length / 8)];
        let zeros =
            Tensor { element: Element::U8, dims: vec![u32::from(reference.length / 8)], bytes: zeros };
        let indices = reference.locate(indices).external();
        SparseTensorProto::new(TensorProto::new("w", &zeros), indices, &reference.shape())
    };
    vec![
        named("values of a sparse initializer", {
            reference.model(plain().sparse_initializer(values()), copy())
        }),
        named("indices of a sparse initializer", {
            reference.model(plain().sparse_initializer(indices), copy())
        }),
        named("sparse attribute", attribute(11, 22)),
        named("attribute of a list of sparse tensors", attribute(12, 23)),
    ]
}

fn in_functions(reference: &Reference<'_>) -> Vec<Named<Vec<u8>>> {
    let function = || FunctionProto::new("ours", "Secret", &[], &["y"]);
    let with = |function: FunctionProto| {
        let graph = reference.graph(plain(), NodeProto::new("Secret", &[], &["y"]).domain("ours"));
        ModelProto::new(graph).opset("ours", 1).function(function).into_bytes()
    };
    let by_name = Message::new().bytes(21, "what");
    let by_name = NodeProto::new("Constant", &[], &["y"]).attribute("value", 4, by_name);
    let default = Message::new().message(5, reference.tensor());
    vec![
        named("body of a function", with(function().node(constant(reference)))),
        named("default of a function's attribute", {
            with(function().node(by_name).default_attribute("what", 4, default))
        }),
    ]
}

fn in_training(reference: &Reference<'_>) -> Vec<Named<Vec<u8>>> {
    let with = |field| {
        let graph = reference.graph(plain().initializer(reference.harmless()), copy());
        let training = Message::new().message(field, reference.graph(plain(), constant(reference)));
        ModelProto::new(graph).raw(Message::new().message(20, training)).into_bytes()
    };
    vec![named("initialization for training", with(1)), named("algorithm of training", with(2))]
}

fn plain() -> GraphProto {
    GraphProto::new("external")
}

fn with_condition() -> GraphProto {
    plain().initializer(TensorProto::bool("yes", true))
}

/// `y` is the constant.
fn constant(reference: &Reference<'_>) -> NodeProto {
    NodeProto::new("Constant", &[], &["y"]).tensor("value", reference.tensor())
}

/// `y` is that of a graph, which stands in both branches.
fn if_of(branch: GraphProto) -> NodeProto {
    NodeProto::new("If", &["yes"], &["y"]).graph("then_branch", branch.clone()).graph("else_branch", branch)
}

/// One round, out of which the constant comes.
fn loop_of(reference: &Reference<'_>) -> Vec<u8> {
    let body = GraphProto::new("body")
        .input("round", Element::I64, &[])
        .input("go_on", DataType::BOOL, &[])
        .input("before", Element::U8, &reference.shape())
        .node(NodeProto::new("Identity", &["go_on"], &["still"]))
        .output("still", DataType::BOOL, &[]);
    let start = with_condition()
        .initializer(TensorProto::new("once", &Tensor::i64(&[], &[1])))
        .initializer(reference.harmless());
    let rounds = NodeProto::new("Loop", &["once", "yes", "w"], &["y"]);
    reference.model(start, rounds.graph("body", reference.graph(body, constant(reference))))
}

/// Indices for a sparse tensor that lacks nothing.
fn every_index(reference: &Reference<'_>) -> TensorProto {
    let indices: Vec<i64> = (0..i64::from(reference.length)).collect();
    TensorProto::new("", &Tensor::i64(&[reference.length.into()], &indices))
}
