;; Exports no memory: calls that need one give `missing_memory`, and the others work.
(module
  (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "set_input" (func $set_input (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
  (import "wasi_ephemeral_nn" "unload" (func $unload (param i32) (result i32)))
  (memory 1)
  (global $step (export "step") (mut i32) (i32.const 0))

  (func $expect (param $is i32) (param $should_be i32)
    (if (i32.ne (local.get $is) (local.get $should_be)) (then unreachable))
    (global.set $step (i32.add (global.get $step) (i32.const 1))))

  (func (export "_start")
    (call $expect (call $load_by_name (i32.const 0) (i32.const 3) (i32.const 8)) (i32.const 3))
    (call $expect (call $set_input (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 3))
    (call $expect (call $compute (i32.const 0)) (i32.const 1))
    (call $expect (call $unload (i32.const 0)) (i32.const 1))))
