//! Calls of the snapshot's functions in any order, on a memory of whatever was found.
#![no_main]

use arbitrary::Arbitrary;
use fuzz::{Functions, MEMORY};
use libfuzzer_sys::fuzz_target;
use std::fs;
use std::sync::LazyLock;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;
use wasi_policy::{Flags, Gate, Proposal, Trap};
use wasi_snapshot::{Perms, Sink, Snapshot, Source, WasiCtx};

#[derive(Arbitrary, Debug)]
struct Guest {
    /// What its memory begins with.
    memory: Vec<u8>,
    calls: Vec<(u8, [u64; 9])>,
}

/// Paths in the guest's memory, 16 bytes each.
const PATHS: [&str; 12] =
    ["f", "d", "d/g", "new", "new/", "link", "out", "..", "../outside", ".", "d/../f", "/etc"];

static FUNCTIONS: LazyLock<Functions<WasiCtx>> = LazyLock::new(|| {
    let mut functions = Functions::default();
    let permit = Gate::new(Flags::none()).permit::<Snapshot>().expect("it needs no flag");
    Snapshot::register(permit, &mut functions, |ctx: &mut WasiCtx| ctx).expect("nothing is refused");
    functions
});

fuzz_target!(|guest: Guest| {
    let root = tempfile::tempdir().expect("there is a place for files");
    let inside = root.path().join("inside");
    fs::create_dir_all(inside.join("d")).expect("the directory is new");
    fs::write(inside.join("f"), "0123456789").expect("there is room");
    fs::write(root.path().join("outside"), "secret").expect("there is room");
    std::os::unix::fs::symlink("f", inside.join("link")).expect("the name is free");
    std::os::unix::fs::symlink("../outside", inside.join("out")).expect("the name is free");
    let mut ctx = WasiCtx::builder()
        .args(["guest"])
        .stdin(Source::bytes(&b"input"[..]))
        .stdout(Sink::capture(100).0)
        .preopen_dir(&inside, "/", Perms::read_write())
        .build()
        .expect("the directory is there");
    let handle = ctx.interrupt_handle();
    let (done, finished) = channel::<()>();
    let watch = thread::spawn(move || {
        if finished.recv_timeout(Duration::from_millis(20)).is_err() {
            handle.interrupt();
        }
    });
    let mut memory = vec![0; MEMORY];
    for (at, path) in (0x100..).step_by(16).zip(PATHS) {
        memory[at..at + path.len()].copy_from_slice(path.as_bytes());
    }
    let len = guest.memory.len().min(MEMORY - 0x1000);
    memory[0x1000..0x1000 + len].copy_from_slice(&guest.memory[..len]);
    for (function, numbers) in guest.calls.iter().take(50) {
        let function = &FUNCTIONS.0[usize::from(*function) % FUNCTIONS.0.len()];
        // Disks are not as large as numbers.
        if matches!(function.name, "fd_allocate" | "fd_filestat_set_size" | "fd_pwrite" | "fd_seek")
            && numbers[1..4].iter().any(|number| (1 << 20..1 << 62).contains(number))
        {
            continue;
        }
        match function.call(&mut ctx, &mut memory, numbers) {
            Ok(errno) => assert!(matches!(errno, None | Some(0..=76)), "{} gave {errno:?}", function.name),
            Err(Trap::Exit(_) | Trap::Interrupted) => break,
            Err(Trap::Memory(_)) => {}
            Err(trap) => panic!("{}: {trap}", function.name),
        }
    }
    drop(done);
    watch.join().expect("it only waits");
    drop(ctx);
    let secret = fs::read_to_string(root.path().join("outside"));
    assert_eq!(secret.ok().as_deref(), Some("secret"), "the guest got out");
});
