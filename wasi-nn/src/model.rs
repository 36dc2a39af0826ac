//! A model to be loaded: its encoding, its source, its origin, and the device to run it on.

use std::fmt;
use std::path::PathBuf;

/// `graph_encoding` of the witx: the format of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GraphEncoding {
    /// OpenVINO's intermediate representation: an XML file, and its weights. 0.
    OpenVino,
    /// ONNX, one file. 1.
    Onnx,
    /// TensorFlow, a frozen graph or a saved model. 2.
    TensorFlow,
    /// PyTorch. 3.
    PyTorch,
    /// TensorFlow Lite, one file. 4.
    TensorFlowLite,
    /// Whatever the content is. 5.
    Autodetect,
}

impl GraphEncoding {
    /// All of them, in the order of the witx.
    pub const ALL: [GraphEncoding; 6] = [
        GraphEncoding::OpenVino,
        GraphEncoding::Onnx,
        GraphEncoding::TensorFlow,
        GraphEncoding::PyTorch,
        GraphEncoding::TensorFlowLite,
        GraphEncoding::Autodetect,
    ];

    /// Its name in the witx, as in `tensorflowlite`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            GraphEncoding::OpenVino => "openvino",
            GraphEncoding::Onnx => "onnx",
            GraphEncoding::TensorFlow => "tensorflow",
            GraphEncoding::PyTorch => "pytorch",
            GraphEncoding::TensorFlowLite => "tensorflowlite",
            GraphEncoding::Autodetect => "autodetect",
        }
    }
}

impl fmt::Display for GraphEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `execution_target` of the witx: where a guest asks a graph to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExecutionTarget {
    /// The processor. 0.
    Cpu,
    /// A graphics processor. 1.
    Gpu,
    /// A tensor or neural processor. 2.
    Tpu,
    /// Wherever the host prefers. 3, which the witx lacks and published bindings pass.
    Auto,
}

impl ExecutionTarget {
    /// Its name, as in `cpu`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ExecutionTarget::Cpu => "cpu",
            ExecutionTarget::Gpu => "gpu",
            ExecutionTarget::Tpu => "tpu",
            ExecutionTarget::Auto => "auto",
        }
    }
}

impl fmt::Display for ExecutionTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a graph shall run, as a backend is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    /// What a guest asked for; the backend maps it to a device of its own.
    Target(ExecutionTarget),
    /// A name that the host gave, in the backend's own terms, as `GPU.1` or `NPU` for OpenVINO.
    Named(String),
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Target(target) => target.fmt(f),
            Device::Named(name) => f.write_str(name),
        }
    }
}

/// A model that a backend is to load.
///
/// It is owned, and shared with the backend, since some libraries go on reading weights after loading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its format; [`GraphEncoding::Autodetect`] only for one on a [server](Source::Served) when a backend sees it.
    pub encoding: GraphEncoding,
    /// Its content.
    pub source: Source,
    /// Who vouches for it.
    pub origin: Origin,
}

/// Where a model's content is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In memory: one part, or two for OpenVINO's representation, the XML and the weights.
    Bytes(Vec<Vec<u8>>),
    /// In files of the host, in the same order; a missing second one is looked for beside the first.
    Files(Vec<PathBuf>),
    /// On a server: the address of the model, for a backend that speaks to the server. Only the host names one.
    Served(String),
}

impl Source {
    /// The bytes that are in memory.
    pub fn byte_len(&self) -> u64 {
        match self {
            Source::Bytes(parts) => parts
                .iter()
                .map(|part| u64::try_from(part.len()).unwrap_or(u64::MAX))
                .fold(0, u64::saturating_add),
            Source::Files(_) | Source::Served(_) => 0,
        }
    }
}

/// Who chose a model, and with it, how far it can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The host, whose models are trusted.
    Host,
    /// A guest, whose bytes may attack whatever parses them.
    Guest,
}
