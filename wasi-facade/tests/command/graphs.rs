//! Tests of inference: graphs that the command line names, models that guests bring, and what bounds both.

#[cfg(target_os = "linux")]
use crate::infers::doubles_with;
use crate::infers::{doubles, fails_to_compute, fails_to_load, squares};
use crate::workplace::{ENGINES, NN_IS_OFF, Workplace};
use nn_models::{Element, models, packages};
use std::path::Path;

const RUNTIME_ERROR: i32 = 5;
#[cfg(target_os = "linux")]
const INVALID_ENCODING: i32 = 2;
const UNSUPPORTED: i32 = 6;
const NOT_FOUND: i32 = 8;

/// A workplace with a guest that doubles bytes, and the model for it as a file, and in directories.
fn workplace(guest: &str) -> Workplace {
    let place = Workplace::with(guest);
    let double = models::double(Element::U8);
    for name in ["model.onnx", "double/model.onnx"] {
        place.write(name, double.onnx());
    }
    let ir = double.ir();
    for folder in ["", "double/"] {
        place.write(&format!("{folder}model.xml"), &ir.xml);
        place.write(&format!("{folder}model.bin"), &ir.weights);
    }
    place
}

#[test]
fn a_graph_has_the_name_that_it_is_given_or_that_of_its_directory() {
    let place = workplace(&doubles("double"));
    for engine in ENGINES {
        for graph in ["double=onnx:model.onnx", "double=onnx@cpu:model.onnx", "onnx::double"] {
            let run = format!("run {engine} -S nn --nn-graph {graph} guest.wat");
            assert_eq!(place.wasi(&run).quiet(0), "BDFHJL", "{run}");
        }
        assert_eq!(
            place.wasi(&format!("{engine} -S nn --nn-eager --nn-graph onnx::./double/ guest.wat")).quiet(0),
            "BDFHJL"
        );
    }
}

#[test]
fn several_graphs_have_several_names() {
    let place = workplace(&doubles("second"));
    let graphs = "--nn-graph first=onnx:double/model.onnx --nn-graph second=autodetect:model.onnx";
    assert_eq!(place.wasi(&format!("-S nn {graphs} guest.wat")).quiet(0), "BDFHJL");
    place
        .wasi("-S nn --nn-graph first=onnx:model.onnx guest.wat")
        .notes(fails_to_load(NOT_FOUND), "wasi-nn: load_by_name: the host has not named a graph \"second\"");
    place
        .wasi(&format!("-S nn {graphs} --nn-graph second=onnx:model.onnx guest.wat"))
        .complains(1, "there are two graphs `second`");
}

#[test]
fn the_proposal_must_be_allowed() {
    let place = workplace(&doubles("double"));
    for engine in ENGINES {
        let message = format!("guest.wat imports wasi_ephemeral_nn.load; {NN_IS_OFF}");
        place.wasi(&format!("{engine} guest.wat")).complains(1, &message);
    }
    for flag in [
        "--nn-graph a=onnx:model.onnx",
        "--nn-backend onnx",
        "--nn-eager",
        "--nn-device gpu=GPU.1",
        "--nn-cache caches",
        "--nn-guest-models none",
        "--nn-compile-time 1s",
        "--nn-compute-time 1s",
        "--nn-limit loads=1",
        "--nn-stats",
        "--nn-openvino libs",
        "--nn-onnxruntime libs",
    ] {
        let name = flag.split(' ').next().unwrap();
        let message = format!("`{name}` is of no use without `-S nn`; add that");
        place.wasi(&format!("{flag} guest.wat")).complains(2, &message);
        place.wasi(&format!("-S nn=n {flag} guest.wat")).complains(2, &message);
    }
}

