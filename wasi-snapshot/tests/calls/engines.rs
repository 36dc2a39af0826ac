//! Tests of guests that must do the same on every engine.

use crate::common::direct::permit;
use crate::common::place::{Ground, Place};
use engine_tests::{Binding, End, Engine, Guest, Make, each};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use wasi_policy::MemoryFault;
use wasi_snapshot::{Captured, InterruptHandle, Perms, Sink, WasiCtx, WasiCtxBuilder};

/// Runs the `_start` of a module.
pub(crate) type Run = fn(&[u8], WasiCtx) -> Result<(), End>;

struct Start;

impl Make for Start {
    type Made = (bool, Run);

    /// Whether the engine has shared memories, and how it runs a module.
    fn make<E: Engine>() -> (bool, Run) {
        // A guest without a memory can run until it makes a call that needs one, so that binding may fail.
        let run: Run = |module, ctx| {
            let mut guest = E::start(module, permit(), ctx, Binding::Slot).unwrap().guest;
            guest.call("_start", &[]).map(drop)
        };
        (E::takes(b"(module (memory 1 1 shared))"), run)
    }
}

/// The engines by name.
pub(crate) fn engines() -> impl Iterator<Item = (&'static str, Run)> {
    each::<Start>().into_iter().map(|(name, (_, run))| (name, run))
}

fn guests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests")
}

/// The guests of `guests/wat`; the last test sees to it that none is missing and none is left out.
const WAT: &[&str] = &[
    "p0_whence_filestat",
    "p1_args_environ",
    "p1_dir_list",
    "p1_file_copy",
    "p1_no_memory",
    "p1_poll_clock",
    "p1_poll_echo",
    "p1_poll_forever",
    "p1_shared_memory",
    "p1_trap_pointer",
];

pub(crate) fn wat(name: &str) -> Vec<u8> {
    assert!(WAT.contains(&name), "{name} is not in the list");
    wat::parse_file(guests().join("wat").join(name).with_extension("wat")).unwrap()
}

