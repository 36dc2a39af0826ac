;; Calls every function of `wasi_ephemeral_nn`, those beyond the witx too, and checks what each gives and writes. The
;; host has named the graph `sum`, which adds two tensors of `f32` in one dimension, and has a backend that refuses
;; the model here. `step` counts the checks that passed.
(module
  (import "wasi_ephemeral_nn" "load" (func $load (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "set_input" (func $set_input (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "get_output" (func $get_output (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
  (import "wasi_ephemeral_nn" "load_by_name_with_config"
    (func $load_by_name_with_config (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "unload" (func $unload (param i32) (result i32)))
  (import "wasi_ephemeral_nn" "finalize_execution_context" (func $finalize (param i32) (result i32)))
  (import "wasi_ephemeral_nn" "compute_single" (func $compute_single (param i32) (result i32)))
  (import "wasi_ephemeral_nn" "get_output_single"
    (func $get_output_single (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "fini_single" (func $fini_single (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $step (export "step") (mut i32) (i32.const 0))

  (data (i32.const 0) "sum{}no model")
  ;; A graph_builder: the last eight bytes above.
  (data (i32.const 32) "\05\00\00\00\08\00\00\00")
  ;; A tensor: one dimension at 96, f32, eight bytes at 100; and the dimension, and 1.5 and -2.
  (data (i32.const 64) "\60\00\00\00\01\00\00\00\01\00\00\00\64\00\00\00\08\00\00\00")
  (data (i32.const 96) "\02\00\00\00\00\00\c0\3f\00\00\00\c0")

  (func $expect (param $is i32) (param $should_be i32)
    (if (i32.ne (local.get $is) (local.get $should_be)) (then unreachable))
    (global.set $step (i32.add (global.get $step) (i32.const 1))))

  (func (export "_start")
    ;; runtime_error: the backend refuses the model
    (call $expect
      (call $load (i32.const 32) (i32.const 1) (i32.const 3) (i32.const 0) (i32.const 200)) (i32.const 5))
    ;; not_found, then found
    (call $expect (call $load_by_name (i32.const 0) (i32.const 2) (i32.const 200)) (i32.const 8))
    (call $expect (call $load_by_name (i32.const 0) (i32.const 3) (i32.const 200)) (i32.const 0))
    (call $expect (i32.load (i32.const 200)) (i32.const 0))
    (call $expect
      (call $load_by_name_with_config
        (i32.const 0) (i32.const 3) (i32.const 3) (i32.const 2) (i32.const 200)) (i32.const 0))
    (call $expect (i32.load (i32.const 200)) (i32.const 1))
    ;; a graph is given back, and is gone
    (call $expect (call $unload (i32.const 0)) (i32.const 0))
    (call $expect (call $unload (i32.const 0)) (i32.const 1))
    (call $expect (call $init (i32.const 0) (i32.const 200)) (i32.const 1))
    (call $expect (call $init (i32.const 1) (i32.const 200)) (i32.const 0))
    (call $expect (i32.load (i32.const 200)) (i32.const 0))
    ;; invalid_argument: inputs are missing
    (call $expect (call $compute (i32.const 0)) (i32.const 1))
    (call $expect (call $set_input (i32.const 0) (i32.const 0) (i32.const 64)) (i32.const 0))
    (call $expect (call $set_input (i32.const 0) (i32.const 2) (i32.const 64)) (i32.const 1))
    ;; The tensor is the guest's own again as soon as the call is over.
    (f32.store (i32.const 104) (f32.const 10))
    (call $expect (call $set_input (i32.const 0) (i32.const 1) (i32.const 64)) (i32.const 0))
    (call $expect (call $compute (i32.const 0)) (i32.const 0))
    ;; too_large, with the size that it takes; then the sum, and not a byte more
    (call $expect
      (call $get_output (i32.const 0) (i32.const 0) (i32.const 300) (i32.const 4) (i32.const 200)) (i32.const 7))
    (call $expect (i32.load (i32.const 200)) (i32.const 8))
    (call $expect (i32.load (i32.const 300)) (i32.const 0))
    (call $expect
      (call $get_output (i32.const 0) (i32.const 0) (i32.const 300) (i32.const 64) (i32.const 200)) (i32.const 0))
    (call $expect (i32.load (i32.const 200)) (i32.const 8))
    (call $expect (i32.reinterpret_f32 (f32.load (i32.const 300))) (i32.reinterpret_f32 (f32.const 3)))
    (call $expect (i32.reinterpret_f32 (f32.load (i32.const 304))) (i32.reinterpret_f32 (f32.const 8)))
    (call $expect (i32.load (i32.const 308)) (i32.const 0))
    ;; no stream of tokens: unsupported_operation
    (call $expect (call $compute_single (i32.const 0)) (i32.const 6))
    (call $expect
      (call $get_output_single (i32.const 0) (i32.const 0) (i32.const 300) (i32.const 64) (i32.const 200))
      (i32.const 6))
    (call $expect (call $fini_single (i32.const 0)) (i32.const 6))
    ;; pointers beyond the memory end nothing
    (call $expect (call $set_input (i32.const 0) (i32.const 0) (i32.const 65530)) (i32.const 1))
    (call $expect
      (call $get_output (i32.const 0) (i32.const 0) (i32.const 65532) (i32.const 8) (i32.const 200)) (i32.const 1))
    (call $expect (call $load_by_name (i32.const 0) (i32.const 3) (i32.const -1)) (i32.const 1))
    (call $expect (call $finalize (i32.const 0)) (i32.const 0))
    (call $expect (call $finalize (i32.const 0)) (i32.const 1))
    (call $expect (call $compute (i32.const 0)) (i32.const 1))))
