//! The builder of the OpenVINO backend, and the checked configuration that it makes.

use super::OpenVino;
use super::ffi::MAX_PROPERTIES;
use super::folder;
use super::integers;
use super::source::Allowed;
use std::ffi::{CStr, CString};
use std::path::PathBuf;
use wasi_nn::{Device, Error, ExecutionTarget, LoadOptions, Origin, Precision};
use wasi_nn_native::{Search, Targets};

const CACHE_DIR: &CStr = c"CACHE_DIR";

/// What decides how many bits numbers have.
const MODE: &CStr = c"EXECUTION_MODE_HINT";
const PRECISION: &CStr = c"INFERENCE_PRECISION_HINT";

const THREADS: &CStr = c"INFERENCE_NUM_THREADS";

type Properties = Vec<(CString, CString)>;

/// What a compiled model is to be good at: OpenVINO's `PERFORMANCE_HINT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PerformanceHint {
    /// One answer after the other, each as soon as possible, on all processors. The default. Computations of
    /// several guests on one model wait for each other inside of OpenVINO, which also has two threads asleep
    /// for each model that is loaded.
    #[default]
    Latency,
    /// Many answers at once: each model keeps several streams, with threads and memory, so that computations of
    /// several guests on one model go on side by side.
    Throughput,
}

impl PerformanceHint {
    const fn value(self) -> &'static str {
        match self {
            PerformanceHint::Latency => "LATENCY",
            PerformanceHint::Throughput => "THROUGHPUT",
        }
    }
}

/// What was said, and checked.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) search: Search,
    pub(super) allowed: Allowed,
    pub(super) cache_dir: Option<PathBuf>,
    properties: Properties,
    guest_properties: Properties,
    devices: Targets<CString>,
}

impl Config {
    /// What is said at the compilation of a model. Those of guests stay out of the cache, which knows models
    /// by a hash that is easy to forge.
    ///
    /// What is said of one graph comes after what is said of all, and replaces that.
    pub(super) fn properties(&self, origin: Origin, options: &LoadOptions) -> Result<Properties, Error> {
        let common = match origin {
            Origin::Host => &self.properties,
            Origin::Guest => &self.guest_properties,
        };
        let mut properties = common.clone();
        if options.precision == Precision::Fast {
            properties.retain(|(key, _)| ![MODE, PRECISION].contains(&key.as_c_str()));
            if integers::applies_to(&self.device(&options.device)?) {
                set(&mut properties, integers::KEY.to_owned(), c_text(integers::INTEGERS)?);
                // It would give what was compiled in the other way: what it is told of integers is not in its names.
                properties.retain(|(key, _)| key.as_c_str() != CACHE_DIR);
            }
        }
        if let Some(threads) = options.threads {
            set(&mut properties, THREADS.to_owned(), c_text(&threads.to_string())?);
        }
        for (key, value) in &options.properties {
            set(&mut properties, c_text(key)?, c_text(value)?);
        }
        check_number(&properties)?;
        Ok(properties)
    }

    /// OpenVINO's name of a device.
    pub(super) fn device(&self, device: &Device) -> Result<CString, Error> {
        match device {
            Device::Named(name) if name.is_empty() => Err(Error::unsupported("the host names no device")),
            Device::Named(name) => c_text(name),
            Device::Target(target) => self.devices.of(*target).cloned(),
        }
    }
}

/// Builds an [`OpenVino`].
///
/// It starts without a place to look for the library in: give it a path, or let it search the environment.
#[derive(Clone, Debug)]
pub struct OpenVinoBuilder {
    library: Option<PathBuf>,
    search_environment: bool,
    devices: Targets<String>,
    hint: PerformanceHint,
    cache_dir: Option<PathBuf>,
    properties: Vec<(String, String)>,
    allowed: Allowed,
}

impl OpenVinoBuilder {
    pub(super) fn new() -> Self {
        OpenVinoBuilder {
            library: None,
            search_environment: false,
            devices: Targets::new("CPU", "GPU", "NPU", "AUTO"),
            hint: PerformanceHint::default(),
            cache_dir: None,
            properties: Vec::new(),
            allowed: Allowed { guest_ir: true, guest_onnx: false, open_loops: false },
        }
    }

    /// Where the library is: the file `libopenvino_c.so` under whatever version, or its folder, in which the
    /// highest version is taken. Nothing else is searched then.
    ///
    /// The host vouches for it: the library's code becomes part of the process. A process can have one
    /// OpenVINO, the first that was loaded.
    pub fn library(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.library = Some(path.into());
        self
    }

