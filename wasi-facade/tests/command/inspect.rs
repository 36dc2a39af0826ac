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
         other backends\n    openvino     not asked: `onnx` comes first\n    onnxruntime  not asked: `onnx` comes first\n\
         inputs\n    0  a  i64 [4]\n    1  b  i64 [4]\n\
         outputs\n    0  difference  i64 [4]\n    1  product     i64 [4]\n"
    );
    place.write("batch", models::dynamic_batch().onnx());
    assert_eq!(
        place.wasi("nn inspect batch").quiet(0),
        "onnx model, on CPU of the backend onnx\n\
         other backends\n    openvino     not asked: `onnx` comes first\n    onnxruntime  not asked: `onnx` comes first\n\
         inputs\n    0  x  f32 [?, 4]\noutputs\n    0  y  f32 [?, 4]\n"
    );
    place.write("scalar", models::scalar().onnx());
    assert_eq!(
        place.wasi("nn inspect --encoding onnx scalar --nn-backend onnx").quiet(0),
        "onnx model, on CPU of the backend onnx\n\
         other backends\n    openvino     the host has named others for the graph\n    \
         onnxruntime  the host has named others for the graph\n\
         inputs\n    0  x  f32 []\noutputs\n    0  y  f32 []\n"
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
        let why = if first.starts_with("openvino") {
            "it reads no openvino"
        } else {
            "the host has named others for the graph"
        };
        let others = format!("    onnx         {why}\n    onnxruntime  {why}\n");
        let expected = format!("{first}other backends\n{others}{ports}");
        assert_eq!(place.wasi(&format!("{inspect} {args}")).quiet(0), expected, "{args}");
    }
    let refused = place.wasi(&format!("{inspect} --device HETERO:CPU batch.onnx")).quiet(0);
    let onnx = refused.lines().nth(2).unwrap();
    assert!(
        onnx.starts_with("    onnx         the embedded ONNX engine has no device `HETERO:CPU`"),
        "{refused}"
    );
    for args in ["batch.xml --shape x=7x4", "--nn-backend openvino batch.onnx --shape 0=7x4"] {
        let told = place.wasi(&format!("{inspect} {args}")).quiet(0);
        assert!(told.ends_with("\noutputs for x [7, 4]\n    0  y  f32 [7, 4]\n"), "{told}");
    }
}

#[test]
fn onnx_runtime_says_what_runs_a_model() {
    let Some(libs) = packages::or_skip(packages::onnxruntime_libs()) else { return };
    let place = Workplace::new();
    place.write("batch.onnx", models::dynamic_batch().onnx());
    let inspect =
        format!("nn inspect --nn-onnxruntime {} --nn-backend onnxruntime batch.onnx", libs.display());
    let why = "the host has named others for the graph";
    let expected = format!(
        "onnx model, on CPU of the backend onnxruntime\nother backends\n    onnx      {why}\n    openvino  {why}\n\
         inputs\n    0  x  f32 [?, 4]\noutputs\n    0  y  f32 [?, 4]\n"
    );
    for device in ["", "--device auto", "--device CPUExecutionProvider", "--nn-device onnxruntime.cpu=CPU"] {
        assert_eq!(place.wasi(&format!("{inspect} {device}")).quiet(0), expected, "{device}");
    }
    let told = place.wasi(&format!("{inspect} --shape x=7x4")).quiet(0);
    assert!(told.ends_with("\noutputs for x [7, 4]\n    0  y  f32 [7, 4]\n"), "{told}");
    for device in ["--device ABACUS", "--nn-device onnxruntime.cpu=ABACUS"] {
        let ran = place.wasi(&format!("{inspect} {device}"));
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stderr.contains("ONNX Runtime has no device `abacus` here; it has "), "{ran:?}");
    }
    place.wasi(&format!("{inspect} --nn-device tract.cpu=CPU")).misused("not of `tract`");
}

