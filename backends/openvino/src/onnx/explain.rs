//! The sentence in front of OpenVINO's own words, when it could not read or compile an ONNX model.

use super::{name, quoted};
use std::fs;
use wasi_nn::onnx_scan::view::{Graph, Model as View, Node};
use wasi_nn::{Error, GraphEncoding, Model, Source};

/// A complaint of OpenVINO's about an operator.
struct Complaint {
    /// What stands before the name of the operator.
    before: &'static str,
    /// What stands before the name of the node, if it is there.
    before_node: Option<&'static str>,
    /// What OpenVINO does about the operator, in our words.
    what: &'static str,
}

const COMPLAINTS: [Complaint; 4] = [
    Complaint {
        before: "No conversion rule found for operations: ",
        before_node: None,
        what: "has no operator",
    },
    Complaint { before: "detailed log: -- ", before_node: None, what: "cannot convert the operator" },
    Complaint {
        before: "Unsupported operation of type: ",
        before_node: Some(" name: "),
        what: "cannot run the operator",
    },
    Complaint {
        before: "CPU plug-in doesn't support ",
        before_node: Some("Operation name: "),
        what: "has to know before how many dimensions there are, as it does not of the operator",
    },
];

/// Names the operator and the node that OpenVINO complained about, if the complaint names one.
pub(crate) fn explain(model: &Model, error: Error) -> Error {
    if model.encoding != GraphEncoding::Onnx {
        return error;
    }
    let text = error.to_string();
    let after = |before: &str| Some(text.split_once(before)?.1.split([',', ' ']).next()?.to_owned());
    let complaint = COMPLAINTS.iter().find_map(|complaint| Some((complaint, after(complaint.before)?)));
    let Some((Complaint { before_node, what, .. }, named)) = complaint else { return error };
    // As `ai.onnx.ml.Binarizer`, or `Det-22` with the version.
    let operator = named.rsplit('.').next().and_then(|name| name.split('-').next()).unwrap_or_default();
    let read;
    let bytes = match &model.source {
        Source::Served(_) => None,
        Source::Bytes(parts) => parts.first().map(Vec::as_slice),
        Source::Files(files) => {
            read = files.first().and_then(|file| fs::read(file).ok());
            read.as_deref()
        }
    };
    let view = bytes.and_then(|bytes| View::new(bytes).ok());
    let find = |is_it: &dyn Fn(&Node<'_>) -> bool| {
        view.as_ref().and_then(|view| find(&view.graph, is_it)).map(|node| quoted(name(node)))
    };
    // OpenVINO makes several operators of some, and then names one that the model has not.
    let node = before_node
        .and_then(after)
        .and_then(|named| find(&|node| node.name == named || node.outputs.contains(&named.as_str())))
        .or_else(|| find(&|node| node.operator == operator));
    let whose = node.map_or(String::new(), |node| format!(", which the node {node} needs"));
    Error::unsupported(format!(
        "OpenVINO {what} {}{whose}; give the model to another backend, such as the embedded ONNX engine: {text}",
        quoted(operator)
    ))
}

fn find<'a, 'b>(graph: &'b Graph<'a>, is_it: &dyn Fn(&Node<'_>) -> bool) -> Option<&'b Node<'a>> {
    graph.nodes.iter().find_map(|node| {
        let graphs = || node.attributes.iter().flat_map(|attribute| &attribute.graphs);
        if is_it(node) { Some(node) } else { graphs().find_map(|graph| find(graph, is_it)) }
    })
}
