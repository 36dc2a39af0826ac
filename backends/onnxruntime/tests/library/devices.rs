//! Tests of devices: the one that runs a graph, absent ones, and the host's map from targets to devices.

use crate::support::{builder, onnx, onnx_runtime};
use nn_models::models;
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
    assert_eq!(load(&options).ok(), accurate.clone().ok());
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
    // A device that is there and takes nothing of the model.
    match device(&backend, &named("azure")) {
        Ok(device) => assert_eq!(device, "CPU"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}"),
    }
}

#[test]
fn a_device_that_is_not_there_is_unsupported() {
    let Some(backend) = onnx_runtime() else { return };
    for name in ["ABACUS", "CPU+ABACUS:1"] {
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
    for wrong in ["", "CPU\0", "CPU:", "+"] {
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
