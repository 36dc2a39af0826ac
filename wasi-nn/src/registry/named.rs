//! Graphs that the host names, for guests to load by name.

use super::content;
use super::files::Files;
use super::loads::{Content, NamedBackend};
use super::routing::{self, Routing};
use super::stamps::unreadable;
use crate::{Device, Error, ErrorKind, ExecutionTarget, GraphEncoding, Model, Origin, Source};
use std::sync::Arc;

/// Bytes of a graph's name at most. Names are for people; a kibibyte is generous.
pub const MAX_NAME_LEN: usize = 1024;

/// A model of the host's, and the name under which guests load it.
///
/// It is loaded once, whichever guest asks first, and kept as long as the registry. Files are looked at when the
/// registry is built, and one that has changed since is not loaded: a guest that may write there cannot put another
/// model under the name.
#[derive(Clone, Debug)]
pub struct NamedGraph {
    pub(super) name: String,
    pub(super) encoding: GraphEncoding,
    pub(super) source: Source,
    pub(super) device: Device,
    pub(super) backend: Option<String>,
    pub(super) is_mapped: bool,
}

impl NamedGraph {
    /// A graph that runs on the processor, on the first backend that accepts it. Files are read when the graph is
    /// loaded.
    ///
    /// With [`GraphEncoding::Autodetect`], the name of a file tells the encoding, or otherwise its content.
    #[must_use]
    pub fn new(name: impl Into<String>, encoding: GraphEncoding, source: Source) -> Self {
        let device = Device::Target(ExecutionTarget::Cpu);
        NamedGraph { name: name.into(), encoding, source, device, backend: None, is_mapped: false }
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

    /// Has the backend open the files by itself, so that it can map large weights and need not hold them in memory.
    ///
    /// What is mapped changes with the file, and ends the process if the file becomes shorter: only for files that no
    /// guest can write (`wasi_facade::could_reach` tells). Files of formats that backends do not read from memory, and
    /// ONNX with data in other files, are opened by the backend in any case.
    #[must_use]
    pub fn mapped(mut self) -> Self {
        self.is_mapped = true;
        self
    }

    /// Checks what can be checked without loading it, and finds its backend.
    pub(super) fn resolve(self, routing: &Routing) -> Result<Named, Error> {
        check_name(&self.name)?;
        let name = self.name.clone();
        let explain = |error: Error| Error::new(error.kind(), format!("graph `{name}`: {error}"));
        let encoding = self.encoding().map_err(explain)?;
        let library = routing.host(encoding, self.backend.as_deref()).map_err(explain)?;
        let content = match self.source {
            Source::Files(paths) => {
                let files = Files::look(encoding, paths, self.is_mapped);
                Content::Files(Arc::new(files.map_err(explain)?))
            }
            source => Content::Model(Arc::new(Model { encoding, source, origin: Origin::Host })),
        };
        Ok(Named { content, device: self.device, library })
    }

    /// The encoding, after looking at the number of parts.
    fn encoding(&self) -> Result<GraphEncoding, Error> {
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
        Ok(encoding)
    }
}

/// A graph whose encoding and backend are known.
pub(super) struct Named {
    pub(super) content: Content,
    pub(super) device: Device,
    pub(super) library: Arc<NamedBackend>,
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > MAX_NAME_LEN || name.contains('\0') {
        let message = format!("a graph's name has 1 to {MAX_NAME_LEN} bytes and no NUL, unlike {name:?}");
        return Err(Error::invalid_argument(message));
    }
    Ok(())
}
