//! The builder of the ONNX Runtime backend, and the checked configuration that it makes.

use super::OnnxRuntime;
use super::devices::{self, Wanted};
use super::properties::Properties;
use std::num::NonZeroU32;
use std::path::PathBuf;
use wasi_nn::{Device, Error, ExecutionTarget, LoadOptions};
use wasi_nn_native::{Search, Targets};

/// What was said, and checked.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) search: Search,
    /// Whether guests' models are taken.
    pub(super) guest_onnx: bool,
    properties: Properties,
    devices: Targets<Vec<Wanted>>,
}

impl Config {
    /// What is said of one graph's session: what is said of all, replaced by what is said of the graph.
    pub(super) fn properties(&self, options: &LoadOptions) -> Result<Properties, Error> {
        let mut properties = self.properties.for_graph();
        properties.threads = options.threads.or(properties.threads);
        for (name, value) in &options.properties {
            properties.set(name, value)?;
        }
        properties.check()?;
        Ok(properties)
    }

    /// What a graph is given to, the preferred one first.
    pub(super) fn devices(&self, device: &Device) -> Result<Vec<Wanted>, Error> {
        match device {
            Device::Named(name) => devices::parse(name),
            Device::Target(target) => self.devices.of(*target).cloned(),
        }
    }
}

/// Builds an [`OnnxRuntime`].
///
/// It starts without a place to look for the library in: give it a path, or let it search the environment.
#[derive(Clone, Debug)]
pub struct OnnxRuntimeBuilder {
    library: Option<PathBuf>,
    search_environment: bool,
    devices: Targets<String>,
    threads: Option<NonZeroU32>,
    memory_limit: Option<usize>,
    guest_onnx: bool,
    properties: Vec<(String, String)>,
}

impl OnnxRuntimeBuilder {
    pub(super) fn new() -> Self {
        OnnxRuntimeBuilder {
            library: None,
            search_environment: false,
            devices: Targets::new("CPU", "CUDA", "", "CPU"),
            threads: None,
            memory_limit: None,
            guest_onnx: false,
            properties: Vec::new(),
        }
    }

    /// Where the library is: the file `libonnxruntime.so` under whatever version, or its folder, in which the highest version
    /// is taken. Nothing else is searched then.
    ///
    /// The host vouches for it: the library's code becomes part of the process. A process can have one, the first that was
    /// loaded.
    pub fn library(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.library = Some(path.into());
        self
    }

    /// Whether to search where the environment points, unless a path is given. Off by default, for this reads variables and
    /// loads code from where they say.
    ///
    /// First `WASI_NN_ONNXRUNTIME`, a file or a folder, which is the only place if it is set; then `ONNXRUNTIME_ROOT`,
    /// `ORT_ROOT`, the library path, the wheel in Python's packages (`PYTHONPATH`, `VIRTUAL_ENV`, `CONDA_PREFIX`, beside the
    /// folders of `PATH`, and the user's own), and the system's folders of libraries.
    pub fn search_environment(&mut self, search: bool) -> &mut Self {
        self.search_environment = search;
        self
    }

    /// What runs graphs whose guest asks for `target`: a device in ONNX Runtime's terms, as `CUDA:1`, or several, the
    /// preferred one first, as `TensorRT+CUDA`; or an empty name to refuse the target. By default `CPU`, `CUDA` for a GPU,
    /// none for a TPU, and `CPU` for whoever leaves it to the host. What none of them can run runs on the processor.
    pub fn device(&mut self, target: ExecutionTarget, name: impl Into<String>) -> &mut Self {
        self.devices.set(target, name.into());
        self
    }

    /// How many threads one operator uses at most, the calling one among them, unless
    /// [`LoadOptions`] say so of a graph. By default as many as there are cores. Each graph has its own.
    pub fn threads(&mut self, threads: NonZeroU32) -> &mut Self {
        self.threads = Some(threads);
        self
    }

