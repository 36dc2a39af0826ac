//! Two programs of the terminal that use `wasmi_wasi`, and what they have instead: wasmi_cli 2.0, and the plugins of
//! zellij 0.45.
//!
//! | with `wasmi_wasi` | here |
//! |---|---|
//! | `add_to_linker(&mut linker, ..)` | `Snapshot::register`, with a permit and an adapter |
//! | `error.i32_exit_status()` | [`trap`], where [`Trap::Exit`] has the code |
//! | `preopened_dir(Dir::from_std_file(file), ..)` | `preopen(HostDir::from_handle(file)?, ..)` |
//! | `set_stdin(Box::new(ReadPipe::new(VecDequeInputStream(..))))` | [`Source::polled`] of the same |
//! | `set_stdout(Box::new(WritePipe::new(..)))` | [`Sink::writer`] of the same, or [`Sink::capture`] |

use std::collections::VecDeque;
use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex};
use wasi_engine_wasmi::{MemorySlot, bind, one_instance, trap};
use wasi_policy::{Flags, Gate, Proposal, Trap};
use wasi_snapshot::{HostDir, Perms, Sink, Snapshot, Source, WasiCtx};
use wasmi::{Config, Engine, Instance, Linker, Module, Store, StoreLimits, StoreLimitsBuilder, TrapCode};

const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    ;; Copies what there is to read, into a buffer of 64 bytes at 16, and gives its length.
    (func $copy (export "update") (result i32)
        (i64.store (i32.const 0) (i64.const 0x40_0000_0010))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (i32.store (i32.const 4) (i32.load (i32.const 8)))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
        (i32.load (i32.const 8)))
    (func (export "_start") (call $exit (call $copy)))
    (func (export "spin") (loop $again (br $again))))"#;

struct State {
    wasi: WasiCtx,
    memory: MemorySlot,
    limits: StoreLimits,
}

/// Links and instantiates, as both programs do.
fn start(fuel: Option<u64>, wasi: WasiCtx) -> Result<(Store<State>, Instance), Box<dyn Error>> {
    let engine = Engine::new(Config::default().consume_fuel(fuel.is_some()));
    let module = Module::new(&engine, wat::parse_str(GUEST)?)?;
    let mut linker = Linker::new(&engine);
    let mut adapter = one_instance(&mut linker, |state: &mut State| &mut state.memory);
    Snapshot::register(Gate::new(Flags::none()).permit()?, &mut adapter, |state| &mut state.wasi)?;
    let limits = StoreLimitsBuilder::new().instances(1).memory_size(16 << 20).trap_on_grow_failure(true);
    let (memory, limits) = (MemorySlot::new(), limits.build());
    let mut store = Store::new(&engine, State { wasi, memory, limits });
    store.limiter(|state| &mut state.limits);
    if let Some(fuel) = fuel {
        store.set_fuel(fuel)?;
    }
    let instance = linker.instantiate_and_start(&mut store, &module)?;
    bind(&mut store, &instance, |state| &mut state.memory)?;
    Ok((store, instance))
}

/// What wasmi_cli exits with and says of fuel, after it has run a function of the guest's.
fn run(function: &str, fuel: u64, wasi: WasiCtx) -> Result<(u32, u64), Box<dyn Error>> {
    let (mut store, instance) = start(Some(fuel), wasi)?;
    let called = instance.get_typed_func::<(), ()>(&store, function)?.call(&mut store, ());
    let code = match called {
        Ok(()) => 0,
        Err(error) => match trap(&error) {
            Some(Trap::Exit(code)) => *code,
            _ => return Err(error.into()),
        },
    };
    Ok((code, fuel - store.get_fuel()?))
}

/// zellij's `VecDequeInputStream`: what the host writes to its plugin before it calls it.
#[derive(Clone, Default)]
struct Queue(Arc<Mutex<VecDeque<u8>>>);

impl Read for Queue {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap().read(buffer)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // wasmi_cli: a run with its exit code and what it used of its fuel, and one that uses up all.
    let wasi =
        WasiCtx::builder().args(["guest.wasm"]).stdin(Source::bytes("hello\n")).stdout(Sink::inherit());
    let (code, used) = run("_start", 1000, wasi.build()?)?;
    assert!(code == 6 && 0 < used && used < 1000);
    println!("exited with {code}, fuel consumed: {used}");
    let error = run("spin", 1000, WasiCtx::builder().build()?).unwrap_err();
    let error = error.downcast::<wasmi::Error>()?;
    assert_eq!(error.as_trap_code(), Some(TrapCode::OutOfFuel));
    println!("{error}");

    // zellij: one instance for all events. A queue that is empty for now is not at its end.
    let queue = Queue::default();
    let (stdout, output) = Sink::capture(1 << 20);
    let host = HostDir::from_handle(File::open(std::env::temp_dir())?)?;
    let wasi = WasiCtx::builder()
        .inherit_env()
        .preopen(host, "/host", Perms::read_write())
        .stdin(Source::polled(queue.clone()))
        .stdout(stdout)
        .build()?;
    let (mut store, instance) = start(None, wasi)?;
    let update = instance.get_typed_func::<(), i32>(&store, "update")?;
    for event in ["Key(Down)", "", "Visible(true)", "", "Timer"] {
        queue.0.lock().unwrap().extend(event.as_bytes());
        let read = update.call(&mut store, ())?;
        // As zellij renders what it finds in the plugin's output after each call.
        let rendered = String::from_utf8(output.take())?;
        assert_eq!((read, rendered.as_str()), (event.len() as i32, event));
        println!("update read {read} bytes: {rendered:?}");
    }
    Ok(())
}

#[test]
fn it_does_what_it_says() {
    main().unwrap();
}
