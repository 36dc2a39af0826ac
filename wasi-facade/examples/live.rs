//! Changes what a guest has between two of its calls, in a store of the embedder's own.
//!
//! An [`Instance`](wasi_facade::Instance) gives its contexts between calls, too. This is for hosts whose engine and store
//! are their own: the proposal is registered with its adapter, and the context is yours to change whenever the guest is
//! not in a call.

use wasi_facade::engine::wasmtime::{MemorySlot, bind, one_instance};
use wasi_facade::policy::{Flags, Gate, Proposal};
use wasi_facade::snapshot::Perms;
use wasi_facade::snapshot::{Access, Dir, MemDir, MemLimits, OpenHow, Opened, PathRef};
use wasi_facade::{Snapshot, WasiCtx};
use wasmtime::{Engine, Linker, Module, Store};

/// Adds up the bytes of what a descriptor stands for; below zero it is an errno.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    ;; One buffer of one byte, at 16; the count goes to 8.
    (data (i32.const 0) "\10\00\00\00\01\00\00\00")
    (func (export "sum") (param $fd i32) (result i32) (local $sum i32) (local $errno i32)
        (loop $again
            (local.set $errno (call $read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
            (if (local.get $errno) (then (return (i32.sub (i32.const 0) (local.get $errno)))))
            (if (i32.load (i32.const 8)) (then
                (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.const 16))))
                (br $again))))
        (local.get $sum)))"#;

/// What it says of a descriptor that is not open: `badf` of the witx.
const BADF: i32 = -8;

struct State {
    wasi: WasiCtx,
    memory: MemorySlot,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    let permit = Gate::new(Flags::none()).permit::<Snapshot>()?;
    let mut adapter = one_instance(&mut linker, |state: &mut State| &mut state.memory);
    Snapshot::register(permit, &mut adapter, |state| &mut state.wasi)?;
    let module = Module::new(&engine, wat::parse_str(GUEST)?)?;

    let state = State { wasi: WasiCtx::builder().build()?, memory: MemorySlot::new() };
    let mut store = Store::new(&engine, state);
    let instance = linker.instantiate(&mut store, &module)?;
    // A module without a memory runs, too: its calls tell what they lack.
    let _ = bind(&mut store, &instance, |state| &mut state.memory);
    let sum = instance.get_typed_func::<u32, i32>(&mut store, "sum")?;

    // The guest has its standard streams and nothing else.
    assert_eq!(sum.call(&mut store, 3)?, BADF);

    // A file appears, and the guest is told its number.
    let files = MemDir::new(MemLimits::default());
    files.add("numbers", vec![1, 2, 39])?;
    let Opened::File(file) = files.open(&PathRef::parse("numbers")?, OpenHow::read())? else {
        return Err("it is a file".into());
    };
    let fd = store.data_mut().wasi.push_file(file, Access::Read)?;
    assert_eq!(sum.call(&mut store, fd)?, 42);

    // So does a directory; and both go away again.
    let dir = store.data_mut().wasi.push_dir(files, "/files", Perms::read_only())?;
    for open in store.data().wasi.fds() {
        println!("{}: {:?} {}", open.fd, open.filetype, open.preopen.unwrap_or_default());
    }
    for fd in [fd, dir] {
        store.data_mut().wasi.close(fd)?;
        assert_eq!(sum.call(&mut store, fd)?, BADF);
    }
    assert_eq!(store.data().wasi.fds().count(), 3);
    Ok(())
}
