//! The values of a graph, by name: constants, and what a computation makes anew.
//!
//! ONNX Runtime works out what it can when it loads a model: what depends on constants only, and on the shape of a value alone.

use super::element;
use std::cell::Cell;
use std::collections::HashMap;
use wasi_nn::onnx_scan::view::{Function, Graph, Model, Node, Tensor, is_onnx};
use wasi_nn_native::{Functions as ByName, MOST_CALLS, functions};

/// How many nodes are looked at to find out what functions make, which call each other.
const MOST_STEPS: u64 = 1 << 20;

/// The functions of a model.
pub(super) struct Functions<'a> {
    by_name: ByName<'a>,
    /// Nodes that may still be looked at.
    steps: Cell<u64>,
}

/// The values of a graph, and of those around it.
pub(super) struct Scope<'a> {
    outer: Option<&'a Scope<'a>>,
    functions: &'a Functions<'a>,
    /// Calls of functions around it.
    calls: u32,
    values: HashMap<&'a str, Value<'a>>,
}

/// A value.
#[derive(Clone, Copy, Default)]
struct Value<'a> {
    /// Its elements, if they are in the model.
    constant: Option<&'a Tensor<'a>>,
    /// The type of its elements, by ONNX's number, if it is of 8 bits or a constant, and the model tells it at once.
    element: Option<i32>,
    /// Whether it is another in each computation or turn, as far as can be told.
    varies: bool,
    /// Whether a node makes it.
    is_made: bool,
    /// Whether ONNX Runtime has it as a constant of this graph that nobody can replace, once it has worked out what it surely does.
    is_fixed: bool,
}

const GIVEN: Value<'_> =
    Value { constant: None, element: None, varies: true, is_made: false, is_fixed: false };

/// Operators that give the elements of their first input in another order or shape.
const MOVING: &[&str] = &["Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"];

impl<'a> Value<'a> {
    fn of(constant: &'a Tensor<'a>) -> Self {
        Value {
            constant: Some(constant),
            element: element::told(constant.element),
            is_fixed: true,
            ..Value::default()
        }
    }
}

impl<'a> Functions<'a> {
    pub(super) fn new(model: &'a Model<'a>) -> Self {
        Functions { by_name: functions(model), steps: Cell::new(MOST_STEPS) }
    }

    /// The functions that a node may mean, which differ in their overload.
    fn of<'s>(&'s self, node: &'s Node<'s>) -> Option<&'s [&'s Function<'s>]> {
        self.by_name.get(&(node.domain, node.operator)).map(Vec::as_slice)
    }
}

impl<'a> Scope<'a> {
    /// The values of the graph that is computed.
    pub(super) fn outermost(functions: &'a Functions<'a>, graph: &'a Graph<'a>) -> Self {
        Scope::empty(None, functions, 0).with_graph(graph)
    }

