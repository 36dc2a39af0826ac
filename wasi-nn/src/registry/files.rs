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
        if let Some(parts) = self.parts()? {
            return load(model(Source::Bytes(parts)));
        }
        self.check()?;
        let loaded = load(model(Source::Files(self.paths.clone())))?;
        // It must not have changed while the backend read it either.
        self.check()?;
        Ok(loaded)
    }

    /// The parts of the model, if a backend can have it from memory.
    fn parts(&self) -> Result<Option<Vec<Vec<u8>>>, Error> {
        match (self.encoding, self.paths.as_slice()) {
            _ if self.is_mapped => Ok(None),
            (GraphEncoding::Onnx, [path]) => {
                let onnx = self.stamps.read(path)?;
                // What is no model is the backend's to refuse, with its own words.
                let has_all = onnx_scan::locations(&onnx).is_ok_and(|locations| locations.is_empty());
                Ok(has_all.then(|| vec![onnx]))
            }
            (GraphEncoding::OpenVino, [xml, named @ ..]) => {
                let xml = self.stamps.read(xml)?;
                // OpenVINO reads other formats under this name too.
                if !content::is_openvino(&xml) {
                    return Ok(None);
                }
                let weights = named.first().or(self.weights.as_ref());
                let weights = weights.map(|path| self.stamps.read(path)).transpose()?;
                Ok(Some(vec![xml, weights.unwrap_or_default()]))
            }
            _ => Ok(None),
        }
    }

    fn check(&self) -> Result<(), Error> {
        self.paths().try_for_each(|path| self.stamps.check(path))?;
        let ([path], GraphEncoding::Onnx) = (self.paths.as_slice(), self.encoding) else { return Ok(()) };
        let locations = onnx_scan::locations(&self.stamps.read(path)?).unwrap_or_default();
        for file in locations.iter().map(|location| path.with_file_name(location)) {
            if !self.stamps.knows(&file) && !self.is_mapped {
                return Err(Error::runtime(format!(
                    "`{}` was not seen beside the model when the registry was built; put it there, or have the graph \
                     `mapped`",
                    file.display()
                )));
            }
            if self.stamps.knows(&file) {
                self.stamps.check(&file)?;
            }
        }
        Ok(())
    }
}
