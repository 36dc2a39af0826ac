//! Tests that another thread can end a run, whatever the guest does.

use std::fs::File;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use wasi_facade::snapshot::{Limits, Perms, Sink, Source};
use wasi_facade::{Contexts, Engine, Host, Outcome, Reason, WasiCtx};

/// A guest that does `first`, writes a byte to standard error, and then does `then` for ever. A call that
/// gives an errno traps.
fn waits(first: &str, then: &str) -> Vec<u8> {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sock_recv"
            (func $recv (param i32 i32 i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (memory (export "memory") 4)
        ;; Two lists of one buffer, of a byte and of 64 KiB.
        (data (i32.const 0) "\00\01\00\00\01\00\00\00" "\00\01\00\00\00\00\01\00")
        (data (i32.const 64) "fifo")
        ;; Subscriptions to the monotonic clock, in a year or so, and to input on descriptors 0 and 5.
        (data (i32.const 144) "\01\00\00\00\00\00\00\00\ff\ff\ff\ff\ff\ff\7f\00")
        (data (i32.const 184) "\01\00\00\00\00\00\00\00\00\00\00\00")
        (data (i32.const 232) "\01\00\00\00\00\00\00\00\05\00\00\00")
        (func $ok (param i32) (if (local.get 0) (then (unreachable))))
        (func $any (param i32))
        (func (export "_start")
            FIRST
            (call $ok (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 32)))
            (loop $again THEN (br $again))))"#;
    wat::parse_str(text.replace("FIRST", first).replace("THEN", then)).unwrap()
}

fn module(then: &str) -> Vec<u8> {
    waits("", then)
}

const COMPUTES: &str = "";
const YIELDS: &str = "(call $ok (call $yield))";
const SLEEPS: &str = "(call $ok (call $poll (i32.const 128) (i32.const 512) (i32.const 1) (i32.const 32)))";
const READS: &str = "(call $ok (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))";
const FILLS_A_PIPE: &str =
    "(call $ok (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 32)))";

/// Takes the connection that is there, as descriptor 5. There is no other one.
const ACCEPTS: &str = "(call $ok (call $accept (i32.const 4) (i32.const 0) (i32.const 36)))";
const RECEIVES: &str = "(call $ok (call $recv
    (i32.const 5) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 32) (i32.const 40)))";
const READS_THE_SOCKET: &str =
    "(call $ok (call $read (i32.const 5) (i32.const 0) (i32.const 1) (i32.const 32)))";
const SENDS: &str = "(call $ok (call $send
    (i32.const 5) (i32.const 8) (i32.const 1) (i32.const 0) (i32.const 32)))";

/// Polls the clock, standard input, and descriptor 5.
const POLLS: &str = "(call $ok (call $poll (i32.const 128) (i32.const 512) (i32.const 3) (i32.const 32)))";

/// Opens `fifo` to read, as descriptor 5.
#[cfg(unix)]
const OPENS_A_FIFO: &str = "(call $ok (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
    (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 36)))";
#[cfg(unix)]
const READS_THE_FIFO: &str = READS_THE_SOCKET;

/// What guests do first and then for ever in their own code, and in calls that wait.
const IN_ITS_CODE: &[(&str, &str)] = &[("", COMPUTES), ("", YIELDS)];
const IN_CALLS: &[(&str, &str)] = &[
    ("", SLEEPS),
    ("", READS),
    ("", FILLS_A_PIPE),
    ("", ACCEPTS),
    (ACCEPTS, ACCEPTS),
    (ACCEPTS, RECEIVES),
    (ACCEPTS, READS_THE_SOCKET),
    (ACCEPTS, SENDS),
    (ACCEPTS, POLLS),
    #[cfg(unix)]
    (OPENS_A_FIFO, READS_THE_FIFO),
    #[cfg(unix)]
    (OPENS_A_FIFO, POLLS),
];

/// The other ends of all that a guest waits for, which do nothing.
struct World {
    _to_guest: File,
    _from_guest: File,
    _client: TcpStream,
    _dir: TempDir,
    /// Gives a byte once the guest is about to wait.
    is_about_to: File,
}

