;; The guest of `p1_file_copy`, in short, with a memory that it could share with threads: reads `in` with two
;; buffers and writes them to `out` in the other order.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $fd_pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 4 4 shared)
  (data (i32.const 0) "inout")

  (func $must (param $errno i32)
    (if (local.get $errno) (then unreachable)))

  ;; An iovec of `$len` bytes at `$to`, put at `$at`.
  (func $iovec (param $at i32) (param $to i32) (param $len i32)
    (i32.store (local.get $at) (local.get $to))
    (i32.store offset=4 (local.get $at) (local.get $len)))

  ;; Transfers may be short, so it takes several to fill or to empty a buffer.
  (func $fill (param $fd i32) (param $to i32) (param $len i32) (param $offset i64)
    (local $count i32)
    (loop $more
      (call $iovec (i32.const 100) (local.get $to) (local.get $len))
      (call $must
        (call $fd_pread (local.get $fd) (i32.const 100) (i32.const 1) (local.get $offset) (i32.const 108)))
      (local.set $count (i32.load (i32.const 108)))
      (if (i32.eqz (local.get $count)) (then unreachable))
      (local.set $to (i32.add (local.get $to) (local.get $count)))
      (local.set $len (i32.sub (local.get $len) (local.get $count)))
      (local.set $offset (i64.add (local.get $offset) (i64.extend_i32_u (local.get $count))))
      (br_if $more (local.get $len))))

  (func $drain (param $fd i32) (param $from i32) (param $len i32)
    (local $count i32)
    (loop $more
      (call $iovec (i32.const 100) (local.get $from) (local.get $len))
      (call $must (call $fd_write (local.get $fd) (i32.const 100) (i32.const 1) (i32.const 108)))
      (local.set $count (i32.load (i32.const 108)))
      (local.set $from (i32.add (local.get $from) (local.get $count)))
      (local.set $len (i32.sub (local.get $len) (local.get $count)))
      (br_if $more (local.get $len))))

  (func (export "_start")
    (local $in i32) (local $out i32)
    (call $must
      (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 0)
        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 64)))
    (local.set $in (i32.load (i32.const 64)))
    (call $must
      (call $path_open (i32.const 3) (i32.const 0) (i32.const 2) (i32.const 3) (i32.const 9)
        (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 64)))
    (local.set $out (i32.load (i32.const 64)))
    ;; 100,000 bytes do not go through the host at once.
    (call $fill (local.get $in) (i32.const 1000) (i32.const 10) (i64.const 0))
    (call $fill (local.get $in) (i32.const 2000) (i32.const 100000) (i64.const 10))
    (call $drain (local.get $out) (i32.const 2000) (i32.const 100000))
    (call $drain (local.get $out) (i32.const 1000) (i32.const 10))
    (call $must (call $random_get (i32.const 200000) (i32.const 10000)))
    ;; All zeros would be a miracle.
    (if (i64.eqz (i64.or (i64.load (i32.const 204096)) (i64.load (i32.const 209992)))) (then unreachable))))