#[test]
fn a_graph_is_looked_at_as_it_would_run() {
    let place = Workplace::new();
    place.write("batch/model.onnx", models::dynamic_batch().onnx());
    let ports = "inputs\n    0  x  f32 [?, 4]\noutputs\n    0  y  f32 [?, 4]\n";
    for graph in [
        "m=onnx,backend=onnx,threads=1,precision=accurate:batch/model.onnx",
        "m=onnx@cpu,backend=onnx:batch/model.onnx",
        "onnx,backend=onnx::batch",
    ] {
        let expected = format!(
            "onnx model, on CPU of the backend onnx\nother backends\n    openvino     the host has named others for the \
             graph\n    onnxruntime  the host has named others for the graph\n{ports}"
        );
        assert_eq!(place.wasi(&format!("nn inspect --nn-graph {graph}")).quiet(0), expected, "{graph}");
    }
    let shape = "nn inspect --nn-graph onnx::batch --shape 0=7x4";
    assert!(place.wasi(shape).quiet(0).ends_with("outputs for x [7, 4]\n    0  y  f32 [7, 4]\n"));
    // What would not run is refused.
    for (option, why) in [
        (",backend=onnx,onnx.streams=2", "the embedded ONNX engine has no property `streams`"),
        ("@GPU,backend=onnx", "the embedded ONNX engine has no device `GPU`"),
    ] {
        let ran = place.wasi(&format!("nn inspect --nn-graph m=onnx{option}:batch/model.onnx"));
        assert!(ran.code == Some(1) && ran.stderr.contains(why), "{ran:?}");
    }
    for (args, part) in [
        ("--nn-graph onnx::batch batch/model.onnx", "cannot be used with"),
        ("--nn-graph onnx::batch --device cpu", "cannot be used with"),
        ("--nn-graph onnx::batch --encoding onnx", "cannot be used with"),
        ("--nn-graph onnx,thread=2::batch", "there is no option `thread`"),
        ("--nn-graph onnx::batch --nn-graph onnx::batch", "cannot be used multiple times"),
    ] {
        place.wasi(&format!("nn inspect {args}")).misused(part);
    }
    let Some(libs) = packages::or_skip(packages::openvino_libs()) else { return };
    let openvino = format!("nn inspect --nn-openvino {} --nn-graph", libs.display());
    let graph =
        "m=onnx@tpu,backend=openvino,precision=fast,threads=1,openvino.NUM_STREAMS=1:batch/model.onnx";
    let told = place.wasi(&format!("{openvino} {graph} --nn-device tpu=CPU")).quiet(0);
    assert!(told.starts_with("onnx model, on CPU of the backend openvino\n"), "{told}");
    let ran = place.wasi(&format!("{openvino} {graph} --nn-device tpu=NOWHERE"));
    assert!(ran.code == Some(1) && ran.stderr.contains("no device `NOWHERE`"), "{ran:?}");
}

#[test]
fn outputs_are_told_for_shapes_of_inputs() {
    let place = Workplace::new();
    place.write("batch.onnx", models::dynamic_batch().onnx());
    place.write("two.onnx", models::difference_and_product(Element::I64).onnx());
    for (args, ends) in [
        ("batch.onnx --shape x=7x4", "outputs for x [7, 4]\n    0  y  f32 [7, 4]\n"),
        ("batch.onnx --shape 0=1x4", "outputs for x [1, 4]\n    0  y  f32 [1, 4]\n"),
        // The shapes of all others are the model's.
        (
            "two.onnx --shape b=4",
            "outputs for a [4], b [4]\n    0  difference  i64 [4]\n    1  product     i64 [4]\n",
        ),
    ] {
        let told = place.wasi(&format!("nn inspect {args}")).quiet(0);
        assert!(told.ends_with(&format!("\n{ends}")), "{told}");
    }
    for (shape, message) in [
        ("x=7x5", "input `x` has the shape [?, 4], not [7, 5]"),
        ("x=7", "input `x` has the shape [?, 4], not [7]"),
        ("x=65536x65536", "the tensor has more elements than a guest's memory"),
    ] {
        place.wasi(&format!("nn inspect batch.onnx --shape {shape}")).complains(1, message);
    }
    place
        .wasi("nn inspect batch.onnx --shape z=7x4")
        .complains(2, "the model has no input `z`; it has 0 `x`");
    place
        .wasi("nn inspect batch.onnx --shape x=1x4 --shape 0=2x4")
        .complains(2, "the input `0` has two shapes; leave one of both out");
    place.wasi("nn inspect batch.onnx --shape x=7,4").misused("write INPUT=SHAPE, as in `x=1x3x224x224`");
}

#[test]
fn a_model_that_nobody_runs_has_the_reason_of_each() {
    let place = Workplace::new();
    place.write("bad.onnx", "no model");
    let ran = place.wasi("nn inspect --nn-openvino nowhere bad.onnx");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{ran:?}");
    let [why, last] = ran.stderr.lines().collect::<Vec<_>>()[..] else { panic!("{ran:?}") };
    assert!(
        why.starts_with("wasi: graph `bad.onnx`: onnx: ")
            && why.contains("; openvino: ")
            && why.contains("; onnxruntime: "),
        "{ran:?}"
    );
    assert_eq!(last, "wasi: no backend that was asked can run the model");
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
    place.wasi("nn inspect --nn-backend ort text").misused("onnx, openvino, onnxruntime");
    place.wasi("nn inspect").misused("MODEL");
    place.wasi("nn").misused("inspect");
    for file in ["model.tflite", "model.pb", "model.xml"] {
        place.write(file, "no model");
        let ran = place.wasi(&format!("nn inspect --nn-openvino nowhere {file}"));
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.contains("nowhere"), "{}", ran.stderr);
    }
}
