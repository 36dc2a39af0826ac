//! Tests of products of integers of 8 bits, which some processors add up in 16 bits.

use crate::support::{onnx, openvino};
use backend_tests::products;
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
    let mut fast = LoadOptions::new(Device::Named("CPU".to_owned()));
    fast.precision = Precision::Fast;
    openvino.load(onnx(nn_models::models::scalar().onnx()), &fast, &Control::unbounded()).unwrap();
}
