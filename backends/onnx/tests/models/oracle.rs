//! Tests of real models, against ONNX Runtime.

use super::support::{load, run};
use nn_models::oracle::{Oracle, TOLERANCE};
use nn_models::packages::{self, Absent};
use nn_models::{Element, Tensor};
use std::path::PathBuf;
use std::sync::Arc;
use wasi_nn::Control;

/// Numbers that look like data, the same in every run.
fn numbers(count: usize) -> impl Iterator<Item = f32> {
    (0..u16::MAX).cycle().take(count).map(|index| (f32::from(index % 997) * 0.37).sin())
}

fn picture(dims: &[u32]) -> Tensor {
    let count = dims.iter().product::<u32>();
    Tensor::f32(dims, &numbers(usize::try_from(count).unwrap()).collect::<Vec<_>>())
}

/// Computes with all inputs, one after the other in the same context, and compares each with the oracle.
fn compare(path: Result<PathBuf, Absent>, inputs: &[Tensor]) {
    let Some(path) = packages::or_skip(path) else { return };
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let model = std::fs::read(path).unwrap();
    let answers = oracle.run_onnx(&model, inputs).unwrap();
    let graph = load(model.clone()).unwrap();
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    for (input, answer) in inputs.iter().zip(answers) {
        let outputs = run(execution.as_mut(), std::slice::from_ref(input), graph.outputs().len()).unwrap();
        let expected = answer.unwrap();
        assert_eq!(outputs.len(), expected.len());
        for ((output, expected), port) in outputs.iter().zip(&expected).zip(graph.outputs()) {
            assert_eq!(port.name, expected.name);
            let furthest = expected.furthest(output).unwrap();
            assert!(furthest <= TOLERANCE, "{:?}: {furthest} apart", input.dims);
        }
    }
}

#[test]
fn magika() {
    let bytes = |rows: u32, step: usize| {
        let text = include_bytes!("oracle.rs");
        let count = usize::try_from(rows * 2048).unwrap();
        let tokens = text.iter().cycle().step_by(step).take(count);
        let bytes = tokens.flat_map(|byte| i32::from(*byte).to_le_bytes()).collect();
        Tensor { element: Element::I32, dims: vec![rows, 2048], bytes }
    };
    compare(packages::magika_model(), &[bytes(1, 1), bytes(2, 3), bytes(1, 7)]);
}

#[test]
fn text_classifier() {
    compare(packages::text_classifier(), &[picture(&[1, 3, 48, 192]), picture(&[2, 3, 48, 100])]);
}

#[test]
fn text_detector() {
    compare(packages::text_detector(), &[picture(&[1, 3, 64, 64]), picture(&[1, 3, 96, 160])]);
}