    /// Whether to search where the environment points, unless a path is given. Off by default, for this reads
    /// variables and loads code from where they say.
    ///
    /// First `WASI_NN_OPENVINO`, a file or a folder, which is the only place if it is set; then the places of
    /// crate `openvino-finder`: installations and the system's folders; then, with versions in names,
    /// `OPENVINO_INSTALL_DIR`, `INTEL_OPENVINO_DIR`, `OPENVINO_BUILD_DIR`, the library path, and the wheel in
    /// Python's packages: `PYTHONPATH`, `VIRTUAL_ENV`, `CONDA_PREFIX`, beside the folders of `PATH`, and the
    /// user's own.
    pub fn search_environment(&mut self, search: bool) -> &mut Self {
        self.search_environment = search;
        self
    }

    /// What runs graphs whose guest asks for `target`: a device in OpenVINO's terms, as `GPU.1` or
    /// `AUTO:GPU,CPU`; or an empty name to refuse the target. By default `CPU`, `GPU`, `NPU` for a TPU, and
    /// `AUTO`.
    pub fn device(&mut self, target: ExecutionTarget, name: impl Into<String>) -> &mut Self {
        self.devices.set(target, name.into());
        self
    }

    /// What compiled models are to be good at.
    pub fn hint(&mut self, hint: PerformanceHint) -> &mut Self {
        self.hint = hint;
        self
    }

    /// Keeps compiled models in a folder, from which they load faster the next time. It is created for this
    /// user alone, and what is in it is trusted like code.
    pub fn cache_dir(&mut self, folder: impl Into<PathBuf>) -> &mut Self {
        self.cache_dir = Some(folder.into());
        self
    }

    /// Gives a property of OpenVINO's to each compilation, as `INFERENCE_NUM_THREADS`. It overrides those that
    /// are there already, for the hint, the cache and the precision; all together can be eight.
    ///
    /// Models compute in the precision that they have, on every processor. `EXECUTION_MODE_HINT` with the value
    /// `PERFORMANCE` lets a device use fewer bits, as OpenVINO by itself does;
    /// [`Precision::Fast`] does so for one graph. What is said of a graph, by
    /// [`LoadOptions`], overrides what is said here.
    pub fn property(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.properties.push((key.into(), value.into()));
        self
    }

    /// Whether guests' models in OpenVINO's own format are taken. On by default, since that is what programs
    /// for OpenVINO bring.
    ///
    /// The format's own tricks are refused: constants larger than their bytes, strings, loops, paths, deep
    /// nesting. So are operators other than those of ordinary networks, and some of these unless their inputs are
    /// harmless, since what an operator does with sizes and indices that a model computes is OpenVINO's to check, and
    /// 2026.4 does not always: `GatherND` reads beyond its data, a negative `Pad` writes beyond its own, and dividing the
    /// least integer by -1 ends the process. Whoever does not want to rely on a list refuses all.
    pub fn guest_ir(&mut self, take: bool) -> &mut Self {
        self.allowed.guest_ir = take;
        self
    }

    /// Whether guests' ONNX is taken. Off by default: what is true of the IR is true of it, and OpenVINO's reader of ONNX
    /// is not made for hostile bytes. The embedded engine is. Models that name files or addresses are refused. It is meant
    /// for a process that may end, as that of `wasi-nn-isolate`.
    pub fn guest_onnx(&mut self, take: bool) -> &mut Self {
        self.allowed.guest_onnx = take;
        self
    }

    /// Whether models may have loops with as many turns as guests want: a `Loop` of ONNX or IR whose number of turns follows
    /// from the elements of an input, or that its condition alone ends. Off by default: nothing can stop OpenVINO inside of
    /// a loop, and some numbers, such as negative ones, never end. In a worker, which can be killed, they do no harm.
    pub fn open_loops(&mut self, allow: bool) -> &mut Self {
        self.allowed.open_loops = allow;
        self
    }

