//! The parser of `--nn-graph`: a model, its name, and how it runs.

use super::{remote, worker};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use wasi_facade::nn::{Device, ExecutionTarget, GraphEncoding, NamedGraph, Precision, Source};

/// The backends, the preferred one first.
pub(super) const BACKENDS: [&str; 3] = ["onnx", OPENVINO, ONNX_RUNTIME];

/// Those that are native libraries.
pub(super) const OPENVINO: &str = "openvino";
pub(super) const ONNX_RUNTIME: &str = "onnxruntime";

/// What stands in place of an encoding for a model on a server, and before its properties.
pub(super) const REMOTE: &str = "remote";

const TARGETS: [ExecutionTarget; 4] =
    [ExecutionTarget::Cpu, ExecutionTarget::Gpu, ExecutionTarget::Tpu, ExecutionTarget::Auto];

const FORM: &str = "write NAME=ENCODING[@DEVICE][,OPTION]:PATH[,PATH], ENCODING[@DEVICE][,OPTION]::DIR, or \
     NAME=remote[,OPTION]:http://HOST:PORT/v2/models/MODEL";

/// The options, for the help.
pub(crate) const OPTIONS: &str = "`backend=onnx`, `backend=openvino` or `backend=onnxruntime`, again for a second choice; \
     `precision=accurate`, or `precision=fast` for what the library likes best; `threads=N`, which one computation has at \
     most; `isolated`, which runs the graph in a process of its own for each execution context; and properties of a backend, such as \
     `openvino.NUM_STREAMS=4`, or of an ONNX Runtime's session or device, such as `onnxruntime.arena=off` or \
     `onnxruntime.cuda.gpu_mem_limit=1000000000`; of a model on a server, `remote.binary=true` if the server has binary tensors \
     and does not say so, and `remote.inputs=x:FP32[-1,3];y:BOOL[]` and `remote.outputs` if it does not say what the model has";

/// A graph for guests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Graph {
    pub(crate) name: String,
    pub(crate) files: Vec<PathBuf>,
    /// The address of a model on a server, in place of files.
    pub(crate) address: Option<String>,
    how: How,
}

/// How a graph runs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct How {
    encoding: GraphEncoding,
    device: Option<Device>,
    backends: Vec<String>,
    precision: Option<Precision>,
    threads: Option<NonZeroU32>,
    /// In a process of its own.
    is_isolated: bool,
    /// Each of a backend, by name.
    properties: Vec<(String, String, String)>,
}

impl Graph {
    /// A model on a server, if that is what the path of a model says.
    pub(super) fn at(model: &Path) -> Option<Self> {
        let address =
            model.to_str().filter(|text| text.starts_with("http://") || text.starts_with("https://"))?;
        let how = How::new(GraphEncoding::Autodetect, None);
        Some(Graph { name: address.to_owned(), files: Vec::new(), address: Some(address.to_owned()), how })
    }

    /// The graph for a registry, on these backends unless it names its own.
    pub(super) fn named(&self, backends: &[String]) -> NamedGraph {
        let How { encoding, device, backends: _, precision, threads, is_isolated, properties } = &self.how;
        let source = match &self.address {
            Some(address) => Source::Served(address.clone()),
            None => Source::Files(self.files.clone()),
        };
        let mut named = NamedGraph::new(&self.name, *encoding, source);
        // No guest may write there, so that weights need not be held in memory; a worker gets them in its own.
        if *encoding == GraphEncoding::OpenVino && !is_isolated {
            named = named.mapped();
        }
        let server = self.address.as_deref().map(remote::backend);
        let name = |backend: &str| match &server {
            Some(server) if backend == REMOTE => server.clone(),
            _ if *is_isolated => worker::name(backend),
            _ => backend.to_owned(),
        };
        named = match &server {
            Some(server) => named.backend(server),
            None => self.backends(backends).map(name).fold(named, NamedGraph::backend),
        };
        named = device.iter().cloned().fold(named, NamedGraph::device);
        named = precision.iter().copied().fold(named, NamedGraph::precision);
        named = threads.iter().copied().fold(named, NamedGraph::threads);
        properties
            .iter()
            .fold(named, |named, (backend, key, value)| named.property(name(backend), key, value))
    }

