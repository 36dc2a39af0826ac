;; Writes a greeting, then passes a pointer outside its memory, which ends it.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\05\00\00\00")
  (data (i32.const 16) "hello")

  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))
    ;; The result would begin inside and end outside.
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 65533)))
    unreachable))
