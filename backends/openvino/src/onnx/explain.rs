//! The sentence in front of OpenVINO's own words, when it could not read an ONNX model.

use super::{name, quoted};
use std::fs;
use wasi_nn::onnx_scan::view::{Graph, Model as View, Node};
use wasi_nn::{Error, Model, Source};

/// What OpenVINO says before the names of operators that it lacks, and before one that it did not get along with.
const LACKS: &str = "No conversion rule found for operations: ";
const FAILED: &str = "detailed log: -- ";

/// Names the operator and the node that OpenVINO complained about, if the complaint names one.
pub(crate) fn explain(model: &Model, error: Error) -> Error {
    let text = error.to_string();
    let named = |after: &str| Some(text.split_once(after)?.1.split([',', ' ']).next()?.to_owned());
    let (what, named) = match (named(LACKS), named(FAILED)) {
        (Some(named), _) => ("has no operator", named),
        (None, Some(named)) => ("cannot convert the operator", named),
        (None, None) => return error,
    };
    // As `ai.onnx.ml.Binarizer`, or `Det-22` with the version.
    let operator = named.rsplit('.').next().and_then(|name| name.split('-').next()).unwrap_or_default();
    let read;
    let bytes = match &model.source {
        Source::Bytes(parts) => parts.first().map(Vec::as_slice),
        Source::Files(files) => {
            read = files.first().and_then(|file| fs::read(file).ok());
            read.as_deref()
        }
    };
    let view = bytes.and_then(|bytes| View::new(bytes).ok());
    let node = view.as_ref().and_then(|view| find(&view.graph, operator));
    // OpenVINO makes several operators of some, and then names one that the model has not.
    let whose = node.map_or(String::new(), |node| format!(", which the node {} needs", quoted(name(node))));
    Error::unsupported(format!(
        "OpenVINO {what} {}{whose}; give the model to another backend, such as the embedded ONNX engine: {text}",
        quoted(operator)
    ))
}

fn find<'a, 'b>(graph: &'b Graph<'a>, operator: &str) -> Option<&'b Node<'a>> {
    graph.nodes.iter().find_map(|node| {
        let graphs = || node.attributes.iter().flat_map(|attribute| &attribute.graphs);
        let is_it = node.operator == operator;
        if is_it { Some(node) } else { graphs().find_map(|graph| find(graph, operator)) }
    })
}