/// Runs a guest in each engine and on each kind of directory, which it has for itself as it has its context,
/// and looks at what came of it.
fn run_in(
    engines: impl Iterator<Item = (&'static str, Run)>,
    module: &[u8],
    prepare: impl Fn(&Place, WasiCtxBuilder) -> WasiCtxBuilder,
    check: impl Fn(&str, Result<(), End>, &Captured, &Place),
) {
    for (name, run) in engines {
        for ground in [Ground::Host, Ground::Layered, Ground::Memory] {
            let dir = Place::new(ground);
            let (stdout, captured) = Sink::capture(64 * 1024);
            let builder = dir.preopen(WasiCtx::builder().stdout(stdout), "/", Perms::read_write());
            let builder = prepare(&dir, builder);
            let end = run(module, builder.build().unwrap());
            check(&format!("{name}, {ground:?}"), end, &captured, &dir);
        }
    }
}

fn run(
    module: &[u8],
    prepare: impl Fn(&Place, WasiCtxBuilder) -> WasiCtxBuilder,
    check: impl Fn(&str, Result<(), End>, &Captured, &Place),
) {
    run_in(engines(), module, prepare, check);
}

#[test]
fn arguments_and_environment() {
    let prepare =
        |_: &Place, builder: WasiCtxBuilder| builder.args(["guest", "", "ä"]).env("A", "1").env("B", "x y");
    run(&wat("p1_args_environ"), prepare, |engine, end, captured, _| {
        assert_eq!(end, Err(End::Exited(3 * 16 + 2)), "{engine}");
        assert_eq!(captured.bytes(), "guest\0\0ä\0A=1\0B=x y\0".as_bytes());
    });
}

#[test]
fn copying_a_file() {
    let contents: Vec<u8> = (0..=255).cycle().take(1000).collect();
    run(
        &wat("p1_file_copy"),
        |dir, builder| {
            dir.make_file("in", &contents);
            builder
        },
        |engine, end, _, dir| {
            assert_eq!(end, Ok(()), "{engine}");
            assert_eq!(dir.read("out"), contents);
        },
    );
}

#[test]
fn listing_a_directory() {
    let names: BTreeSet<String> = (0..20).map(|n| format!("file-{}", "x".repeat(n))).collect();
    run(
        &wat("p1_dir_list"),
        |dir, builder| {
            names.iter().for_each(|name| dir.make_file(name, ""));
            builder
        },
        |engine, end, captured, _| {
            assert_eq!(end, Ok(()), "{engine}");
            let text = String::from_utf8(captured.bytes()).unwrap();
            assert!(text.starts_with(".\n..\n"));
            assert_eq!(text.lines().skip(2).map(str::to_owned).collect::<BTreeSet<_>>(), names);
            assert_eq!(text.lines().count(), 22);
        },
    );
}

#[test]
fn a_bad_pointer_ends_the_guest() {
    run(
        &wat("p1_trap_pointer"),
        |_, builder| builder,
        |engine, end, captured, _| {
            let fault = MemoryFault::OutOfBounds { ptr: 65_533, len: 4, size: 65_536 };
            assert_eq!(end, Err(End::Memory(fault)), "{engine}");
            // The second call was stopped before it wrote anything.
            assert_eq!(captured.bytes(), b"hello");
        },
    );
}

#[test]
fn a_guest_without_a_memory() {
    run(
        &wat("p1_no_memory"),
        |_, builder| builder,
        |engine, end, _, _| assert_eq!(end, Err(End::Memory(MemoryFault::Missing)), "{engine}"),
    );
}

#[test]
fn sleeping() {
    run(&wat("p1_poll_clock"), |_, builder| builder, |engine, end, _, _| assert_eq!(end, Ok(()), "{engine}"));
}

/// Interrupted from another thread, in the middle of a host call.
#[test]
fn a_sleeping_guest_is_interrupted() {
    for (name, run) in engines() {
        let ctx = WasiCtx::builder().build().unwrap();
        let handle: InterruptHandle = ctx.interrupt_handle();
        let interrupter = thread::spawn(move || handle.interrupt());
        assert_eq!(run(&wat("p1_poll_forever"), ctx), Err(End::Interrupted), "{name}");
        interrupter.join().unwrap();
    }
}

/// Not all engines have shared memories.
#[test]
fn a_shared_memory() {
    let contents: Vec<u8> = (0..100_010_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let engines = each::<Start>().into_iter().filter(|(_, (shared, _))| *shared);
    run_in(
        engines.map(|(name, (_, run))| (name, run)),
        &wat("p1_shared_memory"),
        |dir, builder| {
            dir.make_file("in", &contents);
            builder
        },
        |engine, end, _, dir| {
            assert_eq!(end, Ok(()), "{engine}");
            let expected = [&contents[10..], &contents[..10]].concat();
            assert!(dir.read("out") == expected);
        },
    );
}

#[test]
fn the_older_module() {
    run(
        &wat("p0_whence_filestat"),
        |dir, builder| {
            dir.make_file("f", "0123456789");
            builder
        },
        |engine, end, _, _| assert_eq!(end, Ok(()), "{engine}"),
    );
}

/// A program of a C compiler and a libc, which finds its directories and its terminal by itself.
#[test]
fn a_program_in_c() {
    let hello = fs::read(guests().join("c/hello.wasm")).unwrap();
    let prepare = |dir: &Place, builder: WasiCtxBuilder| {
        dir.make_file("a.txt", "contents\n");
        builder
            .env("LANG", "C")
            .args(["hello", "world", "-e", "LANG", "-e", "HOME", "-f", "/a.txt", "-x", "42"])
    };
    run(&hello, prepare, |engine, end, captured, _| {
        assert_eq!(end, Err(End::Exited(42)), "{engine}");
        let expected = "hello, world\nLANG=C\nHOME=(unset)\ncontents\n";
        assert_eq!(String::from_utf8(captured.bytes()).unwrap(), expected);
    });
    let missing = |_: &Place, builder: WasiCtxBuilder| builder.args(["hello", "-f", "missing", "-x", "42"]);
    run(&hello, missing, |engine, end, captured, _| {
        assert_eq!(end, Err(End::Exited(1)), "{engine}");
        assert!(captured.bytes().is_empty());
    });
}

#[test]
fn every_guest_of_text_is_run() {
    let found = fs::read_dir(guests().join("wat")).unwrap().map(|entry| entry.unwrap().path());
    let ours = found.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let ours: BTreeSet<String> =
        ours.filter(|name| name.starts_with("p0_") || name.starts_with("p1_")).collect();
    assert_eq!(ours, WAT.iter().map(|name| (*name).to_owned()).collect());
    // Each is asked for by a test, here or where its other side is.
    let sources = [include_str!("engines.rs"), include_str!("own_streams.rs")].concat();
    for name in WAT {
        assert!(sources.contains(&format!("wat(\"{name}\")")), "{name} is never run");
    }
}
