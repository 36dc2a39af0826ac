//! A test that a loop of inferences allocates nothing beside the inference.

use crate::support::{ir, load, onnx, openvino};
use nn_models::models;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;
use wasi_nn::{Control, ElementType, InterruptHandle, Origin, TensorType};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// Counts what each thread allocates in Rust.
struct Counting;

// SAFETY: the system's allocator does the work, and counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's pointer and layout, which came from the system.
        unsafe { System.dealloc(pointer, layout) };
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn a_steady_loop_allocates_nothing() {
    let Some(openvino) = openvino() else { return };
    let kind = |dimensions| TensorType::new(ElementType::F32, dimensions).unwrap();
    for (model, kind) in [
        (ir(models::large_relu().ir(), Origin::Guest), kind(&[1, 3, 224, 224])),
        (onnx(models::dynamic_batch().onnx()), kind(&[3, 4])),
    ] {
        let mut execution = load(&openvino, model).unwrap().execution().unwrap();
        let data = vec![1; kind.byte_len() as usize];
        let mut result = vec![0; data.len()];
        let interrupt = InterruptHandle::default();
        let mut step = || {
            let control = Control::new(Some(Duration::from_secs(60)), &interrupt);
            execution.input(0, kind).unwrap().copy_from_slice(&data);
            execution.compute(&control).unwrap();
            result.copy_from_slice(execution.output(0).unwrap());
        };
        step();
        let before = ALLOCATIONS.with(Cell::get);
        for _ in 0..100 {
            step();
        }
        assert_eq!(ALLOCATIONS.with(Cell::get), before);
    }
}
