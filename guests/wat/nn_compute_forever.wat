;; Computes the graph `forever` of the host's, which never ends by itself.
(module
  (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $step (export "step") (mut i32) (i32.const 0))
  (data (i32.const 0) "forever")

  (func $expect (param $is i32) (param $should_be i32)
    (if (i32.ne (local.get $is) (local.get $should_be)) (then unreachable))
    (global.set $step (i32.add (global.get $step) (i32.const 1))))

  (func (export "_start")
    (call $expect (call $load_by_name (i32.const 0) (i32.const 7) (i32.const 8)) (i32.const 0))
    (call $expect (call $init (i32.const 0) (i32.const 8)) (i32.const 0))
    ;; The host ends this.
    (drop (call $compute (i32.const 0)))
    unreachable))
