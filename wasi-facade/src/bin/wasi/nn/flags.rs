//! The part of the command line that is about inference.

use super::graphs::{BACKENDS, Graph, ONNX_RUNTIME, OPENVINO, device, encoding, graph, target};
use super::limits::NnLimits;
use super::remote::{self, Token};
use super::shapes::{self, Shape};
use crate::limits::{self, Setting};
use crate::log::Verbosity;
use crate::numbers::number;
use crate::stats::Stats;
use clap::{Args, Subcommand, ValueHint};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;
use wasi_facade::nn::{Device, ExecutionTarget, GraphEncoding, GuestModels};

/// Which models there are for guests, and what runs them.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Inference, with `-S nn`")]
pub(crate) struct Inference {
    /// Let the guest load a model by NAME, or by the name of DIR, as `onnx::models/yolo` for a model.onnx there; an OPTION
    /// says how it runs, as `cat=onnx,backend=openvino,precision=fast,threads=2:cat.onnx`, see below
    #[arg(
        long = "nn-graph",
        value_name = "NAME=ENCODING[@DEVICE][,OPTION]:PATH[,PATH]|ENCODING[@DEVICE][,OPTION]::DIR",
        value_parser = graph
    )]
    pub(crate) graphs: Vec<Graph>,
    /// Run graphs that name no backend on these; if one refuses to load a graph, the next is tried. By default
    /// `onnx,openvino,onnxruntime`: the embedded engine, and what is installed
    #[arg(long = "nn-backend", value_name = "BACKEND[,BACKEND]", value_delimiter = ',', value_parser = BACKENDS)]
    pub(crate) backends: Vec<String>,
    /// Load all graphs before the guest starts, and not when it first asks for them; none may fail
    #[arg(long = "nn-eager")]
    pub(crate) eager: bool,
    /// What guests get that ask for cpu, gpu, tpu or auto, in OpenVINO's terms, as `tpu=NPU`, or in ONNX Runtime's, as
    /// `onnxruntime.gpu=CUDA:1`
    #[arg(long = "nn-device", value_name = "[BACKEND.]TARGET=DEVICE", value_parser = mapping)]
    pub(crate) devices: Vec<Mapping>,
    /// Have OpenVINO keep compiled models in a directory that only you can write to
    #[arg(long = "nn-cache", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) cache: Option<PathBuf>,
    /// Take models from the guest itself in no more than these formats, by default `onnx,openvino`, and run each in a process of
    /// its own, `isolated`, which is the default on Linux, or `in-process`, where one could end this process; elsewhere none
    /// are taken unless `in-process` is said. `onnx=openvino` has OpenVINO read ONNX there, on the processor, and
    /// `onnx=onnxruntime` ONNX Runtime
    #[arg(
        long = "nn-guest-models",
        value_name = "[isolated|in-process][,ENCODING[=BACKEND]]|none",
        value_parser = guest_models
    )]
    pub(crate) guest_models: Option<BroughtModels>,
    /// Let loading a graph take so long at most
    #[arg(long = "nn-compile-time", value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) compile_time: Option<Duration>,
    /// Let one computation take so long at most
    #[arg(long = "nn-compute-time", value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) compute_time: Option<Duration>,
    /// Bound what models may cost, such as `model-bytes=2G` or `onnx-work=1T`; see below
    #[arg(long = "nn-limit", value_name = "NAME=VALUE", value_parser = limits::setting::<NnLimits>)]
    pub(crate) nn_limits: Vec<Setting>,
    /// Say on standard error what each graph has taken: loads, compilations and computations, with their times. As JSON it
    /// is a list `graphs` of objects: `name` (`null` for the guest's own models together), `backend`, `device`, `loads`,
    /// `load_hits`, `compiles`, `compile_hits`, `computations`, `held_bytes`, `counted` (what the backend counts itself); what is done has `done`, `failed` and `time`
    #[arg(long = "nn-stats", value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    pub(crate) graph_stats: Option<Stats>,
    #[command(flatten)]
    pub(crate) library: Library,
    #[command(flatten)]
    pub(crate) servers: Servers,
}

