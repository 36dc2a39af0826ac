//! The OpenVINO backend of `wasi-nn`. Its native library is looked for when a model is first to be loaded, or when the
//! host asks what the backend [relies on](wasi_nn::backend::Backend::relies_on).
//!
//! OpenVINO reads its own format (IR), ONNX, TensorFlow, TensorFlow Lite and Paddle, and runs them on what it has
//! devices for. Nothing of it is needed to build, and a host without it finds out by an ordinary error that
//! lists the places tried.
//!
//! # Whom it trusts
//!
//! OpenVINO trusts its models. Those of the host's are read in any format. Guests may give the IR, in two
//! parts, unless [the host says otherwise](OpenVinoBuilder::guest_ir), after its XML was checked; OpenVINO
//! itself looks for every format that it knows in what it is given, so what does not begin as XML never gets
//! there. What guests put into a model's inputs goes to OpenVINO as it is; a host that names a model vouches
//! for what its operators make of any input.
//!
//! # How it computes
//!
//! On the caller's thread, with the library's synchronous call: its asynchronous one could be waited for with
//! a time limit, but costs 60 µs more. A cancellation comes [from another
//! thread](wasi_nn::Control::cancel_with) instead, and ends a computation between two operators. Loops are one
//! operator, which nothing stops on the way. So a loop in ONNX or IR must have a number of turns that follows from constants
//! and from sizes of tensors, unless the host [allows others](OpenVinoBuilder::open_loops); guests' IR has no loops at all,
//! and nobody looks at those of TensorFlow, TensorFlow Lite and Paddle.
//!
//! Numbers of 64 bits are computed in 32, and those of `u32` in `i32`: OpenVINO's processors have no others. Inputs that do
//! not fit are an error, and so are constants of ONNX and IR, but for bounds, as the end of a slice. Nobody looks at constants
//! that ONNX keeps in other files, nor at those of TensorFlow, TensorFlow Lite and Paddle, whose formats are OpenVINO's own
//! business; and where XML of the host's is one that OpenVINO's parser alone takes, a warning in the log says so. What grows
//! beyond 32 bits on the way is not seen either, nor is what `f64` loses in `f32`; and numbers of 8 bits stop at their ends
//! where others begin anew. What is computed of integers in `f32` is exact up to 2^24: quotients and remainders, sums and
//! extremes of many, comparisons, products of matrices, `Clip`, and the value of a `Pad`.
//!
//! On x86 without VNNI, OpenVINO adds up products of 8-bit integers in 16 bits, which saturate. What a model says in floats that
//! are rounded to such integers is computed in floats there; with [`Precision::Fast`](wasi_nn::Precision::Fast), on the device
//! `CPU`, it is not.
//!
//! What OpenVINO computes in another way than ONNX says is refused when the model is loaded, with the operator and the
//! node. Left are edges: of equal values, `TopK` gives the indices in any order; `NonMaxSuppression` drops boxes that overlap
//! exactly as much as the threshold; the greatest of nothing but negative infinities is the least finite number; NaN is
//! lost in `Relu`, `Exp`, `Max` and `Min`; and a number half-way between two steps may be quantised to either.
//!
//! A request has its buffers for good where shapes are fixed: the caller copies into them directly, once. It
//! goes back to its graph's pool, wiped, when its guest is done.
#![deny(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod config;
mod element;
mod execution;
mod ffi;
mod find;
mod flow;
mod folder;
mod graph;
mod integers;
mod ir;
mod narrow;
mod onnx;
mod source;
mod turns;
mod xml;

pub use config::{OpenVinoBuilder, PerformanceHint};

