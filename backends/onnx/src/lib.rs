//! The ONNX backend of `wasi-nn`, on the embedded engine tract: pure Rust, for models of guests and of the host.
#![forbid(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod attribute;
mod error;
mod limits;
mod load;
mod run;

pub use limits::OnnxLimits;

use error::quoted;
use limits::bounds::Bounds;
use limits::pool::Pool;
use load::source::Parsed;
use run::graph::OnnxGraph;
use std::sync::Arc;
use wasi_nn::backend::{Backend, Graph, contained};
use wasi_nn::{Control, Device, Error, ExecutionTarget, GraphEncoding, LoadOptions, Model, Origin};

/// The name of the only device.
const CPU: &str = "CPU";

/// The backend for ONNX models, from guests and from the host, on the processor.
///
/// The engine computes on the guest's thread alone and in the precision of the model: a number of threads is kept in any
/// case, and [`Precision::Fast`](wasi_nn::Precision::Fast) is as accurate as the default. It has no properties.
///
/// On Windows the engine starts a program, `wmic`, once in a process, to learn how large the processor's caches are. A load waits
/// until it is known, and fails if that takes more than 10 seconds.
#[derive(Clone, Debug)]
pub struct Onnx {
    limits: OnnxLimits,
    pool: Pool,
}

impl Default for Onnx {
    fn default() -> Self {
        Onnx::with_limits(OnnxLimits::default())
    }
}

impl Onnx {
    /// The backend with the default limits.
    #[must_use]
    pub fn new() -> Self {
        Onnx::default()
    }

    /// The backend with limits of the host's choice.
    #[must_use]
    pub fn with_limits(limits: OnnxLimits) -> Self {
        Onnx { pool: Pool::new(limits.max_process_bytes), limits }
    }
}

impl Backend for Onnx {
    fn name(&self) -> &str {
        "onnx"
    }

    fn accepts(&self, encoding: GraphEncoding, _origin: Origin) -> bool {
        encoding == GraphEncoding::Onnx
    }

    fn load(
        &self,
        model: Arc<Model>,
        options: &LoadOptions,
        control: &Control,
    ) -> Result<Arc<dyn Graph>, Error> {
        check_device(&options.device)?;
        if let Some((name, _)) = options.properties.first() {
            let name = quoted(name);
            return Err(Error::unsupported(format!(
                "the embedded ONNX engine has no property {name}; it has none at all"
            )));
        }
        #[cfg(windows)]
        load::caches::ask(control)?;
        let bounds = Bounds::new(control, &self.limits, &self.pool.share()?);
        let (limits, pool) = (self.limits.clone(), self.pool.clone());
        let graph =
            contained(|| bounds.apply(|| OnnxGraph::new(Parsed::new(&model, &self.limits)?, limits, pool)))?;
        Ok(Arc::new(graph))
    }
}

fn check_device(device: &Device) -> Result<(), Error> {
    match device {
        Device::Target(ExecutionTarget::Cpu | ExecutionTarget::Auto) => Ok(()),
        Device::Named(name) if name == CPU => Ok(()),
        other => Err(Error::unsupported(format!(
            "the embedded ONNX engine has no device `{other}`; ask for the cpu, or give the model to another backend"
        ))),
    }
}
