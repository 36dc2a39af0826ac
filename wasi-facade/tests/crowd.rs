//! The memory of thousands of live guests: a program of its own, since it looks at the whole process.
#![cfg(all(feature = "snapshot", any(feature = "wasmtime", feature = "wasmi"), target_os = "linux"))]

use std::fs;
use wasi_facade::{Engine, Host, WasiCtx};

const GUESTS: usize = 10_000;

/// What each may take, beside the pages of its memory that it has written: none.
const EACH: usize = 100 << 10;

/// A page of memory, and a function that needs it.
const GUEST: &str = r#"(module (memory (export "memory") 1)
    (func (export "add") (param i32 i32) (result i32)
        (i32.add (i32.load (i32.const 0)) (i32.add (local.get 0) (local.get 1)))))"#;

#[test]
fn ten_thousand_guests_stay_small() {
    let module = wat::parse_str(GUEST).unwrap();
    for engine in Engine::ALL {
        let program = Host::new().engine(*engine).compile(&module).unwrap();
        let start = || {
            let mut instance = program.start(WasiCtx::builder().build().unwrap()).unwrap();
            let add = instance.func::<(u32, u32), u32>("add").unwrap();
            assert_eq!(add.call(&mut instance, (40, 2)).unwrap(), 42);
            instance
        };
        drop(start());
        let before = resident();
        let guests: Vec<_> = (0..GUESTS).map(|_| start()).collect();
        let each = (resident() - before) / guests.len();
        println!("{engine}: {each} bytes for each guest, its memory included");
        assert!(each <= EACH, "{engine}: {each} bytes");
    }
}

/// Bytes of the process that are in memory.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}
