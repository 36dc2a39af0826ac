//! The bytes of a model.

use super::{Attribute, Element, Model, Node, Operand};
use nn_models::onnx::{DataType, GraphProto, Message, ModelProto, NodeProto, TensorProto};
use std::collections::BTreeSet;

/// The most bytes of a constant. What is larger has a shape and no elements.
const MAX_CONSTANT: usize = 1 << 16;

/// The most nodes in all: enough to reach every bound on their number, at which building stops.
const MAX_NODES: usize = 60_000;

/// The most bytes of a model, roughly.
const MAX_BYTES: usize = 4 << 20;

/// The most operands of one node, for the same reason.
const MAX_OPERANDS: u32 = 70_000;

impl Model {
    /// The bytes, which may be no model.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let mut graph = Graph::new("g");
        for port in &self.inputs {
            let name = graph.next_value();
            graph.proto = graph.proto.input(&name, port.element.code(), &port.shape);
        }
        graph.nodes(&self.nodes);
        let unused: Vec<String> =
            graph.values.iter().filter(|value| !graph.taken.contains(*value)).cloned().collect();
        let outputs =
            if self.all_outputs { unused } else { graph.values.last().cloned().into_iter().collect() };
        let proto = outputs.iter().fold(graph.proto, |graph, name| {
            // Only a name: the shape and the type are what the engine finds.
            let kind = Message::new().message(1, Message::new().varint(1, 1));
            graph.raw(Message::new().message(12, Message::new().bytes(1, name).message(2, kind)))
        });
        let model = ModelProto::with_opset(proto, u64::from(self.opset)).opset("ai.onnx.ml", 2);
        let mut bytes = model.into_bytes();
        for (at, byte) in &self.damage {
            let len = bytes.len().max(1);
            if let Some(old) = bytes.get_mut(*at as usize % len) {
                *old = *byte;
            }
        }
        bytes
    }
}

/// A graph while it is written.
struct Graph {
    proto: GraphProto,
    prefix: String,
    /// The names of the values that nodes may take, in the order in which they were made.
    values: Vec<String>,
    taken: BTreeSet<String>,
    nodes: usize,
    constants: usize,
    /// How many bytes the nodes and constants have so far.
    bytes: usize,
}

impl Graph {
    fn new(name: &str) -> Self {
        Graph {
            proto: GraphProto::new(name),
            prefix: name.to_owned(),
            values: Vec::new(),
            taken: BTreeSet::new(),
            nodes: 0,
            constants: 0,
            bytes: 0,
        }
    }

    fn next_value(&mut self) -> String {
        let name = format!("{}{}", self.prefix, self.values.len());
        self.values.push(name.clone());
        name
    }

    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            for _ in 0..node.times {
                if self.nodes >= MAX_NODES || self.bytes > MAX_BYTES {
                    return;
                }
                self.node(node);
            }
        }
    }

    fn node(&mut self, node: &Node) {
        let operands: Vec<String> = node.operands.iter().flat_map(|operand| self.operand(operand)).collect();
        let operands: Vec<&str> = operands.iter().map(String::as_str).collect();
        self.taken.extend(operands.iter().map(|name| (*name).to_owned()));
        let first = self.next_value();
        let more: Vec<String> =
            (1..node.results.min(MAX_OPERANDS)).map(|index| format!("{first}_{index}")).collect();
        let results: Vec<&str> = std::iter::once(&first).chain(&more).map(String::as_str).collect();
        let mut proto = NodeProto::new(node.op.name(), &operands, &results);
        for attribute in &node.attributes {
            proto = match attribute {
                Attribute::Body(nodes) => self.body(node, nodes, proto),
                other => other.add(proto),
            };
        }
        let name = if node.same_name { "same".to_owned() } else { format!("n{}", self.nodes) };
        self.nodes += 1;
        let proto = proto.raw(Message::new().bytes(3, name));
        self.bytes += Message::from(proto.clone()).into_bytes().len();
        self.change(|graph| graph.node(proto));
    }

    /// The names of an operand, for which a constant may have to be made.
    fn operand(&mut self, operand: &Operand) -> Vec<String> {
        match operand {
            Operand::Back(back) => vec![self.value(*back)],
            Operand::Again { back, times } => vec![self.value(*back); (*times).min(MAX_OPERANDS) as usize],
            Operand::Nothing => vec![String::new()],
            Operand::Int(number) => vec![self.constant(Element::I64, &[], number.to_le_bytes().to_vec())],
            Operand::Ints(numbers) => {
                let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                vec![self.constant(Element::I64, &[i64::try_from(numbers.len()).unwrap_or(0)], bytes)]
            }
            Operand::Filled { element, shape, with } => {
                let one = element.bytes(*with);
                let count = shape
                    .iter()
                    .try_fold(1_usize, |count, size| count.checked_mul(usize::try_from(*size).ok()?));
                let count = count.filter(|count| count.saturating_mul(one.len()) <= MAX_CONSTANT);
                vec![self.constant(*element, shape, one.repeat(count.unwrap_or(0)))]
            }
        }
    }

    fn value(&self, back: u32) -> String {
        let back = back as usize % self.values.len().max(1);
        self.values.iter().nth_back(back).cloned().unwrap_or_default()
    }

    fn constant(&mut self, element: Element, shape: &[i64], bytes: Vec<u8>) -> String {
        let name = format!("{}c{}", self.prefix, self.constants);
        self.constants += 1;
        self.bytes += bytes.len();
        let tensor =
            TensorProto::without_data(&name, element.code(), shape).raw(Message::new().bytes(9, bytes));
        self.change(|graph| graph.initializer(tensor));
        name
    }

    /// Adds a graph to a node: the same for both branches of an `If`, and with a counter for a loop.
    fn body(&self, node: &Node, nodes: &[Node], proto: NodeProto) -> NodeProto {
        use super::Op;
        let mut graph = Graph::new(&format!("{}b{}", self.prefix, self.nodes));
        if node.op == Op::Loop {
            let input = |proto: GraphProto| {
                proto.input("round", Element::I64.code(), &[]).input("on", DataType::BOOL, &[])
            };
            graph.change(input);
        }
        if node.op == Op::If {
            graph.values.clone_from(&self.values);
        } else {
            let state = graph.next_value();
            graph.change(|proto| proto.input(&state, Element::F32.code(), &[-1]));
        }
        graph.nodes(nodes);
        let last = graph.values.last().cloned().unwrap_or_default();
        if node.op == Op::Loop {
            let go_on = NodeProto::new("Identity", &["on"], &["still"]);
            graph.change(|proto| proto.node(go_on).output("still", DataType::BOOL, &[]));
        }
        let body = graph.proto.output(&last, Element::F32.code(), &[-1]);
        match node.op {
            Op::If => proto.graph("then_branch", body.clone()).graph("else_branch", body),
            Op::Scan => proto.graph("body", body).int("num_scan_inputs", 1),
            _ => proto.graph("body", body),
        }
    }

    fn change(&mut self, change: impl FnOnce(GraphProto) -> GraphProto) {
        let proto = std::mem::replace(&mut self.proto, GraphProto::new(""));
        self.proto = change(proto);
    }
}
