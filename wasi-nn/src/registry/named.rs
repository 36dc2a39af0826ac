//! Graphs that the host names, for guests to load by name.

use super::content;
use super::loads::Library;
use super::routing::{self, Routing};
use crate::{Device, Error, ErrorKind, ExecutionTarget, GraphEncoding, Model, Origin, Source};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a graph's name at most. Names are for people; a kibibyte is generous.
pub const MAX_NAME_LEN: usize = 1024;

/// A model of the host's, and the name under which guests load it.
///
/// It is loaded once, whichever guest asks first, and kept as long as the registry.
#[derive(Clone, Debug)]
pub struct NamedGraph {
    pub(super) name: String,
    pub(super) encoding: GraphEncoding,
    pub(super) source: Source,
    pub(super) device: Device,
    pub(super) backend: Option<String>,
}

impl NamedGraph {
    /// A graph that runs on the processor, on the first backend that accepts it. Names of files spare the
    /// host's memory, and let a backend map them.
    ///
    /// With [`GraphEncoding::Autodetect`], the name of a file tells the encoding, or otherwise its content.
    #[must_use]
    pub fn new(name: impl Into<String>, encoding: GraphEncoding, source: Source) -> Self {
        let device = Device::Target(ExecutionTarget::Cpu);
        NamedGraph { name: name.into(), encoding, source, device, backend: None }
    }

    /// Runs it on another device.
    #[must_use]
    pub fn device(mut self, device: Device) -> Self {
        self.device = device;
        self
    }

    /// Runs it on the backend of this name.
    #[must_use]
    pub fn backend(mut self, name: impl Into<String>) -> Self {
        self.backend = Some(name.into());
        self
    }

    /// Checks what can be checked without loading it, and finds its backend.
    pub(super) fn resolve(self, routing: &Routing) -> Result<Named, Error> {
        check_name(&self.name)?;
        let explain = |error: Error| Error::new(error.kind(), format!("graph `{}`: {error}", self.name));
        let encoding = self.check_source().map_err(explain)?;
        let library = routing.host(encoding, self.backend.as_deref()).map_err(explain)?;
        let model = Model { encoding, source: self.source, origin: Origin::Host };
        Ok(Named { model: Arc::new(model), device: self.device, library })
    }

    /// The encoding, after looking at the number of parts, and for the files.
    fn check_source(&self) -> Result<GraphEncoding, Error> {
        let encoding = match (self.encoding, &self.source) {
            (GraphEncoding::Autodetect, Source::Bytes(parts)) => {
                parts.first().and_then(|part| content::of_bytes(part))
            }
            (GraphEncoding::Autodetect, Source::Files(files)) => match files.first() {
                Some(file) => content::of_file(file).map_err(|error| unreadable(file, &error))?,
                None => None,
            },
            (encoding, _) => Some(encoding),
        };
        let encoding = encoding.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidEncoding,
                "neither its name nor its content tells its encoding; name that",
            )
        })?;
        routing::check_parts(encoding, &self.source)?;
        if let Source::Files(files) = &self.source {
            for file in files {
                openable(file).map_err(|error| unreadable(file, &error))?;
            }
        }
        Ok(encoding)
    }
}

/// A graph whose encoding and backend are known.
pub(super) struct Named {
    pub(super) model: Arc<Model>,
    pub(super) device: Device,
    pub(super) library: Arc<Library>,
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > MAX_NAME_LEN || name.contains('\0') {
        let message = format!("a graph's name has 1 to {MAX_NAME_LEN} bytes and no NUL, unlike {name:?}");
        return Err(Error::invalid_argument(message));
    }
    Ok(())
}

fn openable(path: &Path) -> io::Result<()> {
    // TensorFlow's saved models are directories.
    if path.is_dir() { fs::read_dir(path).map(drop) } else { fs::File::open(path).map(drop) }
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::invalid_argument(format!("cannot read `{}`: {error}", path.display()))
}
