//! Graphs that the host names, for guests to load by name.

use super::content;
use super::files::Files;
use super::order::{Candidate, Content};
use super::routing::{self, Routing};
use super::stamps::unreadable;
use super::stats::Counts;
use crate::{
    Device, Error, ErrorKind, ExecutionTarget, GraphEncoding, LoadOptions, Model, Origin, Precision, Source,
};
use std::num::NonZeroU32;
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
    options: LoadOptions,
    backends: Vec<String>,
    /// Properties of one backend each: its name, and a name and a value.
    properties: Vec<(String, (String, String))>,
    pub(super) is_mapped: bool,
}

impl NamedGraph {
    /// A graph that runs on the processor, on the first backend that loads it, in the order in which the registry got
    /// them: one that refuses is no hindrance to the next. Files are read when the graph is loaded.
    ///
    /// With [`GraphEncoding::Autodetect`], the name of a file tells the encoding, or otherwise its content.
    #[must_use]
    pub fn new(name: impl Into<String>, encoding: GraphEncoding, source: Source) -> Self {
        NamedGraph {
            name: name.into(),
            encoding,
            source,
            options: LoadOptions::new(Device::Target(ExecutionTarget::Cpu)),
            backends: Vec::new(),
            properties: Vec::new(),
            is_mapped: false,
        }
    }

    /// Runs it on another device.
    #[must_use]
    pub fn device(mut self, device: Device) -> Self {
        self.options.device = device;
        self
    }

    /// Runs it on the backend of this name, and on no other. Each further name is that of a backend which is asked if those
    /// before refuse to load it.
    ///
    /// ```
    /// # use wasi_nn::{GraphEncoding, NamedGraph, Source};
    /// # let model = Source::Bytes(vec![Vec::new()]);
    /// // OpenVINO, and the embedded engine on a machine where that is missing.
    /// let graph = NamedGraph::new("classifier", GraphEncoding::Onnx, model).backend("openvino").backend("onnx");
    /// # drop(graph);
    /// ```
    #[must_use]
    pub fn backend(mut self, name: impl Into<String>) -> Self {
        self.backends.push(name.into());
        self
    }

    /// Computes in another precision.
    #[must_use]
    pub fn precision(mut self, precision: Precision) -> Self {
        self.options.precision = precision;
        self
    }

    /// Uses so many threads at most for one computation.
    #[must_use]
    pub fn threads(mut self, threads: NonZeroU32) -> Self {
        self.options.threads = Some(threads);
        self
    }

    /// Sets a property in the terms of one backend, which it is told if it is the one that loads the graph:
    /// `openvino`, `NUM_STREAMS`, `4`.
    #[must_use]
    pub fn property(
        mut self,
        backend: impl Into<String>,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.properties.push((backend.into(), (name.into(), value.into())));
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

    /// Checks what can be checked without loading it, and finds its backends.
    pub(super) fn resolve(self, routing: &Routing) -> Result<Named, Error> {
        check_name(&self.name)?;
        let name = self.name.clone();
        let explain = |error: Error| Error::new(error.kind(), format!("graph `{name}`: {error}"));
        let encoding = self.encoding().map_err(explain)?;
        let candidates = self.candidates(encoding, routing).map_err(explain)?;
        let content = match self.source {
            Source::Files(paths) => {
                let files = Files::look(encoding, paths, self.is_mapped);
                Content::Files(Arc::new(files.map_err(explain)?))
            }
            source => Content::Model(Arc::new(Model { encoding, source, origin: Origin::Host })),
        };
        Ok(Named { content, candidates, counts: Arc::default() })
    }

    /// The backends that are asked, and what each is told.
    fn candidates(&self, encoding: GraphEncoding, routing: &Routing) -> Result<Arc<[Candidate]>, Error> {
        for (backend, _) in &self.properties {
            routing.library(backend)?;
        }
        let libraries = routing.host(encoding, &self.backends)?.into_iter();
        let candidates = libraries.map(|library| {
            let own = self.properties.iter().filter(|(backend, _)| **backend == *library.name);
            let properties = own.map(|(_, property)| property.clone()).collect();
            Candidate { options: LoadOptions { properties, ..self.options.clone() }, library }
        });
        Ok(candidates.collect())
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
            // A server has it in a format of its own.
            (_, Source::Served(_)) => Some(GraphEncoding::Autodetect),
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

/// A graph whose encoding and backends are known.
pub(super) struct Named {
    pub(super) content: Content,
    pub(super) candidates: Arc<[Candidate]>,
    pub(super) counts: Arc<Counts>,
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > MAX_NAME_LEN || name.contains('\0') {
        let message = format!("a graph's name has 1 to {MAX_NAME_LEN} bytes and no NUL, unlike {name:?}");
        return Err(Error::invalid_argument(message));
    }
    Ok(())
}
