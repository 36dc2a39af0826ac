//! The key of a plan: the shapes of inputs, of which some sizes may be open, and the values of those that decide shapes.

use std::sync::Arc;
use tract_onnx::prelude::{SymbolScope, TDim, TVec, Tensor};
use tract_onnx::tract_hir::internal::{InferenceFact, ShapeFactoid, ToDim, TractResult};

/// The most bytes of an input whose value is a part of a key: 32 sizes of 64 bits, or two for each dimension.
const DECIDING: usize = 512;

/// What is known of all inputs when a plan is made.
#[derive(Debug)]
pub(crate) struct Key(Vec<Given>);

/// What is known of an input.
#[derive(Debug)]
enum Given {
    Shape(TVec<usize>),
    Open(TVec<Size>),
    Value(Arc<Tensor>),
}

/// A dimension of an input, for a plan with open sizes.
#[derive(Clone, Copy, Debug)]
enum Size {
    Known(usize),
    /// Any from [`LEAST`], the same wherever this number is.
    Open(usize),
}

/// The least open size. A dimension of one is stretched to the size of others, and nothing is done along one of zero, so
/// that a plan for them may be another one.
const LEAST: usize = 2;

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

    /// A key that leaves the sizes open in which `inputs` differ from this key of shapes, if it is one and they do. Sizes
    /// that were the same in both are the same from then on.
    pub(crate) fn opened(&self, inputs: &[Arc<Tensor>]) -> Option<Self> {
        let mut open: TVec<(usize, usize)> = TVec::new();
        let mut size = |(was, is): (&usize, &usize)| {
            if was == is || *is < LEAST {
                return Size::Known(*is);
            }
            let known = open.iter().position(|pair| *pair == (*was, *is));
            Size::Open(known.unwrap_or_else(|| {
                open.push((*was, *is));
                open.len().saturating_sub(1)
            }))
        };
        let mut given = |(given, input): (&Given, &Arc<Tensor>)| match given {
            Given::Shape(shape) if shape.len() == input.rank() => {
                Some(Given::Open(shape.iter().zip(input.shape()).map(&mut size).collect()))
            }
            _ => None,
        };
        let all: Option<TVec<_>> = self.0.iter().zip(inputs).map(&mut given).collect();
        all.filter(|all| all.len() == inputs.len() && !open.is_empty()).map(|all| Key(all.into_vec()))
    }

    /// Whether it leaves sizes open.
    pub(crate) fn is_open(&self) -> bool {
        self.0.iter().any(|given| matches!(given, Given::Open(_)))
    }

    /// Whether it has values.
    pub(crate) fn has_values(&self) -> bool {
        self.0.iter().any(|given| matches!(given, Given::Value(_)))
    }

    /// Whether it is one of these inputs.
    pub(crate) fn fits(&self, inputs: &[Arc<Tensor>]) -> bool {
        let mut open: TVec<usize> = TVec::new();
        let mut is_size = |(size, is): (&Size, &usize)| match size {
            Size::Known(known) => known == is,
            Size::Open(number) => match open.get(*number) {
                Some(known) => known == is,
                // Numbers come in order.
                None => {
                    open.push(*is);
                    *is >= LEAST
                }
            },
        };
        let fits = |(given, input): (&Given, &Arc<Tensor>)| match given {
            Given::Shape(shape) => shape.as_slice() == input.shape(),
            Given::Open(sizes) => {
                sizes.len() == input.rank() && sizes.iter().zip(input.shape()).all(&mut is_size)
            }
            Given::Value(value) => value.shape() == input.shape() && value.as_bytes() == input.as_bytes(),
        };
        self.0.len() == inputs.len() && self.0.iter().zip(inputs).all(fits)
    }

    /// What is known of the inputs, of which the types are known from the model; open sizes are symbols of its `scope`.
    pub(crate) fn facts(
        &self,
        scope: &SymbolScope,
    ) -> impl Iterator<Item = impl Fn(&InferenceFact) -> TractResult<InferenceFact>> {
        // By their names, so that plans made one after the other don't add to them.
        let symbol = |number: &usize| TDim::from(scope.sym(&format!("open{number}")));
        let dimension = move |size: &Size| match size {
            Size::Known(known) => known.to_dim(),
            Size::Open(number) => symbol(number),
        };
        self.0.iter().map(move |given| {
            move |declared: &InferenceFact| match given {
                Given::Shape(shape) => {
                    let shape = ShapeFactoid::from(shape.as_slice());
                    Ok(InferenceFact { shape, ..declared.clone() })
                }
                Given::Open(sizes) => {
                    let shape = ShapeFactoid::from(sizes.iter().map(&dimension));
                    Ok(InferenceFact { shape, ..declared.clone() })
                }
                Given::Value(value) => InferenceFact::try_from(Arc::clone(value)),
            }
        })
    }
}