#[test]
fn graphs_in_the_wrong_form_are_explained() {
    let place = workplace(&doubles("double"));
    let form =
        "write NAME=ENCODING[@DEVICE][,OPTION]:PATH[,PATH], ENCODING[@DEVICE][,OPTION]::DIR, or NAME=remote";
    for (graph, part) in [
        ("model.onnx", form),
        ("double=onnx", form),
        ("=onnx:model.onnx", form),
        ("double=onnx:", form),
        ("double=onix:model.onnx", "there is no encoding `onix`; there are openvino, onnx, tensorflow"),
        ("onix::double", "there is no encoding `onix`"),
        ("onnx::/", "the directory has no name to give to the graph; write NAME=ENCODING:PATH"),
        ("autodetect::double", "a directory needs an encoding; write it before `::`"),
        ("double=onnx@:model.onnx", "the device has no name"),
    ] {
        let ran = place.wasi(&format!("-S nn --nn-graph {graph} guest.wat"));
        assert!(ran.stderr.contains("--nn-graph"), "{}", ran.stderr);
        ran.misused(part);
    }
    place.wasi("-S nn --nn-backend ort guest.wat").misused("onnx, openvino, onnxruntime");
    place
        .wasi("-S nn --nn-device npu=NPU guest.wat")
        .misused("`npu` is none of the targets cpu, gpu, tpu and auto");
    place.wasi("-S nn --nn-device tpu guest.wat").misused("write TARGET=DEVICE, as in `tpu=NPU`");
    place.wasi("-S nn --nn-guest-models pytorch guest.wat").misused("name such a graph with --nn-graph");
    place
        .wasi("-S nn --nn-limit models=3 guest.wat")
        .misused("there is no limit `models`; there are graphs, ");
    place.wasi("-S nn --nn-limit loads=1 --nn-limit loads=2 guest.wat").misused("`loads` is set twice");
    place.wasi("-S nn --nn-compute-time soon guest.wat").misused("--nn-compute-time");
}

#[test]
fn graphs_that_cannot_be_are_refused_before_the_guest_starts() {
    let place = workplace(&doubles("double"));
    let refused = |graph: &str, message: &str| {
        place.wasi(&format!("-S nn --nn-graph {graph} guest.wat")).complains(1, message);
    };
    let missing = |path: &Path| std::fs::File::open(place.path(path)).unwrap_err();
    let (file, model) = (Path::new("missing"), Path::new("missing").join("model.onnx"));
    refused("double=onnx:missing", &format!("graph `double`: cannot read `missing`: {}", missing(file)));
    let message = format!("graph `missing`: cannot read `{}`: {}", model.display(), missing(&model));
    refused("onnx::missing", &message);
    refused("double=onnx:model.onnx,model.bin", "graph `double`: a model in onnx has one file, not 2");
    refused(
        "double=autodetect:guest.wat",
        "graph `double`: neither its name nor its content tells its encoding; name that",
    );
    refused(
        "double=pytorch:model.onnx",
        "graph `double`: no backend reads pytorch; there are: `onnx`, `openvino`, `onnxruntime`",
    );
    place
        .wasi("-S nn --nn-backend onnx --nn-graph double=openvino:model.xml guest.wat")
        .complains(1, "graph `double`: backend `onnx` reads no openvino");
}

#[test]
fn what_cannot_be_loaded_is_explained_when_it_is_asked_for_or_at_once() {
    let place = Workplace::with(&doubles("broken"));
    place.write("broken.onnx", "this is no model");
    let lazy = place.wasi("-S nn --nn-graph broken=onnx:broken.onnx guest.wat");
    assert_eq!(lazy.code, Some(fails_to_load(RUNTIME_ERROR)), "{lazy:?}");
    assert!(lazy.stderr.starts_with("wasi: graph `broken`: "), "{lazy:?}");
    assert_eq!(lazy.stderr.lines().count(), 1, "{lazy:?}");
    let eager = place.wasi("-S nn --nn-eager --nn-graph broken=onnx:broken.onnx guest.wat");
    assert_eq!(eager.code, Some(1), "{eager:?}");
    assert!(eager.stderr.starts_with("wasi: graph `broken`: "), "{eager:?}");
}

