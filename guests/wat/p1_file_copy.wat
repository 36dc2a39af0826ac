;; Copies the file `in` of the first preopened directory to `out`, seven bytes at a time.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "inout")

  (func $must (param $errno i32)
    (if (local.get $errno) (then unreachable)))

  (func (export "_start")
    (local $in i32) (local $out i32)
    (call $must
      (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 0)
        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 64)))
    (local.set $in (i32.load (i32.const 64)))
    ;; creat and trunc, to be written
    (call $must
      (call $path_open (i32.const 3) (i32.const 0) (i32.const 2) (i32.const 3) (i32.const 9)
        (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 64)))
    (local.set $out (i32.load (i32.const 64)))
    (block $end
      (loop $more
        (i32.store (i32.const 100) (i32.const 1024))
        (i32.store (i32.const 104) (i32.const 7))
        (call $must (call $fd_read (local.get $in) (i32.const 100) (i32.const 1) (i32.const 108)))
        (br_if $end (i32.eqz (i32.load (i32.const 108))))
        (i32.store (i32.const 104) (i32.load (i32.const 108)))
        (call $must (call $fd_write (local.get $out) (i32.const 100) (i32.const 1) (i32.const 112)))
        (if (i32.ne (i32.load (i32.const 112)) (i32.load (i32.const 108))) (then unreachable))
        (br $more)))
    (call $must (call $fd_close (local.get $in)))
    (call $must (call $fd_close (local.get $out)))))
