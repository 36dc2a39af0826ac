//! The detection of a model's encoding from its content.

use crate::{GraphEncoding, onnx_scan};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

/// The encoding of a model whose first part is `bytes`, if the content tells.
pub(super) fn of_bytes(bytes: &[u8]) -> Option<GraphEncoding> {
    if is_openvino(bytes) {
        Some(GraphEncoding::OpenVino)
    } else if onnx_scan::is_model(bytes) {
        Some(GraphEncoding::Onnx)
    } else if bytes.get(4..8) == Some(b"TFL3") {
        // A flatbuffer's identifier stands behind the offset of its root.
        Some(GraphEncoding::TensorFlowLite)
    } else {
        None
    }
}

/// The encoding of a file, or of the directory that TensorFlow saves a model in. The usual endings are believed;
/// files with other names are read.
pub(super) fn of_file(path: &Path) -> io::Result<Option<GraphEncoding>> {
    if path.join("saved_model.pb").is_file() {
        return Ok(Some(GraphEncoding::TensorFlow));
    }
    match path.extension().and_then(OsStr::to_str) {
        Some("xml") => Ok(Some(GraphEncoding::OpenVino)),
        Some("onnx") => Ok(Some(GraphEncoding::Onnx)),
        Some("tflite") => Ok(Some(GraphEncoding::TensorFlowLite)),
        Some("pb") => Ok(Some(GraphEncoding::TensorFlow)),
        _ => Ok(of_bytes(&fs::read(path)?)),
    }
}

/// Whether `bytes` begin as OpenVINO's XML does, and as nothing else could: of all that is called OpenVINO's format, a
/// backend should give the library this only.
///
/// OpenVINO looks at the content by itself, and would hand everything else to its other readers, some of which
/// follow file names and addresses that they find in a model. All other formats it reads from memory are
/// protobuf, in which neither `<` nor a byte order mark can begin a field, but white space can: so none may
/// stand in front, which well-formed XML does not allow before its declaration either.
pub fn is_openvino(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let rest = text.strip_prefix(b"<?xml").or_else(|| text.strip_prefix(b"<net"));
    rest.and_then(<[u8]>::first).is_some_and(|next| next.is_ascii_whitespace() || *next == b'>')
}
