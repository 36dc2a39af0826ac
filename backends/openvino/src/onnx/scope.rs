//! The values of a graph, by name: constants, types, sizes, and the nodes that make them.

use super::ranks::Ranks;
use std::cell::OnceCell;
use std::collections::HashMap;
use wasi_nn::onnx_scan::view::{Declared, Graph, Node, Tensor};

/// The values of a graph, and of those around it.
pub(super) struct Scope<'a, 'o> {
    outer: Option<&'o Scope<'o, 'o>>,
    constants: HashMap<&'a str, &'a Tensor<'a>>,
    declared: HashMap<&'a str, &'a Declared<'a>>,
    makers: HashMap<&'a str, &'a Node<'a>>,
    /// The graph; nothing for the body of a function.
    graph: Option<&'a Graph<'a>>,
    /// Numbers of dimensions, once somebody asks.
    ranks: OnceCell<Ranks>,
}

/// Operators whose first output has elements of the type of the first input.
const SAME_TYPE: &[&str] = &[
    "Add",
    "Concat",
    "Expand",
    "Flatten",
    "Gather",
    "Identity",
    "MaxPool",
    "Mul",
    "Pad",
    "Relu",
    "Reshape",
    "Resize",
    "Slice",
    "Squeeze",
    "Sub",
    "Tile",
    "Transpose",
    "Unsqueeze",
];

/// How many nodes are gone back to look for a type.
const STEPS: usize = 64;

impl<'a, 'o> Scope<'a, 'o> {
    pub(super) fn of_graph(graph: &'a Graph<'a>, outer: Option<&'o Scope<'o, 'o>>) -> Self {
        let declared = graph.inputs.iter().chain(&graph.outputs).chain(&graph.values);
        Scope {
            outer,
            constants: graph.constants.iter().map(|tensor| (tensor.name, tensor)).collect(),
            declared: declared.map(|value| (value.name, value)).collect(),
            graph: Some(graph),
            ..Scope::of_nodes(&graph.nodes)
        }
    }

    /// The body of a function, which has nothing but nodes.
    pub(super) fn of_nodes(nodes: &'a [Node<'a>]) -> Self {
        let makers = nodes.iter().flat_map(|node| node.outputs.iter().map(move |output| (*output, node)));
        Scope {
            outer: None,
            constants: HashMap::new(),
            declared: HashMap::new(),
            makers: makers.collect(),
            graph: None,
            ranks: OnceCell::new(),
        }
    }

    /// Looks a value up here, and then in the graphs around.
    fn find<T>(&self, look: &dyn Fn(&Scope<'_, '_>) -> Option<T>) -> Option<T> {
        look(self).or_else(|| self.outer?.find(look))
    }

    /// The integers of a constant of 32 or 64 bits.
    pub(super) fn integers(&self, name: &str) -> Option<Vec<i64>> {
        self.find(&|scope| {
            if let Some(tensor) = scope.constant(name) {
                return tensor.integers().ok()?;
            }
            let node = scope.makers.get(name).filter(|node| node.operator == "Constant")?;
            let ints = node.attribute("value_ints").map(|attribute| attribute.ints.clone());
            ints.or_else(|| node.attribute("value_int").map(|attribute| vec![attribute.int]))
        })
    }

    /// The node that makes a value.
    pub(super) fn maker(&self, name: &str) -> Option<&Node<'_>> {
        let here = self.makers.get(name).copied();
        here.or_else(|| self.outer?.maker(name))
    }

    /// The truth values of a constant.
    pub(super) fn bools(&self, name: &str) -> Option<Vec<bool>> {
        self.find(&|scope| scope.constant(name)?.bools().ok()?)
    }

    /// The floats of a constant of 32 bits.
    pub(super) fn floats(&self, name: &str) -> Option<Vec<f32>> {
        self.find(&|scope| {
            if let Some(tensor) = scope.constant(name) {
                return tensor.floats().ok()?;
            }
            let node = scope.makers.get(name).filter(|node| node.operator == "Constant")?;
            let floats = node.attribute("value_floats").map(|attribute| attribute.floats.clone());
            floats.or_else(|| node.attribute("value_float").map(|attribute| vec![attribute.float]))
        })
    }

    /// Whether a value is a constant.
    pub(super) fn is_constant(&self, name: &str) -> bool {
        let of = |scope: &Scope<'_, '_>| {
            let is_made = scope.makers.get(name).is_some_and(|node| node.operator == "Constant");
            (is_made || scope.constants.contains_key(name)).then_some(())
        };
        self.find(&of).is_some()
    }

    /// A constant that is a tensor, here.
    fn constant(&self, name: &str) -> Option<&Tensor<'a>> {
        let of_node = |node: &&'a Node<'a>| node.attribute("value")?.tensor.as_ref();
        let made = self.makers.get(name).filter(|node| node.operator == "Constant").and_then(of_node);
        self.constants.get(name).copied().or(made)
    }

    /// The sizes of a value, as far as they are known.
    pub(super) fn shape(&self, name: &str) -> Option<Vec<Option<i64>>> {
        self.find(&|scope| {
            let declared = scope.declared.get(name).and_then(|declared| declared.shape.clone());
            let constant = || scope.constant(name).map(|tensor| tensor.dimensions.iter().copied().map(Some));
            declared.or_else(|| Some(constant()?.collect()))
        })
    }

    /// The number of a value's dimensions, declared or found.
    pub(super) fn rank(&self, name: &str) -> Option<usize> {
        let declared = self.shape(name).map(|shape| shape.len());
        declared.or_else(|| self.find(&|scope| scope.ranks().get(name)))
    }

    /// The number of dimensions of a value of the graphs around.
    pub(super) fn rank_around(&self, name: &str) -> Option<usize> {
        self.outer?.rank(name)
    }

    fn ranks(&self) -> &Ranks {
        self.ranks.get_or_init(|| self.graph.map(|graph| Ranks::of_graph(graph, self)).unwrap_or_default())
    }

    /// The type of a value's elements, by ONNX's number.
    pub(super) fn element(&self, name: &str) -> Option<u64> {
        self.find(&|scope| {
            let mut name = name;
            for _ in 0..STEPS {
                let declared = scope.declared.get(name).map(|declared| declared.element);
                let known = declared.or_else(|| scope.constant(name).map(|tensor| tensor.element));
                if let Some(element) = known.filter(|element| *element != 0) {
                    return Some(element);
                }
                let node = scope.makers.get(name)?;
                match node.operator {
                    "Cast" => return u64::try_from(node.attribute("to")?.int).ok(),
                    operator if SAME_TYPE.contains(&operator) => name = node.input(0)?,
                    _ => return None,
                }
            }
            None
        })
    }
}
