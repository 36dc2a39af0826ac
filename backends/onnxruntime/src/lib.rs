//! The ONNX Runtime backend of `wasi-nn`. Its native library is looked for when a model is first to be loaded, or when the
//! host asks what the backend [relies on](wasi_nn::backend::Backend::relies_on).
//!
//! ONNX Runtime reads ONNX, and runs it on what it has devices for. Nothing of it is needed to build, and a host
//! without it finds out by an ordinary error that lists the places tried.
//!
//! # Whom it trusts
//!
//! ONNX Runtime trusts its models, so it is for those that the host names; guests' bytes get there only where the host
//! [says so](OnnxRuntimeBuilder::guest_onnx), which is for a process that may end. A model is looked
//! at before: data that it has in other files has to be in its own folder, none is in memory, and no operator is a file
//! of code; one of a guest's has no compiled code at all. The library is then given the bytes that were looked at. What guests
//! put into a model's inputs goes to ONNX Runtime as it is; a host that names a model vouches for what its operators make of any input.
//!
//! # How it computes
//!
//! On the caller's thread, with as many more as the host allows. A cancellation comes
//! [from another thread](wasi_nn::Control::cancel_with), and ends a computation between two operators, in loops too. What a
//! device takes as a whole is one operator. A loop of which a turn has nothing to compute, after all that is constant was
//! worked out, would not end before its last turn: it is refused, unless it has 65,536 turns or fewer. Which operators are left
//! is told from the model, so that a loop may be refused of which ONNX Runtime leaves one.
//!
//! A load ends likewise between two of its steps. Working out constants is one step, of whatever many operators. A guest waits
//! for no load beyond its time; a host that wants to be rid of one loads in a worker.
//!
//! A session is shared by all guests of a graph, and nothing of one's values stays in it.
//!
//! Inputs lie in memory of the backend's, where ONNX Runtime reads them, and so do outputs of fixed shapes, where it writes
//! them; the caller copies each once. Outputs of open shapes are ONNX Runtime's, from which the caller copies. A request
//! whose shapes are all fixed goes back to its graph's pool, wiped, when its guest is done.
//!
//! Numbers are computed in the precision that the model has: on the processor and by XNNPACK, and on CUDA and OpenVINO, which
//! are told to. Other devices need [`Precision::Fast`], with which every device may use fewer bits. TensorRT is among them:
//! it takes 10 bits of each factor of a product (TF32), unless NVIDIA's variable `NVIDIA_TF32_OVERRIDE` is 0.
//! What ONNX Runtime computes in another way than ONNX says is refused when the model is loaded, with the operator and the
//! node; so is an output whose shape is not as the model declares it, when it is made. Left are edges: where `Attention` gives
//! its masked scores, they are the least finite number, and not negative infinity; and random numbers are the library's.
//!
//! On x86 without VNNI, ONNX Runtime adds up products of unsigned and signed 8-bit integers in 16 bits, which saturate. There, a
//! product of floats that are rounded to such integers is computed in floats, and an operator of integers is refused, unless it is
//! known to be exact. With [`Precision::Fast`] all is as ONNX Runtime has it.
//!
//! Strings have no type in wasi-nn: a model with an input of strings is refused, and an output of strings cannot be asked for.
#![deny(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod checks;
mod claims;
mod config;
mod data;
mod devices;
mod element;
mod execution;
mod ffi;
mod find;
mod graph;
mod integers;
mod properties;
mod scope;
mod source;

pub use config::OnnxRuntimeBuilder;

use config::Config;
use data::Data;
use devices::Wanted;
use ffi::{Library, Provider, Session, SessionOptions};
use graph::OnnxRuntimeGraph;
use integers::Sums;
use properties::Properties;
use source::Checked;
use std::ffi::CString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasi_nn::backend::{Backend, Counter, Graph};
use wasi_nn::{Control, Error, GraphEncoding, LoadOptions, Model, Origin, Precision};
use wasi_nn_native::{Place, Shown};

/// The variable of the environment, and its value, by which ONNX Runtime does not report to its maker.
///
/// From 1.29 on, the maker's builds for Linux and macOS do so unless it is set when the library starts: they keep a number of
/// the machine and a database in the user's cache, send what the process, the machine and the models are to Microsoft, and have
/// a thread for that. They have begun before any call could stop them, so this is for the start of `main`, where a variable can
/// be set, and for [`Worker::env`](https://docs.rs/wasi-isolate/latest/wasi_isolate/struct.Worker.html#method.env) of workers,
/// which a second thread would keep from being confined in full. Without it, a line in the log says so.
pub const NO_TELEMETRY: (&str, &str) = ("ORT_DISABLE_TELEMETRY", "1");

/// ONNX Runtime as a [`Backend`].
pub struct OnnxRuntime {
    config: Config,
    file: Place,
}

impl OnnxRuntime {
    /// Starts with defaults: no place to look in, the processor, and as many threads as it has cores.
    #[must_use]
    pub fn builder() -> OnnxRuntimeBuilder {
        OnnxRuntimeBuilder::new()
    }

