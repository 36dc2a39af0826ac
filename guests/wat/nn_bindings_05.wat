;; What a program makes of the published guest bindings 0.2 to 0.5: tensor types count f16 0, f32 1, u8 2, i32 3, and
;; the type is stored as 32 bits. It copies a tensor of each through the host's graphs `f16`, `f32`, `u8` and `i32`.
(module
  (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "set_input" (func $set_input (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "get_output" (func $get_output (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $step (export "step") (mut i32) (i32.const 0))
  (data (i32.const 0) "f16\00f32\00u8\00\00i32\00")
  ;; the dimensions [1, 3]
  (data (i32.const 32) "\01\00\00\00\03\00\00\00")
  (data (i32.const 128) "twelve bytes")

  (func $expect (param $is i32) (param $should_be i32)
    (if (i32.ne (local.get $is) (local.get $should_be)) (then unreachable))
    (global.set $step (i32.add (global.get $step) (i32.const 1))))

  ;; The name, its length, the number of the type, and how many bytes three elements have.
  (func $copy (param $name i32) (param $len i32) (param $type i32) (param $bytes i32)
    (local $context i32)
    (call $expect (call $load_by_name (local.get $name) (local.get $len) (i32.const 200)) (i32.const 0))
    (call $expect (call $init (i32.load (i32.const 200)) (i32.const 200)) (i32.const 0))
    (local.set $context (i32.load (i32.const 200)))
    (i32.store (i32.const 64) (i32.const 32))
    (i32.store (i32.const 68) (i32.const 2))
    (i32.store (i32.const 72) (local.get $type))
    (i32.store (i32.const 76) (i32.const 128))
    (i32.store (i32.const 80) (local.get $bytes))
    (call $expect (call $set_input (local.get $context) (i32.const 0) (i32.const 64)) (i32.const 0))
    (call $expect (call $compute (local.get $context)) (i32.const 0))
    (memory.fill (i32.const 300) (i32.const 0) (i32.const 12))
    (call $expect
      (call $get_output (local.get $context) (i32.const 0) (i32.const 300) (i32.const 12) (i32.const 200))
      (i32.const 0))
    (call $expect (i32.load (i32.const 200)) (local.get $bytes))
    ;; As many bytes as there were, and none more.
    (loop $next
      (local.set $bytes (i32.sub (local.get $bytes) (i32.const 1)))
      (if (i32.ne
            (i32.load8_u offset=128 (local.get $bytes)) (i32.load8_u offset=300 (local.get $bytes)))
        (then unreachable))
      (br_if $next (local.get $bytes))))

  (func (export "_start")
    (call $copy (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 6))
    (call $copy (i32.const 4) (i32.const 3) (i32.const 1) (i32.const 12))
    (call $copy (i32.const 8) (i32.const 2) (i32.const 2) (i32.const 3))
    (call $copy (i32.const 12) (i32.const 3) (i32.const 3) (i32.const 12))))
