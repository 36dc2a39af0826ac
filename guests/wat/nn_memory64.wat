;; Exports a memory of 64-bit addresses, which the calls' pointers cannot express: `missing_memory`.
(module
  (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "get_output" (func $get_output (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") i64 1)
  (global $step (export "step") (mut i32) (i32.const 0))

  (func $expect (param $is i32) (param $should_be i32)
    (if (i32.ne (local.get $is) (local.get $should_be)) (then unreachable))
    (global.set $step (i32.add (global.get $step) (i32.const 1))))

  (func (export "_start")
    (call $expect (call $load_by_name (i32.const 0) (i32.const 3) (i32.const 8)) (i32.const 3))
    (call $expect
      (call $get_output (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 8)) (i32.const 3))))
