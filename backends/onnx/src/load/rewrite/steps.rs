//! The nodes that are made in place of one, step by step.

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{AttributeProto, NodeProto, TensorProto};

/// The nodes made so far. A value that a step makes has a name that begins with the node's.
pub(super) struct Steps {
    prefix: String,
    /// The version of ONNX's operators.
    pub(super) opset: i64,
    made: Vec<NodeProto>,
    count: usize,
}

/// A name that has no value: an optional input or output that is left out.
pub(super) const NONE: &str = "";

impl Steps {
    pub(super) fn new(node: &NodeProto, opset: i64) -> Self {
        let output = node.output.iter().find(|output| !output.is_empty());
        let prefix = output.map_or_else(|| node.name.clone(), Clone::clone);
        Steps { prefix, opset, made: Vec::new(), count: 0 }
    }

    pub(super) fn finish(self) -> Vec<NodeProto> {
        self.made
    }

    /// A name that no value has yet.
    pub(super) fn fresh(&mut self) -> String {
        self.count = self.count.saturating_add(1);
        format!("{} step {}", self.prefix, self.count)
    }

    /// Does an operation; gives the name of its result.
    pub(super) fn op(&mut self, operation: &str, inputs: &[&str]) -> String {
        self.op_with(operation, inputs, Vec::new())
    }

    /// [`op`](Self::op), with attributes.
    pub(super) fn op_with(
        &mut self,
        operation: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> String {
        let output = self.fresh();
        self.node(operation, inputs, &[&output], attributes);
        output
    }

    /// Does an operation whose results have the names `outputs`.
    pub(super) fn node(
        &mut self,
        operation: &str,
        inputs: &[&str],
        outputs: &[&str],
        attribute: Vec<AttributeProto>,
    ) {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let name = self.fresh();
        self.made.push(NodeProto {
            name,
            op_type: operation.to_owned(),
            input: owned(inputs),
            output: owned(outputs),
            attribute,
            ..NodeProto::default()
        });
    }

    /// Gives a value the name of an output, if the output is wanted.
    pub(super) fn name(&mut self, value: &str, output: Option<&String>) {
        if let Some(output) = output.filter(|output| !output.is_empty()) {
            self.node("Identity", &[value], &[output], Vec::new());
        }
    }

    /// A number of the type of `like`.
    pub(super) fn number(&mut self, value: f32, like: &str) -> String {
        let constant = self.float(value);
        self.op("CastLike", &[&constant, like])
    }

    /// A number as `f32`.
    pub(super) fn float(&mut self, value: f32) -> String {
        self.op_with("Constant", &[], vec![float_tensor("value", value)])
    }

    /// A list of numbers of `f32`.
    pub(super) fn floats(&mut self, values: &[f32]) -> String {
        let tensor = TensorProto {
            data_type: DataType::Float.into(),
            dims: vec![i64::try_from(values.len()).unwrap_or(i64::MAX)],
            float_data: values.to_vec(),
            ..TensorProto::default()
        };
        self.op_with("Constant", &[], vec![tensor_attribute("value", tensor)])
    }

    /// A list of integers.
    pub(super) fn ints(&mut self, values: &[i64]) -> String {
        let tensor = TensorProto {
            data_type: DataType::Int64.into(),
            dims: vec![i64::try_from(values.len()).unwrap_or(i64::MAX)],
            int64_data: values.to_vec(),
            ..TensorProto::default()
        };
        self.op_with("Constant", &[], vec![tensor_attribute("value", tensor)])
    }

    /// An integer.
    pub(super) fn integer(&mut self, value: i64) -> String {
        let tensor = TensorProto {
            data_type: DataType::Int64.into(),
            int64_data: vec![value],
            ..TensorProto::default()
        };
        self.op_with("Constant", &[], vec![tensor_attribute("value", tensor)])
    }

    /// The same elements with an axis more.
    pub(super) fn unsqueeze(&mut self, value: &str, axis: i64) -> String {
        self.axes("Unsqueeze", value, axis, Vec::new(), 13)
    }

    /// The same elements without an axis, whose size is 1.
    pub(super) fn squeeze(&mut self, value: &str, axis: i64) -> String {
        self.axes("Squeeze", value, axis, Vec::new(), 13)
    }

    /// An operation that takes an axis as an input since version `since`, and as an attribute before.
    pub(super) fn axes(
        &mut self,
        operation: &str,
        value: &str,
        axis: i64,
        mut attributes: Vec<AttributeProto>,
        since: i64,
    ) -> String {
        if self.opset < since {
            attributes.push(ints("axes", &[axis]));
            return self.op_with(operation, &[value], attributes);
        }
        let axes = self.ints(&[axis]);
        self.op_with(operation, &[value, &axes], attributes)
    }
}

pub(super) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { i: value, ..attribute(name, AttributeType::Int) }
}

pub(super) fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { ints: values.to_vec(), ..attribute(name, AttributeType::Ints) }
}

pub(super) fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { s: value.as_bytes().to_vec(), ..attribute(name, AttributeType::String) }
}

/// An attribute that is one number of `f32` as a tensor.
pub(super) fn float_tensor(name: &str, value: f32) -> AttributeProto {
    let tensor =
        TensorProto { data_type: DataType::Float.into(), float_data: vec![value], ..TensorProto::default() };
    tensor_attribute(name, tensor)
}

fn tensor_attribute(name: &str, value: TensorProto) -> AttributeProto {
    AttributeProto { t: Some(value), ..attribute(name, AttributeType::Tensor) }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: kind.into(), ..AttributeProto::default() }
}
