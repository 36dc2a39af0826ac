;; Writes the names in the first preopened directory to standard output, each with a line feed, through a
;; buffer that holds few of them at a time.
(module
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 200) "\0a")

  (func $must (param $errno i32)
    (if (local.get $errno) (then unreachable)))

  (func $print (param $name i32) (param $len i32)
    (i32.store (i32.const 100) (local.get $name))
    (i32.store (i32.const 104) (local.get $len))
    (i32.store (i32.const 108) (i32.const 200))
    (i32.store (i32.const 112) (i32.const 1))
    (call $must (call $fd_write (i32.const 1) (i32.const 100) (i32.const 2) (i32.const 116))))

  (func (export "_start")
    (local $cookie i64) (local $at i32) (local $end i32) (local $next i32)
    (loop $refill
      (call $must
        (call $fd_readdir (i32.const 3) (i32.const 1024) (i32.const 90) (local.get $cookie) (i32.const 64)))
      (local.set $at (i32.const 1024))
      (local.set $end (i32.add (i32.const 1024) (i32.load (i32.const 64))))
      (block $done
        (loop $entry
          ;; Header and name must have come whole; the rest comes again with the next buffer.
          (br_if $done (i32.gt_u (i32.add (local.get $at) (i32.const 24)) (local.get $end)))
          (local.set $next
            (i32.add (i32.add (local.get $at) (i32.const 24)) (i32.load offset=16 (local.get $at))))
          (br_if $done (i32.gt_u (local.get $next) (local.get $end)))
          (call $print (i32.add (local.get $at) (i32.const 24)) (i32.load offset=16 (local.get $at)))
          (local.set $cookie (i64.load (local.get $at)))
          (local.set $at (local.get $next))
          (br $entry)))
      ;; A buffer that was not filled is the last.
      (br_if $refill (i32.eq (i32.load (i32.const 64)) (i32.const 90))))))