    fn new(config: Config) -> Self {
        OnnxRuntime { config, file: Place::default() }
    }

    /// Where the library is. If it is nowhere, `for_good` says whether that is to be remembered.
    fn file(&self, for_good: bool) -> Result<PathBuf, Error> {
        self.file.of(&find::ONNX_RUNTIME, &self.config.search, for_good)
    }

    fn library(&self) -> Result<Arc<Library>, Error> {
        Library::open(&self.file(false)?)
    }
}

impl Backend for OnnxRuntime {
    fn name(&self) -> &str {
        "onnxruntime"
    }

    fn accepts(&self, encoding: GraphEncoding, origin: Origin) -> bool {
        source::accepts(encoding, origin, self.config.guest_onnx)
    }

    /// The library, and its folder, where it looks for its devices.
    fn relies_on(&self) -> Vec<PathBuf> {
        let file = self.file(true).ok();
        let folder = file.as_deref().and_then(Path::parent).map(Path::to_owned);
        file.into_iter().chain(folder).collect()
    }

    fn prepare(&self) -> Result<(), Error> {
        self.library().map(drop)
    }

    fn load(
        &self,
        model: Arc<Model>,
        options: &LoadOptions,
        control: &Control,
    ) -> Result<Arc<dyn Graph>, Error> {
        let devices = self.config.devices(&options.device)?;
        let properties = self.config.properties(options)?;
        properties.check_devices(&devices.iter().map(Wanted::key).collect::<Vec<_>>())?;
        let sums = Sums::here(options.precision, properties.optimization);
        let Checked { bytes, data, held, claims, sums } =
            source::check(&model, self.config.guest_onnx, sums)?;
        let library = self.library()?;
        control.check()?;
        let session = session_options(&library, &properties, sums, data)?;
        append(&library, &session, &properties, &devices, options.precision)?;
        // Said before, since a fault in the library ends the process.
        tracing::debug!(model = %Shown(&model), device = %options.device, "ONNX Runtime reads a model");
        let compiles = Counter::default();
        let session = compiles.count(true, || Session::new(&session, &bytes, control))?;
        let assigned = session.assigned()?;
        let runs_on = devices::text(&assigned);
        warn_if_idle(&devices, &assigned);
        let graph = OnnxRuntimeGraph::new(session, &claims, compiles.tally(), held, runs_on)?;
        tracing::info!(
            model = %Shown(&model), asked = %options.device, runs_on = graph.device(),
            "ONNX Runtime has a model ready"
        );
        Ok(Arc::new(graph))
    }
}

fn session_options(
    library: &Arc<Library>,
    properties: &Properties,
    sums: Sums,
    data: Option<Data>,
) -> Result<SessionOptions, Error> {
    let mut session = SessionOptions::new(library)?;
    // Otherwise it looks for another format of its own, of which nobody has looked at the bytes.
    session.set(c"session.load_model_format", c"ONNX")?;
    session.set(c"session.record_ep_graph_assignment_info", c"1")?;
    if let Some(Data { folder, linked }) = data {
        session.set(c"session.model_external_initializers_file_folder_path", &folder)?;
        session.files(linked)?;
    }
    if let Some(bytes) = properties.memory_limit {
        library.limit_memory(bytes)?;
        session.set(c"session.use_env_allocators", c"1")?;
    }
    if let Some(count) = properties.threads {
        session.threads(count)?;
    }
    if let Some(count) = properties.operators_at_once {
        session.operators_at_once(count)?;
    }
    if let Some(level) = properties.optimization {
        session.optimization(level)?;
    }
    if properties.without_arena {
        session.without_arena()?;
    }
    let keys = properties.pairs(None, sums.keys());
    keys.iter().try_for_each(|(key, value)| session.set(key, value))?;
    Ok(session)
}

/// Adds the devices that are wanted, all of which have to be there.
fn append(
    library: &Library,
    session: &SessionOptions,
    properties: &Properties,
    devices: &[Wanted],
    precision: Precision,
) -> Result<(), Error> {
    let available = library.providers()?;
    for wanted in devices {
        let name = wanted.find(&available)?;
        if wanted.is_cpu() {
            continue;
        }
        let options = properties.pairs(Some(wanted.key()), wanted.options(precision, name)?);
        let provider = Provider { name: CString::new(name).unwrap_or_default(), options };
        session.append(&provider).map_err(|error| devices::not_here(name, &error))?;
    }
    Ok(())
}

/// Tells the host of a device that it asked for and that runs nothing of the model.
fn warn_if_idle(devices: &[Wanted], assigned: &[(String, usize)]) {
    let names: Vec<String> = assigned.iter().map(|(name, _)| name.clone()).collect();
    for wanted in devices.iter().filter(|wanted| !names.is_empty() && wanted.find(&names).is_err()) {
        tracing::warn!(
            device = wanted.key(),
            runs_on = devices::text(assigned),
            "ONNX Runtime has nothing of the model run on a device that was asked for"
        );
    }
}

impl fmt::Debug for OnnxRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnnxRuntime").field("config", &self.config).finish_non_exhaustive()
    }
}
