;; Sleeps for a millisecond, and looks at the event that it gets.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)

  (func $must (param $errno i32)
    (if (local.get $errno) (then unreachable)))

  (func (export "_start")
    (call $must (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 3000)))
    (i64.store (i32.const 0) (i64.const 77))
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 1000000))
    (call $must (call $poll_oneoff (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 2048)))
    (if (i32.ne (i32.load (i32.const 2048)) (i32.const 1)) (then unreachable))
    (if (i64.ne (i64.load (i32.const 1024)) (i64.const 77)) (then unreachable))
    ;; No error, and the type of a clock.
    (if (i32.load (i32.const 1032)) (then unreachable))
    (call $must (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 3008)))
    (if (i64.lt_u
          (i64.sub (i64.load (i32.const 3008)) (i64.load (i32.const 3000)))
          (i64.const 1000000))
      (then unreachable))))
