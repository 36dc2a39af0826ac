//! Tests of models that people use, against ONNX Runtime.

use crate::guest::{Guest, NATIVE, Numbering, name_on, on_each, registry};
use nn_models::oracle::{Oracle, TOLERANCE};
use nn_models::packages::{self, Absent};
use nn_models::{Element, Tensor};
use std::path::PathBuf;
use wasi_nn::Source;

/// Runs the inputs one after the other, from the guest's bytes on tract and by name on the others.
fn compare(path: Result<PathBuf, Absent>, inputs: &[Tensor]) {
    let Some(path) = packages::or_skip(path) else { return };
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let file = Source::Files(vec![path.clone()]);
    let Some(registry) = registry(on_each("model", &file)) else { return };
    let model = std::fs::read(path).unwrap();
    let answers = oracle.run_onnx(&model, inputs).unwrap();
    let mut on_tract = Guest::new(&registry);
    on_tract.load(1, &[&model]);
    let mut guests = vec![("tract", on_tract)];
    guests.extend(NATIVE.map(|backend| {
        let mut guest = Guest::new(&registry);
        guest.load_by_name(&name_on(backend, "model"));
        (backend, guest)
    }));
    for (input, answer) in inputs.iter().zip(answers) {
        let expected = answer.unwrap();
        for (backend, guest) in &mut guests {
            let outputs = guest.infer(std::slice::from_ref(input), Numbering::New, expected.len()).unwrap();
            for (output, expected) in outputs.iter().zip(&expected) {
                let furthest = expected.furthest(output).unwrap();
                assert!(furthest <= TOLERANCE, "{backend}, {:?}: {furthest} apart", input.dims);
            }
        }
    }
}

/// Values like those of a picture, the same in every run.
fn picture(dims: &[u32]) -> Tensor {
    let count = dims.iter().product::<u32>();
    let values: Vec<f32> = (0..count).map(|index| (index as f32 / 17.0).cos()).collect();
    Tensor::f32(dims, &values)
}

/// Beginnings of texts, as numbers of bytes.
#[test]
fn magika() {
    let texts =
        [include_str!("real.rs"), include_str!("../common/wasm_guest.wat"), include_str!("../../Cargo.toml")];
    let inputs = texts.map(|text| {
        let bytes = text.bytes().cycle().take(2048).flat_map(|byte| i32::from(byte).to_le_bytes());
        Tensor { element: Element::I32, dims: vec![1, 2048], bytes: bytes.collect() }
    });
    compare(packages::magika_model(), &inputs);
}

#[test]
fn text_classifier() {
    compare(packages::text_classifier(), &[picture(&[1, 3, 48, 192]), picture(&[2, 3, 48, 100])]);
}

#[test]
fn text_detector() {
    compare(packages::text_detector(), &[picture(&[1, 3, 64, 64]), picture(&[1, 3, 96, 160])]);
}