/// How servers with models are spoken to.
#[derive(Debug, Default, Args)]
pub(crate) struct Servers {
    /// Send the bearer token in a file to the server of the graphs that are `remote`; with a URL, to that of several
    #[arg(id = "nn-remote-token", long = "nn-remote-token", value_name = "[URL=]FILE", value_parser = remote::token)]
    pub(crate) tokens: Vec<Token>,
    /// Trust the certificates of authorities in a file of PEM too, for https
    #[arg(id = "nn-remote-roots", long = "nn-remote-roots", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) roots: Option<PathBuf>,
    /// Let a call to a server take so long at most, by default a minute
    #[arg(id = "nn-remote-timeout", long = "nn-remote-timeout", value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Have so many connections to a server at most, by default 8
    #[arg(id = "nn-remote-connections", long = "nn-remote-connections", value_name = "N")]
    pub(crate) connections: Option<NonZeroUsize>,
    /// Take so many bytes of a server's answer at most, by default `64M`
    #[arg(id = "nn-remote-max-response", long = "nn-remote-max-response", value_name = "BYTES", value_parser = number)]
    pub(crate) max_response: Option<u64>,
}

/// The models that the guest may bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BroughtModels {
    /// Where they run.
    pub(crate) place: GuestModels,
    /// In which formats they are, and what runs each.
    pub(crate) encodings: Vec<(GraphEncoding, &'static str)>,
}

impl BroughtModels {
    /// None.
    pub(crate) fn none() -> Self {
        BroughtModels { place: GuestModels::None, encodings: Vec::new() }
    }
}

impl Default for BroughtModels {
    fn default() -> Self {
        let place = if cfg!(target_os = "linux") { GuestModels::Isolated } else { GuestModels::None };
        BroughtModels { place, encodings: USUAL.to_vec() }
    }
}

/// The formats in which guests may bring models, and what runs them unless the user says otherwise.
const USUAL: [(GraphEncoding, &str); 2] =
    [(GraphEncoding::Onnx, "onnx"), (GraphEncoding::OpenVino, "openvino")];

/// What else may run a format, in a process of its own: their readers of ONNX are not made for hostile bytes.
const ISOLATED: [(GraphEncoding, &str); 2] =
    [(GraphEncoding::Onnx, OPENVINO), (GraphEncoding::Onnx, ONNX_RUNTIME)];

/// Where native libraries are.
#[derive(Debug, Default, Args)]
pub(crate) struct Library {
    /// OpenVINO's library `libopenvino_c`, or the directory it is in, rather than the one that is installed
    #[arg(long = "nn-openvino", value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) openvino: Option<PathBuf>,
    /// ONNX Runtime's library `libonnxruntime`, or the directory it is in, rather than the one that is installed
    #[arg(long = "nn-onnxruntime", value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) onnxruntime: Option<PathBuf>,
}

/// What a target is on a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) backend: &'static str,
    pub(crate) target: ExecutionTarget,
    pub(crate) device: String,
}

impl Inference {
    /// The first flag that was given, to name it.
    pub(crate) fn first(&self) -> Option<&'static str> {
        let given = [
            ("--nn-graph", !self.graphs.is_empty()),
            ("--nn-backend", !self.backends.is_empty()),
            ("--nn-eager", self.eager),
            ("--nn-device", !self.devices.is_empty()),
            ("--nn-cache", self.cache.is_some()),
            ("--nn-guest-models", self.guest_models.is_some()),
            ("--nn-compile-time", self.compile_time.is_some()),
            ("--nn-compute-time", self.compute_time.is_some()),
            ("--nn-limit", !self.nn_limits.is_empty()),
            ("--nn-stats", self.graph_stats.is_some()),
            ("--nn-openvino", self.library.openvino.is_some()),
            ("--nn-remote-token", !self.servers.tokens.is_empty()),
            ("--nn-remote-roots", self.servers.roots.is_some()),
            ("--nn-remote-timeout", self.servers.timeout.is_some()),
            ("--nn-remote-connections", self.servers.connections.is_some()),
            ("--nn-remote-max-response", self.servers.max_response.is_some()),
            ("--nn-onnxruntime", self.library.onnxruntime.is_some()),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
    }
}

