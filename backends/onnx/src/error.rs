//! The conversion of tract's errors into errors of `wasi-nn`: our sentence first, with the operator and the node, and then
//! the engine's, bounded and without characters that act on a terminal.

use std::fmt;
use tract_onnx::prelude::{TractError, TractResult};
use wasi_nn::{Error, Printable};

/// Characters of what the engine says, which quotes the model.
const MAX_MESSAGE: usize = 400;

/// How the engine begins what it says of a node that it cannot go on with.
const NODES: [&str; 2] = ["Failed analyse for node ", "Translating node "];

/// What the engine says of models that are right, and what that means.
const REASONS: &[(&str, &str)] = &[
    ("Bool is not a number", "it takes no truth values there"),
    ("No super type for", "its inputs have types that do not go together there"),
    ("Wrong number of outputs", "it has another number of outputs there"),
    ("a_rank > 1 || b_rank > 1", "it does not multiply two vectors"),
    ("attempt to shift", "it shifts by no more bits than the numbers have"),
    ("is variable", "an input of it has to be a constant"),
    ("must be a const", "an input of it has to be a constant"),
];

/// The node that an error is about, as the model has it.
#[derive(Clone, Debug)]
pub(crate) struct AtNode {
    operator: String,
    name: String,
}

impl AtNode {
    /// A node with its operator, and its own name or that of its first output.
    pub(crate) fn new(operator: &str, name: &str) -> Self {
        AtNode { operator: operator.to_owned(), name: name.to_owned() }
    }

    /// Says of an error that it is about the node, unless it is already about one inside of it.
    pub(crate) fn blame<T>(&self, result: TractResult<T>) -> TractResult<T> {
        result.map_err(|error| match error.is::<AtNode>() || error.is::<Error>() {
            true => error,
            false => error.context(self.clone()),
        })
    }

    /// The node that the engine names in what it says.
    fn said(error: &TractError) -> Option<Self> {
        let find = |said: String| {
            let node = NODES.iter().find_map(|start| said.strip_prefix(start))?;
            // As `#7 "name" Operator`.
            let (_, name) = node.split_once('"')?;
            let (name, operator) = name.split_once("\" ")?;
            Some(AtNode::new(operator.split(' ').next().unwrap_or_default(), name))
        };
        error.chain().filter_map(|error| find(error.to_string())).last()
    }
}

impl fmt::Display for AtNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the operator {} of the node {}", quoted(&self.operator), quoted(&self.name))
    }
}

/// An error of the engine's; one of ours that passed through the engine comes out again.
pub(super) fn explain(doing: &str, error: &TractError) -> Error {
    if let Some(ours) = error.downcast_ref::<Error>() {
        return ours.clone();
    }
    let node = error.downcast_ref::<AtNode>().cloned().or_else(|| AtNode::said(error));
    let name = node.as_ref().map(ToString::to_string);
    let said = error.chain().map(ToString::to_string).filter(|said| Some(said) != name.as_ref());
    let said = said.collect::<Vec<_>>().join(": ");
    let engine = Printable::at_most(&said, MAX_MESSAGE);
    let Some(node) = node else {
        return Error::runtime(format!("the embedded ONNX engine failed while {doing}: {engine}"));
    };
    let reason = REASONS.iter().find(|(part, _)| said.contains(part));
    let reason = reason.map_or(String::new(), |(_, reason)| format!(": {reason}"));
    Error::runtime(format!(
        "the embedded ONNX engine cannot go on with {node}{reason}; correct the model or its inputs, or give it to another \
         backend, such as OpenVINO; the engine says: {engine}"
    ))
}

/// A name that the model has, in quotes: bounded, and without characters that act on a terminal.
pub(super) fn quoted(name: &str) -> String {
    /// Enough for what exporters name things.
    const CHARS: usize = 64;
    format!("`{}`", Printable::at_most(name, CHARS))
}
