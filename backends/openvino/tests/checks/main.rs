//! Tests of the checks on models before OpenVINO reads them, which need no library.

mod ir;
mod ir_constants;
mod loops;
mod onnx;
mod onnx_shapes;

use backend_tests::CPU;
use std::sync::Arc;
use wasi_nn::backend::Backend;
use wasi_nn::{Control, GraphEncoding, Model, Origin, Source};
use wasi_nn_openvino::{OpenVino, OpenVinoBuilder};

/// Why a model is refused; nothing if all that is missing is OpenVINO, which the backend has not been told of.
fn refusal(encoding: GraphEncoding, parts: Vec<Vec<u8>>, origin: Origin) -> Option<String> {
    refusal_in(encoding, Source::Bytes(parts), origin)
}

/// Why a model that is there is refused, likewise.
fn refusal_in(encoding: GraphEncoding, source: Source, origin: Origin) -> Option<String> {
    refusal_by(OpenVino::builder(), encoding, source, origin)
}

/// Why a model is refused by a backend that was not told where OpenVINO is, likewise.
fn refusal_by(
    builder: OpenVinoBuilder,
    encoding: GraphEncoding,
    source: Source,
    origin: Origin,
) -> Option<String> {
    let openvino = builder.build().unwrap();
    let model = Arc::new(Model { encoding, source, origin });
    let Err(error) = openvino.load(model, &CPU, &Control::unbounded()) else { panic!("there is a library") };
    let text = error.to_string();
    (!text.contains("nothing was searched")).then_some(text)
}