    /// The backends that it names, or otherwise these; of one that is isolated, all if there are none.
    fn backends<'a>(&'a self, otherwise: &'a [String]) -> impl Iterator<Item = &'a str> {
        let named = if self.how.backends.is_empty() { otherwise } else { &self.how.backends };
        let all: &[&str] = if self.how.is_isolated && named.is_empty() { &BACKENDS } else { &[] };
        named.iter().map(String::as_str).chain(all.iter().copied())
    }

    /// Whether it is to run in workers on a backend.
    pub(super) fn is_isolated_on(&self, backend: &str, otherwise: &[String]) -> bool {
        self.how.is_isolated && self.backends(otherwise).any(|name| name == backend)
    }
}

pub(super) fn graph(text: &str) -> Result<Graph, String> {
    // `ENCODING::DIR` is what Wasmtime's command takes.
    if let Some((format, dir)) = text.split_once("::")
        && (!format.contains('=') || encoding(format.split([',', '@']).next().unwrap_or_default()).is_ok())
    {
        return graph_of_dir(how(format)?, dir);
    }
    let (name, rest) = text.split_once('=').ok_or(FORM)?;
    if let Some((REMOTE, _)) = rest.split_once([',', ':']) {
        return served(name, rest);
    }
    let (format, paths) = rest.split_once(':').ok_or(FORM)?;
    let files: Vec<_> = paths.split(',').map(PathBuf::from).collect();
    if name.is_empty() || files.iter().any(|file| file.as_os_str().is_empty()) {
        return Err(FORM.to_owned());
    }
    Ok(Graph { name: name.to_owned(), files, address: None, how: how(format)? })
}

/// A model on a server: `remote[,OPTION]...:ADDRESS`. Options may have colons, and no address.
fn served(name: &str, rest: &str) -> Result<Graph, String> {
    let at = rest.find(":http").filter(|_| !name.is_empty()).ok_or(FORM)?;
    let (options, address) = rest.split_at(at);
    let address = address.trim_start_matches(':').to_owned();
    let mut how = How::new(GraphEncoding::Autodetect, None);
    for option in options.split(",remote.").skip(1) {
        let (property, value) = option.split_once('=').ok_or(FORM)?;
        how.properties.push((REMOTE.to_owned(), property.to_owned(), value.to_owned()));
    }
    if !options.trim_start_matches(REMOTE).is_empty() && !options.starts_with("remote,remote.") {
        return Err("a model on a server has options of the form `remote.NAME=VALUE` only".to_owned());
    }
    Ok(Graph { name: name.to_owned(), files: Vec::new(), address: Some(address), how })
}