/// About models, without a guest.
#[derive(Debug, Subcommand)]
pub(crate) enum Nn {
    /// Print a model's inputs and outputs, with their types and shapes, and which backend runs it, and why others do not
    Inspect(Box<Inspect>),
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The model: .onnx, .xml with its .bin beside it, .tflite, .pb, the directory of a saved model, or the address of one on
    /// a server, as http://HOST:PORT/v2/models/NAME
    #[arg(value_name = "MODEL", value_hint = ValueHint::AnyPath, required_unless_present = "graph", conflicts_with = "graph")]
    pub(crate) model: Option<PathBuf>,
    /// A graph instead of MODEL, as `wasi run` has it, with the device and the options that it names
    #[arg(
        long = "nn-graph",
        value_name = "NAME=ENCODING[@DEVICE][,OPTION]:PATH[,PATH]|ENCODING[@DEVICE][,OPTION]::DIR",
        value_parser = graph,
        conflicts_with_all = ["encoding", "device"]
    )]
    pub(crate) graph: Option<Graph>,
    /// What a graph gets that asks for cpu, gpu, tpu or auto, as `tpu=NPU` or `onnxruntime.gpu=CUDA`
    #[arg(long = "nn-device", value_name = "[BACKEND.]TARGET=DEVICE", value_parser = mapping)]
    pub(crate) devices: Vec<Mapping>,
    /// The model's format, by default what its name or its content says
    #[arg(long, value_name = "ENCODING", value_parser = encoding)]
    pub(crate) encoding: Option<GraphEncoding>,
    /// The device: cpu, gpu, tpu, auto, or a name of the backend's, as OpenVINO's `GPU.1` or ONNX Runtime's `CUDA:1`
    #[arg(long, value_name = "DEVICE", default_value = "cpu", value_parser = device)]
    pub(crate) device: Device,
    /// The backends to try, one after the other, by default `onnx,openvino,onnxruntime`
    #[arg(long = "nn-backend", value_name = "BACKEND[,BACKEND]", value_delimiter = ',', value_parser = BACKENDS)]
    pub(crate) backends: Vec<String>,
    /// Tell the shapes of the outputs for an input of this shape, which is known by its name or by its number
    #[arg(long = "shape", value_name = "INPUT=SHAPE", value_parser = shapes::shape)]
    pub(crate) shapes: Vec<Shape>,
    /// Bound what the model may cost, as `wasi run` does
    #[arg(long = "nn-limit", value_name = "NAME=VALUE", value_parser = limits::setting::<NnLimits>)]
    pub(crate) nn_limits: Vec<Setting>,
    #[command(flatten)]
    pub(crate) library: Library,
    #[command(flatten)]
    pub(crate) servers: Servers,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
}

/// What targets are mapped to, on OpenVINO unless another backend is named.
fn mapping(text: &str) -> Result<Mapping, String> {
    let (name, device) = text.split_once('=').ok_or("write TARGET=DEVICE, as in `tpu=NPU`")?;
    let (backend, name) = match name.split_once('.') {
        None => (OPENVINO, name),
        Some((OPENVINO, name)) => (OPENVINO, name),
        Some((ONNX_RUNTIME, name)) => (ONNX_RUNTIME, name),
        Some((backend, _)) => {
            return Err(format!("devices are those of {OPENVINO} or {ONNX_RUNTIME}, not of `{backend}`"));
        }
    };
    let target =
        target(name).ok_or_else(|| format!("`{name}` is none of the targets cpu, gpu, tpu and auto"))?;
    if device.is_empty() {
        return Err("the device has no name; write one of the backend's, as in `tpu=NPU`".to_owned());
    }
    Ok(Mapping { backend, target, device: device.to_owned() })
}

