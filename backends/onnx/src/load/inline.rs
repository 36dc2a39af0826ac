//! The functions that a model defines itself, put in place of the nodes that call them. The engine knows nothing of them.
//!
//! A function may call others, so that a small model can become a large one, or one without end: what is made is counted
//! against a limit while it is made, and functions call each other up to a depth.

use crate::attribute::attribute;
use crate::error::quoted;
use std::collections::HashMap;
use tract_onnx::pb::{AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto};
use wasi_nn::{Error, ErrorKind};

/// How deep functions call each other. Exporters nest a handful.
const MAX_DEPTH: usize = 16;

/// What a model may have after its functions were put in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) nodes: u64,
    pub(crate) bytes: u64,
}

/// Puts the functions of `model` in place of their calls.
pub(crate) fn functions(model: &mut ModelProto, room: Room) -> Result<(), Error> {
    let functions = std::mem::take(&mut model.functions);
    let Some(graph) = &mut model.graph else { return Ok(()) };
    if functions.is_empty() {
        return Ok(());
    }
    let mut known = HashMap::new();
    for function in &functions {
        if known.insert(key(function), function).is_some() {
            let name = quoted(function.name());
            return Err(Error::unsupported(format!("the model has two functions of the name {name}")));
        }
    }
    agree_on_operators(&functions, &mut model.opset_import)?;
    let mut inliner = Inliner { known, room, calls: Vec::new(), count: 0 };
    inliner.graph(graph)
}

/// The domain and the name.
type Key = (String, String);

fn key(function: &FunctionProto) -> Key {
    (function.domain().to_owned(), function.name().to_owned())
}

/// Checks that functions mean by ONNX's operations what the model does: the engine has one version for all.
fn agree_on_operators(
    functions: &[FunctionProto],
    imports: &mut Vec<tract_onnx::pb::OperatorSetIdProto>,
) -> Result<(), Error> {
    let is_onnx = |domain: &str| domain.is_empty() || domain == "ai.onnx";
    for function in functions {
        let Some(import) = function.opset_import.iter().find(|import| is_onnx(&import.domain)) else {
            continue;
        };
        match imports.iter().find(|import| is_onnx(&import.domain)).map(|import| import.version) {
            None => imports.push(import.clone()),
            Some(version) if version == import.version => {}
            Some(version) => {
                return Err(Error::unsupported(format!(
                    "the function {} is written for version {} of ONNX's operators and the model for {version}, which \
                     the embedded ONNX engine cannot tell apart; convert the model to one version",
                    quoted(function.name()),
                    import.version,
                )));
            }
        }
    }
    Ok(())
}

struct Inliner<'a> {
    known: HashMap<Key, &'a FunctionProto>,
    room: Room,
    /// The functions that are being put in, outermost first.
    calls: Vec<Key>,
    /// How many calls there were.
    count: u64,
}

impl Inliner<'_> {
    fn graph(&mut self, graph: &mut GraphProto) -> Result<(), Error> {
        let mut nodes = Vec::new();
        for node in std::mem::take(&mut graph.node) {
            self.node(node, &mut nodes)?;
        }
        graph.node = nodes;
        Ok(())
    }

    /// Adds a node to `nodes`, or what it calls.
    fn node(&mut self, mut node: NodeProto, nodes: &mut Vec<NodeProto>) -> Result<(), Error> {
        self.charge(&node)?;
        let key = (node.domain.clone(), node.op_type.clone());
        let Some(&function) = self.known.get(&key) else {
            let bodies = node.attribute.iter_mut();
            let mut bodies = bodies.flat_map(|attribute| attribute.g.iter_mut().chain(&mut attribute.graphs));
            bodies.try_for_each(|body| self.graph(body))?;
            nodes.push(node);
            return Ok(());
        };
        if self.calls.contains(&key) || self.calls.len() >= MAX_DEPTH {
            let message = format!("the function {} calls itself, or functions lie too deep", quoted(&key.1));
            return Err(Error::runtime(message));
        }
        self.count = self.count.saturating_add(1);
        let call = Call { function, node: &node, prefix: format!("{} {}", node.op_type, self.count) };
        self.calls.push(key);
        for inner in &function.node {
            self.node(call.node(inner)?, nodes)?;
        }
        self.calls.pop();
        Ok(())
    }

    fn charge(&mut self, node: &NodeProto) -> Result<(), Error> {
        let nodes = self.room.nodes.checked_sub(1);
        let bytes = self.room.bytes.checked_sub(bytes_of(node));
        let (Some(nodes), Some(bytes)) = (nodes, bytes) else {
            let message = "the functions of the model make too large a model; see `OnnxLimits::max_nodes` and \
                           `OnnxLimits::max_total_bytes`";
            return Err(Error::new(ErrorKind::TooLarge, message));
        };
        self.room = Room { nodes, bytes };
        Ok(())
    }
}

