//! The part of the command line that is about inference.

use super::limits::NnLimits;
use crate::limits::{self, Setting};
use crate::log::Verbosity;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;
use std::time::Duration;
use wasi_facade::nn::{Device, ExecutionTarget, GraphEncoding};

const TARGETS: [ExecutionTarget; 4] =
    [ExecutionTarget::Cpu, ExecutionTarget::Gpu, ExecutionTarget::Tpu, ExecutionTarget::Auto];

/// Which models there are for guests, and what runs them.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Inference, with `-S nn`")]
pub(crate) struct Inference {
    /// Let the guest load a model by NAME, or by the name of DIR, as `onnx::models/yolo` for a model.onnx there
    #[arg(long = "nn-graph", value_name = "NAME=ENCODING[@DEVICE]:PATH[,PATH]|ENCODING::DIR", value_parser = graph)]
    pub(crate) graphs: Vec<Graph>,
    /// Run these graphs on a backend, by default on the first of `onnx` and `openvino` that reads them
    #[arg(long = "nn-backend", value_name = "BACKEND", value_parser = ["onnx", "openvino"])]
    pub(crate) backend: Option<String>,
    /// Load these graphs before the guest starts, and not when it first asks for them
    #[arg(long = "nn-eager")]
    pub(crate) eager: bool,
    /// What guests get that ask for cpu, gpu, tpu or auto, as `tpu=NPU`
    #[arg(long = "nn-device", value_name = "TARGET=DEVICE", value_parser = mapping)]
    pub(crate) devices: Vec<(ExecutionTarget, String)>,
    /// Have OpenVINO keep compiled models in a directory that only you can write to
    #[arg(long = "nn-cache", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) cache: Option<PathBuf>,
    /// Take models from the guest itself in no more than these formats, by default `onnx,openvino`; they run in this
    /// process, and native code reads those for OpenVINO
    #[arg(long = "nn-guest-models", value_name = "ENCODING[,ENCODING]|none", value_parser = guest_models)]
    pub(crate) guest_models: Option<GuestModels>,
    /// Let loading a graph take so long at most
    #[arg(long = "nn-compile-time", value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) compile_time: Option<Duration>,
    /// Let one computation take so long at most
    #[arg(long = "nn-compute-time", value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) compute_time: Option<Duration>,
    /// Bound what models may cost, such as `model-bytes=2G` or `onnx-work=1T`; see below
    #[arg(long = "nn-limit", value_name = "NAME=VALUE", value_parser = limits::setting::<NnLimits>)]
    pub(crate) nn_limits: Vec<Setting>,
    #[command(flatten)]
    pub(crate) library: Library,
}

/// The encodings in which the guest may bring models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GuestModels(pub(crate) Vec<GraphEncoding>);

/// Where OpenVINO is.
#[derive(Debug, Default, Args)]
pub(crate) struct Library {
    /// OpenVINO's library `libopenvino_c`, or the directory it is in, rather than the one that is installed
    #[arg(long = "nn-openvino", value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) openvino: Option<PathBuf>,
}

impl Inference {
    /// The first flag that was given, to name it.
    pub(crate) fn first(&self) -> Option<&'static str> {
        let given = [
            ("--nn-graph", !self.graphs.is_empty()),
            ("--nn-backend", self.backend.is_some()),
            ("--nn-eager", self.eager),
            ("--nn-device", !self.devices.is_empty()),
            ("--nn-cache", self.cache.is_some()),
            ("--nn-guest-models", self.guest_models.is_some()),
            ("--nn-compile-time", self.compile_time.is_some()),
            ("--nn-compute-time", self.compute_time.is_some()),
            ("--nn-limit", !self.nn_limits.is_empty()),
            ("--nn-openvino", self.library.openvino.is_some()),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
    }
}

