//! Models from a grammar in workers whose engine bounds nothing: whatever becomes of a worker, its host lives on, and holds no
//! more than before.

mod generate;
pub mod host;
mod ir;

pub use ir::Change;

use crate::model::Model;
use crate::watch::Bounds;
use crate::{End, Recipe};
use host::Given;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use wasi_facade::backend::isolate::service;
use wasi_facade::backend::onnx::{Onnx, OnnxLimits};
use wasi_facade::backend::openvino::OpenVino;
use wasi_facade::isolate::Service;
use wasi_facade::isolate::wire::{Reader, Writer};
use wasi_facade::nn::GraphEncoding;
use wasi_facade::nn::backend::Backend;

/// The services of this program as a worker.
const ONNX: &str = "onnx";
const OPENVINO: &str = "openvino";

/// Bytes of a path. Linux takes 4,096.
const MAX_PATH: usize = 4096;

/// A model that a guest brings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Isolated {
    /// In ONNX, on the embedded engine.
    Onnx(Model),
    /// In OpenVINO's format, where that is installed: one of the models of the tests, with changes.
    Ir {
        /// Which one, counted again from the first one beyond the last.
        case: u32,
        /// In this order.
        changes: Vec<Change>,
    },
}

impl Recipe for Isolated {
    const LONGEST: Duration = Duration::from_secs(8);

    /// Memory: the model, its copies while it is looked at, and a tensor. Time: of the host alone, which waits.
    fn bounds(&self) -> Bounds {
        let len = match self {
            Isolated::Onnx(model) => model.build().len(),
            Isolated::Ir { .. } => 64 << 10,
        };
        Bounds { memory: (24 << 20) + 8 * len, time: Duration::from_secs(2) }
    }

    fn run(&self) -> Result<End, String> {
        match self {
            Isolated::Onnx(model) => {
                let given =
                    Given { encoding: GraphEncoding::Onnx, parts: vec![model.build()], open: model.open };
                host::run(host::own_program(), ONNX, Vec::new(), given)
            }
            Isolated::Ir { case, changes } => {
                let Ok(libs) = nn_models::packages::openvino_libs() else {
                    return Ok(End::Refused("OpenVINO is not installed".to_owned()));
                };
                let parts = ir::build(*case, changes);
                let mut config = Writer::new();
                config.text(libs.to_str().unwrap_or_default(), MAX_PATH);
                let given = Given { encoding: GraphEncoding::OpenVino, parts, open: 2 };
                host::run(host::own_program(), OPENVINO, config.finish(), given)
            }
        }
    }
}

/// What this program serves as a worker.
#[must_use]
pub fn offer(name: &str) -> Option<Box<dyn Service>> {
    match name {
        ONNX => Some(service(|_| Ok(Box::new(Onnx::with_limits(unbounded()))))),
        OPENVINO => Some(service(|config| {
            let place = Reader::new(config).text(MAX_PATH).ok_or("no place")?;
            let openvino = OpenVino::builder().library(place).build().map_err(|error| error.to_string())?;
            Ok(Box::new(openvino) as Box<dyn Backend>)
        })),
        _ => None,
    }
}

/// Limits that leave all to the worker's own.
fn unbounded() -> OnnxLimits {
    let mut limits = OnnxLimits::default();
    limits.max_tensor_bytes = u64::MAX / 4;
    limits.max_total_bytes = u64::MAX / 4;
    limits.max_process_bytes = u64::MAX / 4;
    limits.max_work = u64::MAX / 4;
    limits.max_nodes = u64::MAX / 4;
    limits
}