/// A node that calls a function.
struct Call<'a> {
    function: &'a FunctionProto,
    node: &'a NodeProto,
    /// What names of the body begin with, so that they are like no others.
    prefix: String,
}

impl Call<'_> {
    /// A node of the body, as it is for this call.
    fn node(&self, inner: &NodeProto) -> Result<NodeProto, Error> {
        let name = |name: &String| self.name(name);
        let attributes = inner.attribute.iter().filter_map(|attribute| self.attribute(attribute).transpose());
        Ok(NodeProto {
            input: inner.input.iter().map(name).collect(),
            output: inner.output.iter().map(name).collect(),
            name: format!("{} {}", self.prefix, inner.name),
            attribute: attributes.collect::<Result<_, _>>()?,
            op_type: inner.op_type.clone(),
            domain: inner.domain.clone(),
            doc_string: String::new(),
        })
    }

    /// The name of a value of the body: the caller's if it goes in or out.
    fn name(&self, name: &String) -> String {
        let given = |formal: &[String], actual: &[String]| {
            let at = formal.iter().position(|formal| formal == name)?;
            Some(actual.get(at).cloned().unwrap_or_default())
        };
        if name.is_empty() {
            return String::new();
        }
        let output = given(&self.function.output, &self.node.output).filter(|name| !name.is_empty());
        given(&self.function.input, &self.node.input)
            .or(output)
            .unwrap_or_else(|| format!("{} {name}", self.prefix))
    }

    /// An attribute of a node of the body: the caller's, if it refers to one, or none if that is not there.
    fn attribute(&self, inner: &AttributeProto) -> Result<Option<AttributeProto>, Error> {
        let referred = &inner.ref_attr_name;
        if referred.is_empty() {
            let mut attribute = inner.clone();
            let graphs = attribute.g.iter_mut().chain(&mut attribute.graphs);
            graphs.into_iter().try_for_each(|graph| self.graph(graph))?;
            return Ok(Some(attribute));
        }
        let given = attribute(self.node, referred);
        // The engine's reader knows the names of attributes without a default, and not the defaults of the others.
        if given.is_none() && !self.function.attribute.contains(referred) {
            return Err(Error::unsupported(format!(
                "the function {} has a default for its attribute {}, which the embedded ONNX engine cannot read; \
                 have the model give it, or give the model to another backend",
                quoted(self.function.name()),
                quoted(referred)
            )));
        }
        Ok(given.map(|given| AttributeProto { name: inner.name.clone(), ..given.clone() }))
    }

    /// Names everything in a graph of the body.
    fn graph(&self, graph: &mut GraphProto) -> Result<(), Error> {
        graph.node = graph.node.iter().map(|node| self.node(node)).collect::<Result<_, _>>()?;
        let values = graph.input.iter_mut().chain(&mut graph.output).chain(&mut graph.value_info);
        values.for_each(|value| value.name = self.name(&value.name));
        graph.initializer.iter_mut().for_each(|tensor| tensor.name = self.name(&tensor.name));
        Ok(())
    }
}

/// What a node takes in memory, roughly.
fn bytes_of(node: &NodeProto) -> u64 {
    let texts = node.input.iter().chain(&node.output).map(String::len).fold(0, usize::saturating_add);
    let attributes = node.attribute.iter().map(|attribute| {
        let lists = attribute.ints.len().saturating_add(attribute.floats.len()).saturating_mul(8);
        let strings = attribute.strings.iter().map(Vec::len).fold(attribute.s.len(), usize::saturating_add);
        let tensors = attribute.t.iter().chain(&attribute.tensors).map(bytes_of_tensor);
        let graphs = attribute.g.iter().chain(&attribute.graphs).map(bytes_of_graph);
        let plain = widen(lists.saturating_add(strings));
        tensors.chain(graphs).fold(plain, u64::saturating_add)
    });
    attributes.fold(widen(texts).saturating_add(NODE), u64::saturating_add)
}

/// What a node takes beside names and attributes.
const NODE: u64 = 512;

fn bytes_of_graph(graph: &GraphProto) -> u64 {
    let tensors = graph.initializer.iter().map(bytes_of_tensor);
    graph.node.iter().map(bytes_of).chain(tensors).fold(0, u64::saturating_add)
}

fn bytes_of_tensor(tensor: &TensorProto) -> u64 {
    let wide = tensor.int64_data.len().saturating_add(tensor.double_data.len()).saturating_mul(8);
    let narrow = tensor.float_data.len().saturating_add(tensor.int32_data.len()).saturating_mul(4);
    widen(tensor.raw_data.len().saturating_add(wide).saturating_add(narrow))
}

fn widen(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
