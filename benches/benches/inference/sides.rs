//! The sides of the benches: guests of ours, the backend's library without a guest, and guests of the peer.

use crate::cases::Case;
use crate::crew::{Crew, Worker};
use crate::{isolated, onnxruntime, openvino, ours, tract};
use std::thread::available_parallelism;

#[cfg(feature = "peer")]
use crate::peer;

/// One way to run a model: makes a number of workers, which share the loaded model.
#[derive(Clone, Copy)]
pub(crate) struct Side {
    pub(crate) name: &'static str,
    pub(crate) start: fn(&Case, usize) -> Vec<Box<dyn Worker>>,
}

/// The side that copies tensors and infers nothing.
pub(crate) const COPIES: &str = "copies";

/// The backends, and the sides of each. The peer lets the processor decide how accurately it computes, so it is compared
/// with ours doing the same.
pub(crate) const BACKENDS: [(&str, &[Side]); 3] = [
    (
        "openvino",
        &[
            Side { name: "ours", start: ours::on_openvino },
            Side { name: "native", start: openvino::start },
            #[cfg(feature = "peer")]
            Side { name: "fast", start: ours::on_openvino_as_the_peer },
            #[cfg(feature = "peer")]
            Side { name: "peer", start: peer::start },
        ],
    ),
    (
        "onnxruntime",
        &[
            Side { name: "ours", start: ours::on_onnx_runtime },
            Side { name: "native", start: onnxruntime::start },
        ],
    ),
    (
        "onnx",
        &[
            Side { name: "ours", start: ours::on_onnx },
            Side { name: "native", start: tract::start },
            Side { name: "worker", start: isolated::start },
            Side { name: COPIES, start: isolated::copies },
        ],
    ),
];

/// How many guests infer at a time: one alone, and one for each core.
pub(crate) fn guests() -> Vec<usize> {
    let mut counts = vec![1, available_parallelism().map_or(1, usize::from)];
    counts.dedup();
    counts
}

impl Side {
    /// Workers that infer at the same time. Each has shown that it computes what tract does without a guest, which is
    /// as far from OpenVINO as two implementations can be.
    pub(crate) fn crew(&self, case: &Case, workers: usize) -> Crew {
        let expected = case.expected.get_or_init(|| infer(&mut *tract::start(case, 1)[0]));
        let mut workers = (self.start)(case, workers);
        for worker in &mut workers {
            let is_same = is_close(&infer(&mut **worker), expected);
            assert!(is_same, "{}: {} computes something else than tract", case.name, self.name);
        }
        Crew::new(self.name, workers)
    }
}

fn infer(worker: &mut dyn Worker) -> Vec<u8> {
    worker.run(1);
    worker.output()
}

/// Are these the same numbers, and not only zeros, as near as numbers of 16 bits come?
fn is_close(output: &[u8], expected: &[u8]) -> bool {
    let floats = |bytes: &[u8]| -> Vec<f32> {
        bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    };
    let (output, expected) = (floats(output), floats(expected));
    output.len() == expected.len()
        && output.iter().zip(&expected).all(|(one, other)| (one - other).abs() < 0.02)
        && output.iter().any(|value| *value != 0.0)
}
