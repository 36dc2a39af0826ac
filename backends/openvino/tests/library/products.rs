//! Tests of products of integers of 8 bits, which some processors add up in 16 bits.

use crate::support::{builder, load, onnx, openvino};
use backend_tests::products;
use std::sync::Arc;
use wasi_nn::backend::Backend;
use wasi_nn::{Control, Device, LoadOptions, Precision};

#[test]
fn sums_of_products_are_right_on_each_device_that_is_the_processor() {
    let Some(openvino) = openvino() else { return };
    for device in ["CPU", "AUTO", "HETERO:CPU", "MULTI:CPU"] {
        let options = LoadOptions::new(Device::Named(device.to_owned()));
        let refused = products::refused(&|model| openvino.load(onnx(model), &options, &Control::unbounded()));
        assert!(refused.is_empty(), "{device}: {refused:?}");
    }
}

/// OpenVINO's cache tells models apart by what they are, and not by how they were compiled.
#[test]
fn what_was_compiled_with_fewer_bits_is_not_taken_from_the_cache() {
    let Some(mut builder) = builder() else { return };
    let folder = tempfile::tempdir().unwrap();
    let openvino = builder.cache_dir(folder.path()).build().unwrap();
    let exact = LoadOptions::new(Device::Named("CPU".to_owned()));
    let mut fast = exact.clone();
    fast.precision = Precision::Fast;
    let refused = products::refused(&|model| {
        let model = onnx(model);
        openvino.load(Arc::clone(&model), &fast, &Control::unbounded())?;
        openvino.load(model, &exact, &Control::unbounded())
    });
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn weights_in_blocks_leave_the_other_factor_as_it_is() {
    let Some(openvino) = openvino() else { return };
    products::check_blocks(&|model| load(&openvino, onnx(model))).unwrap();
}