#[test]
fn openvino_is_looked_for_where_the_user_says_and_only_if_a_graph_needs_it() {
    let place = workplace(&doubles("double"));
    let run = "-S nn --nn-openvino nowhere --nn-graph";
    assert_eq!(place.wasi(&format!("{run} double=onnx:model.onnx guest.wat")).quiet(0), "BDFHJL");
    for graph in ["double=openvino:model.xml", "double=onnx@GPU:model.onnx"] {
        let ran = place.wasi(&format!("{run} {graph} guest.wat"));
        assert_eq!(ran.code, Some(fails_to_load(RUNTIME_ERROR)), "{ran:?}");
        assert!(ran.stderr.starts_with("wasi: graph `double`: "), "{ran:?}");
        assert!(ran.stderr.contains("nowhere"), "{ran:?}");
    }
}

#[test]
fn onnx_runtime_runs_what_it_is_given() {
    let Some(libs) = packages::or_skip(packages::onnxruntime_libs()) else { return };
    let place = workplace(&doubles("double"));
    let run = format!("-S nn --nn-onnxruntime {} --nn-graph", libs.display());
    for graph in [
        "double=onnx,backend=onnxruntime:model.onnx",
        "double=onnx@CPU,backend=onnxruntime,threads=1,precision=fast,onnxruntime.arena=off:model.onnx",
        "double=onnx:model.onnx --nn-backend onnxruntime,onnx",
        "double=onnx@tpu,backend=onnxruntime:model.onnx --nn-device onnxruntime.tpu=CPU",
    ] {
        let ran = place.wasi(&format!("-v {run} {graph} guest.wat"));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "BDFHJL"), "{ran:?}");
        let loaded = ran.stderr.lines().find(|line| line.contains("loaded ")).unwrap();
        assert!(loaded.contains("backend=onnxruntime"), "{ran:?}");
    }
    for (graph, why) in [
        ("double=onnx@tpu,backend=onnxruntime:model.onnx", "the host has no device for the target tpu"),
        (
            "double=onnx@ABACUS,backend=onnxruntime:model.onnx",
            "ONNX Runtime has no device `abacus` here; it has ",
        ),
        (
            "double=onnx,backend=onnxruntime,onnxruntime.streams=2:model.onnx",
            "there is no property `streams`",
        ),
    ] {
        let ran = place.wasi(&format!("{run} {graph} guest.wat"));
        assert_eq!(ran.code, Some(fails_to_load(UNSUPPORTED)), "{ran:?}");
        assert!(ran.stderr.contains(why), "{ran:?}");
    }
}

/// Guests' own models never get to ONNX Runtime.
#[test]
fn onnx_runtime_is_looked_for_only_if_a_graph_needs_it() {
    let place = workplace(&doubles("double"));
    let run = "-S nn --nn-onnxruntime nowhere --nn-graph double=onnx";
    assert_eq!(place.wasi(&format!("{run}:model.onnx guest.wat")).quiet(0), "BDFHJL");
    let ran = place.wasi(&format!("{run},backend=onnxruntime:model.onnx guest.wat"));
    assert_eq!(ran.code, Some(fails_to_load(RUNTIME_ERROR)), "{ran:?}");
    assert!(ran.stderr.contains("ONNX Runtime is absent") && ran.stderr.contains("nowhere"), "{ran:?}");
}

#[test]
fn openvino_runs_what_it_is_given() {
    let Some(libs) = packages::or_skip(packages::openvino_libs()) else { return };
    let place = workplace(&doubles("double"));
    let libs = libs.display();
    for graph in [
        "double=openvino:model.xml",
        "double=openvino@CPU:model.xml,model.bin",
        "openvino::double",
        "double=onnx:model.onnx --nn-backend openvino",
        "double=openvino@tpu:model.xml --nn-device tpu=CPU --nn-cache compiled",
    ] {
        let run = format!("-S nn --nn-openvino {libs} --nn-graph {graph} guest.wat");
        assert_eq!(place.wasi(&run).quiet(0), "BDFHJL", "{run}");
    }
    assert!(place.path("compiled").read_dir().unwrap().next().is_some());
}

