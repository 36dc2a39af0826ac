//! The checks on a model's operators before ONNX Runtime reads it: code that is in files, and what ONNX Runtime 1.32 computes in
//! another way than ONNX says. A wrong answer is worse than none, so such a model is refused.

use std::collections::HashMap;
use wasi_nn::onnx_scan::view::{Graph, Model, Node, Tensor};
use wasi_nn::{Error, Printable};

/// Checks all operators of a model.
pub(super) fn check(model: &Model<'_>) -> Result<(), Error> {
    let functions: Vec<_> = model.functions.iter().map(|function| (function.domain, function.name)).collect();
    let outermost = Scope { outer: None, own: &functions, constants: HashMap::new() };
    outermost.graph(&model.graph)?;
    model.functions.iter().try_for_each(|function| outermost.nodes(&function.nodes, &[]))
}

/// A graph with those around it.
struct Scope<'a, 'o> {
    outer: Option<&'o Scope<'a, 'o>>,
    /// Functions of the model's own, by domain and name: nodes with such a name are none of ONNX's operators.
    own: &'o [(&'a str, &'a str)],
    constants: HashMap<&'a str, &'o Tensor<'a>>,
}

impl<'a> Scope<'a, '_> {
    fn graph(&self, graph: &Graph<'a>) -> Result<(), Error> {
        self.nodes(&graph.nodes, &graph.constants)
    }

    fn nodes(&self, nodes: &[Node<'a>], constants: &[Tensor<'a>]) -> Result<(), Error> {
        let mut all: HashMap<_, _> = constants.iter().map(|tensor| (tensor.name, tensor)).collect();
        for node in nodes.iter().filter(|node| node.operator == "Constant") {
            let tensor = node.attribute("value").and_then(|attribute| attribute.tensor.as_ref());
            all.extend(node.output(0).zip(tensor));
        }
        let scope = Scope { outer: Some(self), own: self.own, constants: all };
        nodes.iter().try_for_each(|node| scope.node(node))
    }

    fn node(&self, node: &Node<'a>) -> Result<(), Error> {
        let is_onnx = node.domain.is_empty() || node.domain == "ai.onnx";
        let is_own = self.own.contains(&(node.domain, node.operator));
        match node.operator {
            "EPContext" if !is_embedded(node) => {
                return Err(Error::unsupported(format!(
                    "the operator `EPContext` of the node `{}` has its code in a file; have the code put into the model",
                    name(node)
                )));
            }
            "MaxUnpool" if is_onnx && !is_own && node.input(2).is_some() => {
                return Err(differs(
                    node,
                    "with an output shape it puts elements where they are without one",
                ));
            }
            "Resize" if is_onnx && !is_own && self.corners_are_rounded(node) => {
                return Err(differs(
                    node,
                    "with `align_corners` it takes rounded sizes where ONNX multiplies by scales that are no integers",
                ));
            }
            _ => {}
        }
        let graphs = node.attributes.iter().flat_map(|attribute| &attribute.graphs);
        graphs.into_iter().try_for_each(|graph| self.graph(graph))
    }

    fn corners_are_rounded(&self, node: &Node<'_>) -> bool {
        let mode = node.attribute("coordinate_transformation_mode");
        if mode.is_none_or(|mode| mode.text != b"align_corners") || node.input(3).is_some() {
            return false;
        }
        let scales =
            node.input(2).and_then(|name| self.constant(name)).and_then(|tensor| tensor.floats().ok()?);
        !scales.is_some_and(|scales| scales.iter().all(|scale| scale.fract() == 0.0))
    }

    fn constant(&self, name: &str) -> Option<&Tensor<'a>> {
        self.constants.get(name).copied().or_else(|| self.outer?.constant(name))
    }
}

/// Whether an operator of compiled code has the code in itself, as it has if it says nothing.
fn is_embedded(node: &Node<'_>) -> bool {
    node.attribute("embed_mode").is_none_or(|mode| mode.int == 1 && mode.refers_to.is_empty())
}

fn differs(node: &Node<'_>, why: &str) -> Error {
    Error::unsupported(format!(
        "ONNX Runtime computes the operator `{}` of the node `{}` in another way than the model says: {why}; give the model to \
         another backend",
        node.operator,
        name(node)
    ))
}

/// The name of a node, or of its first output if it has none.
fn name<'a>(node: &Node<'a>) -> Printable<'a> {
    let mut names = [node.name].into_iter().chain(node.outputs.iter().copied());
    Printable::at_most(names.find(|name| !name.is_empty()).unwrap_or_default(), 64)
}
