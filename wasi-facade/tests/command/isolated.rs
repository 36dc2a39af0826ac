//! Tests of models in workers of the command: graphs that it names, those of guests, on native libraries too, and their limits.

use crate::infers::{doubles, doubles_of, doubles_with, fails_to_load};
use crate::workplace::{ENGINES, Workplace};
use nn_models::hostile::external::{self, Reference};
use nn_models::{Element, models, packages};

const BUSY: i32 = 4;
const RUNTIME_ERROR: i32 = 5;
const OPENVINO: u32 = 0;
const ONNX: u32 = 1;

/// A workplace with a guest, and the model that doubles bytes.
fn workplace(guest: &str) -> Workplace {
    let place = Workplace::with(guest);
    let double = models::double(Element::U8);
    place.write("model.onnx", double.onnx());
    place.write("model.xml", double.ir().xml);
    place.write("model.bin", double.ir().weights);
    place
}

#[test]
fn graphs_of_the_host_run_in_processes_of_their_own_on_request() {
    let place = workplace(&doubles("double"));
    for engine in ENGINES {
        for options in ["isolated", "threads=1,isolated,backend=onnx"] {
            let run = format!("{engine} -S nn --nn-graph double=onnx,{options}:model.onnx guest.wat");
            assert_eq!(place.wasi(&run).quiet(0), "BDFHJL", "{run}");
            let told = place.wasi(&format!("-v {run}")).stderr;
            assert!(told.contains("backend=onnx-isolated"), "{told}");
        }
    }
    let told = place.wasi("nn inspect --nn-graph double=onnx,isolated:model.onnx --nn-backend onnx").quiet(0);
    let expected = "onnx model, on CPU, in a process of its own of the backend onnx-isolated\n";
    assert!(told.starts_with(expected), "{told}");
    place.write("batch.onnx", models::dynamic_batch().onnx());
    let told = place.wasi("nn inspect --nn-graph b=onnx,isolated:batch.onnx --shape x=7x4").quiet(0);
    assert!(told.ends_with("outputs for x [7, 4]\n    0  y  f32 [7, 4]\n"), "{told}");
}

/// The command loads OpenVINO on its first thread before it is confined, as no program of tests can.
#[test]
fn openvino_is_confined_in_full_and_computes() {
    let Some(libs) = packages::or_skip(packages::openvino_libs()) else { return };
    let double = models::double(Element::U8);
    let ir = double.ir();
    let guests = [
        (doubles("double"), "--nn-graph double=openvino,isolated:model.xml"),
        (
            doubles("double"),
            "--nn-graph double=onnx,isolated,backend=openvino,openvino.NUM_STREAMS=1:model.onnx",
        ),
        (doubles_of(&[ir.xml.as_bytes(), &ir.weights], OPENVINO), "--nn-guest-models openvino"),
        (doubles_with(&double.onnx(), ONNX), "--nn-guest-models onnx=openvino"),
    ];
    for (guest, flags) in guests {
        let place = workplace(&guest);
        computes_confined(&place, "openvino", &format!("--nn-openvino {} {flags}", libs.display()));
    }
}

/// Runs the guest, whose graph is in a worker of `backend`.
#[track_caller]
fn computes_confined(place: &Workplace, backend: &str, flags: &str) {
    let ran = place.wasi(&format!("-v -v -S nn {flags} guest.wat"));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "BDFHJL"), "{flags}: {}", ran.stderr);
    let mut lines = ran.stderr.lines();
    let is_whole = |line: &str| line.contains("workers are confined in full") && line.contains(backend);
    assert!(lines.any(is_whole), "{flags}: {}", ran.stderr);
    assert!(ran.stderr.contains(&format!("backend={backend}-isolated")), "{flags}: {}", ran.stderr);
}

/// ONNX Runtime too.
#[test]
fn onnx_runtime_is_confined_in_full_and_computes() {
    let Some(libs) = packages::or_skip(packages::onnxruntime_libs()) else { return };
    let brought = doubles_with(&models::double(Element::U8).onnx(), ONNX);
    for (guest, flags) in [
        (doubles("double"), "--nn-graph double=onnx,isolated,backend=onnxruntime,threads=2:model.onnx"),
        (brought, "--nn-guest-models onnx=onnxruntime"),
    ] {
        let place = workplace(&guest);
        computes_confined(&place, "onnxruntime", &format!("--nn-onnxruntime {} {flags}", libs.display()));
    }
}

