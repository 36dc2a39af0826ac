//! The key of a plan: the shapes of inputs, and the values of those that decide shapes.

use std::sync::Arc;
use tract_onnx::prelude::{TVec, Tensor};
use tract_onnx::tract_hir::internal::{InferenceFact, ShapeFactoid, TractResult};

/// The most bytes of an input whose value is a part of a key: 32 sizes of 64 bits, or two for each dimension.
const DECIDING: usize = 512;

/// What is known of all inputs when a plan is made.
#[derive(Debug)]
pub(crate) struct Key(Vec<Given>);

/// What is known of an input.
#[derive(Debug)]
enum Given {
    Shape(TVec<usize>),
    Value(Arc<Tensor>),
}

impl Key {
    /// A key of shapes only.
    pub(crate) fn of_shapes(shapes: impl IntoIterator<Item = TVec<usize>>) -> Self {
        Key(shapes.into_iter().map(Given::Shape).collect())
    }

    /// A key of the inputs' shapes, and of the values of those that decide, if they are small.
    pub(crate) fn new(inputs: &[Arc<Tensor>], decides: impl Fn(usize) -> bool) -> Self {
        let given = |(index, input): (usize, &Arc<Tensor>)| {
            if decides(index) && input.as_bytes().len() <= DECIDING {
                // The input's own memory is written to again.
                Given::Value(Arc::new(input.as_ref().deep_clone()))
            } else {
                Given::Shape(input.shape().into())
            }
        };
        Key(inputs.iter().enumerate().map(given).collect())
    }

    /// Whether it has values.
    pub(crate) fn has_values(&self) -> bool {
        self.0.iter().any(|given| matches!(given, Given::Value(_)))
    }

    /// Whether it is one of these inputs.
    pub(crate) fn fits(&self, inputs: &[Arc<Tensor>]) -> bool {
        let fits = |(given, input): (&Given, &Arc<Tensor>)| match given {
            Given::Shape(shape) => shape.as_slice() == input.shape(),
            Given::Value(value) => value.shape() == input.shape() && value.as_bytes() == input.as_bytes(),
        };
        self.0.len() == inputs.len() && self.0.iter().zip(inputs).all(fits)
    }

    /// What is known of the inputs, of which the types are known from the model.
    pub(crate) fn facts(
        &self,
    ) -> impl Iterator<Item = impl Fn(&InferenceFact) -> TractResult<InferenceFact>> {
        self.0.iter().map(|given| {
            move |declared: &InferenceFact| match given {
                Given::Shape(shape) => {
                    let shape = ShapeFactoid::from(shape.as_slice());
                    Ok(InferenceFact { shape, ..declared.clone() })
                }
                Given::Value(value) => InferenceFact::try_from(Arc::clone(value)),
            }
        })
    }
}