impl World {
    fn new() -> (Contexts, Self) {
        let (stdin, to_guest) = Source::pipe().unwrap();
        let (stdout, from_guest) = Sink::pipe().unwrap();
        let (stderr, is_about_to) = Sink::pipe().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        make_fifo(&dir.path().join("fifo"));
        let builder = WasiCtx::builder().stdin(stdin).stdout(stdout).stderr(stderr);
        let builder = builder.preopen_dir(dir.path(), "/", Perms::read_only()).preopen_listener(listener);
        let world =
            World { _to_guest: to_guest, _from_guest: from_guest, _client: client, _dir: dir, is_about_to };
        (Contexts::from(builder.build().unwrap()), world)
    }
}

fn make_fifo(path: &Path) {
    if cfg!(unix) {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    }
}

/// Interrupts a guest of `host` once it is about to do so.
fn interrupted(host: &Host, first: &str, then: &str) -> Outcome {
    let program = host.compile(&waits(first, then)).unwrap();
    let (contexts, mut world) = World::new();
    let interrupter = contexts.interrupt_handle();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            world.is_about_to.read_exact(&mut [0]).unwrap();
            interrupter.interrupt();
        });
        program.run(contexts).unwrap()
    })
}

#[test]
fn whatever_the_guest_does() {
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).interruptible();
        for (first, then) in IN_ITS_CODE.iter().chain(IN_CALLS) {
            assert_eq!(interrupted(&host, first, then), Outcome::Interrupted, "{engine}: {first} {then}");
        }
    }
}

/// A program in C that copies what the host writes, which is nothing.
#[cfg(unix)]
#[test]
fn a_c_program_that_reads() {
    let module = include_bytes!("../../../guests/c/hello.wasm");
    for engine in Engine::ALL {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        make_fifo(&fifo);
        let builder = WasiCtx::builder().args(["hello", "-f", "/fifo"]).preopen_dir(
            dir.path(),
            "/",
            Perms::read_only(),
        );
        let contexts = Contexts::from(builder.build().unwrap());
        let interrupter = contexts.interrupt_handle();
        let outcome = std::thread::scope(|scope| {
            let writes = scope.spawn(|| {
                // Opening to write waits until the guest has opened the other end.
                let writer = File::options().write(true).open(&fifo).unwrap();
                interrupter.interrupt();
                writer
            });
            let outcome = Host::new().engine(*engine).run(module, contexts).unwrap();
            // A guest that did not even open it must not leave the other thread waiting.
            let _both = File::options().read(true).write(true).open(&fifo).unwrap();
            writes.join().unwrap();
            outcome
        });
        assert_eq!(outcome, Outcome::Interrupted);
    }
}

/// Calls that wait need no checks in the guest's code.
#[test]
fn whatever_the_guest_waits_for() {
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine);
        for (first, then) in IN_CALLS {
            assert_eq!(interrupted(&host, first, then), Outcome::Interrupted, "{engine}: {first} {then}");
        }
    }
}

#[test]
fn when_its_time_is_up() {
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).timeout(Duration::from_millis(10));
        for (first, then) in IN_ITS_CODE.iter().chain(IN_CALLS) {
            let (contexts, _world) = World::new();
            let outcome = host.run(&waits(first, then), contexts).unwrap();
            assert_eq!(outcome, Outcome::TimedOut, "{engine}: {first} {then}");
        }
    }
}

/// Who interrupts before the time is up is told so.
#[test]
fn an_interrupt_before_the_time_is_up_is_one() {
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).timeout(Duration::from_secs(3600));
        assert_eq!(interrupted(&host, "", COMPUTES), Outcome::Interrupted, "{engine}");
    }
}

/// An interrupt that comes first counts, and one that comes last changes nothing.
#[test]
fn early_and_late() {
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).interruptible();
        let program = host.compile(&module(COMPUTES)).unwrap();
        let contexts = Contexts::from(WasiCtx::builder().build().unwrap());
        drop(contexts.interrupt_handle().on_drop());
        assert!(contexts.interrupt_handle().is_raised());
        assert_eq!(program.run(contexts).unwrap(), Outcome::Interrupted);

        let short = host.compile(&wat::parse_str(r#"(module (func (export "_start")))"#).unwrap()).unwrap();
        let contexts = Contexts::from(WasiCtx::builder().build().unwrap());
        let interrupter = contexts.interrupt_handle();
        assert_eq!(short.run(contexts).unwrap(), Outcome::Exited(0));
        interrupter.interrupt();
        let contexts = Contexts::from(WasiCtx::builder().build().unwrap());
        assert_eq!(short.run(contexts).unwrap(), Outcome::Exited(0), "another run is not meant");
    }
}

