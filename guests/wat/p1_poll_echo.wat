;; Says on descriptor 8 what it hears on 7, up to a full stop. It waits for both by polling, and never in a
;; transfer.
(module
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $set_flags (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)

  (func $must (param $errno i32)
    (if (local.get $errno) (then unreachable)))

  ;; Waits until a descriptor is ready, to be read (1) or to be written (2).
  (func $wait (param $fd i32) (param $eventtype i32)
    (i32.store8 (i32.const 8) (local.get $eventtype))
    (i32.store (i32.const 16) (local.get $fd))
    (call $must (call $poll_oneoff (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 192)))
    ;; One event, without an error.
    (if (i32.ne (i32.load (i32.const 192)) (i32.const 1)) (then unreachable))
    (call $must (i32.load16_u (i32.const 136))))

  (func (export "_start")
    (local $end i32)
    ;; nonblock
    (call $must (call $set_flags (i32.const 7) (i32.const 4)))
    (call $must (call $set_flags (i32.const 8) (i32.const 4)))
    (loop $more
      (call $wait (i32.const 7) (i32.const 1))
      (i32.store (i32.const 256) (i32.const 1024))
      (i32.store (i32.const 260) (i32.const 64))
      (call $must (call $fd_read (i32.const 7) (i32.const 256) (i32.const 1) (i32.const 264)))
      (local.set $end (i32.add (i32.const 1024) (i32.load (i32.const 264))))
      (loop $rest
        (call $wait (i32.const 8) (i32.const 2))
        (i32.store (i32.const 260) (i32.sub (local.get $end) (i32.load (i32.const 256))))
        (call $must (call $fd_write (i32.const 8) (i32.const 256) (i32.const 1) (i32.const 264)))
        (i32.store (i32.const 256) (i32.add (i32.load (i32.const 256)) (i32.load (i32.const 264))))
        (br_if $rest (i32.lt_u (i32.load (i32.const 256)) (local.get $end))))
      (br_if $more
        (i32.ne (i32.load8_u (i32.sub (local.get $end) (i32.const 1))) (i32.const 46))))))
