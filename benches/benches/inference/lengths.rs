//! Benches of a model of texts whose requests have one length, or a new one each.

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use nn_models::packages;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasi_nn::backend::{Backend, Execution, Graph};
use wasi_nn::{
    Control, Device, ElementType, ExecutionTarget, GraphEncoding, LoadOptions, Model, Origin, Source,
    TensorType,
};
use wasi_nn_onnx::Onnx;
use wasi_nn_onnxruntime::OnnxRuntime;
use wasi_nn_openvino::OpenVino;

/// The requests of an iteration, to a model that has been loaded for it.
const REQUESTS: u32 = 32;

/// The shortest of the lengths, and the one that is their mean.
const SHORTEST: u32 = 8;
const MEAN: u32 = SHORTEST + REQUESTS / 2;

/// Makes a backend.
type Make<'a> = &'a dyn Fn() -> Box<dyn Backend>;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lengths");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).throughput(Throughput::Elements(REQUESTS.into()));
    let libs = || packages::openvino_libs().unwrap_or_else(|absent| panic!("{absent}"));
    let openvino = || OpenVino::builder().library(libs()).build().expect("no property has a NUL");
    let libs = || packages::onnxruntime_libs().unwrap_or_else(|absent| panic!("{absent}"));
    let onnx_runtime = || OnnxRuntime::builder().library(libs()).build().expect("nothing is wrong");
    let backends: [(&str, Make<'_>); 3] = [
        ("onnx", &|| Box::new(Onnx::new())),
        ("openvino", &|| Box::new(openvino())),
        ("onnxruntime", &|| Box::new(onnx_runtime())),
    ];
    for (name, backend) in backends {
        for (case, lengths) in
            [("one", vec![MEAN; 32]), ("32 new ones", (SHORTEST..SHORTEST + REQUESTS).collect())]
        {
            group.bench_function(BenchmarkId::new(case, name), |bencher| {
                let backend = backend();
                bencher.iter_custom(|n| (0..n).map(|_| requests(backend.as_ref(), &lengths)).sum());
            });
        }
    }
}

/// How long requests of these lengths take after the model was loaded.
fn requests(backend: &dyn Backend, lengths: &[u32]) -> Duration {
    let path: PathBuf = packages::text_embedder().unwrap_or_else(|absent| panic!("{absent}"));
    let source = Source::Files(vec![path]);
    let model = Arc::new(Model { encoding: GraphEncoding::Onnx, source, origin: Origin::Host });
    let processor = LoadOptions::new(Device::Target(ExecutionTarget::Cpu));
    let graph = backend.load(model, &processor, &Control::unbounded()).expect("the model is one");
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).expect("there is memory");
    let start = Instant::now();
    for length in lengths {
        request(graph.as_ref(), execution.as_mut(), *length);
    }
    start.elapsed()
}

/// Computes with a text of so many words.
fn request(graph: &dyn Graph, execution: &mut dyn Execution, length: u32) {
    for (index, port) in graph.inputs().iter().enumerate() {
        let dims = [1, length];
        let kind = TensorType::new(ElementType::I64, &dims).expect("it is small");
        let buffer = execution.input(index, kind).expect("it is of the port's type");
        for (word, bytes) in (0..).zip(buffer.chunks_exact_mut(8)) {
            let value: i64 = match port.name.as_str() {
                "input_ids" => 1000 + word * 37 % 900,
                "attention_mask" => 1,
                _ => 0,
            };
            bytes.copy_from_slice(&value.to_le_bytes());
        }
    }
    execution.compute(&Control::unbounded()).expect("all inputs have been set");
}
