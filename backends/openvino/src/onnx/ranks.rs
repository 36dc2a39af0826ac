//! The numbers of dimensions of a graph's values, as far as they follow from constants, declarations and operators.

use super::is_onnx;
use super::scope::Scope;
use std::collections::HashMap;
use wasi_nn::onnx_scan::view::{Graph, Node};

/// Operators whose first output has as many dimensions as the first input.
const AS_FIRST: &[&str] = &[
    "Abs",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Ceil",
    "Clip",
    "Concat",
    "Conv",
    "ConvTranspose",
    "CumSum",
    "DequantizeLinear",
    "Dropout",
    "Elu",
    "Erf",
    "Exp",
    "Floor",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "HardSigmoid",
    "Hardmax",
    "Identity",
    "InstanceNormalization",
    "LRN",
    "LeakyRelu",
    "Log",
    "LogSoftmax",
    "MaxPool",
    "Neg",
    "Not",
    "PRelu",
    "Pad",
    "QuantizeLinear",
    "Reciprocal",
    "Relu",
    "Resize",
    "Round",
    "Selu",
    "Sigmoid",
    "Sign",
    "Slice",
    "Softmax",
    "Softplus",
    "Split",
    "Sqrt",
    "Tanh",
    "Tile",
    "Transpose",
    "Upsample",
];

/// Operators whose output has as many dimensions as the input that has most.
const AS_MOST: &[&str] = &[
    "Add", "And", "Div", "Equal", "Greater", "Less", "Max", "Mean", "Min", "Mod", "Mul", "Or", "Pow", "Sub",
    "Sum", "Where", "Xor",
];

/// What is known of the values of a graph.
#[derive(Default)]
pub(super) struct Ranks {
    ranks: HashMap<String, usize>,
    /// How many numbers a value of one dimension has.
    lengths: HashMap<String, usize>,
}

impl Ranks {
    /// Goes over all nodes, which ONNX has in the order in which they are computed.
    pub(super) fn of_graph(graph: &Graph<'_>, scope: &Scope<'_, '_>) -> Self {
        let mut known = Ranks::default();
        for node in graph.nodes.iter().filter(|node| is_onnx(node.domain)) {
            let count = if node.operator == "Split" { node.outputs.len() } else { 1 };
            let outputs = node.outputs.iter().take(count);
            if let Some(rank) = known.made(node, scope) {
                known.ranks.extend(outputs.clone().map(|name| ((*name).to_owned(), rank)));
            }
            if let Some(length) = known.made_length(node, scope) {
                known.lengths.extend(outputs.map(|name| ((*name).to_owned(), length)));
            }
        }
        // What a model declares of its outputs holds for what they are.
        for node in graph.nodes.iter().rev().filter(|node| node.operator == "Identity") {
            if let (Some(input), Some(output)) = (node.input(0), node.output(0))
                && let Some(rank) = known.rank(output, scope)
            {
                known.ranks.entry(input.to_owned()).or_insert(rank);
            }
        }
        known
    }

    /// The number of dimensions that was found.
    pub(super) fn get(&self, name: &str) -> Option<usize> {
        self.ranks.get(name).copied()
    }

    fn rank(&self, name: &str, scope: &Scope<'_, '_>) -> Option<usize> {
        let declared = || scope.shape(name).map(|shape| shape.len());
        self.get(name).or_else(declared).or_else(|| scope.rank_around(name))
    }

    fn length(&self, name: &str, scope: &Scope<'_, '_>) -> Option<usize> {
        self.lengths.get(name).copied().or_else(|| match scope.shape(name)?.as_slice() {
            [length] => usize::try_from((*length)?).ok(),
            _ => None,
        })
    }

    fn made(&self, node: &Node<'_>, scope: &Scope<'_, '_>) -> Option<usize> {
        let rank = |index| self.rank(node.input(index)?, scope);
        let length = |index| self.length(node.input(index)?, scope);
        // Since version 13 of some and 18 of others, the axes are an input.
        let axes = || match node.attribute("axes") {
            Some(axes) => Some(axes.ints.len()),
            None => length(1),
        };
        match node.operator {
            "Flatten" | "Gemm" => Some(2),
            "Shape" => Some(1),
            "Reshape" | "Expand" | "ConstantOfShape" => self.reshaped(node, scope),
            "Transpose" => node.attribute("perm").map(|perm| perm.ints.len()).or_else(|| rank(0)),
            "Squeeze" => rank(0)?.checked_sub(axes()?),
            "Unsqueeze" => rank(0)?.checked_add(axes()?),
            "Gather" => rank(0)?.checked_add(rank(1)?)?.checked_sub(1),
            "MatMul" => match (rank(0)?, rank(1)?) {
                (one @ 2.., other @ 2..) => Some(one.max(other)),
                (one, other) => one.max(other).checked_sub(1),
            },
            operator if AS_FIRST.contains(&operator) => rank(0),
            operator if AS_MOST.contains(&operator) => {
                let ranks = node.inputs.iter().map(|name| self.rank(name, scope));
                ranks.collect::<Option<Vec<_>>>()?.into_iter().max()
            }
            operator if operator.starts_with("Reduce") => {
                let keeps = node.attribute("keepdims").is_none_or(|keeps| keeps.int != 0);
                if keeps { rank(0) } else { rank(0)?.checked_sub(axes()?) }
            }
            _ => None,
        }
    }

    /// The number of dimensions of what has a shape that is given as numbers.
    fn reshaped(&self, node: &Node<'_>, scope: &Scope<'_, '_>) -> Option<usize> {
        // Before version 5 it was an attribute.
        if let Some(shape) = node.attribute("shape") {
            return Some(shape.ints.len());
        }
        let given = if node.operator == "ConstantOfShape" { node.input(0)? } else { node.input(1)? };
        let length = self.length(given, scope)?;
        if node.operator == "Expand" {
            Some(length.max(self.rank(node.input(0)?, scope)?))
        } else {
            Some(length)
        }
    }

    /// How many numbers of one dimension a node makes.
    fn made_length(&self, node: &Node<'_>, scope: &Scope<'_, '_>) -> Option<usize> {
        let length = |name: &str| self.length(name, scope);
        match node.operator {
            "Shape" if node.attributes.is_empty() => self.rank(node.input(0)?, scope),
            "Cast" | "Identity" => length(node.input(0)?),
            "Concat" => node.inputs.iter().try_fold(0_usize, |sum, name| sum.checked_add(length(name)?)),
            "Gather" if self.rank(node.input(0)?, scope) == Some(1) => length(node.input(1)?),
            "Unsqueeze" => (self.rank(node.input(0)?, scope)? == 0).then_some(1),
            _ => None,
        }
    }
}
