//! Tests of devices: the one that runs a graph, one that is not the processor, absent ones, and the host's map from targets to
//! devices.

use crate::products;
use crate::support::{builder, load, onnx, onnx_runtime};
use backend_tests::golden::check;
use nn_models::{golden, models, packages};
use test_support::copy::{command, mode, run};
use wasi_nn::backend::Backend;
use wasi_nn::{Control, Device, Error, ErrorKind, ExecutionTarget, LoadOptions, Precision};
use wasi_nn_onnxruntime::OnnxRuntime;

fn device(backend: &OnnxRuntime, device: &Device) -> Result<String, Error> {
    let mut options = LoadOptions::new(device.clone());
    let load = |options: &LoadOptions| {
        let graph = backend.load(onnx(models::dynamic_batch().onnx()), options, &Control::unbounded())?;
        Ok::<_, Error>(graph.device().to_owned())
    };
    let accurate = load(&options);
    options.precision = Precision::Fast;
    // What keeps the precision allows fewer bits too.
    if let Ok(device) = &accurate {
        assert_eq!(load(&options).as_ref().ok(), Some(device));
    }
    accurate
}

fn named(name: &str) -> Device {
    Device::Named(name.to_owned())
}

#[test]
fn what_really_runs_is_known() {
    let Some(backend) = onnx_runtime() else { return };
    for target in [ExecutionTarget::Cpu, ExecutionTarget::Auto] {
        assert_eq!(device(&backend, &Device::Target(target)).unwrap(), "CPU");
    }
    for name in ["CPU", "cpu", "CPUExecutionProvider"] {
        assert_eq!(device(&backend, &named(name)).unwrap(), "CPU");
    }
}

#[test]
fn a_device_that_is_not_there_is_unsupported() {
    let Some(backend) = onnx_runtime() else { return };
    for name in ["ABACUS", "ABACUS:1+CPU"] {
        let error = device(&backend, &named(name)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let text = error.to_string();
        assert!(text.starts_with("ONNX Runtime has no device `abacus` here; it has "), "{text}");
        assert!(text.ends_with("CPU"), "{text}");
    }
    match device(&backend, &Device::Target(ExecutionTarget::Gpu)) {
        Ok(device) => assert!(device.contains("CUDA"), "{device}"),
        Err(error) => assert!(error.to_string().contains("no device `cuda` here"), "{error}"),
    }
    for wrong in ["", "CPU\0", "CPU:", "+", "CPU:7", "CPU+ABACUS"] {
        assert_eq!(device(&backend, &named(wrong)).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn the_host_maps_targets_to_devices_or_refuses_them() {
    let Some(mut builder) = builder() else { return };
    builder.device(ExecutionTarget::Tpu, "CPU").device(ExecutionTarget::Auto, "");
    let backend = builder.build().unwrap();
    assert_eq!(device(&backend, &Device::Target(ExecutionTarget::Tpu)).unwrap(), "CPU");
    let error = device(&backend, &Device::Target(ExecutionTarget::Auto)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

/// It runs in a process of its own, which has one library.
#[test]
#[cfg_attr(
    not(all(target_os = "linux", target_arch = "x86_64")),
    ignore = "there is no wheel with OpenVINO in it"
)]
fn a_device_that_is_not_the_processor_computes_the_same() {
    if let Some(libs) = packages::or_skip(packages::onnxruntime_openvino_libs()) {
        run(&mut command("devices::on_openvino", libs.to_str().unwrap()));
    }
}

/// Does what [`a_device_that_is_not_the_processor_computes_the_same`] asks for.
#[test]
fn on_openvino() {
    let Some(libs) = mode() else { return };
    let mut builder = OnnxRuntime::builder();
    builder.library(libs).device(ExecutionTarget::Cpu, "OpenVINO");
    let backend = builder.build().unwrap();
    for case in golden::cases() {
        let graph = load(&backend, onnx(case.model.onnx())).unwrap();
        println!("{} {}", case.name, graph.device());
        check(&case, &graph);
    }
    products::check(&backend);
    assert_eq!(device(&backend, &named("openvino")).unwrap(), "OpenVINO");
    // What the device is told reaches it; what is said of all graphs does where the precision asks for nothing.
    let of_all = builder.property("openvino.precision", "FP7").build().unwrap();
    let mut options = LoadOptions::new(named("openvino"));
    let load_of_all = |options: &LoadOptions| {
        of_all.load(onnx(models::scalar().onnx()), options, &Control::unbounded()).map(drop)
    };
    load_of_all(&options).unwrap();
    options.precision = Precision::Fast;
    assert_eq!(load_of_all(&options).unwrap_err().kind(), ErrorKind::Unsupported);
    let mut options = LoadOptions::new(named("openvino"));
    options.properties = vec![("openvino.precision".to_owned(), "FP7".to_owned())];
    let error = backend.load(onnx(models::scalar().onnx()), &options, &Control::unbounded()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().starts_with("the device `OpenVINO` cannot be used here: "), "{error}");
}
