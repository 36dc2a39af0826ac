//! Tests of products of integers of 8 bits, which some processors add up in 16 bits. On one that adds them up in 32 bits (VNNI)
//! there always is an answer.

use crate::support::{load, onnx, onnx_runtime};
use backend_tests::products;
use wasi_nn::ErrorKind;
use wasi_nn_onnxruntime::OnnxRuntime;

#[test]
fn sums_of_products_are_right_or_refused() {
    let Some(backend) = onnx_runtime() else { return };
    check(&backend);
}

/// Computes sums on the backend's processor, or what it takes for that.
pub(crate) fn check(backend: &OnnxRuntime) {
    let refused = products::refused(&|model| load(backend, onnx(model)));
    for (case, error) in &refused {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{case}: {error}");
        assert!(error.to_string().contains("saturate on this processor"), "{case}: {error}");
    }
    // Of integers: unsigned factors with others that vary, and with any where ONNX Runtime rewrites no constants.
    let expected = [
        "integers, unsigned, Input, 13",
        "rounded to integers, unsigned, Input, 13",
        "rounded to integers, unsigned, Constant, 21",
        "a convolution, rounded to integers, unsigned, Input, 13",
    ];
    let cases: Vec<_> = refused.iter().map(|(case, _)| case.as_str()).collect();
    assert!(cases.is_empty() || cases == expected, "{cases:?}");
    if cfg!(not(any(target_arch = "x86", target_arch = "x86_64"))) {
        assert_eq!(cases, [""; 0]);
    }
}

/// ONNX Runtime itself rounds the first factor to 8 bits, on every processor.
#[test]
fn weights_in_blocks_leave_the_other_factor_as_it_is() {
    let Some(backend) = onnx_runtime() else { return };
    products::check_blocks(&|model| load(&backend, onnx(model))).unwrap();
}
