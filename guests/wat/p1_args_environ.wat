;; Writes its arguments and its environment to standard output, each string with its NUL, and the number of
;; both as exit code: arguments * 16 + variables.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)

  ;; A call must succeed.
  (func $must (param $errno i32)
    (if (local.get $errno) (then unreachable)))

  ;; Writes `$len` bytes at 4096, where the strings are.
  (func $print (param $len i32)
    (i32.store (i32.const 100) (i32.const 4096))
    (i32.store (i32.const 104) (local.get $len))
    (call $must (call $fd_write (i32.const 1) (i32.const 100) (i32.const 1) (i32.const 108)))
    (if (i32.ne (i32.load (i32.const 108)) (local.get $len)) (then unreachable)))

  (func (export "_start")
    (call $must (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (call $must (call $args_get (i32.const 1024) (i32.const 4096)))
    ;; The first pointer leads to the first string.
    (if (i32.ne (i32.load (i32.const 1024)) (i32.const 4096)) (then unreachable))
    (call $print (i32.load (i32.const 4)))
    (call $must (call $environ_sizes_get (i32.const 8) (i32.const 12)))
    (call $must (call $environ_get (i32.const 1024) (i32.const 4096)))
    (call $print (i32.load (i32.const 12)))
    (call $proc_exit
      (i32.add (i32.mul (i32.load (i32.const 0)) (i32.const 16)) (i32.load (i32.const 8))))
    ;; Leaving does not return.
    unreachable))
