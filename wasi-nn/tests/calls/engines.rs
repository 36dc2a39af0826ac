//! Tests of guests in the text format, which must do the same on both engines.

use crate::common::direct::permit;
use crate::common::fixture::registry;
use crate::common::toy::Toy;
use engine_tests::bound;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread;
use wasi_engine_wasmi as on_wasmi;
use wasi_engine_wasmtime as on_wasmtime;
use wasi_nn::{Limits, Nn, NnCtx, ProcessLimits};
use wasi_policy::{Proposal, Trap};

/// How a guest ended, after how many of its checks, and what the host was told last.
#[derive(Debug, PartialEq)]
struct End {
    outcome: Result<(), String>,
    steps: u32,
    last_error: Option<String>,
}

type Engine = fn(&[u8], NnCtx) -> End;
const ENGINES: [(&str, Engine); 2] = [("wasmtime", wasmtime), ("wasmi", wasmi)];

fn outcome(result: Result<(), (Option<&Trap>, String)>) -> Result<(), String> {
    result.map_err(|(trap, error)| trap.map_or(error, ToString::to_string))
}

// A guest without a memory that could be bound gets to know at its calls.

fn wasmtime(module: &[u8], ctx: NnCtx) -> End {
    let (mut store, instance, _) = bound::wasmtime::<Nn>(permit(), module, ctx);
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap();
    let result = start.call(&mut store, ());
    let outcome =
        outcome(result.as_ref().copied().map_err(|error| (on_wasmtime::trap(error), format!("{error:?}"))));
    let step = instance.get_global(&mut store, "step").unwrap();
    let steps = step.get(&mut store).i32().unwrap().cast_unsigned();
    End { outcome, steps, last_error: store.data().context.last_error().map(str::to_owned) }
}

fn wasmi(module: &[u8], ctx: NnCtx) -> End {
    let (mut store, instance, _) = bound::wasmi::<Nn>(permit(), module, ctx);
    let start = instance.get_typed_func::<(), ()>(&store, "_start").unwrap();
    let result = start.call(&mut store, ());
    let outcome =
        outcome(result.as_ref().copied().map_err(|error| (on_wasmi::trap(error), error.to_string())));
    let step = instance.get_global(&store, "step").unwrap();
    let steps = step.get(&store).i32().unwrap().cast_unsigned();
    End { outcome, steps, last_error: store.data().context.last_error().map(str::to_owned) }
}

fn guests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/wat")
}

/// The guests; the last test sees to it that none is missing and none is left out.
const WAT: &[&str] = &[
    "nn_bindings_05",
    "nn_bindings_06",
    "nn_compute_forever",
    "nn_memory64",
    "nn_no_memory",
    "nn_shared_memory",
    "nn_whole_interface",
];

fn wat(name: &str) -> Vec<u8> {
    assert!(WAT.contains(&name), "{name} is not in the list");
    wat::parse_file(guests().join(name).with_extension("wat")).unwrap()
}

fn ctx() -> NnCtx {
    NnCtx::builder(registry(&Toy::default(), ProcessLimits::default())).build()
}

/// Runs a guest to its end in each engine, and counts its checks.
fn run(name: &str, steps: u32, last_error: Option<&str>) {
    run_in(&ENGINES, name, steps, last_error);
}

fn run_in(engines: &[(&str, Engine)], name: &str, steps: u32, last_error: Option<&str>) {
    for (engine, run) in engines {
        let end = run(&wat(name), ctx());
        let expected = End { outcome: Ok(()), steps, last_error: last_error.map(str::to_owned) };
        assert_eq!(end, expected, "{name} in {engine}");
    }
}

#[test]
fn the_whole_interface() {
    run("nn_whole_interface", 33, Some("compute: there is no execution context 0, or no longer"));
}

#[test]
fn a_guest_of_the_older_bindings() {
    run("nn_bindings_05", 4 * 6, None);
}

