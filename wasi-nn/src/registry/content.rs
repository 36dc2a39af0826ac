//! The detection of a model's encoding from its content.

use crate::GraphEncoding;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

/// The encoding of a model whose first part is `bytes`, if the content tells.
pub(super) fn of_bytes(bytes: &[u8]) -> Option<GraphEncoding> {
    if is_openvino(bytes) {
        Some(GraphEncoding::OpenVino)
    } else if is_onnx(bytes) == Some(true) {
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

/// Whether `bytes` begin as OpenVINO's XML does, and as nothing else could.
///
/// OpenVINO looks at the content by itself, and would hand everything else to its other readers, some of which
/// follow file names and addresses that they find in a model. All other formats it reads from memory are
/// protobuf, in which neither `<` nor a byte order mark can begin a field, but white space can: so none may
/// stand in front, which well-formed XML does not allow before its declaration either.
pub(super) fn is_openvino(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let rest = text.strip_prefix(b"<?xml").or_else(|| text.strip_prefix(b"<net"));
    rest.and_then(<[u8]>::first).is_some_and(|next| next.is_ascii_whitespace() || *next == b'>')
}

/// Whether `bytes` are, at their outermost level, a `ModelProto` of `onnx.proto`: every field that the format
/// defines has the type it should, and the version and the graph are there. `None` if they are no protobuf.
fn is_onnx(mut bytes: &[u8]) -> Option<bool> {
    const VARINT: u64 = 0;
    const FIXED_64: u64 = 1;
    const LENGTH: u64 = 2;
    const FIXED_32: u64 = 5;
    let (mut has_version, mut has_graph) = (false, false);
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let wire_type = tag & 7;
        let is_expected = match tag >> 3 {
            0 => false,
            // `ir_version`, `model_version`
            1 | 5 => wire_type == VARINT,
            // The producer's name and version, `domain`, `doc_string`, `graph`, `opset_import`,
            // `metadata_props`, `training_info`, `functions`, `configuration`
            2..=4 | 6..=8 | 14 | 20 | 25 | 26 => wire_type == LENGTH,
            _ => true,
        };
        if !is_expected {
            return Some(false);
        }
        has_version |= tag >> 3 == 1;
        has_graph |= tag >> 3 == 7;
        let skipped = match wire_type {
            VARINT => varint(&mut bytes).map(|_| 0)?,
            FIXED_64 => 8,
            LENGTH => usize::try_from(varint(&mut bytes)?).ok()?,
            FIXED_32 => 4,
            // Groups are not in use any more.
            _ => return None,
        };
        bytes = bytes.get(skipped..)?;
    }
    Some(has_version && has_graph)
}

/// Takes an integer of protobuf's variable length off the front.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if *first < 0x80 {
            return Some(value);
        }
    }
    None
}
