//! The models that are measured, with an input for each.

use nn_models::{models, packages};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

/// A model, and what goes through it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    make: fn() -> Vec<u8>,
    pub(crate) element: Element,
    pub(crate) shape: &'static [u32],
    /// The shape of the output, which is of `f32`.
    pub(crate) output: &'static [u32],
    /// What comes out, once somebody knows.
    pub(crate) expected: OnceLock<Vec<u8>>,
}

/// What an input is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    F32,
    I32,
}

impl Case {
    const fn new(
        name: &'static str,
        make: fn() -> Vec<u8>,
        element: Element,
        shape: &'static [u32],
        output: &'static [u32],
    ) -> Self {
        Case { name, make, element, shape, output, expected: OnceLock::new() }
    }

    /// The model, which both backends read.
    pub(crate) fn onnx(&self) -> Vec<u8> {
        (self.make)()
    }

    /// The bytes of the input: numbers as Magika reads them, or parts of one as in pictures.
    pub(crate) fn input(&self) -> Vec<u8> {
        let elements = 0..self.shape.iter().product();
        match self.element {
            Element::I32 => elements.flat_map(|at| (at * 31 % 256).to_le_bytes()).collect(),
            Element::F32 => {
                elements.flat_map(|at| (f32::from((at * 31 % 251) as u8) / 251.0).to_le_bytes()).collect()
            }
        }
    }

    /// How many bytes the output has.
    pub(crate) fn output_len(&self) -> usize {
        4 * self.output.iter().map(|size| *size as usize).product::<usize>()
    }
}

const PICTURE: &[u32] = &[1, 3, 224, 224];

/// From the one that has next to nothing to compute to the one that has most.
pub(crate) static CASES: [Case; 5] = [
    Case::new("Relu 64 B", || models::small_relu().onnx(), Element::F32, &[1, 16], &[1, 16]),
    Case::new("Relu 588 KiB", || models::large_relu().onnx(), Element::F32, PICTURE, PICTURE),
    Case::new(
        "text classifier",
        || read(packages::text_classifier()),
        Element::F32,
        &[1, 3, 48, 192],
        &[1, 2],
    ),
    Case::new("Magika", || read(packages::magika_model()), Element::I32, &[1, 2048], &[1, 214]),
    Case::new(
        "text detector",
        || read(packages::text_detector()),
        Element::F32,
        &[1, 3, 320, 320],
        &[1, 1, 320, 320],
    ),
];

fn read(path: Result<PathBuf, packages::Absent>) -> Vec<u8> {
    let path = path.unwrap_or_else(|absent| panic!("{absent}"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
