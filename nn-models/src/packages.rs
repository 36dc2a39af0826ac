//! The folders of the packages that `cargo xtask setup` brings, for tests and benches that do not know `xtask`.
//!
//! A package lies in `target/packages/NAME-VERSION`, where `target` is Cargo's.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

/// The wheel of OpenVINO.
pub const OPENVINO: &str = "openvino-2026.4.1";

/// ONNX Runtime, and what it needs, for the interpreter that `interpreter.txt` names.
pub const ORACLE: &str = "oracle-1.32.0";

/// The package of ONNX itself, which has tests of every operation. It needs packages of the oracle.
pub const ONNX: &str = "onnx-1.23.2";

/// The wheel that has Magika's model.
pub const MAGIKA: &str = "magika-1.0.3";

/// The wheel that has models of a text recognizer.
pub const RAPIDOCR: &str = "rapidocr-onnxruntime-1.4.4";

/// A package that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    package: &'static str,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.package.rsplit_once('-').map_or(self.package, |(name, _)| name);
        write!(f, "target/packages/{} is absent; `cargo xtask setup {name}` brings it", self.package)
    }
}

impl std::error::Error for Absent {}

/// The folder of a package.
///
/// # Errors
///
/// [`Absent`] if it was not fetched.
pub fn folder(package: &'static str) -> Result<PathBuf, Absent> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = manifest.parent().unwrap_or(manifest);
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
    let folder = target.join("packages").join(package);
    if folder.is_dir() { Ok(folder) } else { Err(Absent { package }) }
}

/// The folder of OpenVINO's libraries, which hosts are pointed at.
///
/// # Errors
///
/// [`Absent`] if OpenVINO was not fetched.
pub fn openvino_libs() -> Result<PathBuf, Absent> {
    Ok(folder(OPENVINO)?.join("openvino").join("libs"))
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

fn text_model(file: &str) -> Result<PathBuf, Absent> {
    Ok(folder(RAPIDOCR)?.join("rapidocr_onnxruntime").join("models").join(file))
}

/// What a test needs; `None`, with the reason printed, where it is absent.
///
/// # Panics
///
/// If it is absent where `CI` is set, since nothing may be skipped there.
#[must_use]
#[track_caller]
pub fn or_skip<T>(needed: Result<T, Absent>) -> Option<T> {
    match needed {
        Ok(thing) => Some(thing),
        Err(absent) => {
            let in_ci = env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
            assert!(!in_ci, "{absent}, and nothing is skipped where CI is set");
            eprintln!("skipped: {absent}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Absent, folder};

    #[test]
    fn what_is_absent_is_named_with_the_way_out() {
        let absent = folder("no-such-package-1.0").unwrap_err();
        assert_eq!(absent, Absent { package: "no-such-package-1.0" });
        let expected =
            "target/packages/no-such-package-1.0 is absent; `cargo xtask setup no-such-package` brings it";
        assert_eq!(absent.to_string(), expected);
    }
}
