//! Tests of how graphs run: the backends that are tried, one after the other, and the options of a graph.

use crate::infers::{doubles, fails_to_load};
use crate::workplace::Workplace;
use nn_models::{Element, models, packages};

const RUNTIME_ERROR: i32 = 5;
const UNSUPPORTED: i32 = 6;

fn workplace() -> Workplace {
    let place = Workplace::with(&doubles("double"));
    let double = models::double(Element::U8).onnx();
    place.write("model.onnx", &double);
    place.write("double/model.onnx", &double);
    place
}

#[test]
fn a_graph_has_options() {
    let place = workplace();
    for graph in [
        "double=onnx,threads=2,precision=fast:model.onnx",
        "double=onnx@cpu,backend=onnx,precision=accurate:model.onnx",
        "onnx,threads=1::double",
        "onnx@cpu,backend=onnx::double",
        "double=onnx,backend=openvino,backend=onnx,openvino.NUM_STREAMS=2:model.onnx",
    ] {
        let run = format!("-S nn --nn-openvino nowhere --nn-graph {graph} guest.wat");
        assert_eq!(place.wasi(&run).quiet(0), "BDFHJL", "{run}");
    }
    for (graph, part) in [
        ("double=onnx,thread=2:model.onnx", "there is no option `thread`; there are `backend=onnx`, "),
        ("double=onnx,:model.onnx", "there is no option ``; there are "),
        (
            "double=onnx,backend=ort:model.onnx",
            "there is no backend `ort`; there are onnx, openvino, onnxruntime",
        ),
        ("double=onnx,precision=low:model.onnx", "there is no precision `low`; there are accurate and fast"),
        ("double=onnx,threads=0:model.onnx", "write a number of threads, from 1 on"),
        ("double=onnx,threads=1,threads=2:model.onnx", "the option `threads` is set twice"),
        ("onnx,thread=2::double", "there is no option `thread`"),
    ] {
        let ran = place.wasi(&format!("-S nn --nn-graph {graph} guest.wat"));
        assert!(ran.stderr.contains("--nn-graph"), "{}", ran.stderr);
        ran.misused(part);
    }
    let help = place.wasi("run --help").quiet(0);
    assert!(
        help.contains("Options of a graph: `backend=onnx`, `backend=openvino` or `backend=onnxruntime`"),
        "{help}"
    );
    let run = "-S nn --nn-graph double=onnx,onnx.streams=2,backend=onnx:model.onnx guest.wat";
    let ran = place.wasi(run);
    assert_eq!(ran.code, Some(fails_to_load(UNSUPPORTED)));
    assert!(ran.stderr.contains("the embedded ONNX engine has no property `streams`"), "{ran:?}");
}

#[test]
fn the_next_backend_is_tried_if_one_refuses() {
    let place = workplace();
    let run = "-S nn --nn-openvino nowhere --nn-graph double=onnx:model.onnx --nn-backend openvino,onnx";
    assert_eq!(place.wasi(&format!("{run} guest.wat")).quiet(0), "BDFHJL");
    let told = place.wasi(&format!("-v {run} guest.wat"));
    let refused = told.stderr.lines().find(|line| line.contains("refused")).unwrap();
    assert!(refused.contains("nowhere") && refused.contains("backend=openvino"), "{told:?}");
    // Both have a say if neither can.
    let neither = "-S nn --nn-openvino nowhere --nn-graph double=onnx@NPU:model.onnx guest.wat";
    let ran = place.wasi(neither);
    assert_eq!(ran.code, Some(fails_to_load(RUNTIME_ERROR)), "{ran:?}");
    let (ours, theirs) = ran.stderr.split_once("; openvino: ").unwrap();
    assert!(ours.starts_with("wasi: graph `double`: onnx: the embedded ONNX engine has no device `NPU`"));
    assert!(theirs.contains("nowhere"), "{ran:?}");
    // A choice is a choice.
    let only = place
        .wasi("-S nn --nn-openvino nowhere --nn-graph double=onnx,backend=openvino:model.onnx guest.wat");
    assert_eq!(only.code, Some(fails_to_load(RUNTIME_ERROR)), "{only:?}");
    place.wasi("-S nn --nn-backend onnx,ort guest.wat").misused("onnx, openvino, onnxruntime");
    place.wasi("-S nn --nn-backend onnx, guest.wat").misused("onnx, openvino, onnxruntime");
}

#[test]
fn openvino_takes_what_the_embedded_engine_refuses() {
    let Some(libs) = packages::or_skip(packages::openvino_libs()) else { return };
    let place = workplace();
    let run = format!("-S nn --nn-openvino {}", libs.display());
    for graph in [
        "double=onnx@AUTO:model.onnx",
        "double=onnx,backend=openvino,precision=fast,threads=1,openvino.NUM_STREAMS=1:model.onnx",
    ] {
        let ran = place.wasi(&format!("-v {run} --nn-graph {graph} guest.wat"));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "BDFHJL"), "{ran:?}");
        let loaded = ran.stderr.lines().find(|line| line.contains("loaded ")).unwrap();
        assert!(loaded.contains("backend=openvino"), "{ran:?}");
    }
    let wrong = "double=onnx,backend=openvino,openvino.NUM_STREAM=1:model.onnx";
    let ran = place.wasi(&format!("{run} --nn-graph {wrong} guest.wat"));
    assert_eq!(ran.code, Some(fails_to_load(RUNTIME_ERROR)), "{ran:?}");
    assert!(ran.stderr.contains("NUM_STREAM"), "{ran:?}");
}

#[test]
fn whatever_cannot_be_loaded_at_the_start_is_named() {
    let place = workplace();
    place.write("broken.onnx", "this is no model");
    let graphs =
        "--nn-graph b=onnx:broken.onnx --nn-graph double=onnx:model.onnx --nn-graph a=onnx:broken.onnx";
    let ran = place.wasi(&format!("-S nn --nn-openvino nowhere --nn-eager {graphs} guest.wat"));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{ran:?}");
    let [a, b, last] = ran.stderr.lines().collect::<Vec<_>>()[..] else { panic!("{ran:?}") };
    assert!(a.starts_with("wasi: graph `a`: onnx: "), "{ran:?}");
    assert!(b.starts_with("wasi: graph `b`: onnx: "), "{ran:?}");
    assert_eq!(
        last,
        "wasi: 2 of 3 graphs cannot be loaded; leave `--nn-eager` away to load each when the guest asks for it"
    );
}