fn graph_of_dir(how: How, dir: &str) -> Result<Graph, String> {
    let dir = PathBuf::from(dir);
    let name = dir.file_name().and_then(|name| name.to_str());
    let name = name.ok_or("the directory has no name to give to the graph; write NAME=ENCODING:PATH")?;
    let files: &[&str] = match how.encoding {
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
    Ok(Graph { name: name.to_owned(), files, address: None, how })
}

/// Reads `ENCODING[@DEVICE][,OPTION]...`.
fn how(text: &str) -> Result<How, String> {
    let mut parts = text.split(',');
    let format = parts.next().unwrap_or_default();
    let (format, device) = match format.split_once('@') {
        Some((format, name)) => (format, Some(device(name)?)),
        None => (format, None),
    };
    let encoding = encoding(format)?;
    let mut how = How::new(encoding, device);
    parts.try_for_each(|option| how.set(option))?;
    Ok(how)
}

impl How {
    fn new(encoding: GraphEncoding, device: Option<Device>) -> Self {
        let (backends, properties) = (Vec::new(), Vec::new());
        How { encoding, device, backends, precision: None, threads: None, is_isolated: false, properties }
    }

    fn set(&mut self, option: &str) -> Result<(), String> {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        match key {
            "backend" => {
                if !BACKENDS.contains(&value) {
                    let names = BACKENDS.join(", ");
                    return Err(format!("there is no backend `{value}`; there are {names}"));
                }
                self.backends.push(value.to_owned());
            }
            "isolated" if option == key => self.is_isolated = true,
            "precision" => once(key, &mut self.precision, precision(value)?)?,
            "threads" => {
                let number = value.parse();
                once(key, &mut self.threads, number.map_err(|_| "write a number of threads, from 1 on")?)?;
            }
            key => match key.split_once('.') {
                Some((backend, name)) if BACKENDS.contains(&backend) && !name.is_empty() => {
                    self.properties.push((backend.to_owned(), name.to_owned(), value.to_owned()));
                }
                _ => return Err(format!("there is no option `{key}`; there are {OPTIONS}")),
            },
        }
        Ok(())
    }
}

/// Sets what must not be set twice.
fn once<T>(key: &str, place: &mut Option<T>, value: T) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("the option `{key}` is set twice; leave one of both out")),
    }
}

fn precision(name: &str) -> Result<Precision, String> {
    match name {
        "accurate" => Ok(Precision::Accurate),
        "fast" => Ok(Precision::Fast),
        other => Err(format!("there is no precision `{other}`; there are accurate and fast")),
    }
}

pub(super) fn encoding(name: &str) -> Result<GraphEncoding, String> {
    GraphEncoding::ALL.into_iter().find(|encoding| encoding.name() == name).ok_or_else(|| {
        let names: Vec<_> = GraphEncoding::ALL.iter().map(|encoding| encoding.name()).collect();
        format!("there is no encoding `{name}`; there are {}", names.join(", "))
    })
}

/// What runs a graph: a target of the witx, or a device in the backend's own terms.
pub(super) fn device(name: &str) -> Result<Device, String> {
    match target(name) {
        Some(target) => Ok(Device::Target(target)),
        None if name.is_empty() => {
            Err("the device has no name; write cpu, or one of the backend's".to_owned())
        }
        None => Ok(Device::Named(name.to_owned())),
    }
}

pub(super) fn target(name: &str) -> Option<ExecutionTarget> {
    TARGETS.into_iter().find(|target| target.name() == name)
}

#[cfg(test)]
mod tests {
    use super::{BACKENDS, Graph, How, device, graph};
    use wasi_facade::nn::{Device, ExecutionTarget, GraphEncoding, Precision};

    fn wanted(
        name: &str,
        encoding: GraphEncoding,
        device: Option<Device>,
        files: &[&str],
    ) -> Result<Graph, String> {
        let files = files.iter().map(Into::into).collect();
        let how = How::new(encoding, device);
        Ok(Graph { name: name.to_owned(), files, address: None, how })
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
        assert_eq!(graph("a=openvino@tpu:m.xml"), wanted("a", OpenVino, tpu.clone(), &["m.xml"]));
        assert_eq!(graph("a=onnx:C:/m"), wanted("a", Onnx, None, &["C:/m"]));
        assert_eq!(graph("onnx::dir/yolo/"), wanted("yolo", Onnx, None, &["dir/yolo/model.onnx"]));
        assert_eq!(graph("onnx@tpu::yolo"), wanted("yolo", Onnx, tpu, &["yolo/model.onnx"]));
        assert_eq!(graph("onnx::a=b"), wanted("a=b", Onnx, None, &["a=b/model.onnx"]));
        assert_eq!(graph("openvino::x"), wanted("x", OpenVino, None, &["x/model.xml", "x/model.bin"]));
        assert_eq!(graph("onnx=onnx:::m"), wanted("onnx", Onnx, None, &["::m"]));
        for wrong in
            ["", "a", "a=onnx", "=onnx:m", "a=onnx:", "a=onnx@:m", "a=onnx:m,", "onnx::/", "autodetect::d"]
        {
            assert!(graph(wrong).is_err(), "{wrong}");
        }
        let error = graph("a=onix:m").unwrap_err();
        assert!(error.starts_with("there is no encoding `onix`; there are openvino, onnx, "), "{error}");
    }

