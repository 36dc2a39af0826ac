//! A parsed model with its inputs and outputs, and the checks on the model before it is compiled.

use crate::OnnxLimits;
use crate::error::{explain, quoted};
use crate::load::inline::{self, Room};
use crate::load::{guarded, ports, rewrite, values, vocabulary};
use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use tract_onnx::model::ParseResult;
use tract_onnx::pb::tensor_shape_proto::dimension;
use tract_onnx::pb::{GraphProto, ModelProto, TypeProto, type_proto};
use tract_onnx::prelude::{Framework, InferenceModel, InferenceModelExt};
use wasi_nn::backend::Port;
use wasi_nn::{Error, ErrorKind, Model, Origin, Source, onnx_scan};

/// What the engine is doing, for messages.
const DOING: &str = "reading the model";

/// A model that was read, and of which the inputs have the shapes that it declares.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) model: InferenceModel,
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    /// Which inputs may decide shapes by their values.
    pub(crate) deciding: Vec<bool>,
    /// Bytes of the model as it was read, if it was in memory.
    pub(crate) len: u64,
}

impl Parsed {
    pub(crate) fn new(model: &Model, limits: &OnnxLimits) -> Result<Self, Error> {
        if model.origin == Origin::Guest
            && let Source::Bytes(parts) = &model.source
        {
            look(parts, limits)?;
        }
        let len = model.source.byte_len();
        let (mut proto, folder) = read(model)?;
        let (nodes, bytes) = (limits.max_nodes, limits.max_total_bytes);
        // What the host names is trusted, and what is made of it still has an end.
        let nodes = if model.origin == Origin::Guest { nodes } else { nodes.max(MAX_TRUSTED_NODES) };
        inline::functions(&mut proto, Room { nodes, bytes })?;
        proto.graph.as_ref().map_or(Ok(()), check_operations)?;
        rewrite::model(&mut proto)?;
        if let Some(graph) = &mut proto.graph {
            forget_claims(graph);
            name_apart(graph);
        }
        let parsed = guarded::framework().parse(&proto, folder.as_deref());
        let ParseResult { model, unresolved_inputs, .. } = parsed.map_err(|error| explain(DOING, &error))?;
        if let Some(name) = unresolved_inputs.first() {
            return Err(Error::runtime(format!("the model uses the tensor `{name}`, which nothing makes")));
        }
        let inputs = ports::inputs(&model)?;
        let all = proto.graph.as_ref().map(values::deciding).unwrap_or_default();
        let deciding: Vec<bool> = inputs.iter().map(|input| values::decides(input, &all)).collect();
        // What can be known of the outputs now; the rest is known when the shapes of the inputs are.
        let mut analysed = model.clone();
        if let Err(error) = analysed.analyse(true) {
            let ours = error.downcast_ref::<Error>();
            if ours.is_some() || (ports::are_fixed(&inputs) && !deciding.contains(&true)) {
                return Err(explain(DOING, &error));
            }
        }
        let declared = proto.graph.map(|graph| graph.output).unwrap_or_default();
        let outputs = ports::outputs(&analysed, &declared)?;
        Ok(Parsed { model, inputs, outputs, deciding, len })
    }
}

/// Looks at the bytes of a guest before they are decoded.
fn look(parts: &[Vec<u8>], limits: &OnnxLimits) -> Result<(), Error> {
    let limits = onnx_scan::Limits {
        nodes: limits.max_nodes,
        depth: limits.max_depth,
        bytes: limits.max_total_bytes,
        owner: Some("OnnxLimits"),
    };
    parts.iter().try_for_each(|part| onnx_scan::scan(part, &limits).map(drop))
}

/// The message, and the folder in which the model may have more files, if there is one.
fn read(model: &Model) -> Result<(ModelProto, Option<String>), Error> {
    let framework = guarded::framework();
    match &model.source {
        Source::Bytes(parts) => {
            let bytes = only(parts, "part")?;
            let proto = framework.proto_model_for_read(&mut bytes.as_slice());
            Ok((proto.map_err(|error| explain(DOING, &error))?, None))
        }
        Source::Served(_) => Err(Error::invalid_argument("the embedded engine reads no models on servers")),
        Source::Files(paths) => {
            let path = only(paths, "file")?;
            let mut file = File::open(path)
                .map_err(|error| Error::runtime(format!("cannot open {}: {error}", path.display())))?;
            let proto = framework.proto_model_for_read(&mut file).map_err(|error| explain(DOING, &error))?;
            let folder = path.parent().and_then(Path::to_str).map(str::to_owned);
            Ok((proto, folder.filter(|_| model.origin == Origin::Host)))
        }
    }
}

fn only<'a, T>(parts: &'a [T], what: &str) -> Result<&'a T, Error> {
    match parts {
        [part] => Ok(part),
        parts => Err(Error::invalid_argument(format!("an ONNX model has one {what}, not {}", parts.len()))),
    }
}

/// The nodes that functions of a model which the host names may make at least.
const MAX_TRUSTED_NODES: u64 = 1_000_000;

/// The most inputs of one operation. The engine compares each with all others; exporters join some hundred tensors.
const MAX_INPUTS: usize = 2048;

/// Refuses operations that the engine lacks, before it makes anything of the model.
fn check_operations(graph: &GraphProto) -> Result<(), Error> {
    for node in &graph.node {
        if !vocabulary::has(node) {
            let is_onnx = rewrite::is_onnx(&node.domain);
            let domain =
                if is_onnx { String::new() } else { format!("of the domain {}", quoted(&node.domain)) };
            return Err(rewrite::refusal(node, &domain));
        }
        if node.input.len() > MAX_INPUTS {
            let message = format!("an operation of the model has more than {MAX_INPUTS} inputs");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        for attribute in &node.attribute {
            attribute.g.iter().chain(&attribute.graphs).try_for_each(check_operations)?;
        }
    }
    Ok(())
}

/// Removes what the model claims about shapes that follow from others, and the names of open dimensions.
///
/// Neither is needed, since models are compiled for the shapes that the inputs really have. Claims are often
/// wrong in models that somebody edited, and names may be expressions, which nobody has to parse then.
fn forget_claims(graph: &mut GraphProto) {
    graph.value_info.clear();
    for value in graph.input.iter_mut().chain(&mut graph.output) {
        value.r#type.iter_mut().for_each(forget_names);
    }
    for attribute in graph.node.iter_mut().flat_map(|node| &mut node.attribute) {
        attribute.g.iter_mut().chain(&mut attribute.graphs).for_each(forget_claims);
    }
}

/// Gives nodes names of their own where some have the same. The engine would try one name after the other for each.
fn name_apart(graph: &mut GraphProto) {
    let mut seen = HashSet::new();
    let are_apart = graph.node.iter().all(|node| node.name.is_empty() || seen.insert(node.name.as_str()));
    for (index, node) in graph.node.iter_mut().enumerate() {
        if !are_apart {
            node.name = format!("{index} {}", node.name);
        }
        for attribute in &mut node.attribute {
            attribute.g.iter_mut().chain(&mut attribute.graphs).for_each(name_apart);
        }
    }
}

fn forget_names(declared: &mut TypeProto) {
    let Some(type_proto::Value::TensorType(tensor)) = &mut declared.value else { return };
    for dimension in tensor.shape.iter_mut().flat_map(|shape| &mut shape.dim) {
        dimension.value.take_if(|value| matches!(value, dimension::Value::DimParam(_)));
    }
}
