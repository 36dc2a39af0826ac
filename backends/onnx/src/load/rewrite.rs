//! Operations that the engine gets wrong or lacks, in terms of those that it gets right.
//!
//! This is done before the engine reads the model. What it ignores of an operation, and nothing here says in other
//! operations, is refused: a wrong answer is worse than none.

mod activations;
mod ignored;
mod losses;
mod recurrent;
mod steps;
mod sums;
mod suppression;
mod upsample;
mod windows;

use crate::attribute::attribute;
use crate::error::quoted;
use steps::Steps;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TypeProto, type_proto};
use wasi_nn::Error;

/// Rewrites all operations of a model that need it.
pub(crate) fn model(model: &mut ModelProto) -> Result<(), Error> {
    let imports = model.opset_import.iter();
    let opset =
        imports.filter(|import| is_onnx(&import.domain)).map(|import| import.version).next().unwrap_or(0);
    model.graph.iter_mut().try_for_each(|own| graph(own, opset))
}

/// Whether a domain is that of ONNX's own operators.
pub(crate) fn is_onnx(domain: &str) -> bool {
    domain.is_empty() || domain == "ai.onnx"
}

fn graph(own: &mut GraphProto, opset: i64) -> Result<(), Error> {
    let mut nodes = Vec::with_capacity(own.node.len());
    for mut node in std::mem::take(&mut own.node) {
        if node.op_type == "Scan" {
            node.attribute.iter_mut().filter_map(|attribute| attribute.g.as_mut()).for_each(guess_types);
        }
        for attribute in &mut node.attribute {
            attribute.g.iter_mut().chain(&mut attribute.graphs).try_for_each(|body| graph(body, opset))?;
        }
        ignored::check(&node)?;
        if is_onnx(&node.domain) {
            let mut steps = Steps::new(&node, opset);
            if rewrite(&mut steps, &node)? {
                nodes.extend(steps.finish());
                continue;
            }
        }
        nodes.push(node);
    }
    own.node = nodes;
    Ok(())
}

/// Has inputs of a body without a type be `f32`. The engine wants one, and finds out if it is another.
fn guess_types(body: &mut GraphProto) {
    let float = type_proto::Tensor { elem_type: DataType::Float.into(), shape: None };
    for input in body.input.iter_mut().filter(|input| input.r#type.is_none()) {
        let value = Some(type_proto::Value::TensorType(float.clone()));
        input.r#type = Some(TypeProto { value, ..TypeProto::default() });
    }
}

/// Makes the steps for a node; `false` if the engine has it.
fn rewrite(steps: &mut Steps, node: &NodeProto) -> Result<bool, Error> {
    match node.op_type.as_str() {
        "Celu" | "Softplus" | "Swish" => activations::rewrite(steps, node),
        "NegativeLogLikelihoodLoss" | "SoftmaxCrossEntropyLoss" => return Ok(losses::rewrite(steps, node)),
        "RNN" | "GRU" | "LSTM" => recurrent::rewrite(steps, node),
        "Upsample" => return Ok(upsample::rewrite(steps, node)),
        "Resize" if steps.opset == 10 => return Ok(upsample::rewrite(steps, node)),
        "LpPool" => return Ok(windows::lp_pool(steps, node)),
        "Compress" => return Ok(windows::compress(steps, node)),
        "Pad" if node.input.len() > 2 => return Ok(windows::scalars(steps, node, &[2])),
        "Range" => return Ok(windows::scalars(steps, node, &[0, 1, 2])),
        "Attention" if is_causal_with_past(node) => {
            return Err(refusal(node, "that is causal and has a past"));
        }
        // The engine divides by the number of elements before the root.
        "GlobalLpPool" => return Err(refusal(node, "")),
        "GridSample" if repeats_borders(node) => {
            return Err(refusal(node, "that is cubic and repeats the border"));
        }
        "Scan" if steps.opset < 9 => return Err(refusal(node, "before version 9 of ONNX's operators")),
        "Gemm" => return Ok(sums::gemm(steps, node)),
        "LogSoftmax" => return Ok(sums::log_softmax(steps, node)),
        "ReduceLogSumExp" => return Ok(sums::log_sum_exp(steps, node)),
        "NonMaxSuppression" if suppression::rewrite(steps, node) => {}
        "NonMaxSuppression" => return Err(refusal(node, "without a number of boxes")),
        "ConstantOfShape" if node.attribute.is_empty() => {
            // The engine makes `f64` of it.
            let zero = steps::float_tensor("value", 0.0);
            let inputs: Vec<&str> = node.input.iter().map(String::as_str).collect();
            let made = steps.op_with("ConstantOfShape", &inputs, vec![zero]);
            steps.name(&made, node.output.first());
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Whether a cubic kernel is cut at the border, beyond which the engine takes the places and not the values of the border.
fn repeats_borders(node: &NodeProto) -> bool {
    let is_text = |name, texts: &[&[u8]]| {
        attribute(node, name).is_some_and(|attribute| texts.contains(&attribute.s.as_slice()))
    };
    is_text("mode", &[b"cubic", b"bicubic"]) && is_text("padding_mode", &[b"border"])
}

/// Whether attention sees what came before and what is cached, of which the engine mixes up the places.
fn is_causal_with_past(node: &NodeProto) -> bool {
    let is_causal = node.attribute.iter().any(|attribute| attribute.name == "is_causal" && attribute.i != 0);
    is_causal && node.input.get(4).is_some_and(|past| !past.is_empty())
}

/// The refusal of a node; `what` says what the engine lacks of the operator, if not all.
pub(crate) fn refusal(node: &NodeProto, what: &str) -> Error {
    let output = node.output.first().map_or("", String::as_str);
    let name = if node.name.is_empty() { output } else { &node.name };
    let blank = if what.is_empty() { "" } else { " " };
    Error::unsupported(format!(
        "the embedded ONNX engine has no operator {}{blank}{what}, which the node {} needs; give the model to another \
         backend, such as OpenVINO",
        quoted(&node.op_type),
        quoted(name),
    ))
}
