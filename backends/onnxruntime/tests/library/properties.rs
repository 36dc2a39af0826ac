//! Tests that properties reach the library, and that the others are refused.

use crate::support::{CPU, builder, floats, onnx, onnx_runtime, run};
use nn_models::{Tensor, models};
use std::num::NonZeroU32;
use std::sync::Arc;
use wasi_nn::backend::Backend;
use wasi_nn::{Control, ErrorKind, LoadOptions};

fn options(name: &str, value: &str) -> LoadOptions {
    let mut options = CPU;
    options.properties = vec![(name.to_owned(), value.to_owned())];
    options
}

#[test]
fn a_graph_computes_the_same_with_each() {
    let Some(mut builder) = builder() else { return };
    let one = NonZeroU32::MIN;
    let backend = builder.threads(one).property("session.intra_op.allow_spinning", "0").build().unwrap();
    for (name, value) in [
        ("inter_op_threads", "1"),
        ("inter_op_threads", "2"),
        ("optimization", "off"),
        ("optimization", "basic"),
        ("optimization", "extended"),
        ("optimization", "all"),
        ("arena", "off"),
        ("arena", "on"),
        ("session.dynamic_block_base", "4"),
        ("session.x64quantprecision", "0"),
        ("session.disable_prepacking", "1"),
        ("session.qdq_matmulnbits_accuracy_level", "4"),
    ] {
        let mut options = options(name, value);
        options.threads = NonZeroU32::new(2);
        let model = onnx(models::dynamic_batch().onnx());
        let graph = backend.load(model, &options, &Control::unbounded()).unwrap();
        let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
        let outputs = run(execution.as_mut(), &[Tensor::f32(&[1, 4], &[1.0; 4])], 1).unwrap();
        assert_eq!(outputs, [floats(&[11.0, 21.0, 31.0, 41.0])], "{name}={value}");
    }
}

/// A product of two models' computations that is not rewritten has each operator, and one that is has fewer.
#[test]
fn they_change_what_is_made_of_a_model() {
    let Some(backend) = onnx_runtime() else { return };
    // One that only a session without any thread of its own takes: affinities are of threads beside the caller's.
    let refused = |name: &str, value: &str, threads: u32| {
        let mut options = options(name, value);
        options.threads = NonZeroU32::new(threads);
        let model = onnx(models::scalar().onnx());
        backend.load(model, &options, &Control::unbounded()).err().map(|error| error.to_string())
    };
    let two = refused("session.intra_op_thread_affinities", "1;1", 2);
    assert!(two.is_some_and(|text| text.starts_with("ONNX Runtime failed when reading the model: ")));
    assert_eq!(refused("session.intra_op_thread_affinities", "1", 2), None);
}

#[test]
fn what_is_not_known_is_refused() {
    let Some(backend) = onnx_runtime() else { return };
    for (name, value) in [
        ("session.optimized_model_filepath", "/tmp/stolen"),
        ("session.enable_profiling", "1"),
        ("session.set_denormal_as_zero", "1"),
        ("NUM_STREAMS", "4"),
        ("cuda.device_id", "0"),
        ("arena", "1"),
    ] {
        let model = onnx(models::scalar().onnx());
        let refused = backend.load(model, &options(name, value), &Control::unbounded()).err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::Unsupported, "{name}: {refused}");
    }
}
