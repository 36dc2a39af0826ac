//! The models that are measured, with an input for each.

use nn_models::{models, packages};
use std::fs;

/// A model, and what goes through it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The model, which both backends read.
    pub(crate) onnx: Vec<u8>,
    pub(crate) element: Element,
    pub(crate) shape: Vec<u32>,
    /// The bytes of the input.
    pub(crate) input: Vec<u8>,
    /// The shape of the output, which is of `f32`.
    pub(crate) output: Vec<u32>,
}

/// What an input is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    F32,
    I32,
}

impl Case {
    fn new(name: &'static str, onnx: Vec<u8>, element: Element, shape: &[u32], output: &[u32]) -> Self {
        let elements = 0..shape.iter().product();
        // Bytes as Magika reads them, or parts of one as in pictures.
        let input = match element {
            Element::I32 => elements.flat_map(|at| (at * 31 % 256).to_le_bytes()).collect(),
            Element::F32 => {
                elements.flat_map(|at| (f32::from((at * 31 % 251) as u8) / 251.0).to_le_bytes()).collect()
            }
        };
        Case { name, onnx, element, shape: shape.to_vec(), input, output: output.to_vec() }
    }

    /// How many bytes the output has.
    pub(crate) fn output_len(&self) -> usize {
        4 * self.output.iter().map(|size| *size as usize).product::<usize>()
    }
}

/// From the one that has next to nothing to compute to the one that has most.
pub(crate) fn all() -> Vec<Case> {
    let read = |path: Result<std::path::PathBuf, packages::Absent>| {
        let path = path.unwrap_or_else(|absent| panic!("{absent}"));
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let [magika, classifier, detector] =
        [packages::magika_model(), packages::text_classifier(), packages::text_detector()].map(read);
    let picture = [1, 3, 224, 224];
    vec![
        Case::new("Relu 64 B", models::small_relu().onnx(), Element::F32, &[1, 16], &[1, 16]),
        Case::new("Relu 588 KiB", models::large_relu().onnx(), Element::F32, &picture, &picture),
        Case::new("text classifier", classifier, Element::F32, &[1, 3, 48, 192], &[1, 2]),
        Case::new("Magika", magika, Element::I32, &[1, 2048], &[1, 214]),
        Case::new("text detector", detector, Element::F32, &[1, 3, 320, 320], &[1, 1, 320, 320]),
    ]
}