#[test]
fn a_guest_of_the_newer_bindings() {
    run("nn_bindings_06", 1 + 6 + 7 * 5, None);
}

/// What the host may switch off: then 2 is `f64` and 3 is `u8`, whatever their width.
#[test]
fn a_guest_of_the_older_bindings_that_is_not_understood() {
    for (engine, run) in ENGINES {
        let registry = registry(&Toy::default(), ProcessLimits::default());
        let end = run(&wat("nn_bindings_05"), NnCtx::builder(registry).legacy_types(false).build());
        assert_eq!(end.steps, 2 * 6 + 2, "{engine}");
        let reason = "set_input: 3 bytes of data for a tensor of f64 [1, 3], which has 24";
        assert_eq!(end.last_error.as_deref(), Some(reason), "{engine}");
    }
}

#[test]
fn a_guest_without_a_memory() {
    run("nn_no_memory", 4, Some("unload: there is no graph 0, or no longer"));
}

/// wasmi has such memories behind a feature that nothing else here needs.
#[test]
fn a_guest_of_64_bits() {
    let reason = "get_output: the module's memory has 64-bit addresses; WASI needs a 32-bit one";
    run_in(&ENGINES[..1], "nn_memory64", 2, Some(reason));
}

#[test]
fn a_computing_guest_is_interrupted() {
    for (engine, run) in ENGINES {
        let mut limits = Limits::default();
        limits.compute_time = None;
        let registry = registry(&Toy::default(), ProcessLimits::default());
        let ctx = NnCtx::builder(registry).limits(limits).build();
        let handle = ctx.interrupt_handle();
        let interrupter = thread::spawn(move || handle.interrupt());
        let end = run(&wat("nn_compute_forever"), ctx);
        assert_eq!(end.outcome, Err("the guest was interrupted by the host".to_owned()), "{engine}");
        interrupter.join().unwrap();
    }
}

/// Guests on several threads that write to one memory all the time. wasmi has no shared memories.
#[test]
fn a_memory_that_guests_share() {
    let mut config = wasmtime::Config::new();
    config.wasm_threads(true).shared_memory(true);
    let engine = wasmtime::Engine::new(&config).unwrap();
    let module = wasmtime::Module::new(&engine, wat("nn_shared_memory")).unwrap();
    let memory = wasmtime::SharedMemory::new(&engine, wasmtime::MemoryType::shared(1, 1)).unwrap();
    let registry = registry(&Toy::default(), ProcessLimits::default());
    let guest = |own: i32| {
        let ctx = NnCtx::builder(registry.clone()).build();
        let mut linker = wasmtime::Linker::new(&engine);
        let mut adapter = on_wasmtime::many_instances(&mut linker);
        Nn::register(permit(), &mut adapter, |ctx: &mut NnCtx| ctx).unwrap();
        let mut store = wasmtime::Store::new(&engine, ctx);
        linker.define(&store, "env", "memory", memory.clone()).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let start = instance.get_typed_func::<i32, ()>(&mut store, "_start").unwrap();
        start.call(&mut store, own).unwrap_or_else(|error| {
            panic!("{error:?}; the host was told {:?}", store.data().last_error());
        });
    };
    thread::scope(|scope| {
        for own in [0x2000, 0x3000, 0x4000, 0x5000] {
            scope.spawn(move || guest(own));
        }
    });
}

#[test]
fn every_guest_of_text_is_run() {
    let found = std::fs::read_dir(guests()).unwrap().map(|entry| entry.unwrap().path());
    let ours = found.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let ours: BTreeSet<String> = ours.filter(|name| name.starts_with("nn_")).collect();
    assert_eq!(ours, WAT.iter().map(|name| (*name).to_owned()).collect());
    // Each is asked for by a test in this file: once in the list, and once more.
    let source = include_str!("engines.rs");
    for name in WAT {
        assert!(source.matches(&format!("\"{name}\"")).count() > 1, "{name} is never run");
    }
}
