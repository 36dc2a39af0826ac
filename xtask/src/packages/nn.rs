//! The packages that `wasi-nn` is tested and measured with: a runtime, an independent oracle, and models.

use super::{Index, Package};

/// The OpenVINO runtime (Apache-2.0; its threading library, oneTBB, too).
///
/// Hosts are pointed at `openvino/libs`, which is the same in the wheels for all versions of Python.
pub(crate) const OPENVINO: Package = Package {
    name: "openvino",
    version: "2026.4.1",
    index: Index::PyPi,
    purpose: "runs models of wasi-nn natively",
    files: openvino_files(),
};

/// Other systems rely on what their index says about the wheel.
const fn openvino_files() -> &'static [(&'static str, &'static str)] {
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        OPENVINO_LINUX_X86_64
    } else if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
        OPENVINO_MACOS_AARCH64
    } else {
        &[]
    }
}

const OPENVINO_LINUX_X86_64: &[(&str, &str)] = &[
    (
        "openvino/libs/libopenvino_c.so.2641",
        "d2d0836d422b21fc5da2739af0d6035df3fc6dd5e4756402eb848974edecf8a5",
    ),
    ("openvino/libs/libopenvino.so.2641", "9b9a80ac1f18e07b13ed54459d9a865bcfe9dc170dbf8fe740c2974b85ecedc1"),
    (
        "openvino/libs/libopenvino_intel_cpu_plugin.so",
        "6599e3dd300d047b5ed72f8e48101c5f312c25321f35f57f803641ff8372900b",
    ),
    (
        "openvino/libs/libopenvino_ir_frontend.so.2641",
        "554e9fd3d4a0fbc587c14379464b2324e24b8ea736cfb749ad2cd9e74dfc09e0",
    ),
    (
        "openvino/libs/libopenvino_onnx_frontend.so.2641",
        "82d499f5b5e8514def7aaa1ecd5a9f570542d33ae9d00a0077f707cccd0e0192",
    ),
    ("openvino/libs/libtbb.so.12", "ac9518497a4f2cb6729792730f145ee58367316031511923fef263c9ac81ca61"),
];

const OPENVINO_MACOS_AARCH64: &[(&str, &str)] = &[
    (
        "openvino/libs/libopenvino_c.2641.dylib",
        "3a613ae1cb6553ee3886c3412a278bb5ff817f49563ba6e5c4d8b4ecebffe1d8",
    ),
    (
        "openvino/libs/libopenvino.2641.dylib",
        "69dd8c32f07df67d3bdbde3f5e8c13e78c6f4aca8b06986ab41d342fc9a4e4b9",
    ),
    (
        "openvino/libs/libopenvino_arm_cpu_plugin.so",
        "9492edf670e0b7828f7bd2438258350c7b83f696b9cded0d8098acc46c1c1f04",
    ),
    (
        "openvino/libs/libopenvino_ir_frontend.2641.dylib",
        "954b18cdc5a63ce03520c1349d1671ec532e56a5644f85b31fb68fa653dc4539",
    ),
    (
        "openvino/libs/libopenvino_onnx_frontend.2641.dylib",
        "fcb61bfee8e650603c4cf96280ec3ec7377b96f927a7b4bc861a6ea3a7639573",
    ),
    ("openvino/libs/libtbb.12.dylib", "b7c824e8b58e63fa00aae043873bad5ef4b0a6fcc5392ae25437fd858d348e25"),
];

/// What the results of our backends are compared with: ONNX Runtime, and Magika's own program around its model.
///
/// Its version is that of ONNX Runtime. OpenVINO's Python package stands in [`OPENVINO`]'s folder and needs NumPy
/// from here, so that the two folders together are the whole oracle.
pub(crate) const ORACLE: Package = Package {
    name: "oracle",
    version: "1.32.0",
    index: Index::Environment(&[
        "onnxruntime==1.32.0",   // MIT
        "numpy==2.4.6",          // BSD-3-Clause; needed by onnxruntime and openvino
        "protobuf==7.36.2",      // BSD-3-Clause; needed by onnxruntime
        "flatbuffers==25.12.19", // Apache-2.0; needed by onnxruntime
        "packaging==26.3",       // Apache-2.0 or BSD-2-Clause; needed by onnxruntime
        "magika==1.0.3",         // Apache-2.0
        "click==8.5.1",          // BSD-3-Clause; needed by magika
    ]),
    purpose: "says what models compute, as an independent oracle",
    files: &[(
        "magika/models/standard_v3_3/model.onnx",
        "fe2d2eb49c5f88a9e0a6c048e15d6ffdf86235519c2afc535044de433169ec8c",
    )],
};

/// A model of 3 MB that tells types of files (Apache-2.0). The oracle's program has the same one.
pub(crate) const MAGIKA: Package = Package {
    name: "magika",
    version: "1.1.0",
    index: Index::Crates,
    purpose: "holds a model that tells types of files",
    files: &[
        ("src/model.onnx", "fe2d2eb49c5f88a9e0a6c048e15d6ffdf86235519c2afc535044de433169ec8c"),
        ("LICENSE", "58d1e17ffe5109a7ae296caafcadfdbe6a7d176f0bc4ab01e12a689b0499d8bd"),
    ],
};

/// The models of a text recognizer (Apache-2.0): a small classifier and a larger detector.
pub(crate) const RAPIDOCR: Package = Package {
    name: "rapidocr-onnxruntime",
    version: "1.4.4",
    index: Index::PyPi,
    purpose: "holds models that find text in pictures",
    files: &[
        (
            "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
            "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
        ),
        (
            "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx",
            "d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9",
        ),
    ],
};