fn guest_models(text: &str) -> Result<BroughtModels, String> {
    if text == "none" {
        return Ok(BroughtModels::none());
    }
    let (mut place, mut encodings) = (None, Vec::new());
    for word in text.split(',') {
        let said = match word {
            "isolated" => GuestModels::Isolated,
            "in-process" => GuestModels::InProcess,
            "none" => return Err("`none` stands alone".to_owned()),
            word => {
                encodings.push(brought(word)?);
                continue;
            }
        };
        if place.replace(said).is_some() {
            return Err("models run `isolated` or `in-process`; say one of both".to_owned());
        }
    }
    if encodings.is_empty() {
        encodings = USUAL.to_vec();
    }
    if encodings.iter().any(|(one, _)| encodings.iter().filter(|(other, _)| one == other).count() > 1) {
        return Err("a format is named twice; leave one of both out".to_owned());
    }
    if place == Some(GuestModels::InProcess)
        && let Some((encoding, backend)) = encodings.iter().find(|brought| ISOLATED.contains(brought))
    {
        return Err(format!(
            "`{backend}` reads guests' {encoding} only in a process of its own; take `in-process` away"
        ));
    }
    // Who names formats wants them, wherever workers are missing.
    Ok(BroughtModels { place: place.unwrap_or(GuestModels::Isolated), encodings })
}

/// Reads `ENCODING[=BACKEND]`.
fn brought(text: &str) -> Result<(GraphEncoding, &'static str), String> {
    let (name, backend) = match text.split_once('=') {
        Some((name, backend)) => (name, Some(backend)),
        None => (text, None),
    };
    let encoding = encoding(name)?;
    let all = USUAL.into_iter().chain(ISOLATED);
    let mut of_encoding = all.filter(|(of, _)| *of == encoding).peekable();
    if of_encoding.peek().is_none() {
        return Err(format!("guests cannot bring {encoding}; name such a graph with --nn-graph"));
    }
    let found = of_encoding.find(|(_, name)| backend.is_none_or(|backend| backend == *name));
    found.ok_or_else(|| format!("guests' {encoding} does not go to `{}`", backend.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::{BroughtModels, Mapping, guest_models, mapping};
    use wasi_facade::nn::{ExecutionTarget, GraphEncoding, GuestModels};

    #[test]
    fn mappings() {
        let of = |backend, device: &str| {
            Ok(Mapping { backend, target: ExecutionTarget::Tpu, device: device.to_owned() })
        };
        assert_eq!(mapping("tpu=NPU"), of("openvino", "NPU"));
        assert_eq!(mapping("openvino.tpu=NPU.1"), of("openvino", "NPU.1"));
        assert_eq!(mapping("onnxruntime.tpu=TensorRT+CUDA:1"), of("onnxruntime", "TensorRT+CUDA:1"));
        for wrong in ["tpu", "tpu=", "npu=NPU", "", "onnx.tpu=CPU", "onnxruntime.npu=CPU", "onnxruntime.=CPU"]
        {
            assert!(mapping(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn models_of_guests() {
        use GraphEncoding::{Onnx, OpenVino};
        use GuestModels::{InProcess, Isolated, None};
        let (onnx, openvino) = ((Onnx, "onnx"), (OpenVino, "openvino"));
        for (text, place, encodings) in [
            ("none", None, vec![]),
            ("isolated", Isolated, vec![onnx, openvino]),
            ("in-process", InProcess, vec![onnx, openvino]),
            ("openvino,onnx", Isolated, vec![openvino, onnx]),
            ("in-process,onnx", InProcess, vec![onnx]),
            ("onnx,isolated", Isolated, vec![onnx]),
            ("onnx=openvino", Isolated, vec![(Onnx, "openvino")]),
            ("openvino,onnx=onnxruntime", Isolated, vec![openvino, (Onnx, "onnxruntime")]),
            ("isolated,openvino,onnx=onnx", Isolated, vec![openvino, onnx]),
        ] {
            assert_eq!(guest_models(text), Ok(BroughtModels { place, encodings }), "{text}");
        }
        assert!(guest_models("pytorch").unwrap_err().contains("--nn-graph"));
        for backend in ["openvino", "onnxruntime"] {
            let error = guest_models(&format!("in-process,onnx={backend}")).unwrap_err();
            assert!(
                error.starts_with(&format!("`{backend}` reads guests' onnx only in a process")),
                "{error}"
            );
        }
        for wrong in [
            "",
            "onnx,",
            "all",
            "none,onnx",
            "isolated,in-process",
            "onnx=",
            "onnx=ort",
            "openvino=onnx",
            "onnx,onnx=openvino",
            "onnx=onnxruntime,onnx=openvino",
            "openvino=onnxruntime",
        ] {
            assert!(guest_models(wrong).is_err(), "{wrong}");
        }
    }
}