    /// The most bytes of the processor's memory that computations on all graphs of this backend take together, with what they
    /// keep for the next. What needs more is an error. By default there is no limit.
    ///
    /// Weights of models do not count, nor do inputs, outputs of fixed shapes, and the memory of other devices. A process can
    /// have one limit.
    pub fn memory_limit(&mut self, bytes: usize) -> &mut Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// Whether guests' ONNX is taken. Off by default: ONNX Runtime's reader and operators are not made for hostile bytes. The
    /// embedded engine is. Models that name files or addresses are refused. It is meant for a process that may end, as that of
    /// `wasi-nn-isolate`.
    pub fn guest_onnx(&mut self, take: bool) -> &mut Self {
        self.guest_onnx = take;
        self
    }

    /// Gives a property to each session; what is said of a graph, by [`LoadOptions`], overrides it. So do the graph's precision
    /// and the number of its device, where they need a key or an option of the same name.
    ///
    /// * `inter_op_threads`: how many operators run side by side, where a model has such; 1 by default
    /// * `optimization`: how far models are rewritten, `off`, `basic`, `extended`, or `all`, the default
    /// * `arena`: `off` gives memory back after each computation, and cannot be with a limit of memory; `on` by default
    /// * some of ONNX Runtime's own keys, as `session.intra_op.allow_spinning`, of which `0` has idle threads sleep
    /// * options of a device, after its name in lower case and a dot, as `cuda.gpu_mem_limit`
    pub fn property(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.properties.push((name.into(), value.into()));
        self
    }

    /// Checks what was said. ONNX Runtime itself is not looked for yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](wasi_nn::ErrorKind::Unsupported) for a property that there is not, and for a name that is
    /// none of a device; [`ErrorKind::InvalidArgument`](wasi_nn::ErrorKind::InvalidArgument) for one with a NUL.
    pub fn build(&self) -> Result<OnnxRuntime, Error> {
        let search = Search::new(self.library.clone(), self.search_environment);
        let mut properties = Properties::default();
        (properties.threads, properties.memory_limit) = (self.threads, self.memory_limit);
        for (name, value) in &self.properties {
            properties.set(name, value)?;
        }
        properties.check()?;
        let devices = self.devices.read(devices::parse)?;
        Ok(OnnxRuntime::new(Config { search, guest_onnx: self.guest_onnx, properties, devices }))
    }
}

#[cfg(test)]
mod tests {
    use crate::OnnxRuntime;
    use std::num::NonZeroU32;
    use wasi_nn::{Device, ExecutionTarget, LoadOptions};

    #[test]
    fn a_graph_changes_what_is_said_of_all() {
        let mut builder = OnnxRuntime::builder();
        builder.threads(NonZeroU32::new(8).unwrap()).property("inter_op_threads", "2");
        let config = builder.build().unwrap().config;
        let mut options = LoadOptions::new(Device::Named("CPU".to_owned()));
        let threads = |options: &LoadOptions| {
            let properties = config.properties(options).unwrap();
            [properties.threads, properties.operators_at_once].map(|count| count.map(u32::from))
        };
        assert_eq!(threads(&options), [Some(8), Some(2)]);
        options.threads = NonZeroU32::new(1);
        options.properties = vec![("inter_op_threads".to_owned(), "4".to_owned())];
        assert_eq!(threads(&options), [Some(1), Some(4)]);
    }

    #[test]
    fn what_cannot_be_is_refused_before_the_library_is_looked_for() {
        assert!(OnnxRuntime::builder().property("thread", "1").build().is_err());
        assert!(OnnxRuntime::builder().memory_limit(1 << 20).property("arena", "off").build().is_err());
        assert!(OnnxRuntime::builder().device(ExecutionTarget::Gpu, "CUDA:first").build().is_err());
        let config = OnnxRuntime::builder().device(ExecutionTarget::Auto, "").build().unwrap().config;
        for target in [ExecutionTarget::Tpu, ExecutionTarget::Auto] {
            let refused = config.devices(&Device::Target(target)).unwrap_err().to_string();
            assert!(refused.contains("no device for the target"), "{refused}");
        }
    }
}
