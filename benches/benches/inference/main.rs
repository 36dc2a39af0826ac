//! Benches of a guest's inference, beside the same model on the same backend without a guest, and beside a peer.
//!
//! How to run and how to read: `README.md` of this package.
#![deny(unsafe_code)]

mod cases;
mod crew;
mod guest;
mod openvino;
mod ours;
#[cfg(feature = "nn-peer")]
mod peer;
mod rounds;
mod statistics;
mod table;
mod tract;

use cases::Case;
use crew::Worker;
use std::thread::available_parallelism;

/// One way to run a model: makes a number of workers, which share the loaded model.
struct Side {
    name: &'static str,
    start: fn(&Case, usize) -> Vec<Box<dyn Worker>>,
}

/// A second measurement of `native` shows what the ratios of others are worth: its own should be 1. The peer lets the
/// processor decide how accurately it computes, so it is compared with ours doing the same.
const OPENVINO: &[Side] = &[
    Side { name: "ours", start: ours::on_openvino },
    Side { name: "native", start: openvino::start },
    Side { name: "again", start: openvino::start },
    #[cfg(feature = "nn-peer")]
    Side { name: "fast", start: ours::on_openvino_as_the_peer },
    #[cfg(feature = "nn-peer")]
    Side { name: "peer", start: peer::start },
];

const ONNX: &[Side] = &[
    Side { name: "ours", start: ours::on_onnx },
    Side { name: "native", start: tract::start },
    Side { name: "again", start: tract::start },
];

fn main() {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let cores = available_parallelism().map_or(1, usize::from);
    let cases = cases::all();
    for (backend, sides) in [("openvino", OPENVINO), ("onnx", ONNX)] {
        for guests in [1, cores] {
            let group = format!("{backend}/{guests}");
            let wanted: Vec<_> =
                cases.iter().filter(|case| format!("{group}/{}", case.name).contains(&filter)).collect();
            if !wanted.is_empty() {
                table::head(&group, sides);
            }
            for case in wanted {
                table::row(case.name, sides, &rounds::measure(case, sides, guests));
            }
        }
    }
}
