//! The side whose models run in workers, which are this program once more; and the copies that a tensor takes there.

use crate::cases::Case;
use crate::crew::Worker;
use crate::{ours, tract};
use criterion::{BenchmarkId, Criterion, SamplingMode};
use std::env;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use wasi_isolate::{Limits, serve as serve_as_worker};
use wasi_nn::backend::Backend;
use wasi_nn::{
    Control, Device, ExecutionTarget, GraphEncoding, LoadOptions, Model, Origin, Registry, Source,
};
use wasi_nn_isolate::{Isolated, service};
use wasi_nn_onnx::Onnx;

/// The service of the worker, and the backend's name.
const SERVICE: &str = "onnx";
pub(crate) const BACKEND: &str = "onnx-isolated";

/// Serves, if this process is a worker. First thing in `main`.
pub(crate) fn serve() {
    serve_as_worker(&|name| (name == SERVICE).then(|| service(|_| Ok(Box::new(Onnx::new())))));
}

fn backend(limits: Limits) -> Isolated {
    let own = wasi_isolate::Worker::command(env::current_exe().expect("the system knows it"));
    let builder =
        Isolated::builder(SERVICE, own).encoding(GraphEncoding::Onnx).host_encoding(GraphEncoding::Onnx);
    builder.limits(limits).build().expect("the system has workers")
}

/// Guests whose model the embedded engine runs in a worker.
pub(crate) fn start(case: &Case, guests: usize) -> Vec<Box<dyn Worker>> {
    let registry = Registry::builder().backend(backend(Limits::default().ready(0)));
    ours::start(registry, Some(BACKEND), case, guests)
}

/// What one copy of each tensor takes, of the input and of the output.
pub(crate) fn copies(case: &Case, count: usize) -> Vec<Box<dyn Worker>> {
    let expected = {
        let mut native = tract::start(case, 1);
        native[0].run(1);
        native[0].output()
    };
    let worker = |_| {
        let input = case.input();
        let (to, out) = (vec![0; input.len()], vec![0; expected.len()]);
        Box::new(Copies { input, to, output: expected.clone(), out }) as Box<dyn Worker>
    };
    (0..count).map(worker).collect()
}

struct Copies {
    input: Vec<u8>,
    to: Vec<u8>,
    output: Vec<u8>,
    out: Vec<u8>,
}

impl Worker for Copies {
    fn run(&mut self, n: u64) {
        for _ in 0..n {
            std::hint::black_box(&mut self.to).copy_from_slice(&self.input);
            std::hint::black_box(&mut self.out).copy_from_slice(&self.output);
        }
    }

    fn output(&self) -> Vec<u8> {
        self.out.clone()
    }
}

/// Loads of a guest's model, in this process and with a worker that is ready.
#[allow(dead_code, reason = "`ratios` has no loads")]
pub(crate) fn bench(criterion: &mut Criterion, cases: &[Case]) {
    let mut group = criterion.benchmark_group("load");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    for case in cases {
        group.bench_function(BenchmarkId::new(case.name, "ours"), |bencher| {
            let backend = Onnx::new();
            bencher.iter_custom(|n| (0..n).map(|_| load(&backend, case)).sum());
        });
        group.bench_function(BenchmarkId::new(case.name, "worker"), |bencher| {
            let backend = backend(Limits::default().ready(1));
            backend.warm();
            bencher.iter_custom(|n| {
                let load = |_| {
                    while backend.ready() == 0 {
                        thread::yield_now();
                    }
                    load(&backend, case)
                };
                (0..n).map(load).sum()
            });
        });
    }
}

/// How long a load takes, without what its end does.
fn load(backend: &dyn Backend, case: &Case) -> Duration {
    let source = Source::Bytes(vec![case.onnx()]);
    let model = Arc::new(Model { encoding: GraphEncoding::Onnx, source, origin: Origin::Guest });
    let processor = LoadOptions::new(Device::Target(ExecutionTarget::Cpu));
    let start = Instant::now();
    let graph = backend.load(model, &processor, &Control::unbounded()).expect("the model is one");
    let took = start.elapsed();
    drop(graph);
    took
}