/// About models, without a guest.
#[derive(Debug, Subcommand)]
pub(crate) enum Nn {
    /// Print a model's inputs and outputs, with their types and shapes, and what would run it
    Inspect(Inspect),
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The model: .onnx, .xml with its .bin beside it, .tflite, .pb, or the directory of a saved model
    #[arg(value_name = "MODEL", value_hint = ValueHint::AnyPath)]
    pub(crate) model: PathBuf,
    /// The model's format, by default what its name or its content says
    #[arg(long, value_name = "ENCODING", value_parser = encoding)]
    pub(crate) encoding: Option<GraphEncoding>,
    /// The device: cpu, gpu, tpu, auto, or a name of OpenVINO's as `GPU.1`
    #[arg(long, value_name = "DEVICE", default_value = "cpu", value_parser = device)]
    pub(crate) device: Device,
    /// The backend, by default the first of `onnx` and `openvino` that reads the model
    #[arg(long = "nn-backend", value_name = "BACKEND", value_parser = ["onnx", "openvino"])]
    pub(crate) backend: Option<String>,
    #[command(flatten)]
    pub(crate) library: Library,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
}

/// A graph for guests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Graph {
    pub(crate) name: String,
    pub(crate) encoding: GraphEncoding,
    pub(crate) device: Option<Device>,
    pub(crate) files: Vec<PathBuf>,
}

fn graph(text: &str) -> Result<Graph, String> {
    // `ENCODING::DIR` is what Wasmtime's command takes.
    if let Some((format, dir)) = text.split_once("::")
        && !format.contains('=')
    {
        return graph_of_dir(encoding(format)?, dir);
    }
    let form = || "write NAME=ENCODING[@DEVICE]:PATH[,PATH] or ENCODING::DIR".to_owned();
    let (name, rest) = text.split_once('=').ok_or_else(form)?;
    let (format, paths) = rest.split_once(':').ok_or_else(form)?;
    let (format, device) = match format.split_once('@') {
        Some((format, name)) => (format, Some(device(name)?)),
        None => (format, None),
    };
    let files: Vec<_> = paths.split(',').map(PathBuf::from).collect();
    if name.is_empty() || files.iter().any(|file| file.as_os_str().is_empty()) {
        return Err(form());
    }
    Ok(Graph { name: name.to_owned(), encoding: encoding(format)?, device, files })
}

fn graph_of_dir(encoding: GraphEncoding, dir: &str) -> Result<Graph, String> {
    let dir = PathBuf::from(dir);
    let name = dir.file_name().and_then(|name| name.to_str());
    let name = name.ok_or("the directory has no name to give to the graph; write NAME=ENCODING:PATH")?;
    let files: &[&str] = match encoding {
        GraphEncoding::OpenVino => &["model.xml", "model.bin"],
        GraphEncoding::Onnx => &["model.onnx"],
        GraphEncoding::TensorFlowLite => &["model.tflite"],
        // A saved model is a directory, and a frozen graph is a file in one.
        GraphEncoding::TensorFlow if dir.join("saved_model.pb").is_file() => &[""],
        GraphEncoding::TensorFlow => &["model.pb"],
        GraphEncoding::PyTorch => &["model.pt"],
        GraphEncoding::Autodetect => {
            return Err("a directory needs an encoding; write it before `::`".to_owned());
        }
    };
    let files = files.iter().map(|file| dir.join(file)).collect();
    Ok(Graph { name: name.to_owned(), encoding, device: None, files })
}

fn encoding(name: &str) -> Result<GraphEncoding, String> {
    GraphEncoding::ALL.into_iter().find(|encoding| encoding.name() == name).ok_or_else(|| {
        let names: Vec<_> = GraphEncoding::ALL.iter().map(|encoding| encoding.name()).collect();
        format!("there is no encoding `{name}`; there are {}", names.join(", "))
    })
}

/// What runs a graph: a target of the witx, or a device in the backend's own terms.
fn device(name: &str) -> Result<Device, String> {
    match target(name) {
        Some(target) => Ok(Device::Target(target)),
        None if name.is_empty() => Err("the device has no name; write cpu, or one of OpenVINO's".to_owned()),
        None => Ok(Device::Named(name.to_owned())),
    }
}

fn target(name: &str) -> Option<ExecutionTarget> {
    TARGETS.into_iter().find(|target| target.name() == name)
}

/// What targets are mapped to.
fn mapping(text: &str) -> Result<(ExecutionTarget, String), String> {
    let (name, device) = text.split_once('=').ok_or("write TARGET=DEVICE, as in `tpu=NPU`")?;
    let target =
        target(name).ok_or_else(|| format!("`{name}` is none of the targets cpu, gpu, tpu and auto"))?;
    if device.is_empty() {
        return Err("the device has no name; write one of OpenVINO's, as in `tpu=NPU`".to_owned());
    }
    Ok((target, device.to_owned()))
}

