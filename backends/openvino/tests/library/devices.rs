//! Tests of devices: the one that runs a graph, absent ones, and the host's map from targets to devices.

use crate::support::{builder, ir, openvino};
use nn_models::models;
use wasi_nn::backend::Backend;
use wasi_nn::{Control, Device, Error, ErrorKind, ExecutionTarget, LoadOptions, Origin};
use wasi_nn_openvino::{OpenVino, PerformanceHint};

fn device(openvino: &OpenVino, device: &Device) -> Result<String, Error> {
    let model = ir(models::scalar().ir(), Origin::Host);
    let options = LoadOptions::new(device.clone());
    openvino.load(model, &options, &Control::unbounded()).map(|graph| graph.device().to_owned())
}

#[test]
fn what_really_runs_is_known() {
    let Some(openvino) = openvino() else { return };
    for target in [ExecutionTarget::Cpu, ExecutionTarget::Auto] {
        let device = device(&openvino, &Device::Target(target)).unwrap();
        assert!(device.contains("CPU") || target == ExecutionTarget::Auto, "{device}");
    }
    assert_eq!(device(&openvino, &Device::Named("CPU".to_owned())).unwrap(), "CPU");
}

#[test]
fn a_device_that_is_not_there_is_unsupported() {
    let Some(openvino) = openvino() else { return };
    let error = device(&openvino, &Device::Named("ABACUS.1".to_owned())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let text = error.to_string();
    assert!(text.starts_with("OpenVINO has no device `ABACUS.1` here; it has CPU"), "{text}");
    for target in [ExecutionTarget::Gpu, ExecutionTarget::Tpu] {
        match device(&openvino, &Device::Target(target)) {
            Ok(device) => assert!(device.contains("GPU") || device.contains("NPU"), "{device}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}"),
        }
    }
    for name in ["", "CPU\0"] {
        assert!(device(&openvino, &Device::Named(name.to_owned())).is_err());
    }
}

#[test]
fn the_host_maps_targets_to_devices_or_refuses_them() {
    let Some(mut builder) = builder() else { return };
    builder.device(ExecutionTarget::Tpu, "CPU").device(ExecutionTarget::Auto, "");
    let openvino = builder.build().unwrap();
    assert_eq!(device(&openvino, &Device::Target(ExecutionTarget::Tpu)).unwrap(), "CPU");
    let error = device(&openvino, &Device::Target(ExecutionTarget::Auto)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn properties_reach_the_library() {
    let Some(mut builder) = builder() else { return };
    let openvino = builder.hint(PerformanceHint::Throughput).property("NUM_STREAMS", "2").build().unwrap();
    assert_eq!(device(&openvino, &Device::Target(ExecutionTarget::Cpu)).unwrap(), "CPU");
    let openvino = builder.property("NUM_STREAMS", "many").build().unwrap();
    let error = device(&openvino, &Device::Target(ExecutionTarget::Cpu)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
}

#[test]
fn what_cannot_be_said_to_the_library_is_an_error() {
    assert!(OpenVino::builder().property("A", "b\0c").build().is_err());
    assert!(OpenVino::builder().device(ExecutionTarget::Cpu, "C\0").build().is_err());
    let mut builder = OpenVino::builder();
    for number in 0..6 {
        builder.property(format!("KEY_{number}"), "");
    }
    builder.build().unwrap();
    // Said again, it is the same property.
    builder.property("KEY_0", "other").build().unwrap();
    let error = builder.property("KEY_7", "").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}
