//! Constants of 64 bits that do not fit the 32 in which OpenVINO computes.
//!
//! OpenVINO takes the nearest integer of 32 bits for one. That is right for the bounds of a slice, since exporters write
//! the greatest integer for "to the end", and for other limits that no integer of 32 bits reaches.

use super::{is_onnx, quoted};
use crate::narrow::fits;
use std::collections::{HashMap, HashSet};
use wasi_nn::Error;
use wasi_nn::onnx_scan::view::{Function, Graph, Node, Tensor};

/// Operators and inputs of which a bound may be any.
const BOUNDS: &[(&str, &[usize])] = &[("Clip", &[1, 2]), ("NonMaxSuppression", &[2]), ("Slice", &[1, 2])];

/// Operators that pass on what they get.
const PASS: &[&str] = &["Concat", "Identity", "Reshape", "Squeeze", "Unsqueeze"];

/// What takes each value, in all graphs.
#[derive(Default)]
struct Users<'a> {
    /// Nodes, with the place among their inputs.
    nodes: HashMap<&'a str, Vec<(&'a Node<'a>, usize)>>,
    /// Values that are outputs of a graph.
    outputs: HashSet<&'a str>,
}

/// Checks the constants of a graph, and of those in it.
pub(super) fn check(graph: &Graph<'_>) -> Result<(), Error> {
    let mut users = Users::default();
    users.add(graph);
    check_graph(graph, &users)
}

/// Checks the constants in the body of a function, whose outputs may go anywhere.
pub(super) fn check_function(function: &Function<'_>) -> Result<(), Error> {
    let mut users = Users::default();
    users.outputs.extend(&function.outputs);
    users.add_nodes(&function.nodes);
    check_nodes(&function.nodes, &users)
}

fn check_graph(graph: &Graph<'_>, users: &Users<'_>) -> Result<(), Error> {
    graph.constants.iter().try_for_each(|tensor| check_tensor(tensor.name, tensor, users))?;
    check_nodes(&graph.nodes, users)
}

fn check_nodes(nodes: &[Node<'_>], users: &Users<'_>) -> Result<(), Error> {
    for node in nodes {
        if node.operator == "Constant" && is_onnx(node.domain) {
            let name = node.output(0).unwrap_or_default();
            for attribute in &node.attributes {
                attribute.tensor.iter().try_for_each(|tensor| check_tensor(name, tensor, users))?;
                let ints = attribute.ints.iter().chain([&attribute.int]);
                check_numbers(name, ints.copied(), users)?;
            }
        }
        let graphs = node.attributes.iter().flat_map(|attribute| &attribute.graphs);
        graphs.into_iter().try_for_each(|graph| check_graph(graph, users))?;
    }
    Ok(())
}

fn check_tensor(name: &str, tensor: &Tensor<'_>, users: &Users<'_>) -> Result<(), Error> {
    check_numbers(name, tensor.integers()?.unwrap_or_default().into_iter(), users)
}

fn check_numbers(name: &str, mut numbers: impl Iterator<Item = i64>, users: &Users<'_>) -> Result<(), Error> {
    let Some(number) = numbers.find(|number| !fits(*number)).filter(|_| !is_bound(name, users)) else {
        return Ok(());
    };
    Err(Error::unsupported(format!(
        "the constant {} of the model has {number}, which does not fit 32 bits, in which OpenVINO computes; give the model \
         to another backend, such as the embedded ONNX engine",
        quoted(name)
    )))
}

/// Whether a value is nothing but a bound, wherever it goes.
fn is_bound(name: &str, users: &Users<'_>) -> bool {
    let (mut todo, mut seen) = (vec![name], HashSet::new());
    while let Some(name) = todo.pop() {
        if users.outputs.contains(name) {
            return false;
        }
        for (node, place) in users.nodes.get(name).into_iter().flatten() {
            let takes =
                |(operator, places): &(&str, &[usize])| *operator == node.operator && places.contains(place);
            if is_onnx(node.domain) && BOUNDS.iter().any(takes) {
                continue;
            }
            if !is_onnx(node.domain) || !PASS.contains(&node.operator) {
                return false;
            }
            todo.extend(node.output(0).filter(|output| seen.insert(*output)));
        }
    }
    true
}

impl<'a> Users<'a> {
    fn add(&mut self, graph: &'a Graph<'a>) {
        self.outputs.extend(graph.outputs.iter().map(|output| output.name));
        self.add_nodes(&graph.nodes);
    }

    fn add_nodes(&mut self, nodes: &'a [Node<'a>]) {
        for node in nodes {
            for (place, input) in node.inputs.iter().enumerate() {
                self.nodes.entry(input).or_default().push((node, place));
            }
            let graphs = node.attributes.iter().flat_map(|attribute| &attribute.graphs);
            graphs.for_each(|graph| self.add(graph));
        }
    }
}