    /// The values of a graph in an attribute of a node.
    pub(super) fn inside<'s>(&'s self, graph: &'s Graph<'s>) -> Scope<'s> {
        Scope::empty(Some(self), self.functions, self.calls).with_graph(graph)
    }

    /// The values of a function's body, of whose inputs nothing is known.
    pub(super) fn of_function(functions: &'a Functions<'a>, function: &'a Function<'a>) -> Self {
        Scope::empty(None, functions, 0).with_nodes(&function.nodes)
    }

    fn empty(outer: Option<&'a Scope<'a>>, functions: &'a Functions<'a>, calls: u32) -> Self {
        Scope { outer, functions, calls, values: HashMap::new() }
    }

    fn with_graph(mut self, graph: &'a Graph<'a>) -> Self {
        let inputs = graph.inputs.iter().filter(|input| !input.name.is_empty());
        let given = |number| Value { element: element::told(number), ..GIVEN };
        self.values.extend(inputs.map(|input| (input.name, given(input.element))));
        // One that is also an input is its default: nothing else is given for it, but ONNX Runtime does not know that.
        for tensor in &graph.constants {
            let is_fixed = !self.values.contains_key(tensor.name);
            self.values.insert(tensor.name, Value { is_fixed, ..Value::of(tensor) });
        }
        self.with_nodes(&graph.nodes)
    }

    fn with_nodes(mut self, nodes: &'a [Node<'a>]) -> Self {
        for node in nodes {
            let constant = match node.operator {
                "Constant" if is_onnx(node.domain) => {
                    node.attribute("value").and_then(|attribute| attribute.tensor.as_ref())
                }
                _ => None,
            };
            let found = constant.map_or_else(|| self.made_of(node), Value::of);
            let value = Value { varies: self.makes_anew(node), is_made: true, ..found };
            // One without a name is not wanted, and no input of another node.
            let named = node.outputs.iter().filter(|output| !output.is_empty());
            self.values.extend(named.map(|output| (*output, value)));
        }
        self
    }

    /// The constant of a name.
    pub(super) fn constant(&self, name: &str) -> Option<&Tensor<'_>> {
        self.find(name).constant
    }

    /// The type of a value's elements, by ONNX's number, as far as it is told.
    pub(super) fn element(&self, name: &str) -> Option<i32> {
        self.find(name).element
    }

    /// Whether ONNX Runtime surely has a value as a constant of this graph that nobody can replace.
    pub(super) fn is_fixed(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| value.is_fixed)
    }

    /// Whether a value is another in each computation, as far as can be told.
    pub(super) fn varies(&self, name: &str) -> bool {
        self.find(name).varies
    }

    /// Whether a computation of the graph runs a node, as far as can be told: it is left when all is worked out that can be, and
    /// an output needs it.
    pub(super) fn runs(&self, graph: &Graph<'_>) -> bool {
        graph.outputs.iter().any(|output| self.is_made_anew(output.name))
    }

    fn is_made_anew(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| value.is_made && value.varies)
    }

    /// What is known of a value; a name here hides that of a graph around.
    fn find(&self, name: &str) -> Value<'_> {
        match (self.values.get(name), self.outer) {
            (Some(value), _) => *value,
            (None, Some(outer)) => outer.find(name),
            (None, None) => Value::default(),
        }
    }

    /// The type of what an operator of ONNX makes, and whether that is fixed, where the model tells them at once.
    fn made_of(&self, node: &Node<'_>) -> Value<'a> {
        if !is_onnx(node.domain) || self.functions.of(node).is_some() {
            return Value::default();
        }
        let is_moved = MOVING.contains(&node.operator);
        let element = match (node.operator, node.input(2)) {
            // Its type is that of the zero point.
            ("QuantizeLinear", Some(zero)) => self.element(zero),
            ("QuantizeLinear", None) if node.attribute("output_dtype").is_none() => Some(element::U8),
            ("DynamicQuantizeLinear", _) => Some(element::U8),
            _ if is_moved => node.input(0).and_then(|name| self.element(name)),
            _ => None,
        };
        let mut inputs = node.inputs.iter();
        let is_fixed = is_moved && inputs.all(|name| name.is_empty() || self.is_fixed(name));
        Value { element, is_fixed, ..Value::default() }
    }

    /// Whether a node is left when all is worked out that can be, and makes something else each time.
    fn makes_anew(&self, node: &Node<'_>) -> bool {
        let steps = &self.functions.steps;
        if steps.get() == 0 {
            return false;
        }
        steps.set(steps.get().saturating_sub(1));
        let varies = |name: &str| self.find(name).varies;
        let any_varies = || node.inputs.iter().any(|name| varies(name));
        if let Some(functions) = self.functions.of(node) {
            return functions.iter().all(|function| self.call_makes_anew(function, node));
        }
        match node.operator {
            _ if !is_onnx(node.domain) => any_varies(),
            "Constant" | "Shape" | "Size" => false,
            "RandomNormal" | "RandomNormalLike" | "RandomUniform" | "RandomUniformLike" => true,
            // Only the type of the other input counts.
            "CastLike" => node.input(0).is_some_and(varies),
            // Of a constant condition, one branch is put in the place of the node.
            "If" if !any_varies() => {
                let mut branches = node.attributes.iter().flat_map(|attribute| &attribute.graphs);
                branches.all(|graph| {
                    let inside = self.inside(graph);
                    graph.outputs.iter().all(|output| inside.is_made_anew(output.name))
                })
            }
            _ => any_varies() || node.attributes.iter().any(|attribute| !attribute.graphs.is_empty()),
        }
    }

    fn call_makes_anew(&self, function: &Function<'_>, call: &Node<'_>) -> bool {
        if self.calls >= MOST_CALLS {
            return false;
        }
        let mut body = Scope::empty(None, self.functions, self.calls.saturating_add(1));
        let given = function.inputs.iter().zip(&call.inputs);
        let varying = given.filter(|(_, name)| self.find(name).varies);
        body.values.extend(varying.map(|(inner, _)| (*inner, GIVEN)));
        let body = body.with_nodes(&function.nodes);
        function.outputs.iter().all(|output| body.is_made_anew(output))
    }
}
