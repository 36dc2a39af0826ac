//! Tests of `wasi nn inspect`: inputs and outputs of a model, and the backend that would run it.

use crate::workplace::Workplace;
use nn_models::{Element, models, packages};

#[test]
fn inputs_and_outputs_are_listed_with_types_and_shapes() {
    let place = Workplace::new();
    place.write("two.onnx", models::difference_and_product(Element::I64).onnx());
    assert_eq!(
        place.wasi("nn inspect two.onnx").quiet(0),
        "onnx model, on CPU of the backend onnx\n\
         inputs\n    0  a  i64 [4]\n    1  b  i64 [4]\n\
         outputs\n    0  difference  i64 [4]\n    1  product     i64 [4]\n"
    );
    place.write("batch", models::dynamic_batch().onnx());
    assert_eq!(
        place.wasi("nn inspect batch").quiet(0),
        "onnx model, on CPU of the backend onnx\ninputs\n    0  x  f32 [?, 4]\noutputs\n    0  y  f32 [?, 4]\n"
    );
    place.write("scalar", models::scalar().onnx());
    assert_eq!(
        place.wasi("nn inspect --encoding onnx scalar").quiet(0),
        "onnx model, on CPU of the backend onnx\ninputs\n    0  x  f32 []\noutputs\n    0  y  f32 []\n"
    );
}

#[test]
fn openvino_reads_its_own_format_and_others() {
    let Some(libs) = packages::or_skip(packages::openvino_libs()) else { return };
    let place = Workplace::new();
    let batch = models::dynamic_batch();
    place.write("batch.onnx", batch.onnx());
    place.write("batch.xml", batch.ir().xml);
    place.write("batch.bin", batch.ir().weights);
    let ports = "inputs\n    0  x  f32 [?, 4]\noutputs\n    0  y  f32 [?, 4]\n";
    let inspect = format!("nn inspect --nn-openvino {}", libs.display());
    for (args, first) in [
        ("batch.xml", "openvino model, on CPU of the backend openvino\n"),
        ("--device CPU batch.xml", "openvino model, on CPU of the backend openvino\n"),
        ("--nn-backend openvino batch.onnx", "onnx model, on CPU of the backend openvino\n"),
    ] {
        assert_eq!(place.wasi(&format!("{inspect} {args}")).quiet(0), format!("{first}{ports}"), "{args}");
    }
}

#[test]
fn what_cannot_be_read_is_explained() {
    let place = Workplace::new();
    let missing = std::fs::File::open(place.path("missing")).unwrap_err();
    place
        .wasi("nn inspect missing.onnx")
        .complains(1, &format!("graph `missing.onnx`: cannot read `missing.onnx`: {missing}"));
    place.write("text", "no model");
    place
        .wasi("nn inspect text")
        .complains(1, "graph `text`: neither its name nor its content tells its encoding; name that");
    place.wasi("nn inspect --encoding onix text").misused("there is no encoding `onix`");
    place.wasi("nn inspect --nn-backend ort text").misused("onnx, openvino");
    place.wasi("nn inspect").misused("MODEL");
    place.wasi("nn").misused("inspect");
    for file in ["model.tflite", "model.pb", "model.xml"] {
        place.write(file, "no model");
        let ran = place.wasi(&format!("nn inspect --nn-openvino nowhere {file}"));
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.contains("nowhere"), "{}", ran.stderr);
    }
}
