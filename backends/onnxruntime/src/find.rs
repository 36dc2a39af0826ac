//! The places of ONNX Runtime's library.

use wasi_nn_native::Library;

/// ONNX Runtime's library.
pub(super) const ONNX_RUNTIME: Library = Library {
    product: "ONNX Runtime",
    file: "onnxruntime",
    variable: "WASI_NN_ONNXRUNTIME",
    first: None,
    // What its own archives are pointed at by.
    installations: &["ONNXRUNTIME_ROOT", "ORT_ROOT"],
    below_installations: &["lib", "lib64", "runtimes/linux-x64/native", "runtimes/linux-arm64/native"],
    wheel: "onnxruntime/capi",
    system: SYSTEM,
};

#[cfg(not(any(target_os = "macos", windows)))]
const SYSTEM: &[&str] = &[
    "/usr/local/lib",
    "/usr/local/lib64",
    "/opt/onnxruntime/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
];

#[cfg(target_os = "macos")]
const SYSTEM: &[&str] = &["/opt/homebrew/lib", "/usr/local/lib", "/opt/onnxruntime/lib"];

/// The system has an old release of its own there, which is another's.
#[cfg(windows)]
const SYSTEM: &[&str] = &[];
