//! The smoke test on each engine: a guest loads a model by name, and computes with it.

// Without the embedded engine there is nothing to compute with; other backends have tests of their own.

use engine_tests::{Binding, Engine, Guest, Make, on};
use nn_models::{Element, models};
use wasi_nn::{GraphEncoding, NamedGraph, Nn, NnCtx, Registry, Source};
use wasi_nn_onnx::Onnx;
use wasi_policy::{Flags, Gate, Permit};

/// Doubles six numbers, and gives the last of the answer, or minus one if a call fails.
const GUEST: &str = r#"(module
    (import "wasi_ephemeral_nn" "load_by_name" (func $load (param i32 i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "set_input" (func $set (param i32 i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
    (import "wasi_ephemeral_nn" "get_output" (func $get (param i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "double")
    ;; A tensor: its dimensions and their number, the type i32, its data and their size.
    (data (i32.const 16) "\30\00\00\00\02\00\00\00\04\00\00\00\40\00\00\00\18\00\00\00")
    (data (i32.const 48) "\02\00\00\00\03\00\00\00")
    (data (i32.const 84) "\15\00\00\00")
    (func (export "run") (result i32)
        (block $failed
            (br_if $failed (call $load (i32.const 0) (i32.const 6) (i32.const 88)))
            (br_if $failed (call $init (i32.load (i32.const 88)) (i32.const 92)))
            (br_if $failed (call $set (i32.load (i32.const 92)) (i32.const 0) (i32.const 16)))
            (br_if $failed (call $compute (i32.load (i32.const 92))))
            (br_if $failed (call $get (i32.load (i32.const 92)) (i32.const 0)
                (i32.const 128) (i32.const 24) (i32.const 96)))
            (return (i32.load (i32.const 148))))
        (i32.const -1)))"#;

struct Check;

impl Make for Check {
    type Made = fn();

    fn make<E: Engine>() -> fn() {
        || {
            let double = models::double(Element::I32).onnx();
            let graph = NamedGraph::new("double", GraphEncoding::Onnx, Source::Bytes(vec![double]));
            let registry = Registry::builder().backend(Onnx::new()).graph(graph).build().unwrap();
            let context = NnCtx::builder(registry).build();
            let permit: Permit<Nn> = Gate::new(Flags::none().allow("nn")).permit().unwrap();
            let started = E::start(GUEST.as_bytes(), permit, context, Binding::Lookup).unwrap();
            let mut guest = started.guest;
            assert_eq!(guest.call("run", &[]), Ok(Some(42)));
        }
    }
}

#[test]
fn wasmtime() {
    on::<Check>("wasmtime");
}

#[test]
fn wasmi() {
    on::<Check>("wasmi");
}

#[test]
fn wasmer() {
    on::<Check>("wasmer");
}