/// The guest asks for the first of its outputs only, and so has nothing to do with those that it cannot have.
#[test]
fn outputs_that_are_no_numbers_leave_the_others() {
    let Some(libs) = packages::or_skip(packages::onnxruntime_libs()) else { return };
    let model = models::double_beside_maps();
    let named = "--nn-graph double=onnx,backend=onnxruntime";
    for (guest, flags) in [
        (doubles("double"), format!("{named}:model.onnx")),
        (doubles("double"), format!("{named},isolated:model.onnx")),
        (doubles_with(&model, ONNX), "--nn-guest-models onnx=onnxruntime".to_owned()),
    ] {
        let place = Workplace::with(&guest);
        place.write("model.onnx", &model);
        let run = format!("-S nn --nn-onnxruntime {} {flags} guest.wat", libs.display());
        assert_eq!(place.wasi(&run).quiet(0), "BDFHJL", "{flags}");
    }
}

/// It has said nothing of that to whoever it runs for.
#[test]
fn onnx_runtime_keeps_no_identity_of_the_machine() {
    let Some(libs) = packages::or_skip(packages::onnxruntime_libs()) else { return };
    let place = workplace(&doubles("double"));
    let flags =
        format!("--nn-onnxruntime {} --nn-graph double=onnx,backend=onnxruntime:model.onnx", libs.display());
    assert_eq!(place.wasi(&format!("-S nn {flags} guest.wat")).quiet(0), "BDFHJL");
    place.wasi(&format!("nn inspect {flags}")).quiet(0);
    assert!(!place.caches().join("Microsoft").exists());
}

/// What a guest names as data of its model is not read, wherever its model runs.
#[test]
fn files_that_a_guests_model_names_stay_unread() {
    let Some(libs) = packages::or_skip(packages::onnxruntime_libs()) else { return };
    for location in ["/etc/passwd", external::MEMORY] {
        let reference = Reference { location, offset: 0, length: 16 };
        for named in external::in_every_place(&reference) {
            let place = Workplace::with(&doubles_with(&named.model, ONNX));
            let flags = format!("--nn-onnxruntime {} --nn-guest-models onnx=onnxruntime", libs.display());
            let ran = place.wasi(&format!("-S nn {flags} guest.wat"));
            assert!(
                ran.stdout.is_empty() && ran.code != Some(0),
                "{location}, {}: {}",
                named.name,
                ran.stdout
            );
            assert!(ran.stderr.contains("the model"), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_worker_has_the_processor_alone() {
    for (backend, libs) in
        [("openvino", packages::openvino_libs()), ("onnxruntime", packages::onnxruntime_libs())]
    {
        let Some(libs) = packages::or_skip(libs) else { continue };
        let place = workplace(&doubles("double"));
        let run = format!("-S nn --nn-{backend} {} --nn-eager --nn-graph", libs.display());
        let on = |device: &str| {
            format!("{run} double=onnx@{device},isolated,backend={backend}:model.onnx guest.wat")
        };
        let ran = place.wasi(&on("gpu"));
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.contains("the host has no device for the target gpu"), "{}", ran.stderr);
        assert_eq!(place.wasi(&on("auto")).quiet(0), "BDFHJL");
    }
}

#[test]
fn limits_of_workers_have_flags_that_messages_name() {
    let place = workplace(&doubles_with(&models::double(Element::U8).onnx(), ONNX));
    place.wasi("-S nn --nn-limit workers=0 guest.wat").notes(
        fails_to_load(BUSY),
        "in a process of its own: 0 workers are in use, as many as \
         `--nn-limit workers=...` allows",
    );
    let flags = "--nn-limit workers-ready=1 --nn-limit worker-memory=1G --nn-limit worker-processor-time=1m";
    assert_eq!(place.wasi(&format!("-S nn {flags} guest.wat")).quiet(0), "BDFHJL");
    place.wasi("-S nn --nn-limit worker-processor-time=5 guest.wat").misused("a time with a unit");
    let place = Workplace::with(&doubles("large"));
    // With a field of 32 MiB that no version of ONNX has: its number and kind, its length, its bytes.
    let mut large = models::double(Element::U8).onnx();
    large.extend([0xc2, 0x3e, 0x80, 0x80, 0x80, 0x10]);
    large.resize(large.len() + (32 << 20), 0);
    place.write("large.onnx", large);
    let run = "-S nn --nn-graph large=onnx,isolated:large.onnx --nn-limit worker-memory=40M guest.wat";
    let ran = place.wasi(run);
    assert_eq!(ran.code, Some(fails_to_load(RUNTIME_ERROR)), "{}", ran.stderr);
    assert!(ran.stderr.contains("(`--nn-limit worker-memory=...`)"), "{}", ran.stderr);
}