    #[test]
    fn options() {
        let text = "backend=openvino,threads=2,precision=fast,backend=onnx,openvino.NUM_STREAMS=4";
        let forms = [format!("m=onnx@cpu,{text}:m/model.onnx"), format!("onnx@cpu,{text}::m")];
        for form in forms {
            let Graph { name, files, how, .. } = graph(&form).unwrap();
            assert_eq!((name.as_str(), files), ("m", vec!["m/model.onnx".into()]), "{form}");
            assert_eq!((how.encoding, how.threads.map(u32::from)), (GraphEncoding::Onnx, Some(2)));
            assert_eq!(how.device, Some(Device::Target(ExecutionTarget::Cpu)));
            assert_eq!(
                (how.backends, how.precision),
                (vec!["openvino".to_owned(), "onnx".to_owned()], Some(Precision::Fast))
            );
            assert_eq!(how.properties, [("openvino".to_owned(), "NUM_STREAMS".to_owned(), "4".to_owned())]);
        }
        for (option, part) in [
            ("thread=2", "there is no option `thread`; there are `backend=onnx`, `backend=openvino` or "),
            ("", "there is no option ``; there are "),
            ("openvino.=2", "there is no option `openvino.`"),
            ("ort.x=2", "there is no option `ort.x`"),
            ("backend=ort", "there is no backend `ort`; there are onnx, openvino, onnxruntime"),
            ("backend", "there is no backend ``"),
            ("precision=high", "there is no precision `high`; there are accurate and fast"),
            ("threads=0", "write a number of threads, from 1 on"),
            ("threads=many", "write a number of threads, from 1 on"),
            ("isolated=y", "there is no option `isolated`"),
            ("threads=1,threads=1", "the option `threads` is set twice"),
        ] {
            let error = graph(&format!("a=onnx,{option}:m")).unwrap_err();
            assert!(error.starts_with(part), "{option}: {error}");
        }
    }

    #[test]
    fn models_on_servers() {
        let address = "http://[::1]:8000/v2/models/relu";
        let found = graph(&format!("r=remote:{address}")).unwrap();
        assert_eq!(
            (found.name.as_str(), found.address.as_deref(), found.files.len()),
            ("r", Some(address), 0)
        );
        let text = format!("r=remote,remote.inputs=x:FP32[-1,3],remote.binary=true:{address}");
        let found = graph(&text).unwrap();
        assert_eq!(found.address.as_deref(), Some(address));
        let property = |name: &str, value: &str| ("remote".to_owned(), name.to_owned(), value.to_owned());
        assert_eq!(found.how.properties, [property("inputs", "x:FP32[-1,3]"), property("binary", "true")]);
        for wrong in [
            "r=remote:m",
            "r=remote",
            "=remote:http://a/v2/models/m",
            "r=remote,threads=1:http://a/v2/models/m",
        ] {
            assert!(graph(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn graphs_in_processes_of_their_own() {
        let graph = |options: &str| graph(&format!("m=onnx{options}:m.onnx")).unwrap();
        let backends = |options: &str, otherwise: &[String]| {
            let graph = graph(options);
            BACKENDS.map(|backend| graph.is_isolated_on(backend, otherwise))
        };
        let openvino = ["openvino".to_owned()];
        assert_eq!(backends("", &openvino), [false; 3]);
        assert_eq!(backends(",isolated", &[]), [true; 3]);
        assert_eq!(backends(",isolated", &openvino), [false, true, false]);
        assert_eq!(backends(",isolated,backend=onnx", &openvino), [true, false, false]);
        assert_eq!(backends(",isolated,backend=onnxruntime", &openvino), [false, false, true]);
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
    }
}
