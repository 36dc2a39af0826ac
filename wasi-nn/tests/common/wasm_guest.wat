;; Runs any model: the test writes the model and the tensors into memory, and reads the outputs from there. Functions
;; give the errno of the call that failed, or zero.
(module
  (import "wasi_ephemeral_nn" "load" (func $load (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "set_input" (func $set_input (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
  (import "wasi_ephemeral_nn" "get_output" (func $get_output (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 512)
  (global $context (mut i32) (i32.const 0))

  ;; Makes a context of the graph whose handle is at zero.
  (func $enter (result i32)
    (local $errno i32)
    (local.set $errno (call $init (i32.load (i32.const 0)) (i32.const 0)))
    (global.set $context (i32.load (i32.const 0)))
    (local.get $errno))

  ;; The list of the model's parts, how many there are, and the encoding.
  (func (export "load") (param $parts i32) (param $count i32) (param $encoding i32) (result i32)
    (local $errno i32)
    (local.set $errno
      (call $load (local.get $parts) (local.get $count) (local.get $encoding) (i32.const 0) (i32.const 0)))
    (if (result i32) (local.get $errno) (then (local.get $errno)) (else (call $enter))))

  (func (export "load_by_name") (param $name i32) (param $len i32) (result i32)
    (local $errno i32)
    (local.set $errno (call $load_by_name (local.get $name) (local.get $len) (i32.const 0)))
    (if (result i32) (local.get $errno) (then (local.get $errno)) (else (call $enter))))

  ;; The tensors of all inputs, 20 bytes each, and how many there are; a place for the outputs, how many there are, and
  ;; how many bytes each has room for: its size, and then its data.
  (func (export "infer")
    (param $tensors i32) (param $inputs i32) (param $place i32) (param $outputs i32) (param $room i32)
    (result i32)
    (local $errno i32) (local $index i32)
    (block $failed
      (block $all_set
        (loop $next
          (br_if $all_set (i32.eq (local.get $index) (local.get $inputs)))
          (br_if $failed
            (local.tee $errno
              (call $set_input (global.get $context) (local.get $index)
                (i32.add (local.get $tensors) (i32.mul (local.get $index) (i32.const 20))))))
          (local.set $index (i32.add (local.get $index) (i32.const 1)))
          (br $next)))
      (br_if $failed (local.tee $errno (call $compute (global.get $context))))
      (local.set $index (i32.const 0))
      (loop $next
        (br_if $failed (i32.eq (local.get $index) (local.get $outputs)))
        (br_if $failed
          (local.tee $errno
            (call $get_output (global.get $context) (local.get $index)
              (i32.add (local.get $place) (i32.const 4)) (i32.sub (local.get $room) (i32.const 4))
              (local.get $place))))
        (local.set $place (i32.add (local.get $place) (local.get $room)))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $next)))
    (local.get $errno)))
