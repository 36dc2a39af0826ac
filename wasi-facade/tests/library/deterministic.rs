//! Tests that a real program writes the same in two runs on hosts that should look the same to it.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};
use wasi_facade::snapshot::{Dir, PathRef};
use wasi_facade::snapshot::{MemDir, MemLimits, Perms, Sink, WasiCtxBuilder};
use wasi_facade::{Engine, Host, Outcome, WasiCtx};

const WITNESS: &[u8] = include_bytes!("../../../guests/c/witness.wasm");

/// Names in an order that is not theirs.
const NAMES: [&str; 5] = ["m", "b", "z", "a", "k"];

/// What one run said, and what it left in the directory.
#[derive(Debug, PartialEq)]
struct Testimony {
    stdout: Vec<u8>,
    files: Vec<(String, Vec<u8>)>,
}

fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// Runs the program in a directory whose files were made in this order.
fn run(engine: Engine, seed: u64, names: &[&str]) -> Testimony {
    let dir = tempfile::tempdir().unwrap();
    for name in names {
        fs::write(dir.path().join(name), name.repeat(3)).unwrap();
    }
    fs::create_dir(dir.path().join("sub")).unwrap();
    let stdout = said(engine, seed, |builder| builder.preopen_dir(dir.path(), "/", Perms::read_write()));
    Testimony { stdout, files: files(dir.path()) }
}

fn said(engine: Engine, seed: u64, give: impl FnOnce(WasiCtxBuilder) -> WasiCtxBuilder) -> Vec<u8> {
    let (stdout, captured) = Sink::capture(1 << 16);
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let ctx = give(WasiCtx::builder().deterministic(seed, start).args(["witness", "/"]).stdout(stdout))
        .build()
        .unwrap();
    assert_eq!(Host::new().engine(engine).run(WITNESS, ctx).unwrap(), Outcome::Exited(0));
    captured.bytes()
}

/// Runs the program in a directory in memory, which it must not be able to tell from one of the host.
fn run_in_memory(engine: Engine, seed: u64) -> Vec<u8> {
    let dir = MemDir::new(MemLimits::default());
    for name in NAMES {
        dir.add(name, name.repeat(3).into_bytes()).unwrap();
    }
    dir.add("sub/gone", "").unwrap();
    let sub = PathRef::parse("sub/gone").unwrap();
    dir.unlink(&sub).unwrap();
    said(engine, seed, |builder| builder.preopen(dir, "/", Perms::read_write()))
}

#[test]
fn a_run_comes_out_the_same_whatever_the_host_is_like() {
    let mut backwards = NAMES;
    backwards.reverse();
    let first = run(Engine::ALL[0], 7, &NAMES);
    let text = String::from_utf8(first.stdout.clone()).unwrap();
    // The start is the date, and the second of sleep is on the clock.
    assert!(text.starts_with("date: 1000000000."), "{text}");
    assert!(text.contains("\ndate: 1000000001."), "{text}");
    for name in NAMES {
        assert!(text.contains(&format!("entry {name}, ")), "{text}");
    }
    assert_eq!(first.files.len(), NAMES.len() + 1);
    for engine in Engine::ALL {
        assert_eq!(run(*engine, 7, &backwards), first, "{engine:?}");
        assert_ne!(run(*engine, 8, &NAMES).stdout, first.stdout, "{engine:?}");
        assert_eq!(String::from_utf8(run_in_memory(*engine, 7)).unwrap(), text, "{engine:?}");
    }
}