fn guest_models(text: &str) -> Result<GuestModels, String> {
    let safe = |name: &str| match encoding(name)? {
        encoding @ (GraphEncoding::Onnx | GraphEncoding::OpenVino) => Ok(encoding),
        other => Err(format!("guests cannot bring {other}; name such a graph with --nn-graph")),
    };
    match text {
        "none" => Ok(GuestModels(Vec::new())),
        text => text.split(',').map(safe).collect::<Result<_, _>>().map(GuestModels),
    }
}

#[cfg(test)]
mod tests {
    use super::{Graph, GuestModels, device, graph, guest_models, mapping};
    use wasi_facade::nn::{Device, ExecutionTarget, GraphEncoding};

    fn wanted(
        name: &str,
        encoding: GraphEncoding,
        device: Option<Device>,
        files: &[&str],
    ) -> Result<Graph, String> {
        let files = files.iter().map(Into::into).collect();
        Ok(Graph { name: name.to_owned(), encoding, device, files })
    }

    #[test]
    fn graphs() {
        use GraphEncoding::{Onnx, OpenVino};
        let named = |name: &str| Some(Device::Named(name.to_owned()));
        let tpu = Some(Device::Target(ExecutionTarget::Tpu));
        assert_eq!(graph("a=onnx:m.onnx"), wanted("a", Onnx, None, &["m.onnx"]));
        assert_eq!(
            graph("a=openvino@GPU.1:m.xml,w.bin"),
            wanted("a", OpenVino, named("GPU.1"), &["m.xml", "w.bin"])
        );
        assert_eq!(graph("a=openvino@tpu:m.xml"), wanted("a", OpenVino, tpu, &["m.xml"]));
        assert_eq!(graph("a=onnx:C:/m"), wanted("a", Onnx, None, &["C:/m"]));
        assert_eq!(graph("onnx::dir/yolo/"), wanted("yolo", Onnx, None, &["dir/yolo/model.onnx"]));
        assert_eq!(graph("onnx::a=b"), wanted("a=b", Onnx, None, &["a=b/model.onnx"]));
        assert_eq!(graph("openvino::x"), wanted("x", OpenVino, None, &["x/model.xml", "x/model.bin"]));
        for wrong in
            ["", "a", "a=onnx", "=onnx:m", "a=onnx:", "a=onnx@:m", "a=onnx:m,", "onnx::/", "autodetect::d"]
        {
            assert!(graph(wrong).is_err(), "{wrong}");
        }
        let error = graph("a=onix:m").unwrap_err();
        assert!(error.starts_with("there is no encoding `onix`; there are openvino, onnx, "), "{error}");
    }

    #[test]
    fn tensorflow_has_two_ways_to_save() {
        let dir = tempfile::tempdir().unwrap();
        let model = dir.path().join("cats");
        std::fs::create_dir(&model).unwrap();
        let files = || graph(&format!("tensorflow::{}", model.display())).map(|graph| graph.files);
        assert_eq!(files(), Ok(vec![model.join("model.pb")]));
        std::fs::write(model.join("saved_model.pb"), b"").unwrap();
        assert_eq!(files(), Ok(vec![model.clone()]));
    }

    #[test]
    fn devices() {
        assert_eq!(device("auto"), Ok(Device::Target(ExecutionTarget::Auto)));
        assert_eq!(device("CPU"), Ok(Device::Named("CPU".to_owned())));
        assert!(device("").is_err());
        assert_eq!(mapping("tpu=NPU"), Ok((ExecutionTarget::Tpu, "NPU".to_owned())));
        for wrong in ["tpu", "tpu=", "npu=NPU", ""] {
            assert!(mapping(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn models_of_guests() {
        use GraphEncoding::{Onnx, OpenVino};
        assert_eq!(guest_models("none"), Ok(GuestModels(vec![])));
        assert_eq!(guest_models("openvino,onnx"), Ok(GuestModels(vec![OpenVino, Onnx])));
        assert!(guest_models("pytorch").unwrap_err().contains("--nn-graph"));
        for wrong in ["", "onnx,", "all"] {
            assert!(guest_models(wrong).is_err(), "{wrong}");
        }
    }
}
