//! Tests that damaged models give errors or results, and nothing else.

use super::support::load_with;
use nn_models::hostile::broken;
use nn_models::{Element, golden, models};
use std::sync::Arc;
use std::time::Duration;
use wasi_nn::backend::PortType;
use wasi_nn::{Control, InterruptHandle, TensorType};

/// Loads a model and computes with zeros, as a guest would that takes what the ports say.
fn survive(model: Vec<u8>) -> bool {
    let loaded = load_with(model, |limits| {
        limits.max_tensor_bytes = 1 << 20;
        limits.max_total_bytes = 1 << 22;
        limits.max_work = 1 << 28;
    });
    let Ok(graph) = loaded else { return false };
    let Ok(mut execution) = Arc::clone(&graph).execution(&Control::unbounded()) else { return false };
    for (index, port) in graph.inputs().iter().enumerate() {
        let PortType::Known(element) = port.element else { return false };
        let dimensions: Vec<u32> =
            port.shape.iter().flatten().map(|dimension| dimension.unwrap_or(2)).collect();
        let Ok(kind) = TensorType::new(element, &dimensions) else { return false };
        let Ok(bytes) = execution.input(index, kind) else { return false };
        bytes.fill(0);
    }
    let control = Control::new(Some(Duration::from_secs(5)), &InterruptHandle::default());
    let is_done = execution.compute(&control).is_ok();
    (0..graph.outputs().len()).all(|index| execution.output(index).is_ok() == is_done) && is_done
}

#[test]
fn beginnings_of_models() {
    for case in golden::cases() {
        let model = case.model.onnx();
        assert!(survive(model.clone()), "{}", case.name);
        for beginning in broken::beginnings(&model).take(400) {
            survive(beginning.to_vec());
        }
    }
}

#[test]
fn mutants_of_models() {
    let sane = [
        models::double(Element::U8).onnx(),
        models::dynamic_batch().onnx(),
        models::matmul_chain(4, 3).onnx(),
        models::nested_ifs(2),
    ];
    for (seed, model) in (0..).zip(sane) {
        let survivors =
            broken::mutants(&model, seed).take(1000).filter(|mutant| survive(mutant.clone())).count();
        // Damage hits names and comments as well, so that not all of them are refused at the door.
        assert!((1..1000).contains(&survivors), "{survivors} of 1000 computed");
    }
}
