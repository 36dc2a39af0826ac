//! The rules on which models ONNX Runtime is given, and from where it may read more of them.
//!
//! ONNX Runtime reads files that a model names, and for one location addresses in memory. So a model is looked at first, and
//! then given as the bytes that were looked at. One of a guest's has all of its data in itself.

use super::checks;
use std::borrow::Cow;
use std::ffi::CString;
use std::fs;
use std::io;
use std::path::{Component, Path};
use wasi_nn::onnx_scan::view::Model as View;
use wasi_nn::{Error, ErrorKind, GraphEncoding, Model, Origin, Printable, Source, onnx_scan};
use wasi_nn_native::scan_guests_onnx;

/// A model that passed the checks.
pub(super) struct Checked<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// Where it has more data.
    pub(super) folder: Option<CString>,
    /// Bytes that the session holds, if it is a guest's.
    pub(super) held: u64,
}

/// What a guest's model may have: operators, and graphs inside each other.
const MAX_NODES: u64 = 100_000;
const MAX_GRAPHS: u32 = 16;

/// What a session holds by itself, and for each operator: twice what ONNX Runtime 1.32 takes.
const SESSION_BYTES: u64 = 256 << 10;
const OPERATOR_BYTES: u64 = 8 << 10;

/// The location by which ONNX Runtime means its own memory.
const MEMORY: &str = "_ORT_MEM_ADDR_";

/// Whether models of an encoding can be of use at all.
pub(super) fn accepts(encoding: GraphEncoding, origin: Origin, guest_onnx: bool) -> bool {
    encoding == GraphEncoding::Onnx && (origin == Origin::Host || guest_onnx)
}

/// Checks a model as far as that goes without ONNX Runtime.
pub(super) fn check(model: &Model, guest_onnx: bool) -> Result<Checked<'_>, Error> {
    let Model { encoding, source, origin } = model;
    if !accepts(*encoding, *origin, guest_onnx) {
        let whose = if *origin == Origin::Guest { "guests' " } else { "" };
        let text = format!("ONNX Runtime is not given {whose}models of the encoding {encoding}");
        return Err(Error::new(ErrorKind::InvalidEncoding, text));
    }
    let (bytes, file) = match source {
        Source::Served(_) => return Err(Error::invalid_argument("ONNX Runtime reads no models on servers")),
        Source::Bytes(parts) => (Cow::Borrowed(only(parts, "part")?.as_slice()), None),
        Source::Files(_) if *origin == Origin::Guest => {
            return Err(Error::invalid_argument("a guest's model cannot be a file"));
        }
        Source::Files(files) => {
            let file = only(files, "file")?;
            (Cow::Owned(fs::read(file).map_err(|error| unreadable(file, &error))?), Some(file))
        }
    };
    let held = match origin {
        Origin::Guest => held(&bytes, scan_guests_onnx(&bytes, MAX_NODES, MAX_GRAPHS)?),
        Origin::Host => 0,
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
    Ok(Checked { bytes, folder, held })
}

/// What the session of a model holds: its operators, and its weights twice, since some are put into another order.
fn held(bytes: &[u8], operators: u64) -> u64 {
    let weights = u64::try_from(bytes.len()).unwrap_or(u64::MAX).saturating_mul(2);
    operators.saturating_mul(OPERATOR_BYTES).saturating_add(SESSION_BYTES).saturating_add(weights)
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
