//! The native side for tract, used as its documentation has it, with tensors that are kept.

use crate::cases::{Case, Element};
use crate::crew::Worker;
use std::sync::Arc;
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::IntoTValue;

/// Computations without guests, on one model.
pub(crate) fn start(case: &Case, count: usize) -> Vec<Box<dyn Worker>> {
    let shape: TVec<usize> = case.shape.iter().map(|size| *size as usize).collect();
    let datum = match case.element {
        Element::F32 => f32::datum_type(),
        Element::I32 => i32::datum_type(),
    };
    let plan = onnx()
        .model_for_read(&mut case.onnx().as_slice())
        .and_then(|model| model.with_input_fact(0, InferenceFact::dt_shape(datum, &shape)))
        .and_then(InferenceModelExt::into_optimized)
        .and_then(IntoRunnable::into_runnable)
        .expect("tract reads the model");
    let worker = |_| {
        let input = Tensor::zero_dt(datum, &shape).expect("there is memory");
        Box::new(Native {
            state: plan.spawn().expect("the model has no state"),
            from: case.input(),
            input: Arc::new(input),
            to: vec![0; case.output_len()],
        }) as Box<dyn Worker>
    };
    (0..count).map(worker).collect()
}

struct Native {
    state: TypedSimpleState,
    from: Vec<u8>,
    input: Arc<Tensor>,
    to: Vec<u8>,
}

impl Worker for Native {
    fn run(&mut self, n: u64) {
        for _ in 0..n {
            let input = Arc::get_mut(&mut self.input).expect("tract has let go of it");
            input.as_bytes_mut().copy_from_slice(&self.from);
            let input = Arc::clone(&self.input).into_tvalue();
            let output = self.state.run(tvec!(input)).expect("the model runs");
            self.to.copy_from_slice(output[0].as_bytes());
        }
    }

    fn output(&self) -> Vec<u8> {
        self.to.clone()
    }
}
