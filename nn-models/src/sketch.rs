//! A sequence of operations, written down once and rendered as ONNX and as OpenVINO's representation.

use crate::ir::{Files, Network, Port};
use crate::onnx::{DataType, GraphProto, ModelProto, NodeProto, TensorProto};
use crate::{Element, Tensor};
use std::collections::BTreeMap;

/// An operation that both formats have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The sum of two tensors.
    Add,
    /// The difference of two tensors.
    Subtract,
    /// The product of two tensors, element by element.
    Multiply,
    /// The product of two matrices.
    MatMul,
    /// The greater of each element and zero.
    Relu,
    /// The same numbers in another type.
    Cast(Element),
}

/// A model without branches. Every value has a name.
///
/// ```
/// use nn_models::{Element, Op, Sketch};
///
/// let relu = Sketch::new("relu").input("x", Element::F32, &[1, 16]).step(Op::Relu, &["x"], "y").output("y");
/// let (onnx, ir) = (relu.onnx(), relu.ir());
/// assert!(onnx.len() < 100 && ir.xml.contains("ReLU"));
/// ```
#[derive(Clone, Debug)]
pub struct Sketch {
    name: &'static str,
    inputs: Vec<(&'static str, Element, Vec<i64>)>,
    constants: Vec<(&'static str, Tensor)>,
    steps: Vec<(Op, Vec<String>, String)>,
    outputs: Vec<String>,
}

impl Sketch {
    /// A model without operations.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, inputs: Vec::new(), constants: Vec::new(), steps: Vec::new(), outputs: Vec::new() }
    }

    /// Adds an input; -1 leaves a size open.
    #[must_use]
    pub fn input(mut self, name: &'static str, element: Element, shape: &[i64]) -> Self {
        self.inputs.push((name, element, shape.to_vec()));
        self
    }

    /// Adds a constant.
    #[must_use]
    pub fn constant(mut self, name: &'static str, tensor: Tensor) -> Self {
        self.constants.push((name, tensor));
        self
    }

    /// Adds an operation, whose result has the shape and, unless it is a cast, the type of its first operand.
    #[must_use]
    pub fn step(mut self, op: Op, operands: &[&str], result: &str) -> Self {
        let operands = operands.iter().map(|name| (*name).to_owned()).collect();
        self.steps.push((op, operands, result.to_owned()));
        self
    }

    /// Adds an output.
    #[must_use]
    pub fn output(mut self, name: &str) -> Self {
        self.outputs.push(name.to_owned());
        self
    }

    /// The model in ONNX. A value that an operation takes must be there before it; ONNX Runtime says so if not.
    #[must_use]
    pub fn onnx(&self) -> Vec<u8> {
        let mut graph = GraphProto::new(self.name);
        let mut types: BTreeMap<&str, (Element, Vec<i64>)> = BTreeMap::new();
        for (name, element, shape) in &self.inputs {
            graph = graph.input(name, *element, shape);
            types.insert(name, (*element, shape.clone()));
        }
        for (name, tensor) in &self.constants {
            graph = graph.initializer(TensorProto::new(name, tensor));
        }
        for (op, operands, result) in &self.steps {
            let names: Vec<&str> = operands.iter().map(String::as_str).collect();
            graph = graph.node(node(*op, &names, result));
            if let Some((element, shape)) = names.first().and_then(|name| types.get(name)).cloned() {
                types.insert(result, (result_type(*op, element), shape));
            }
        }
        for name in &self.outputs {
            if let Some((element, shape)) = types.get(name.as_str()) {
                graph = graph.output(name, *element, shape);
            }
        }
        ModelProto::new(graph).into_bytes()
    }

    /// The model in OpenVINO's representation, of the same values under the same names.
    #[must_use]
    pub fn ir(&self) -> Files {
        let mut network = Network::new(self.name);
        let mut ports: BTreeMap<&str, Port> = BTreeMap::new();
        for (name, element, shape) in &self.inputs {
            ports.insert(name, network.parameter(name, *element, shape));
        }
        for (name, tensor) in &self.constants {
            ports.insert(name, network.constant(name, tensor));
        }
        for (op, operands, result) in &self.steps {
            let operands: Vec<&Port> = operands.iter().filter_map(|name| ports.get(name.as_str())).collect();
            if let Some(port) = layer(&mut network, *op, &operands, result) {
                ports.insert(result, port);
            }
        }
        for port in self.outputs.iter().filter_map(|name| ports.get(name.as_str())) {
            network.result(port);
        }
        network.finish()
    }
}

const fn result_type(op: Op, operand: Element) -> Element {
    match op {
        Op::Cast(element) => element,
        _ => operand,
    }
}

fn node(op: Op, operands: &[&str], result: &str) -> NodeProto {
    let kind = match op {
        Op::Add => "Add",
        Op::Subtract => "Sub",
        Op::Multiply => "Mul",
        Op::MatMul => "MatMul",
        Op::Relu => "Relu",
        Op::Cast(_) => "Cast",
    };
    let node = NodeProto::new(kind, operands, &[result]);
    match op {
        Op::Cast(element) => {
            let DataType(code) = element.into();
            node.int("to", code.cast_signed())
        }
        _ => node,
    }
}

fn layer(network: &mut Network, op: Op, operands: &[&Port], result: &str) -> Option<Port> {
    const NUMPY: &[(&str, &str)] = &[("auto_broadcast", "numpy")];
    let like = *operands.first()?;
    Some(match op {
        Op::Add => network.layer("Add", result, operands, NUMPY, like),
        Op::Subtract => network.layer("Subtract", result, operands, NUMPY, like),
        Op::Multiply => network.layer("Multiply", result, operands, NUMPY, like),
        Op::MatMul => {
            let straight = [("transpose_a", "false"), ("transpose_b", "false")];
            network.layer("MatMul", result, operands, &straight, like)
        }
        Op::Relu => network.layer("ReLU", result, operands, &[], like),
        Op::Cast(element) => {
            let target = [("destination_type", element.name())];
            network.layer("Convert", result, operands, &target, &like.of_type(element))
        }
    })
}
