//! The routing of a model to a backend, or its refusal.

use super::content;
use super::order::NamedBackend;
use crate::{Error, ErrorKind, GraphEncoding, Model, Origin, Source};
use std::collections::HashMap;
use std::sync::Arc;

/// The backends in the order of preference, and the encodings that guests may load from bytes.
pub(super) struct Routing {
    pub(super) libraries: Vec<Arc<NamedBackend>>,
    pub(super) from_guests: HashMap<GraphEncoding, String>,
}

impl Routing {
    /// The backend of a guest's model. The encoding of the model becomes that of its content.
    pub(super) fn guest(&self, model: &mut Model) -> Result<Arc<NamedBackend>, Error> {
        let Source::Bytes(parts) = &model.source else {
            return Err(Error::invalid_argument("guests load models from bytes, and files by name"));
        };
        let first = parts.first().map(Vec::as_slice).unwrap_or_default();
        let encoding = match model.encoding {
            GraphEncoding::Autodetect => content::of_bytes(first).ok_or_else(|| {
                Error::new(ErrorKind::InvalidEncoding, "the model is neither OpenVINO's, ONNX nor TFLite")
            })?,
            encoding => encoding,
        };
        let library = self.guest_library(encoding)?;
        check_parts(encoding, &model.source)?;
        if content::is_openvino(first) != (encoding == GraphEncoding::OpenVino) {
            let message = format!("the model was sent as {encoding}, and its content says otherwise");
            return Err(Error::new(ErrorKind::InvalidEncoding, message));
        }
        model.encoding = encoding;
        Ok(library)
    }

    fn guest_library(&self, encoding: GraphEncoding) -> Result<Arc<NamedBackend>, Error> {
        let refused = |why: String| Error::new(ErrorKind::InvalidEncoding, why);
        let name = self.from_guests.get(&encoding).ok_or_else(|| {
            refused(format!(
                "guests may not load {encoding} from bytes; name the graph, or choose `RegistryBuilder::guest_models`"
            ))
        })?;
        let library = self
            .library(name)
            .map_err(|error| refused(format!("{encoding} from guests goes to `{name}`, but {error}")))?;
        if !library.backend.accepts(encoding, Origin::Guest) {
            return Err(refused(format!("backend `{name}` takes no {encoding} from guests")));
        }
        Ok(library)
    }

    /// The backends of a host's model, in the order in which they are asked: those that are wanted, or all, as far as they
    /// accept it.
    pub(super) fn host(
        &self,
        encoding: GraphEncoding,
        wanted: &[String],
    ) -> Result<Vec<Arc<NamedBackend>>, Error> {
        let named = wanted.iter().map(|name| self.library(name)).collect::<Result<Vec<_>, _>>()?;
        let order = if named.is_empty() { &self.libraries } else { &named };
        let accepts = |library: &&Arc<NamedBackend>| library.backend.accepts(encoding, Origin::Host);
        let accepting: Vec<_> = order.iter().filter(accepts).cloned().collect();
        if !accepting.is_empty() {
            return Ok(accepting);
        }
        let message = match named.as_slice() {
            [only] => format!("backend `{}` reads no {encoding}", only.name),
            [] => {
                // One for guests alone is no way out.
                let reads =
                    |library: &Arc<NamedBackend>, encoding| library.backend.accepts(encoding, Origin::Host);
                let others = self
                    .libraries
                    .iter()
                    .filter(|library| GraphEncoding::ALL.iter().any(|all| reads(library, *all)));
                format!("no backend reads {encoding}; there are: {}", names(others))
            }
            some => format!("none of the backends {} reads {encoding}", names(some.iter())),
        };
        Err(Error::new(ErrorKind::InvalidEncoding, message))
    }

    /// The backend of this name.
    pub(super) fn library(&self, name: &str) -> Result<Arc<NamedBackend>, Error> {
        let found = self.libraries.iter().find(|library| *library.name == *name);
        found.cloned().ok_or_else(|| {
            Error::invalid_argument(format!("there is no backend `{name}`; there are: {}", self.names()))
        })
    }

    fn names(&self) -> String {
        names(self.libraries.iter())
    }
}

fn names<'a>(libraries: impl Iterator<Item = &'a Arc<NamedBackend>>) -> String {
    let names: Vec<_> = libraries.map(|library| format!("`{}`", library.name)).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Checks the number of parts.
pub(super) fn check_parts(encoding: GraphEncoding, source: &Source) -> Result<(), Error> {
    let (given, wanted, text) = match (encoding, source) {
        (GraphEncoding::OpenVino, Source::Bytes(parts)) => {
            (parts.len(), 2..=2, "two parts, the XML and the weights")
        }
        // Backends look for the weights beside the XML.
        (GraphEncoding::OpenVino, Source::Files(files)) => (files.len(), 1..=2, "one or two files"),
        (_, Source::Bytes(parts)) => (parts.len(), 1..=1, "one part"),
        (_, Source::Files(files)) => (files.len(), 1..=1, "one file"),
        (_, Source::Served(_)) => return Ok(()),
    };
    if wanted.contains(&given) {
        return Ok(());
    }
    Err(Error::invalid_argument(format!("a model in {encoding} has {text}, not {given}")))
}
