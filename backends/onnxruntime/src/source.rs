//! The rules on which models ONNX Runtime is given, and from where it may read more of them.
//!
//! ONNX Runtime reads files that a model names, and for one location addresses in memory. So a model is looked at first, and
//! then given as the bytes that were looked at.

use super::checks;
use std::borrow::Cow;
use std::ffi::CString;
use std::fs;
use std::io;
use std::path::{Component, Path};
use wasi_nn::onnx_scan::view::Model as View;
use wasi_nn::{Error, ErrorKind, GraphEncoding, Model, Origin, Printable, Source, onnx_scan};

/// A model that passed the checks.
pub(super) struct Checked<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// Where it has more data.
    pub(super) folder: Option<CString>,
}

/// The location by which ONNX Runtime means its own memory.
const MEMORY: &str = "_ORT_MEM_ADDR_";

/// Whether models of an encoding can be of use at all.
pub(super) fn accepts(encoding: GraphEncoding, origin: Origin) -> bool {
    origin == Origin::Host && encoding == GraphEncoding::Onnx
}

/// Checks a model as far as that goes without ONNX Runtime.
pub(super) fn check(model: &Model) -> Result<Checked<'_>, Error> {
    let Model { encoding, source, origin } = model;
    if !accepts(*encoding, *origin) {
        let whose = if *origin == Origin::Guest { "guests' " } else { "" };
        let text = format!("ONNX Runtime is not given {whose}models of the encoding {encoding}");
        return Err(Error::new(ErrorKind::InvalidEncoding, text));
    }
    let (bytes, file) = match source {
        Source::Served(_) => return Err(Error::invalid_argument("ONNX Runtime reads no models on servers")),
        Source::Bytes(parts) => (Cow::Borrowed(only(parts, "part")?.as_slice()), None),
        Source::Files(files) => {
            let file = only(files, "file")?;
            (Cow::Owned(fs::read(file).map_err(|error| unreadable(file, &error))?), Some(file))
        }
    };
    let locations = onnx_scan::locations(&bytes)?;
    let folder = match file {
        _ if locations.is_empty() => None,
        Some(file) => Some(folder(file, &locations)?),
        None => {
            return Err(Error::unsupported(
                "the model has data outside of itself, and is given as bytes; give it as a file, beside which its data lies",
            ));
        }
    };
    checks::check(&View::new(&bytes)?)?;
    Ok(Checked { bytes, folder })
}

fn only<'a, T>(parts: &'a [T], what: &str) -> Result<&'a T, Error> {
    match parts {
        [part] => Ok(part),
        parts => Err(Error::invalid_argument(format!("an ONNX model has one {what}, not {}", parts.len()))),
    }
}

/// The model's folder, in which all files that it names have to be.
fn folder<'a>(file: &Path, locations: impl IntoIterator<Item = &'a String>) -> Result<CString, Error> {
    let file = file.canonicalize().map_err(|error| unreadable(file, &error))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    locations.into_iter().try_for_each(|location| check_location(folder, location))?;
    let text = folder.to_str().and_then(|folder| CString::new(folder).ok());
    text.ok_or_else(|| Error::runtime(format!("{} is not valid Unicode; rename it", folder.display())))
}

fn check_location(folder: &Path, location: &str) -> Result<(), Error> {
    let shown = Printable::at_most(location, 64);
    let path = Path::new(location);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !is_plain || location.is_empty() || location.contains(MEMORY) {
        return Err(Error::unsupported(format!(
            "the model has data in `{shown}`, which is not in its own folder; put the file beside the model, and name it so"
        )));
    }
    let found = folder.join(path).canonicalize();
    let found = found.map_err(|error| {
        Error::runtime(format!("cannot read `{shown}`, in which the model has data: {error}"))
    })?;
    // Links may lead elsewhere.
    if !found.starts_with(folder) || !found.is_file() {
        return Err(Error::unsupported(format!(
            "the model has data in `{shown}`, which is no file in the model's own folder; copy it there"
        )));
    }
    Ok(())
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::runtime(format!("cannot read {}: {error}", path.display()))
}