/// Systems without workers take none.
#[cfg(target_os = "linux")]
#[test]
fn a_guest_may_bring_models_unless_the_user_says_otherwise() {
    const ONNX: u32 = 1;
    const AUTODETECT: u32 = 5;
    let model = models::double(Element::U8).onnx();
    for encoding in [ONNX, AUTODETECT] {
        let place = Workplace::with(&doubles_with(&model, encoding));
        for engine in ENGINES {
            assert_eq!(place.wasi(&format!("{engine} -S nn guest.wat")).quiet(0), "BDFHJL");
        }
        let run = |taken: &str| place.wasi(&format!("-S nn --nn-guest-models {taken} guest.wat"));
        for (taken, backend) in [
            ("onnx", "backend=onnx-isolated"),
            ("isolated", "backend=onnx-isolated"),
            ("in-process,onnx", "backend=onnx "),
        ] {
            assert_eq!(run(taken).quiet(0), "BDFHJL");
            let told = place.wasi(&format!("-v -S nn --nn-guest-models {taken} guest.wat")).stderr;
            assert!(told.contains(backend), "{told}");
        }
        for taken in ["none", "openvino", "in-process,openvino"] {
            let why = "wasi-nn: load: guests may not load onnx from bytes; name the graph";
            run(taken).notes(fails_to_load(INVALID_ENCODING), why);
        }
    }
}

/// A model of so many products, each of which takes milliseconds, and a guest that wants what comes out.
fn slow(products: u32) -> Workplace {
    const SIZE: u16 = 512;
    let place = Workplace::with(&squares("slow", SIZE.into()));
    place.write("slow.onnx", models::matmul_chain(SIZE, products).onnx());
    place
}

#[test]
fn a_long_inference_ends_when_its_time_is_up() {
    let place = slow(300);
    for engine in ENGINES {
        let run = format!("{engine} -S nn --nn-eager --nn-graph slow=onnx:slow.onnx");
        place
            .wasi(&format!("{run} --timeout 200ms guest.wat"))
            .complains(124, "guest.wat did not end within 200ms; give it more time with `--timeout`");
        // It is up, or too short for the product that comes next.
        place
            .wasi(&format!("{run} --nn-compute-time 100ms guest.wat"))
            .notes(fails_to_compute(RUNTIME_ERROR), "see `--nn-compile-time` and `--nn-compute-time`");
    }
}

#[test]
fn a_long_load_ends_when_its_time_is_up() {
    let place = slow(4000);
    let run = "-S nn --nn-compile-time 1ms --nn-graph slow=onnx:slow.onnx guest.wat";
    place.wasi(run).notes(fails_to_load(RUNTIME_ERROR), "load_by_name: the time for this call is up");
}

/// Nothing can stop OpenVINO while it compiles, and it must not fall over when the process ends meanwhile.
#[test]
fn a_compilation_in_native_code_does_not_keep_the_command() {
    let Some(libs) = packages::or_skip(packages::openvino_libs()) else { return };
    let place = Workplace::with(&doubles("nested"));
    let nested = models::nested_ifs_ir(24);
    place.write("nested.xml", nested.xml);
    place.write("nested.bin", nested.weights);
    let run = format!("-S nn --nn-openvino {} --nn-graph nested=openvino:nested.xml", libs.display());
    let time = "--nn-compile-time 500ms";
    place
        .wasi(&format!("{run} {time} guest.wat"))
        .notes(fails_to_load(RUNTIME_ERROR), "load_by_name: the time for this call is up");
    place
        .wasi(&format!("{run} --timeout 500ms guest.wat"))
        .complains(124, "guest.wat did not end within 500ms; give it more time with `--timeout`");
}

#[test]
fn who_asks_hears_what_runs_where() {
    let place = workplace(&doubles("double"));
    let run = "-S nn --nn-graph double=onnx:model.onnx guest.wat";
    let told = place.wasi(&format!("-v {run}"));
    assert_eq!((told.code, told.stdout.as_str()), (Some(0), "BDFHJL"));
    for part in ["loaded", "graph `double`", "onnx", "CPU"] {
        assert!(told.stderr.contains(part), "{told:?}");
    }
    let failed = place.wasi("-vv -S nn guest.wat");
    assert!(failed.stderr.contains("the host has not named a graph \"double\""), "{failed:?}");
}
