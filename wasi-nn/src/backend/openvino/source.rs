//! Which models OpenVINO is given, and in which form.

use super::xml;
use crate::{Error, ErrorKind, GraphEncoding, Model, Origin, Source};
use std::ffi::CString;
use std::path::Path;

/// Whether models of an encoding can be of use at all.
pub(super) fn accepts(encoding: GraphEncoding, origin: Origin, guest_onnx: bool) -> bool {
    match origin {
        Origin::Guest => {
            encoding == GraphEncoding::OpenVino || (encoding == GraphEncoding::Onnx && guest_onnx)
        }
        Origin::Host => matches!(
            encoding,
            GraphEncoding::OpenVino
                | GraphEncoding::Onnx
                | GraphEncoding::TensorFlow
                | GraphEncoding::TensorFlowLite
        ),
    }
}

/// How a model that passed the checks is to be read.
pub(super) enum Checked {
    /// A file, and perhaps one with weights.
    Files(CString, Option<CString>),
    /// The parts of the model, from memory.
    Memory,
}

/// Checks a model as far as that goes without OpenVINO.
pub(super) fn check(model: &Model, guest_onnx: bool) -> Result<Checked, Error> {
    let Model { encoding, source, origin } = model;
    if !accepts(*encoding, *origin, guest_onnx) {
        let whose = if *origin == Origin::Guest { "guests' " } else { "" };
        let text = format!("OpenVINO is not given {whose}models of the encoding {encoding}");
        return Err(Error::new(ErrorKind::InvalidEncoding, text));
    }
    match (source, origin) {
        (Source::Files(_), Origin::Guest) => Err(Error::invalid_argument("a guest's model cannot be a file")),
        (Source::Files(files), Origin::Host) => check_files(*encoding, files),
        (Source::Bytes(parts), _) => check_bytes(*encoding, parts, *origin),
    }
}

fn check_files(encoding: GraphEncoding, files: &[impl AsRef<Path>]) -> Result<Checked, Error> {
    match (encoding, files) {
        (_, [file]) => Ok(Checked::Files(file_name(file.as_ref())?, None)),
        (GraphEncoding::OpenVino, [file, weights]) => {
            Ok(Checked::Files(file_name(file.as_ref())?, Some(file_name(weights.as_ref())?)))
        }
        _ => Err(Error::invalid_argument(format!(
            "a model of the encoding {encoding} is not {} files",
            files.len()
        ))),
    }
}

fn file_name(path: &Path) -> Result<CString, Error> {
    if let Err(error) = path.metadata() {
        return Err(Error::runtime(format!("cannot read {}: {error}", path.display())));
    }
    let text = path.to_str().and_then(|path| CString::new(path).ok());
    text.ok_or_else(|| Error::runtime(format!("{} is not valid Unicode; rename it", path.display())))
}

fn check_bytes(encoding: GraphEncoding, parts: &[Vec<u8>], origin: Origin) -> Result<Checked, Error> {
    match (encoding, parts) {
        (GraphEncoding::OpenVino, [xml, _]) => {
            check_prefix(xml)?;
            if origin == Origin::Guest {
                xml::check(xml)?;
            }
            Ok(Checked::Memory)
        }
        (GraphEncoding::Onnx, [_]) if origin == Origin::Host => Ok(Checked::Memory),
        (GraphEncoding::Onnx, [_]) => {
            Err(Error::new(ErrorKind::InvalidEncoding, "OpenVINO is not given guests' ONNX"))
        }
        (GraphEncoding::OpenVino | GraphEncoding::Onnx, _) => Err(Error::invalid_argument(format!(
            "a model of the encoding {encoding} is not {} parts",
            parts.len()
        ))),
        _ => Err(Error::new(
            ErrorKind::InvalidEncoding,
            format!("OpenVINO reads models of the encoding {encoding} from files only"),
        )),
    }
}

/// OpenVINO looks for every format that it knows in what it is given; only what begins like this is
/// its own.
fn check_prefix(xml: &[u8]) -> Result<(), Error> {
    let text = xml.strip_prefix(b"\xef\xbb\xbf").unwrap_or(xml).trim_ascii_start();
    if text.starts_with(b"<?xml") || text.starts_with(b"<net") {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidEncoding, "the model does not begin as OpenVINO's XML does"))
}
