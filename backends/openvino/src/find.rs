//! The places of OpenVINO's library.

use std::panic::catch_unwind;
use std::path::PathBuf;
use wasi_nn_native::{Library, Other};

/// OpenVINO's C library.
pub(super) const OPENVINO: Library = Library {
    product: "OpenVINO",
    file: "openvino_c",
    variable: "WASI_NN_OPENVINO",
    first: Some(Other { name: "the places of openvino-finder", find: by_finder }),
    installations: &["OPENVINO_INSTALL_DIR", "INTEL_OPENVINO_DIR", "OPENVINO_BUILD_DIR"],
    below_installations: &[
        "runtime/lib/intel64",
        "runtime/lib/intel64/Release",
        "runtime/lib/aarch64",
        "runtime/lib/aarch64/Release",
        "runtime/lib/arm64",
        "runtime/lib/arm64/Release",
        "runtime/bin/intel64/Release",
        "runtime/bin/arm64/Release",
        "bin/intel64/Release",
        "bin/aarch64/Release",
        "bin/arm64/Release",
    ],
    wheel: "openvino/libs",
    // The finder has them.
    system: &[],
};

/// The finder looks for the file without a version in its name only. It panics where a folder cannot be listed.
fn by_finder() -> Option<PathBuf> {
    catch_unwind(|| openvino_finder::find("openvino_c", openvino_finder::Linking::Dynamic)).ok().flatten()
}