use config::Config;
use ffi::{CompiledModel, Core, Library, ReadModel};
use graph::OpenVinoGraph;
use source::ModelPlace;
use std::ffi::{CStr, CString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use wasi_nn::backend::{Backend, Counter, Graph};
use wasi_nn::{Control, Error, GraphEncoding, LoadOptions, Model, Origin, Source};
use wasi_nn_native::{Place, Shown};

/// OpenVINO as a [`Backend`].
pub struct OpenVino {
    config: Config,
    file: Place,
    /// The library, once it was needed.
    core: Mutex<Option<Arc<Core>>>,
}

impl OpenVino {
    /// Starts with defaults: no place to look in, the processor for processors, and quick answers rather than
    /// many.
    #[must_use]
    pub fn builder() -> OpenVinoBuilder {
        OpenVinoBuilder::new()
    }

    fn new(config: Config) -> Self {
        OpenVino { config, file: Place::default(), core: Mutex::default() }
    }

    /// Where the library is. If it is nowhere, `for_good` says whether that is to be remembered.
    fn file(&self, for_good: bool) -> Result<PathBuf, Error> {
        self.file.of(&find::OPENVINO, &self.config.search, for_good)
    }

    fn core(&self) -> Result<Arc<Core>, Error> {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(core) = &*core {
            return Ok(Arc::clone(core));
        }
        let made = Arc::new(Core::new(&Library::open(&self.file(false)?)?)?);
        integers::keep_sums_exact(&made)?;
        Ok(Arc::clone(core.insert(made)))
    }

    fn compile(
        &self,
        model: &Model,
        core: &Core,
        read: ReadModel,
        device: &CStr,
        properties: &[(CString, CString)],
    ) -> Result<CompiledModel, Error> {
        core.compile(read, device, properties).map_err(|error| {
            let name = device.to_string_lossy();
            match core.devices() {
                Ok(devices) if !has_device(&devices, &name) => {
                    let devices = devices.join(", ");
                    Error::unsupported(format!("OpenVINO has no device `{name}` here; it has {devices}"))
                }
                _ => onnx::explain(model, error),
            }
        })
    }
}

impl Backend for OpenVino {
    fn name(&self) -> &str {
        "openvino"
    }

    fn accepts(&self, encoding: GraphEncoding, origin: Origin) -> bool {
        source::accepts(encoding, origin, self.config.allowed)
    }

    /// The library, its folder, where it looks for its devices, and the folder of compiled models.
    fn relies_on(&self) -> Vec<PathBuf> {
        let file = self.file(true).ok();
        let folder = file.as_deref().and_then(Path::parent).map(Path::to_owned);
        file.into_iter().chain(folder).chain(self.config.cache_dir.clone()).collect()
    }

    /// The library, those of its devices, and its readers of formats.
    fn prepare(&self) -> Result<(), Error> {
        let core = self.core()?;
        core.devices()?;
        // It opens a reader, and what that needs of the system, when one is first asked; and asks all of them about what is
        // no model.
        let nothing = Source::Bytes(vec![b"no model".to_vec()]);
        let nothing = Model { encoding: GraphEncoding::Onnx, source: nothing, origin: Origin::Host };
        drop(core.read_memory(&Arc::new(nothing)));
        Ok(())
    }

    fn load(
        &self,
        model: Arc<Model>,
        options: &LoadOptions,
        control: &Control,
    ) -> Result<Arc<dyn Graph>, Error> {
        let device = self.config.device(&options.device)?;
        let properties = self.config.properties(model.origin, options)?;
        let checked = source::check(&model, self.config.allowed)?;
        let core = self.core()?;
        control.check()?;
        // Said before, since a fault in the library ends the process.
        tracing::debug!(model = %Shown(&model), device = ?device, "OpenVINO reads and compiles a model");
        let read = match &checked.place {
            ModelPlace::Files(file, weights) => core.read_file(file, weights.as_deref()),
            ModelPlace::Memory => core.read_memory(&model),
        };
        let read = read.map_err(|error| onnx::explain(&model, error))?;
        let name = wasi_nn_native::tidy(&read.name().unwrap_or_default());
        control.check()?;
        let compiles = Counter::default();
        let compiled = compiles.count(true, || self.compile(&model, &core, read, &device, &properties))?;
        let compiled = (compiled, compiles.tally());
        let graph = OpenVinoGraph::new(compiled, &device, checked)?;
        tracing::info!(
            model = %Shown(&model), name = ?name, asked = ?device, runs_on = graph.device(),
            "OpenVINO has compiled a model"
        );
        Ok(Arc::new(graph))
    }
}

/// Whether OpenVINO has a device, as `GPU` or `GPU.1`. Of those made of others, as `AUTO:GPU,CPU`, the parts
/// are not looked at.
fn has_device(devices: &[String], name: &str) -> bool {
    let base = |name: &str| name.split(['.', ':']).next().unwrap_or_default().to_owned();
    let is_virtual = ["AUTO", "MULTI", "HETERO", "BATCH"].contains(&base(name).as_str());
    is_virtual || devices.iter().any(|device| device == name || base(device) == name)
}

impl fmt::Debug for OpenVino {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenVino").field("config", &self.config).finish_non_exhaustive()
    }
}
