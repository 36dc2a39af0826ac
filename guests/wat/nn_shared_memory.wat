;; Doubles a tensor of 1000 bytes, in a memory that several guests share and all write to at once. Each byte is 1 or 2
;; when it goes in, whoever wrote it, and so it must be 2 or 4 when it comes out. The host has named the graph
;; `double`, and calls `_start` with a place of the guest's own for results.
(module
  (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "set_input" (func $set_input (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
  (import "wasi_ephemeral_nn" "get_output" (func $get_output (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "memory" (memory 1 1 shared))
  (export "memory" (memory 0))

  (func $must (param $errno i32)
    (if (local.get $errno) (then unreachable)))

  (func (export "_start") (param $own i32)
    (local $round i32) (local $at i32) (local $byte i32)
    ;; The same for all guests: the name, the tensor's record, and its dimension.
    (memory.fill (i32.const 1000) (i32.const 1) (i32.const 1000))
    (i64.store (i32.const 0) (i64.const 0x656c62756f64))
    (i32.store (i32.const 16) (i32.const 36))
    (i32.store (i32.const 20) (i32.const 1))
    (i32.store (i32.const 24) (i32.const 3))
    (i32.store (i32.const 28) (i32.const 1000))
    (i32.store (i32.const 32) (i32.const 1000))
    (i32.store (i32.const 36) (i32.const 1000))
    (call $must (call $load_by_name (i32.const 0) (i32.const 6) (local.get $own)))
    (call $must (call $init (i32.load (local.get $own)) (local.get $own)))
    (loop $again
      (memory.fill (i32.const 1000)
        (i32.add (i32.const 1) (i32.and (local.get $round) (i32.const 1))) (i32.const 1000))
      (call $must (call $set_input (i32.const 0) (i32.const 0) (i32.const 16)))
      (call $must (call $compute (i32.const 0)))
      (call $must
        (call $get_output (i32.const 0) (i32.const 0)
          (i32.add (local.get $own) (i32.const 4)) (i32.const 1000) (local.get $own)))
      (if (i32.ne (i32.load (local.get $own)) (i32.const 1000)) (then unreachable))
      (local.set $at (i32.const 0))
      (loop $next
        (local.set $byte (i32.load8_u offset=4 (i32.add (local.get $own) (local.get $at))))
        (if (i32.and (i32.ne (local.get $byte) (i32.const 2)) (i32.ne (local.get $byte) (i32.const 4)))
          (then unreachable))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $at) (i32.const 1000))))
      (local.set $round (i32.add (local.get $round) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $round) (i32.const 500))))))
