//! Benches of workers: a module compiled in one, and the memory of one that is ready.

use crate::sides::Group;
use criterion::Criterion;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs, process, thread};
use wasi_facade::isolate::{Limits, Pool, Worker, serve as serve_as_worker};
use wasi_facade::{CompileWorkers, Host, compile_service};

/// Serves, if this process is a worker. First thing in `main`.
pub(crate) fn serve() {
    serve_as_worker(&compile_service);
}

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = Group::new(criterion, "compile");
    for functions in [10, 1000] {
        let module = module(functions);
        let case = format!("{functions} functions");
        let compile = |host: Host| {
            let module = &module;
            move |n| {
                let start = Instant::now();
                for _ in 0..n {
                    drop(host.precompile("bench", module).expect("the module is valid"));
                }
                start.elapsed()
            }
        };
        group.side(&case, "ours", || compile(Host::new()));
        // As the command does, which starts one when there is something to compile.
        group.side(&case, "worker", || compile(Host::new().compile_in(workers(Limits::default().ready(0)))));
    }
}

fn workers(limits: Limits) -> CompileWorkers {
    let own = Worker::command(env::current_exe().expect("the system knows it"));
    CompileWorkers::new(own, limits).expect("the system has workers")
}

/// A module of so many functions, each with a loop.
fn module(functions: usize) -> Vec<u8> {
    let mut text = String::from("(module (memory (export \"memory\") 1)");
    for index in 0..functions {
        let written = write!(
            text,
            "(func (export \"f{index}\") (param i32) (result i32) (local i32 i32)
               (loop $again
                 (local.set 1 (i32.add (local.get 1) (i32.load offset={index} (local.get 0))))
                 (if (i32.and (local.get 1) (i32.const 1))
                   (then (local.set 2 (i32.xor (local.get 2) (i32.const {index}))))
                   (else (i32.store (local.get 0) (local.get 2))))
                 (local.set 0 (i32.sub (local.get 0) (i32.const 4)))
                 (br_if $again (i32.gt_s (local.get 0) (i32.const 0))))
               (i32.mul (local.get 1) (local.get 2)))"
        );
        written.expect("a string takes what there is");
    }
    text.push(')');
    wat::parse_str(text).expect("the module is valid")
}

/// Prints the private memory of a worker that is ready: of the command, where that was built beside this, as
/// `cargo build --release --features wasi-facade/cli` does; and of this program.
pub(crate) fn memory() {
    let own = env::current_exe().expect("the system knows it");
    let command =
        own.ancestors().nth(2).map(|folder| folder.join("wasi")).filter(|command| command.is_file());
    for (name, program) in [("the command", command), ("this bench", Some(own))] {
        match program {
            Some(program) => {
                let [dirty, clean] = private(program);
                println!("memory of a ready worker, {name}: {dirty} KiB, and {clean} KiB of its file");
            }
            None => println!("memory of a ready worker, {name}: not measured, since it was not built"),
        }
    }
}

/// Kibibytes that no other process shares: what it has written, and of its program's file, which it shares with a host of
/// the same program.
fn private(program: PathBuf) -> [u64; 2] {
    let pool = Pool::new(Worker::command(program), "compile", b"", Limits::default().ready(1));
    let pool = pool.expect("the system has workers");
    pool.warm();
    while pool.ready() == 0 {
        thread::yield_now();
    }
    let children = fs::read_dir("/proc").expect("it is mounted").flatten().filter(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
        parent == Some(&process::id().to_string())
    });
    let of_child = |child: fs::DirEntry| {
        let text = fs::read_to_string(child.path().join("smaps_rollup")).unwrap_or_default();
        ["Private_Dirty:", "Private_Clean:"].map(|kind| {
            let line = text.lines().find_map(|line| line.strip_prefix(kind));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        })
    };
    children
        .map(of_child)
        .fold([0, 0], |[dirty, clean]: [u64; 2], child| [dirty + child[0], clean + child[1]])
}
