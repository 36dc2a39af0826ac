//! Tests of a guest's calls for outputs that are no tensors of numbers, on ONNX Runtime, which has such.

use crate::guest::{Guest, Numbering, on, registry};
use nn_models::{Element, Tensor, models};
use wasi_nn::Source;

/// The guest gets the others, and the error when it asks for such a one.
#[test]
fn outputs_that_are_no_numbers_leave_the_others() {
    let source = Source::Bytes(vec![models::double_beside_maps()]);
    let Some(registry) = registry([on("onnxruntime", "classifier", source)]) else { return };
    let mut guest = Guest::new(&registry);
    guest.load_by_name("classifier");
    for first in [1, 7] {
        let bytes = [first, 2, 3, 4, 5, 6];
        let input = [Tensor { element: Element::U8, dims: vec![2, 3], bytes: bytes.to_vec() }];
        let outputs = guest.infer(&input, Numbering::New, 1).unwrap();
        assert_eq!(outputs, [bytes.map(|byte| 2 * byte)]);
        let reason = guest.infer(&input, Numbering::New, 2).unwrap_err();
        assert!(reason.starts_with("6: get_output: the output `probabilities` is no tensor"), "{reason}");
    }
}
