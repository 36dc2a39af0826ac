//! Tests of guests in the text format, which must do the same on every engine.

use crate::common::direct::permit;
use crate::common::fixture::registry;
use crate::common::toy::Toy;
use engine_tests::{Binding, End, Engine, Guest, Make, each};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread;
use wasi_nn::{Limits, NnCtx, ProcessLimits};

/// How a guest ended, after how many of its checks, and what the host was told last.
#[derive(Debug, PartialEq)]
struct Ran {
    outcome: Result<(), End>,
    steps: u32,
    last_error: Option<String>,
}

/// Runs the `_start` of a module.
type Run = fn(&[u8], NnCtx) -> Ran;

/// Runs a module in threads, one for each context, that share its memory.
type Share = fn(&[u8], Vec<(u64, NnCtx)>) -> Vec<Result<Option<u64>, End>>;

/// What an engine is asked for here.
struct Here {
    run: Run,
    wide_memories: bool,
    share: Option<Share>,
}

impl Make for Here {
    type Made = Here;

    fn make<E: Engine>() -> Here {
        // A guest without a memory that could be bound gets to know at its calls.
        let run: Run = |module, ctx| {
            let mut guest = E::start(module, permit(), ctx, Binding::Slot).unwrap().guest;
            let outcome = guest.call("_start", &[]).map(drop);
            let steps = guest.global("step");
            Ran { outcome, steps, last_error: guest.context().last_error().map(str::to_owned) }
        };
        let shares = E::takes(b"(module (memory 1 1 shared))");
        let share = shares.then_some(share::<E> as Share);
        Here { run, wide_memories: E::takes(b"(module (memory i64 1))"), share }
    }
}

fn share<E: Engine>(module: &[u8], contexts: Vec<(u64, NnCtx)>) -> Vec<Result<Option<u64>, End>> {
    E::sharing(module, permit, contexts, "_start")
}

/// The engines by name.
fn engines() -> Vec<(&'static str, Here)> {
    each::<Here>()
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
    run_in(&engines(), name, steps, last_error);
}

fn run_in(engines: &[(&str, Here)], name: &str, steps: u32, last_error: Option<&str>) {
    for (engine, here) in engines {
        let ran = (here.run)(&wat(name), ctx());
        let expected = Ran { outcome: Ok(()), steps, last_error: last_error.map(str::to_owned) };
        assert_eq!(ran, expected, "{name} in {engine}");
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
    for (engine, here) in engines() {
        let registry = registry(&Toy::default(), ProcessLimits::default());
        let ran = (here.run)(&wat("nn_bindings_05"), NnCtx::builder(registry).legacy_types(false).build());
        assert_eq!(ran.steps, 2 * 6 + 2, "{engine}");
        let reason = "set_input: 3 bytes of data for a tensor of f64 [1, 3], which has 24";
        assert_eq!(ran.last_error.as_deref(), Some(reason), "{engine}");
    }
}

#[test]
fn a_guest_without_a_memory() {
    run("nn_no_memory", 4, Some("unload: there is no graph 0, or no longer"));
}

/// Not all engines have such memories.
#[test]
fn a_guest_of_64_bits() {
    let reason = "get_output: the module's memory has 64-bit addresses; WASI needs a 32-bit one";
    let mut engines = engines();
    engines.retain(|(_, here)| here.wide_memories);
    run_in(&engines, "nn_memory64", 2, Some(reason));
}

#[test]
fn a_computing_guest_is_interrupted() {
    for (engine, here) in engines() {
        let mut limits = Limits::default();
        limits.compute_time = None;
        let registry = registry(&Toy::default(), ProcessLimits::default());
        let ctx = NnCtx::builder(registry).limits(limits).build();
        let handle = ctx.interrupt_handle();
        let interrupter = thread::spawn(move || handle.interrupt());
        let ran = (here.run)(&wat("nn_compute_forever"), ctx);
        assert_eq!(ran.outcome, Err(End::Interrupted), "{engine}");
        interrupter.join().unwrap();
    }
}

/// Guests on several threads that write to one memory all the time. Not all engines have shared memories.
#[test]
fn a_memory_that_guests_share() {
    for (engine, here) in engines() {
        let Some(share) = here.share else { continue };
        let registry = registry(&Toy::default(), ProcessLimits::default());
        let contexts = [0x2000, 0x3000, 0x4000, 0x5000];
        let contexts = contexts.map(|own| (own, NnCtx::builder(registry.clone()).build()));
        for end in share(&wat("nn_shared_memory"), contexts.into()) {
            assert_eq!(end, Ok(None), "{engine}");
        }
    }
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
