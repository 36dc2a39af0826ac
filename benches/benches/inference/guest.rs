//! The guest: a program that infers `n` times in a loop of its own.

use crate::cases::{Case, Element};
use crate::crew::Worker;
use std::sync::LazyLock;
use wasmtime::{Engine, Instance, Memory, Module, Store, TypedFunc};

/// The engine of all guests, ours and the peer's.
pub(crate) static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::default);

/// The name under which the host has the model.
pub(crate) const MODEL: &str = "model";

/// Where the guest keeps the tensor's record, its dimensions, and what comes back from calls.
const NAME: u32 = 16;
const TENSOR: u32 = 64;
const DIMENSIONS: u32 = 128;
const RESULT: u32 = 256;
/// Where the input begins, at the start of a page; the output follows at the start of another.
const INPUT: u32 = 4096;

/// The program for a case. Errnos are or-ed together, so that a call that fails does not go unnoticed.
pub(crate) fn module(case: &Case) -> Module {
    let (input_len, output_len) = (size(case.input().len()), size(case.output_len()));
    let output = output_at(case);
    let element: u32 = match case.element {
        Element::F32 => 1,
        Element::I32 => 4,
    };
    let dimensions = words(case.shape);
    let tensor = words(&[DIMENSIONS, size(case.shape.len()), element, INPUT, input_len]);
    let pages = (output + output_len).div_ceil(65_536);
    let wat = format!(
        r#"(module
          (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
          (import "wasi_ephemeral_nn" "init_execution_context"
            (func $init_execution_context (param i32 i32) (result i32)))
          (import "wasi_ephemeral_nn" "set_input" (func $set_input (param i32 i32 i32) (result i32)))
          (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
          (import "wasi_ephemeral_nn" "get_output" (func $get_output (param i32 i32 i32 i32 i32) (result i32)))
          (memory (export "memory") {pages})
          (data (i32.const {NAME}) "{MODEL}")
          (data (i32.const {DIMENSIONS}) "{dimensions}")
          (data (i32.const {TENSOR}) "{tensor}")
          (global $context (mut i32) (i32.const -1))
          (func (export "setup") (result i32) (local $errno i32)
            (local.set $errno
              (call $load_by_name (i32.const {NAME}) (i32.const {name_len}) (i32.const {RESULT})))
            (local.set $errno (i32.or (local.get $errno)
              (call $init_execution_context (i32.load (i32.const {RESULT})) (i32.const {RESULT}))))
            (global.set $context (i32.load (i32.const {RESULT})))
            (local.get $errno))
          (func (export "run") (param $n i64) (result i32) (local $errno i32)
            (loop $again
              (local.set $errno (i32.or (local.get $errno)
                (call $set_input (global.get $context) (i32.const 0) (i32.const {TENSOR}))))
              (local.set $errno (i32.or (local.get $errno) (call $compute (global.get $context))))
              (local.set $errno (i32.or (local.get $errno)
                (call $get_output (global.get $context) (i32.const 0)
                  (i32.const {output}) (i32.const {output_len}) (i32.const {RESULT}))))
              (local.set $n (i64.sub (local.get $n) (i64.const 1)))
              (br_if $again (i64.ne (local.get $n) (i64.const 0))))
            (local.get $errno)))"#,
        name_len = MODEL.len(),
    );
    Module::new(&ENGINE, wat::parse_str(&wat).expect("the guest is valid")).expect("the guest is valid")
}

/// A guest that is ready to infer.
pub(crate) struct Guest<T: 'static> {
    store: Store<T>,
    memory: Memory,
    run: TypedFunc<u64, u32>,
    output: usize,
    output_len: usize,
}

impl<T: Send> Guest<T> {
    /// Hands the input to an instance, and has it ask for its model.
    pub(crate) fn new(mut store: Store<T>, instance: &Instance, case: &Case) -> Self {
        let memory = instance.get_memory(&mut store, "memory").expect("the guest has a memory");
        memory.write(&mut store, INPUT as usize, &case.input()).expect("there is room");
        let setup = instance.get_typed_func::<(), u32>(&mut store, "setup").expect("the guest exports it");
        assert_eq!(
            setup.call(&mut store, ()).expect("setting up does not trap"),
            0,
            "{}: no model",
            case.name
        );
        let run = instance.get_typed_func(&mut store, "run").expect("the guest exports it");
        Guest { store, memory, run, output: output_at(case) as usize, output_len: case.output_len() }
    }
}

impl<T: Send> Worker for Guest<T> {
    fn run(&mut self, n: u64) {
        let errno = self.run.call(&mut self.store, n).expect("calls do not trap");
        assert_eq!(errno, 0, "a call failed");
    }

    fn output(&self) -> Vec<u8> {
        self.memory.data(&self.store)[self.output..][..self.output_len].to_vec()
    }
}

fn output_at(case: &Case) -> u32 {
    INPUT + size(case.input().len()).next_multiple_of(4096)
}

fn size(len: usize) -> u32 {
    u32::try_from(len).expect("it fits into a guest's memory")
}

/// Numbers as the text of a data segment.
fn words(words: &[u32]) -> String {
    words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect()
}
