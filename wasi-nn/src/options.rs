//! The options of a load: where a backend is to run a model, and how.

use crate::Device;
use std::num::NonZeroU32;

/// How exactly a graph computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// In the precision that the model has, on every device. The default.
    #[default]
    Accurate,
    /// As the library chooses, which may use fewer bits where a device is faster with them. A library that always
    /// computes in the precision of the model, as the embedded engine for ONNX, does so here too.
    Fast,
}

/// What a backend is told when it loads a model.
///
/// A backend does what it is told, or refuses: the host may have named another backend that can.
///
/// ```
/// use wasi_nn::{Device, ExecutionTarget, LoadOptions, Precision};
///
/// let mut options = LoadOptions::new(Device::Target(ExecutionTarget::Cpu));
/// options.precision = Precision::Fast;
/// options.threads = std::num::NonZeroU32::new(2);
/// # assert!(options.properties.is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LoadOptions {
    /// A target that a guest asked for, or a device that the host named.
    pub device: Device,
    /// How exactly it computes; models of guests are accurate.
    pub precision: Precision,
    /// How many threads one computation uses at most. `None` leaves that to the backend; a backend that uses one thread
    /// in any case need not look.
    pub threads: Option<NonZeroU32>,
    /// What the host says in the backend's own terms: names and values that were meant for this backend, in the order in
    /// which the host said them. A backend refuses a name that it does not know, and lists those that it does.
    pub properties: Vec<(String, String)>,
}

impl LoadOptions {
    /// The defaults on a device.
    #[must_use]
    pub const fn new(device: Device) -> Self {
        LoadOptions { device, precision: Precision::Accurate, threads: None, properties: Vec::new() }
    }
}
