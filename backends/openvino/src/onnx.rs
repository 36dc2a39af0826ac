//! The checks on an ONNX model before OpenVINO reads it.
//!
//! OpenVINO's reader ignores attributes that it does not know, and computes some operators in another way than ONNX
//! says. A wrong answer is worse than none, so such a model is refused. What is known of that is in `rules.rs`, as of
//! OpenVINO 2026.4.

mod claims;
mod conditions;
mod constants;
mod explain;
mod loops;
mod ranks;
mod rules;
mod scope;

pub(super) use claims::{Claims, Places};
pub(super) use explain::explain;
use rules::Rule;
use scope::Scope;
use wasi_nn::onnx_scan::view::{Graph, Model, Node, is_onnx};
use wasi_nn::{Error, Printable};

/// Checks a model, and gives what it declares of its inputs and outputs. Guests may decide how many turns a loop has if
/// `open_loops` says so.
///
/// # Errors
///
/// [`ErrorKind::Unsupported`](wasi_nn::ErrorKind::Unsupported) for what OpenVINO would compute otherwise, and what
/// [`Model::new`] says of bytes that are no model.
pub(super) fn check(bytes: &[u8], open_loops: bool) -> Result<Claims, Error> {
    let model = Model::new(bytes)?;
    model.check_functions()?;
    let checker = |opsets| Checker { opset: opset(opsets), open_loops };
    checker(&model.opsets).graph(&model.graph, None)?;
    constants::check(&model.graph)?;
    for function in &model.functions {
        checker(&function.opsets).nodes(&function.nodes, &Scope::of_nodes(&function.nodes))?;
        constants::check_function(function)?;
    }
    Ok(Claims::new(&model.graph))
}

/// The version of ONNX's own operators.
fn opset(opsets: &[(&str, u64)]) -> u64 {
    opsets.iter().find(|(domain, _)| is_onnx(domain)).map_or(1, |(_, version)| *version)
}

struct Checker {
    opset: u64,
    open_loops: bool,
}

impl Checker {
    fn graph(&self, graph: &Graph<'_>, outer: Option<&Scope<'_, '_>>) -> Result<(), Error> {
        self.nodes(&graph.nodes, &Scope::of_graph(graph, outer))
    }

    fn nodes(&self, nodes: &[Node<'_>], scope: &Scope<'_, '_>) -> Result<(), Error> {
        for node in nodes {
            if is_onnx(node.domain) {
                rules::broken(node, self.opset, scope).map_or(Ok(()), |rule| Err(refusal(node, rule)))?;
                if !self.open_loops {
                    loops::check(node, scope)?;
                }
            }
            let graphs = node.attributes.iter().flat_map(|attribute| &attribute.graphs);
            graphs.into_iter().try_for_each(|graph| self.graph(graph, Some(scope)))?;
        }
        Ok(())
    }
}

fn refusal(node: &Node<'_>, rule: &Rule) -> Error {
    let elsewhere = if rule.is_embedded {
        "; give the model to the embedded ONNX engine, which does as it says"
    } else {
        ""
    };
    Error::unsupported(format!(
        "OpenVINO computes the operator {} of the node {} in another way than the model says: {}{elsewhere}",
        quoted(node.operator),
        quoted(name(node)),
        rule.why,
    ))
}

/// The name of a node, or of its first output if it has none.
fn name<'a>(node: &Node<'a>) -> &'a str {
    let mut names = [node.name].into_iter().chain(node.outputs.iter().copied());
    names.find(|name| !name.is_empty()).unwrap_or_default()
}

/// A name that the model has, in quotes.
fn quoted(name: &str) -> String {
    /// Enough for what exporters name things.
    const CHARS: usize = 64;
    format!("`{}`", Printable::at_most(name, CHARS))
}
