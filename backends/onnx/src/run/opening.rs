//! The use of plans with open sizes, so that not every new size of a request has its model compiled anew.
//!
//! The engine computes with symbols in the place of sizes then. A plan of this kind is used only after it gave for real
//! inputs what the plan for their shapes gave; and where it fails later, plans for shapes have the last word.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tract_onnx::tract_hir::internal::*;

/// How many plans with open sizes are tried for one model: which sizes change is known after two or three requests.
const TRIES: u32 = 4;

/// Whether a graph makes and uses plans with open sizes.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    tries: AtomicU32,
    is_closed: AtomicBool,
}

impl Opening {
    /// Whether such plans may be used.
    pub(crate) fn is_allowed(&self) -> bool {
        !self.is_closed.load(Ordering::Relaxed)
    }

    /// Whether one more may be made.
    pub(crate) fn try_one(&self) -> bool {
        self.is_allowed() && self.tries.fetch_add(1, Ordering::Relaxed) < TRIES
    }

    /// Has none be used.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    /// Has them be used again, as they were not what failed.
    pub(crate) fn reopen(&self) {
        self.is_closed.store(false, Ordering::Relaxed);
    }
}

/// Says whether two computations gave the same: integers exactly, floats but for the order in which kernels add.
pub(crate) fn check_same(found: &[TValue], expected: &[TValue]) -> TractResult<()> {
    ensure!(found.len() == expected.len(), "there are {} outputs, and not {}", found.len(), expected.len());
    found.iter().zip(expected).try_for_each(|(found, expected)| check_same_tensor(found, expected))
}

fn check_same_tensor(found: &Tensor, expected: &Tensor) -> TractResult<()> {
    let (datum, wanted) = (found.datum_type(), expected.datum_type());
    ensure!(datum == wanted, "an output is of the type {datum:?}, and not {wanted:?}");
    if datum.is_float() {
        return expected.close_enough(found, Approximation::Approximate);
    }
    let (shape, wanted) = (found.shape(), expected.shape());
    ensure!(shape == wanted, "an output is of the shape {shape:?}, and not {wanted:?}");
    ensure!(found.as_bytes() == expected.as_bytes(), "an output has other elements");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Opening, TRIES, check_same};
    use crate::OnnxLimits;
    use crate::limits::pool::Pool;
    use crate::load::source::Parsed;
    use crate::run::graph::OnnxGraph;
    use nn_models::models;
    use std::sync::Arc;
    use tract_onnx::prelude::{Tensor, tensor1};
    use tract_onnx::tract_hir::internal::IntoTValue;
    use wasi_nn::backend::Graph;
    use wasi_nn::{Control, GraphEncoding, Model, Origin, Source, TensorType};

    fn graph() -> Arc<OnnxGraph> {
        let source = Source::Bytes(vec![models::dynamic_batch().onnx()]);
        let model = Model { encoding: GraphEncoding::Onnx, source, origin: Origin::Guest };
        let limits = OnnxLimits::default();
        let parsed = Parsed::new(&model, &limits).unwrap();
        Arc::new(OnnxGraph::new(parsed, limits, Pool::new(1 << 30)).unwrap())
    }

    fn batch(size: usize) -> [Arc<Tensor>; 1] {
        [Arc::new(Tensor::zero::<f32>(&[size, 4]).unwrap())]
    }

    /// One size has its own plan, the second shows which size is open, and all others share a plan.
    #[test]
    fn two_sizes_are_compiled() {
        let graph = graph();
        let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
        for size in 3..40 {
            let dims = [size, 4];
            let kind = TensorType::new(wasi_nn::ElementType::F32, &dims).unwrap();
            execution.input(0, kind).unwrap().fill(0);
            execution.compute(&Control::unbounded()).unwrap();
        }
        let plan = |size| graph.plan(&batch(size), &Control::unbounded()).unwrap().0;
        assert!(plan(5).key().is_open() && plan(100).key().is_open());
        assert!(Arc::ptr_eq(&plan(5), &plan(100)));
        for own in [3, 4] {
            assert!(!plan(own).key().is_open(), "{own}");
        }
        // Along one, engines do other things.
        assert!(!plan(1).key().is_open() && !plan(0).key().is_open());
    }

    #[test]
    fn it_is_tried_a_few_times() {
        let opening = Opening::default();
        assert_eq!((0..2 * TRIES).filter(|_| opening.try_one()).count(), usize::try_from(TRIES).unwrap());
        opening.close();
        assert!(!opening.is_allowed());
        opening.reopen();
        assert!(opening.is_allowed() && !opening.try_one());
    }

    #[test]
    fn results_are_compared() {
        let one = |tensor: Tensor| [tensor.into_tvalue()];
        let same = |a: Tensor, b: Tensor| check_same(&one(a), &one(b)).is_ok();
        assert!(same(tensor1(&[1.0_f32, f32::NAN]), tensor1(&[1.000_01_f32, f32::NAN])));
        assert!(!same(tensor1(&[1.0_f32]), tensor1(&[1.01_f32])));
        assert!(!same(tensor1(&[1.0_f32]), tensor1(&[1.0_f32, 1.0])));
        assert!(!same(tensor1(&[1_i64 << 40]), tensor1(&[(1_i64 << 40) + 1])));
        assert!(!same(tensor1(&[1_i64]), tensor1(&[1_i32])));
        assert!(check_same(&[], &one(tensor1(&[1_i64]))).is_err());
    }
}
