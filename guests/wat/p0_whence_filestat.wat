;; Where the older module differs: `whence` is cur, end, set; a `filestat` has 56 bytes, with a 32-bit number
;; of links beside the type; a `subscription` has 56 bytes. `f` in the first preopened directory has 10 bytes.
(module
  (import "wasi_unstable" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_filestat_get" (func $fd_filestat_get (param i32 i32) (result i32)))
  (import "wasi_unstable" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "f")

  (func $must (param $errno i32)
    (if (local.get $errno) (then unreachable)))

  (func $seek (param $fd i32) (param $offset i64) (param $whence i32) (result i64)
    (call $must (call $fd_seek (local.get $fd) (local.get $offset) (local.get $whence) (i32.const 64)))
    (i64.load (i32.const 64)))

  (func $equal (param $is i64) (param $should i64)
    (if (i64.ne (local.get $is) (local.get $should)) (then unreachable)))

  (func (export "_start")
    (local $fd i32)
    (call $must
      (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
        (i64.const 6) (i64.const 0) (i32.const 0) (i32.const 64)))
    (local.set $fd (i32.load (i32.const 64)))
    (call $equal (call $seek (local.get $fd) (i64.const 3) (i32.const 2)) (i64.const 3))
    (call $equal (call $seek (local.get $fd) (i64.const 2) (i32.const 0)) (i64.const 5))
    (call $equal (call $seek (local.get $fd) (i64.const -1) (i32.const 1)) (i64.const 9))

    (i64.store (i32.const 1080) (i64.const 0x3f3f3f3f3f3f3f3f))
    (call $must (call $fd_filestat_get (local.get $fd) (i32.const 1024)))
    ;; A regular file, one link, ten bytes, and nothing written behind the 56th.
    (call $equal (i64.load (i32.const 1040)) (i64.const 0x100000004))
    (call $equal (i64.load (i32.const 1048)) (i64.const 10))
    (call $equal (i64.load (i32.const 1080)) (i64.const 0x3f3f3f3f3f3f3f3f))

    ;; Two clocks that have run out: the second starts 56 bytes after the first.
    (i64.store (i32.const 2000) (i64.const 7))
    (i32.store (i32.const 2024) (i32.const 1))
    (i64.store (i32.const 2056) (i64.const 8))
    (i32.store (i32.const 2080) (i32.const 1))
    (call $must (call $poll_oneoff (i32.const 2000) (i32.const 3000) (i32.const 2) (i32.const 64)))
    (call $equal (i64.load32_u (i32.const 64)) (i64.const 2))
    (call $equal (i64.load (i32.const 3000)) (i64.const 7))
    (call $equal (i64.load (i32.const 3032)) (i64.const 8))))
