//! The check of an ONNX model's constants, which must fit the 32 bits in which OpenVINO computes, unless they are bounds.

use super::is_onnx;
use crate::flow::{ALL, BOTH, Flow, Operators, Side, Taken};
use crate::narrow::{Number, refused_constant};
use std::collections::HashSet;
use wasi_nn::Error;
use wasi_nn::onnx_scan::view::{Function, Graph, Node, Tensor};

const OPERATORS: Operators = Operators {
    bounds: &[
        ("Clip", &[1], &[Side::Low]),
        ("Clip", &[2], &[Side::High]),
        ("Loop", &[0], BOTH),
        ("Max", ALL, &[Side::Low]),
        ("Min", ALL, &[Side::High]),
        ("NonMaxSuppression", &[2], BOTH),
        ("Slice", &[1, 2], BOTH),
    ],
    passes: &[
        ("Concat", ALL),
        ("Expand", &[0]),
        ("Gather", &[0]),
        ("Identity", ALL),
        ("Reshape", &[0]),
        ("ScatterElements", &[0, 2]),
        ("ScatterND", &[0, 2]),
        ("Squeeze", &[0]),
        ("Tile", &[0]),
        ("Transpose", &[0]),
        ("Unsqueeze", &[0]),
        ("Where", &[1, 2]),
    ],
};

/// `TensorProto.DataType` of the one type to which a `Cast` passes integers on as they are.
const INT64: i64 = 7;

const WAY_OUT: &str = "give the model to another backend, such as the embedded ONNX engine";

/// The values whose numbers count, in all graphs.
struct Counted<'a> {
    low: HashSet<&'a str>,
    high: HashSet<&'a str>,
}

/// Checks the constants of a graph, and of those in it.
pub(super) fn check(graph: &Graph<'_>) -> Result<(), Error> {
    let counted = Counted::new(|side, flow| add_graph(flow, graph, side));
    counted.check_graph(graph)
}

/// Checks the constants in the body of a function, whose outputs may go anywhere.
pub(super) fn check_function(function: &Function<'_>) -> Result<(), Error> {
    let counted = Counted::new(|side, flow| {
        function.outputs.iter().for_each(|output| flow.take(*output, Taken::Counted, None));
        add_nodes(flow, &function.nodes, side);
    });
    counted.check_nodes(&function.nodes)
}

fn add_graph<'a>(flow: &mut Flow<&'a str>, graph: &Graph<'a>, side: Side) {
    graph.outputs.iter().for_each(|output| flow.take(output.name, Taken::Counted, None));
    add_nodes(flow, &graph.nodes, side);
}

fn add_nodes<'a>(flow: &mut Flow<&'a str>, nodes: &[Node<'a>], side: Side) {
    for node in nodes {
        for (place, input) in node.inputs.iter().enumerate() {
            flow.take(*input, taken(node, place, side), node.output(0));
        }
        let graphs = node.attributes.iter().flat_map(|attribute| &attribute.graphs);
        graphs.for_each(|graph| add_graph(flow, graph, side));
    }
}

fn taken(node: &Node<'_>, place: usize, side: Side) -> Taken {
    if !is_onnx(node.domain) {
        return Taken::Counted;
    }
    let to = || node.attribute("to").map(|to| to.int);
    match node.operator {
        "Cast" if to() == Some(INT64) => Taken::Passed,
        operator => OPERATORS.taken(operator, place, side),
    }
}

impl<'a> Counted<'a> {
    fn new(add: impl Fn(Side, &mut Flow<&'a str>)) -> Self {
        let of = |side| {
            let mut flow = Flow::new();
            add(side, &mut flow);
            flow.counted()
        };
        Counted { low: of(Side::Low), high: of(Side::High) }
    }

    fn check_graph(&self, graph: &Graph<'_>) -> Result<(), Error> {
        graph.constants.iter().try_for_each(|tensor| self.check_tensor(tensor.name, tensor))?;
        self.check_nodes(&graph.nodes)
    }

    fn check_nodes(&self, nodes: &[Node<'_>]) -> Result<(), Error> {
        for node in nodes {
            let name = node.output(0).unwrap_or_default();
            for attribute in &node.attributes {
                // As of `ConstantOfShape` too.
                attribute.tensor.iter().try_for_each(|tensor| self.check_tensor(name, tensor))?;
                if node.operator == "Constant" && is_onnx(node.domain) {
                    let ints = attribute.ints.iter().chain([&attribute.int]);
                    self.check_numbers(name, ints.copied())?;
                }
            }
            let graphs = node.attributes.iter().flat_map(|attribute| &attribute.graphs);
            graphs.into_iter().try_for_each(|graph| self.check_graph(graph))?;
        }
        Ok(())
    }

    fn check_tensor(&self, name: &str, tensor: &Tensor<'_>) -> Result<(), Error> {
        self.check_numbers(name, tensor.integers()?.unwrap_or_default())?;
        self.check_numbers(name, tensor.unsigned()?.unwrap_or_default())?;
        self.check_numbers(name, tensor.doubles()?.unwrap_or_default())
    }

    fn check_numbers<T: Number>(
        &self,
        name: &str,
        numbers: impl IntoIterator<Item = T>,
    ) -> Result<(), Error> {
        let is_wrong = |number: &T| {
            number.lost().is_some_and(|side| match side {
                Side::Low => self.low.contains(name),
                Side::High => self.high.contains(name),
            })
        };
        match numbers.into_iter().find(is_wrong) {
            Some(number) => Err(refused_constant(name, &number.text(), WAY_OUT)),
            None => Ok(()),
        }
    }
}
