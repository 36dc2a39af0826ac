//! Tests of imports that nobody offers, where the user lets a module have them.

use crate::guests;
use crate::workplace::{ENGINES, TRAPPED, Workplace};

const FLAG: &str = "--trap-unknown-imports";

/// Says `hello`, with these imports beside its own.
fn says(imports: &str) -> String {
    guests::says("hello").replacen("(module", &format!("(module {imports}"), 1)
}

/// Emscripten's programs import a function for hosts that want to hear when their memory grows.
const GROWTH: &str = r#"(import "env" "emscripten_notify_memory_growth" (func $notify (param i32)))"#;

#[test]
fn functions_that_are_never_called_do_not_matter() {
    let place = Workplace::new();
    let others = r#"(import "wasi_snapshot_preview1" "fd_teleport" (func (param v128 externref) (result i64 f32)))
        (import "env" "emscripten_notify_memory_growth" (func (param i32)))
        (import "wasi" "thread-spawn" (func (param i32) (result i32)))"#;
    let module = says(&format!("{GROWTH} {others}"));
    place.write("guest.wat", &module);
    place.write("guest.wasm", wat::parse_str(&module).unwrap());
    for engine in ENGINES {
        assert_eq!(place.wasi(&format!("{engine} {FLAG} guest.wat")).quiet(0), "hello");
        let ran = place.wasi(&format!("{engine} guest.wat"));
        assert_eq!(ran.code, Some(1));
        assert!(
            ran.stderr.ends_with(", or `--trap-unknown-imports` if it does without them\n"),
            "{}",
            ran.stderr
        );
    }
    // Code that is found by its file, and code that was compiled before.
    for _ in 0..2 {
        assert_eq!(place.wasi(&format!("{FLAG} guest.wasm")).quiet(0), "hello");
    }
    assert_eq!(place.wasi("guest.wasm").code, Some(1));
    place.wasi("compile guest.wasm -o guest.cwasm").quiet(0);
    assert_eq!(place.wasi(&format!("--allow-precompiled {FLAG} guest.cwasm")).quiet(0), "hello");
    assert_eq!(place.wasi("--allow-precompiled guest.cwasm").code, Some(1));
}

#[test]
fn calling_one_is_a_trap_that_names_it() {
    let place = Workplace::with(&format!(
        "(module {GROWTH} (memory (export \"memory\") 1) (func (export \"_start\") (call $notify (i32.const 0))))"
    ));
    for engine in ENGINES {
        let ran = place.wasi(&format!("{engine} {FLAG} guest.wat"));
        assert_eq!(ran.code, Some(TRAPPED));
        assert_eq!(
            ran.stderr.lines().next().unwrap(),
            "wasi: guest.wat trapped: the guest called env.emscripten_notify_memory_growth, which nobody offers; \
             it needs another host, or another build"
        );
    }
}

#[test]
fn what_is_no_function_is_refused_all_the_same() {
    for import in ["(memory 1)", "(table 1 funcref)", "(global i32)"] {
        let place = Workplace::with(&format!(
            "(module {GROWTH} (import \"env\" \"x\" {import}) (func (export \"_start\")))"
        ));
        for engine in ENGINES {
            for flag in ["", FLAG] {
                place.wasi(&format!("{engine} {flag} guest.wat")).complains(
                    1,
                    "guest.wat imports what nobody offers: env.emscripten_notify_memory_growth, env.x; \
                     it needs another host, or another build",
                );
            }
        }
    }
}

/// What is known stays as strict as it is.
#[test]
fn what_somebody_offers_is_not_unknown() {
    let place = Workplace::new();
    place.write(
        "type.wat",
        "(module (import \"wasi_snapshot_preview1\" \"sched_yield\" (func (param i64))) (func (export \"_start\")))",
    );
    place.write(
        "two.wat",
        "(module (import \"env\" \"f\" (func)) (import \"env\" \"f\" (func (param i64))) (func (export \"_start\")))",
    );
    place.write("guest.wat", guests::says("hello"));
    for engine in ENGINES {
        place.wasi(&format!("{engine} {FLAG} type.wat")).complains(
            1,
            "type.wat imports wasi_snapshot_preview1.sched_yield as (i64), but it is () -> i32; \
             build it with a current toolchain",
        );
        place
            .wasi(&format!("{engine} {FLAG} two.wat"))
            .complains(1, "two.wat imports env.f as (i64), but it is (); build it with a current toolchain");
        let ran = place.wasi(&format!("{engine} {FLAG} -S snapshot=n guest.wat"));
        assert!(ran.stderr.contains("the proposal `snapshot` is off"), "{}", ran.stderr);
        assert_eq!(place.wasi(&format!("{engine} {FLAG} guest.wat")).quiet(0), "hello");
    }
}
