//! Benches of inference: how many inferences a second guests get, beside the same model on the same library without a
//! guest, and beside a peer.
//!
//! A measurement has the name `backend/guests/model/side`. How to run and how to read: `README.md` of this package.
#![forbid(unsafe_code)]

mod cases;
mod crew;
mod guest;
mod isolated;
mod lengths;
mod onnxruntime;
mod openvino;
mod ours;
#[cfg(feature = "peer")]
mod peer;
mod remote;
mod sides;
mod tract;
mod triton;

use cases::CASES;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use sides::BACKENDS;
use std::time::Duration;

fn main() {
    isolated::serve();
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for (backend, sides) in BACKENDS {
        for guests in sides::guests() {
            let mut group = criterion.benchmark_group(format!("{backend}/{guests}"));
            // In an iteration each guest infers once.
            group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(guests as u64));
            for case in &CASES {
                for side in sides {
                    // Loaded if it is asked for, and once, since criterion comes back for each sample.
                    let mut crew = None;
                    group.bench_function(BenchmarkId::new(case.name, side.name), |bencher| {
                        let crew = crew.get_or_insert_with(|| side.crew(case, guests));
                        bencher.iter_custom(|n| crew.run(n));
                    });
                }
            }
        }
    }
    lengths::bench(&mut criterion);
    isolated::bench(&mut criterion, &CASES);
    remote::bench(&mut criterion);
    triton::bench(&mut criterion);
    criterion.final_summary();
}
