//! Tests of programs built for threads that start none: the host makes the shared memory that they import.

use crate::workplace::{TRAPPED, Workplace};

/// Says a line. Its memory of so many pages is imported, as toolchains for wasi-threads have it, or its own.
fn says(memory: &str, rest: &str) -> String {
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
            {memory}
            (export "memory" (memory 0))
            (data (i32.const 64) "no thread needed\n")
            (func (export "wasi_thread_start") (param i32 i32))
            {rest}
            (func (export "_start")
                ;; Each run has zeros to begin with.
                (if (i32.atomic.rmw.add (i32.const 128) (i32.const 1)) (then unreachable))
                (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 17))
                (if (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))))"#
    )
}

fn imported(rest: &str) -> String {
    says(r#"(import "env" "memory" (memory 2 16 shared))"#, rest)
}

const LINE: &str = "no thread needed\n";

#[test]
fn a_program_runs_as_its_twin_does() {
    let place = Workplace::new();
    place.write("own.wat", says("(memory 2 16 shared)", ""));
    place.write("imported.wat", imported(""));
    place.write("imported.wasm", wat::parse_str(imported("")).unwrap());
    // The second time its code is in the cache.
    for module in ["own.wat", "imported.wat", "imported.wasm", "imported.wasm", "--no-cache imported.wat"] {
        assert_eq!(place.wasi(module).quiet(0), LINE);
        assert_eq!(place.wasi(&format!("--fuel 100000 {module}")).quiet(0), LINE);
    }
    place.wasi("compile imported.wat -o imported.cwasm").quiet(0);
    assert_eq!(place.wasi("--allow-precompiled imported.cwasm").quiet(0), LINE);
    let refused = |args: &str, module: &str| {
        let ran = place.wasi(&format!("{args} {module}.wat"));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{args}");
        // Where in the module wasmi found it is another place.
        let said = ran.stderr.replace(module, "guest");
        said.split(" (at offset").next().unwrap().to_owned()
    };
    // Nobody is asked when such a memory grows, nothing reaches a guest that waits in it, and wasmi has none.
    for args in ["--max-memory 1G", "--timeout 1h", "--engine wasmi"] {
        assert_eq!(refused(args, "imported"), refused(args, "own"));
    }
    assert!(refused("--timeout 1h", "own").contains("has a shared memory, in which a guest can wait"));
    assert!(refused("--engine wasmi", "own").contains("threads must be enabled"));
}

#[test]
fn starting_a_thread_is_a_function_that_nobody_offers() {
    let spawn = "(import \"wasi\" \"thread-spawn\" (func $spawn (param i32) (result i32)))";
    let quiet = imported("").replacen("(module", &format!("(module {spawn}"), 1);
    let place = Workplace::with(&quiet);
    place.write(
        "starts.wat",
        quiet.replace("(if (i32.atomic", "(drop (call $spawn (i32.const 0))) (if (i32.atomic"),
    );
    let ran = place.wasi("guest.wat");
    assert!(
        ran.stderr.starts_with("wasi: guest.wat imports what nobody offers: wasi.thread-spawn; "),
        "{}",
        ran.stderr
    );
    assert_eq!(place.wasi("--trap-unknown-imports guest.wat").quiet(0), LINE);
    let ran = place.wasi("--trap-unknown-imports starts.wat");
    assert_eq!(ran.code, Some(TRAPPED));
    assert!(ran.stderr.contains("the guest called wasi.thread-spawn, which nobody offers"), "{}", ran.stderr);
}

/// The memory of a program for threads is shared and called so. What another one is for, nobody knows.
#[test]
fn other_memories_are_not_made() {
    for memory in [
        r#"(import "env" "memory" (memory 2 16))"#,
        r#"(import "env" "other" (memory 2 16 shared))"#,
        r#"(import "other" "memory" (memory 2 16 shared))"#,
        r#"(import "env" "memory" (memory 2 16 shared)) (import "env" "memory" (memory 2 16 shared))"#,
    ] {
        let place = Workplace::with(&format!("(module {memory} (func (export \"_start\")))"));
        let ran = place.wasi("guest.wat");
        assert_eq!(ran.code, Some(1), "{memory}");
        assert!(ran.stderr.contains("imports what nobody offers: "), "{}", ran.stderr);
    }
}

#[test]
fn a_module_is_told_who_makes_it() {
    let place = Workplace::with(&imported(""));
    let needs = place.wasi("imports guest.wat").quiet(0);
    assert_eq!(
        needs,
        "the proposal `snapshot` is allowed\n    wasi_snapshot_preview1.fd_write\nthe host makes\n    env.memory\n"
    );
}