/// Without checks in its code, a guest ends with its next call that could wait.
#[test]
fn host_calls_end_in_any_program() {
    for engine in Engine::ALL {
        let program = Host::new().engine(*engine).compile(&module(SLEEPS)).unwrap();
        let contexts = Contexts::from(WasiCtx::builder().build().unwrap());
        contexts.interrupt_handle().interrupt();
        assert_eq!(program.run(contexts).unwrap(), Outcome::Interrupted);
    }
}

/// A wait in a shared memory is neither code with checks nor a call of the host's, so hosts that want to end
/// guests take no such memory. wasmi has none at all.
#[test]
fn shared_memories_are_refused() {
    let own = r#"(module (memory 1 1 shared) (func (export "_start")
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))"#;
    let imported =
        own.replace("(memory 1", "(import \"env\" \"memory\" (memory 1").replacen("shared)", "shared))", 1);
    for (engine, text) in Engine::ALL.iter().flat_map(|engine| [(engine, own), (engine, &imported)]) {
        let module = wat::parse_str(text).unwrap();
        let host = || Host::new().engine(*engine);
        for host in [host().interruptible(), host().timeout(Duration::from_secs(3600))] {
            let error = host.compile(&module).err().unwrap();
            let is_right = match engine.name() {
                "wasmi" => matches!(error.reason(), Reason::NotForInterpreter(_)),
                _ => matches!(error.reason(), Reason::SharedMemory),
            };
            assert!(is_right, "{error}");
        }
        assert_eq!(host().compile(&module).is_ok(), engine.name() != "wasmi");
    }
}

/// The longest sleep ends a wait, not the guest, so the timeout is what ends this one.
#[test]
fn a_timeout_ends_a_guest_that_sleeps_again_and_again() {
    let again = SLEEPS.replace("$ok", "$any");
    for engine in Engine::ALL {
        let mut limits = Limits::default();
        limits.max_sleep = Duration::from_micros(10);
        let context = WasiCtx::builder().limits(limits).build().unwrap();
        let host = Host::new().engine(*engine).timeout(Duration::from_millis(20));
        assert_eq!(host.run(&module(&again), context).unwrap(), Outcome::TimedOut);
    }
}

/// Each engine runs it at another time: Wasmtime while it instantiates, wasmi as an export.
#[test]
fn a_start_function_that_never_ends_is_ended() {
    let text = r#"(module (func $main (loop $again (br $again))) (start $main) (func (export "_start")))"#;
    let module = wat::parse_str(text).unwrap();
    for engine in Engine::ALL {
        let timed = Host::new().engine(*engine).timeout(Duration::from_millis(20));
        let ctx = || WasiCtx::builder().build().unwrap();
        assert_eq!(timed.run(&module, ctx()).unwrap(), Outcome::TimedOut, "{engine}");
        let program = Host::new().engine(*engine).interruptible().compile(&module).unwrap();
        let contexts = Contexts::from(ctx());
        let interrupter = contexts.interrupt_handle();
        std::thread::scope(|scope| {
            let run = scope.spawn(|| program.run(contexts).unwrap());
            interrupter.interrupt();
            assert_eq!(run.join().unwrap(), Outcome::Interrupted, "{engine}");
        });
        let fuelled = Host::new().engine(*engine).fuel(10_000);
        assert_eq!(fuelled.run(&module, ctx()).unwrap(), Outcome::OutOfFuel, "{engine}");
    }
}

/// Runs of one program that are interrupted at about the same time each wake all others, which then look, and go on.
#[test]
fn no_interrupt_is_lost_among_many() {
    let module = wat::parse_str(r#"(module (func (export "_start") (loop $again (br $again))))"#).unwrap();
    for engine in Engine::ALL {
        let program = Host::new().engine(*engine).interruptible().compile(&module).unwrap();
        for _ in 0..20 {
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    let contexts = Contexts::from(WasiCtx::builder().build().unwrap());
                    let interrupter = contexts.interrupt_handle();
                    let program = &program;
                    scope.spawn(move || assert_eq!(program.run(contexts).unwrap(), Outcome::Interrupted));
                    scope.spawn(move || interrupter.interrupt());
                }
            });
        }
    }
}
