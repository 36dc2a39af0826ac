//! Tests of models that attack what reads them: the host lives on, and each gives an error or outputs in time.
//!
//! `HOSTILE` names a directory with further models, as `more.onnx`.

use crate::{limits, of_guest, onnxruntime, serving};
use nn_models::hostile::{broken, greedy};
use nn_models::{Element, models};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs};
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, Error, ErrorKind, InterruptHandle, TensorType};
use wasi_nn_isolate::Isolated;

/// How long a load may take, and a computation.
const TIME: Duration = Duration::from_secs(5);

/// What is lost before a worker is killed, on a busy machine.
const LATE: Duration = Duration::from_secs(10);

fn within() -> Control {
    Control::new(Some(TIME), &InterruptHandle::default())
}

/// Loads it, and computes with zeros.
fn attempt(backend: &Isolated, model: Vec<u8>) -> Result<(), Error> {
    let graph: Arc<dyn Graph> = backend.load(Arc::new(of_guest(model)), &backend_tests::CPU, &within())?;
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded())?;
    for (index, port) in graph.inputs().iter().enumerate() {
        let Some(element) = port.element.as_set() else { return Ok(()) };
        let dimensions: Vec<_> =
            port.shape.iter().flatten().map(|dimension| dimension.unwrap_or(2)).collect();
        let kind = TensorType::new(element, &dimensions)?;
        if kind.byte_len() > 64 << 20 {
            return Ok(());
        }
        execution.input(index, kind)?.fill(0);
    }
    execution.compute(&within())?;
    (0..graph.outputs().len()).try_for_each(|index| execution.output(index).map(drop))
}

pub(crate) fn survives(backend: &Isolated, name: &str, model: Vec<u8>) -> Result<(), Error> {
    let start = Instant::now();
    let outcome = attempt(backend, model);
    assert!(start.elapsed() < TIME * 2 + LATE, "{name} took {:?}", start.elapsed());
    if env::var_os("HOSTILE").is_some() {
        println!("{name}: {:?} in {:?}", outcome.as_ref().map_err(ToString::to_string), start.elapsed());
    }
    outcome
}

#[test]
fn greedy_models_cost_their_guest_an_error() {
    let backend = serving("onnx", limits().memory(1 << 30), b"");
    for (name, model) in [
        ("huge_constant", greedy::huge_constant()),
        ("huge_input", greedy::huge_input()),
        ("claimed_constant", greedy::claimed_constant()),
        ("nested", models::nested_ifs(20)),
    ] {
        let outcome = survives(&backend, name, model);
        assert!(
            outcome.is_ok() || outcome.is_err_and(|error| error.kind() != ErrorKind::Interrupted),
            "{name}"
        );
    }
    // Another guest's model still computes.
    survives(&backend, "sane", models::small_relu().onnx()).unwrap();
}

#[test]
fn broken_models_cost_their_guest_an_error() {
    let backend = serving("onnx", limits(), b"");
    let model = models::difference_and_product(Element::F32).onnx();
    for (index, mutant) in broken::mutants(&model, 16).take(40).enumerate() {
        let _ = survives(&backend, &format!("mutant {index}"), mutant);
    }
    survives(&backend, "sane", model).unwrap();
}

#[test]
fn models_of_a_directory_cost_their_guest_an_error() {
    let Some(folder) = env::var_os("HOSTILE") else { return };
    for backend in
        [Some(serving("onnx", limits(), b"")), onnxruntime::isolated(limits())].into_iter().flatten()
    {
        for file in fs::read_dir(&folder).unwrap().flatten() {
            let name = format!("{} on {}", file.file_name().to_string_lossy(), backend.name());
            let _ = survives(&backend, &name, fs::read(file.path()).unwrap());
        }
        survives(&backend, "sane", models::small_relu().onnx()).unwrap();
    }
}
