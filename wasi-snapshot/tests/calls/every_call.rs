//! Tests of every function of both modules, called by a guest through every engine: the trampolines pass all arguments,
//! and the errno comes back.

use super::engines::engines;
use crate::common::direct::imports;
use wasi_policy::{Import, ValType};
use wasi_snapshot::{Sink, WasiCtx};

/// The value of every argument: a descriptor that is not open, a pointer and a length inside the memory.
const EVERY: u32 = 3;

/// What a call gives when all its arguments are [`EVERY`], by the witx, in memory full of bytes of one.
/// All others look a descriptor up, and it is not open: `badf`.
fn expected(name: &str) -> u8 {
    match name {
        "args_get" | "args_sizes_get" | "environ_get" | "environ_sizes_get" | "random_get"
        | "sched_yield" => 0,
        // Three subscriptions to reading from a descriptor that is not open: three events.
        "poll_oneoff" => 0,
        "proc_raise" => 58,
        // No such `lookupflags`, no such `whence`, both a time and now, not a flag of accepting or sending.
        "path_filestat_get" | "path_filestat_set_times" | "path_link" | "path_open" => 28,
        "fd_seek" | "fd_filestat_set_times" | "sock_accept" | "sock_send" => 28,
        _ => 8,
    }
}

/// A guest that calls each of `imports`, and writes the errnos to its standard output, a byte each.
fn guest(module: &str, imports: &[Import]) -> String {
    let mut declarations = String::new();
    let mut calls = String::new();
    for (index, import) in imports.iter().enumerate() {
        let name = import.name;
        let types: Vec<String> = import.params.iter().map(ToString::to_string).collect();
        let args: Vec<String> = import.params.iter().map(|ty| format!("({ty}.const {EVERY})")).collect();
        assert!(import.params.iter().all(|ty| matches!(ty, ValType::I32 | ValType::I64)));
        declarations += &format!(
            "(import \"{module}\" \"{name}\" (func ${name} (param {}) (result i32)))\n",
            types.join(" ")
        );
        // What a call reads as a path, an iovec or a subscription is the same for each of them.
        calls += &format!(
            "(memory.fill (i32.const 0) (i32.const 1) (i32.const 4096))
             (i32.store8 (i32.const {}) (call ${name} {}))\n",
            8192 + index,
            args.join(" ")
        );
    }
    // Bytes of one are pointers and lengths of 16 MiB, so the memory has room for both.
    format!(
        "(module {declarations} (memory (export \"memory\") 640) (func (export \"_start\") {calls}
           (i32.store (i32.const 0) (i32.const 8192)) (i32.store (i32.const 4) (i32.const {}))
           (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))",
        imports.len()
    )
}

#[test]
fn through_every_engine() {
    for (module, count) in [("wasi_snapshot_preview1", 45), ("wasi_unstable", 44)] {
        let mut imports = imports(module);
        imports.retain(|import| import.name != "proc_exit");
        assert_eq!(imports.len(), count);
        let binary = wat::parse_str(guest(module, &imports)).unwrap();
        for (engine, run) in engines() {
            let (stdout, captured) = Sink::capture(1024);
            let ctx = WasiCtx::builder().stdout(stdout).build().unwrap();
            assert_eq!(run(&binary, ctx), Ok(()), "{engine}");
            let errnos = captured.bytes();
            assert_eq!(errnos.len(), count, "{engine}");
            for (import, errno) in imports.iter().zip(errnos) {
                assert_eq!(errno, expected(import.name), "{module}.{} on {engine}", import.name);
            }
        }
    }
}
