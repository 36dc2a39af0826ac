//! Guests that infer, in the text format, for the tests of the command.

/// Where the guest has what it passes; `$must` exits with the number of a failed call and its errno.
const PRELUDE: &str = r#"
    (import "wasi_snapshot_preview1" "fd_write"
        (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_ephemeral_nn" "load" (func $load (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "set_input" (func $set_input (param i32 i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
    (import "wasi_ephemeral_nn" "get_output"
        (func $get_output (param i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 64)
    (func $must (param $call i32) (param $errno i32)
        (if (local.get $errno)
            (then (call $exit (i32.add (i32.mul (local.get $call) (i32.const 10)) (local.get $errno))))))
"#;

/// The codes with which a guest exits whose first call, or third, gives this errno.
pub(crate) const fn fails_to_load(errno: i32) -> i32 {
    10 + errno
}

pub(crate) const fn fails_to_compute(errno: i32) -> i32 {
    40 + errno
}

/// Loads a graph by its name, doubles the six bytes `!"#$%&` with it, and prints them: `BDFHJL`.
pub(crate) fn doubles(name: &str) -> String {
    guest(&by_name(name), 3, [2, 3], r"!\22#$%&")
}

/// Does the same with a model of its own.
#[cfg(target_os = "linux")]
pub(crate) fn doubles_with(model: &[u8], encoding: u32) -> String {
    doubles_of(&[model], encoding)
}

/// Does the same with a model of its own in parts.
#[cfg(target_os = "linux")]
pub(crate) fn doubles_of(parts: &[&[u8]], encoding: u32) -> String {
    let bytes: String = parts.concat().iter().map(|byte| format!("\\{byte:02x}")).collect();
    let mut start = 8192;
    let records = (128..).step_by(8).zip(parts).map(|(record, part)| {
        let (at, len) = (start, part.len());
        start += len;
        format!(
            "(i32.store (i32.const {record}) (i32.const {at}))
            (i32.store (i32.const {}) (i32.const {len}))",
            record + 4
        )
    });
    let (records, count) = (records.collect::<String>(), parts.len());
    let load = format!(
        r#"(data (i32.const 8192) "{bytes}")
        (func $get (result i32)
            {records}
            (call $load (i32.const 128) (i32.const {count}) (i32.const {encoding}) (i32.const 0) (i32.const 0)))"#
    );
    guest(&load, 3, [2, 3], r"!\22#$%&")
}

/// Loads a graph by its name, and computes with a square of zeros, `f32`.
pub(crate) fn squares(name: &str, size: u32) -> String {
    guest(&by_name(name), 1, [size, size], "")
}

fn by_name(name: &str) -> String {
    let len = name.len();
    format!(
        r#"(data (i32.const 4096) "{name}")
        (func $get (result i32)
            (call $load_by_name (i32.const 4096) (i32.const {len}) (i32.const 0)))"#
    )
}

fn guest(load: &str, element: u32, dimensions: [u32; 2], data: &str) -> String {
    let width = if element == 3 { 1 } else { 4 };
    let [rows, columns] = dimensions;
    let len = rows * columns * width;
    format!(
        r#"(module {PRELUDE} {load}
        (data (i32.const 65536) "{data}")
        (func (export "_start")
            (call $must (i32.const 1) (call $get))
            (call $must (i32.const 2) (call $init (i32.load (i32.const 0)) (i32.const 4)))
            (i64.store (i32.const 16) (i64.const 0x2_0000_0040))
            (i32.store8 (i32.const 24) (i32.const {element}))
            (i32.store (i32.const 28) (i32.const 65536))
            (i32.store (i32.const 32) (i32.const {len}))
            (i32.store (i32.const 64) (i32.const {rows}))
            (i32.store (i32.const 68) (i32.const {columns}))
            (call $must (i32.const 3)
                (call $set_input (i32.load (i32.const 4)) (i32.const 0) (i32.const 16)))
            (call $must (i32.const 4) (call $compute (i32.load (i32.const 4))))
            (call $must (i32.const 5) (call $get_output
                (i32.load (i32.const 4)) (i32.const 0) (i32.const 1024) (i32.const 2048) (i32.const 100)))
            (i32.store (i32.const 96) (i32.const 1024))
            (call $must (i32.const 6)
                (call $fd_write (i32.const 1) (i32.const 96) (i32.const 1) (i32.const 104)))))"#
    )
}