    /// Checks what was said, and creates the cache's folder. OpenVINO itself is not looked for yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](wasi_nn::ErrorKind::InvalidArgument) for a name or a property with a NUL
    /// and for too many properties, and [`ErrorKind::Runtime`](wasi_nn::ErrorKind::Runtime) for a cache folder
    /// that cannot be created, or that others can write to.
    pub fn build(&self) -> Result<OpenVino, Error> {
        let search = Search::new(self.library.clone(), self.search_environment);
        let mut properties = vec![
            (c_text("PERFORMANCE_HINT")?, c_text(self.hint.value())?),
            // Otherwise the processor decides how many bits numbers have, and with it what the model says: of 200
            // files, Magika takes 12 for something else in bf16.
            (MODE.to_owned(), c_text("ACCURACY")?),
        ];
        if let Some(folder) = &self.cache_dir {
            let whole = folder::private(folder)?;
            let text = match integers::own_cache(folder) {
                Some(own) => c_text(folder::private(&own)?)?,
                None => c_text(whole)?,
            };
            properties.push((CACHE_DIR.to_owned(), text));
        }
        for (key, value) in &self.properties {
            set(&mut properties, c_text(key)?, c_text(value)?);
        }
        check_number(&properties)?;
        let mut guest_properties = properties.clone();
        guest_properties.retain(|(key, _)| key.as_c_str() != CACHE_DIR);
        let devices = self.devices.read(c_text)?;
        let (allowed, cache_dir) = (self.allowed, self.cache_dir.clone());
        Ok(OpenVino::new(Config { search, allowed, cache_dir, properties, guest_properties, devices }))
    }
}

/// Sets a property, in place of what it was.
fn set(properties: &mut Properties, key: CString, value: CString) {
    properties.retain(|(set, _)| *set != key);
    properties.push((key, value));
}

fn check_number(properties: &Properties) -> Result<(), Error> {
    if properties.len() > MAX_PROPERTIES {
        let text = format!("OpenVINO is given more than {MAX_PROPERTIES} properties");
        return Err(Error::invalid_argument(text));
    }
    Ok(())
}

fn c_text(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error::invalid_argument(format!("{text:?} contains a NUL")))
}

#[cfg(test)]
mod tests {
    use crate::{OpenVino, OpenVinoBuilder};
    use std::num::NonZeroU32;
    use wasi_nn::{Device, LoadOptions, Origin, Precision};

    fn options() -> LoadOptions {
        LoadOptions::new(Device::Named("CPU".to_owned()))
    }

    fn properties(builder: &OpenVinoBuilder, options: &LoadOptions, origin: Origin) -> Vec<String> {
        let properties = builder.build().unwrap().config.properties(origin, options).unwrap();
        let text = |(key, value): &(_, _)| format!("{key:?}={value:?}").replace('"', "");
        properties.iter().map(text).collect()
    }

    #[test]
    fn a_graph_changes_what_is_said_of_all() {
        let mut builder = OpenVino::builder();
        let (latency, accuracy) = ("PERFORMANCE_HINT=LATENCY", "EXECUTION_MODE_HINT=ACCURACY");
        assert_eq!(properties(&builder, &options(), Origin::Host), [latency, accuracy]);
        builder.property("INFERENCE_PRECISION_HINT", "f32").property("INFERENCE_NUM_THREADS", "8");
        let mut of_graph = options();
        of_graph.precision = Precision::Fast;
        assert_eq!(properties(&builder, &of_graph, Origin::Host), [latency, "INFERENCE_NUM_THREADS=8"]);
        of_graph.threads = NonZeroU32::new(2);
        of_graph.properties = vec![("PERFORMANCE_HINT".to_owned(), "THROUGHPUT".to_owned())];
        let expected = ["INFERENCE_NUM_THREADS=2", "PERFORMANCE_HINT=THROUGHPUT"];
        assert_eq!(properties(&builder, &of_graph, Origin::Host), expected);
    }

    #[test]
    fn guests_stay_out_of_the_cache() {
        let folder = tempfile::tempdir().unwrap();
        let mut builder = OpenVino::builder();
        builder.cache_dir(folder.path().join("cache"));
        let is_cached = |origin| {
            let properties = properties(&builder, &options(), origin);
            properties.iter().any(|property| property.starts_with("CACHE_DIR"))
        };
        assert!(is_cached(Origin::Host) && !is_cached(Origin::Guest));
    }

    #[test]
    fn what_cannot_be_passed_on_is_refused() {
        let openvino = OpenVino::builder().build().unwrap();
        let mut of_graph = options();
        of_graph.properties = (0..7).map(|number| (format!("KEY_{number}"), String::new())).collect();
        let refused = openvino.config.properties(Origin::Host, &of_graph).unwrap_err();
        assert!(refused.to_string().contains("more than 8 properties"), "{refused}");
        of_graph.properties = vec![("KEY".to_owned(), "\0".to_owned())];
        assert!(openvino.config.properties(Origin::Host, &of_graph).is_err());
    }
}
