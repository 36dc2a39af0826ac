//! A graph of the host's in files, as they were when the registry was built.

use super::content;
use super::stamps::{Stamps, unreadable};
use crate::{Error, GraphEncoding, Model, Origin, Source, onnx_scan};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many files may lie beside an ONNX model for them to be looked at, should it have data in some of them.
const MAX_BESIDE: usize = 4096;

/// The files of a graph.
#[derive(Debug)]
pub(super) struct Files {
    encoding: GraphEncoding,
    paths: Vec<PathBuf>,
    /// The weights that OpenVINO finds beside the XML if nobody names them.
    weights: Option<PathBuf>,
    stamps: Stamps,
    is_mapped: bool,
}

impl Files {
    /// Looks at the files without reading them.
    pub(super) fn look(encoding: GraphEncoding, paths: Vec<PathBuf>, is_mapped: bool) -> Result<Self, Error> {
        let mut stamps = Stamps::default();
        let weights = match (encoding, paths.as_slice()) {
            (GraphEncoding::OpenVino, [xml]) => Some(xml.with_extension("bin")).filter(|bin| bin.is_file()),
            _ => None,
        };
        for path in paths.iter().chain(&weights) {
            stamps.add(path).map_err(|error| unreadable(path, &error))?;
        }
        if let (GraphEncoding::Onnx, [path]) = (encoding, paths.as_slice()) {
            stamps.add_beside(path, MAX_BESIDE).map_err(|error| unreadable(path, &error))?;
        }
        Ok(Files { encoding, paths, weights, stamps, is_mapped })
    }

    pub(super) fn encoding(&self) -> GraphEncoding {
        self.encoding
    }

    /// What is opened when the graph is loaded.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().chain(&self.weights).map(PathBuf::as_path)
    }

    /// Has `load` load the model, if it is still what it was.
    pub(super) fn load<R>(&self, load: impl FnOnce(Arc<Model>) -> Result<R, Error>) -> Result<R, Error> {
        let model = |source| Arc::new(Model { encoding: self.encoding, source, origin: Origin::Host });
        let beside = match self.read()? {
            Read::All(parts) => return load(model(Source::Bytes(parts))),
            Read::ByBackend { beside } => beside,
        };
        self.check(&beside)?;
        let loaded = load(model(Source::Files(self.paths.clone())))?;
        // It must not have changed while the backend read it either.
        self.check(&beside)?;
        Ok(loaded)
    }

    /// Reads what a backend can have from memory, and looks for files beside it.
    fn read(&self) -> Result<Read, Error> {
        let by_backend = |beside| Ok(Read::ByBackend { beside });
        match (self.encoding, self.paths.as_slice()) {
            (GraphEncoding::Onnx, [path]) => {
                let onnx = self.stamps.read(path)?;
                // What is no model is the backend's to refuse, with its own words.
                let Ok(locations) = onnx_scan::locations(&onnx) else { return by_backend(Vec::new()) };
                if locations.is_empty() && !self.is_mapped {
                    return Ok(Read::All(vec![onnx]));
                }
                by_backend(locations.iter().map(|location| path.with_file_name(location)).collect())
            }
            (GraphEncoding::OpenVino, [xml, named @ ..]) if !self.is_mapped => {
                let xml = self.stamps.read(xml)?;
                // OpenVINO reads other formats under this name too.
                if !content::is_openvino(&xml) {
                    return by_backend(Vec::new());
                }
                let weights = named.first().or(self.weights.as_ref());
                let weights = weights.map(|path| self.stamps.read(path)).transpose()?;
                Ok(Read::All(vec![xml, weights.unwrap_or_default()]))
            }
            _ => by_backend(Vec::new()),
        }
    }

    /// Makes sure that the files are what they were, and those `beside` them that are named in them.
    fn check(&self, beside: &[PathBuf]) -> Result<(), Error> {
        self.paths().try_for_each(|path| self.stamps.check(path))?;
        for file in beside {
            if self.stamps.knows(file) {
                self.stamps.check(file)?;
            } else if !self.is_mapped {
                return Err(Error::runtime(format!(
                    "`{}` was not seen beside the model when the registry was built; put it there, or have the graph \
                     `mapped`",
                    file.display()
                )));
            }
        }
        Ok(())
    }
}

/// A model that is about to be loaded.
enum Read {
    /// It is in memory, part by part.
    All(Vec<Vec<u8>>),
    /// The backend opens the files, and those that lie beside them.
    ByBackend { beside: Vec<PathBuf> },
}
