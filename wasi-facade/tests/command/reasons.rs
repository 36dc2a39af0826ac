//! Tests of the line that says why the guest's last call for inference failed.

use crate::workplace::{ENGINES, TRAPPED, Workplace};
use nn_models::{Element, Op, Sketch};

/// A guest that asks for the graph `g` and computes with it, without an input and without a look at errnos, and `then`
/// ends.
fn fails_and(then: &str) -> String {
    format!(
        r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "wasi_ephemeral_nn" "load_by_name" (func $load (param i32 i32 i32) (result i32)))
        (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
        (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 64) "g")
        (func (export "_start")
            (drop (call $load (i32.const 64) (i32.const 1) (i32.const 0)))
            (drop (call $init (i32.load (i32.const 0)) (i32.const 4)))
            (drop (call $compute (i32.load (i32.const 4))))
            {then}))"#
    )
}

const NOTE: &str = "wasi: note: the guest's last failed call of wasi-nn: ";

#[test]
fn a_guest_that_ends_with_an_error_has_the_reason_of_its_last_failed_call() {
    for engine in ENGINES {
        let place = Workplace::with(&fails_and("(call $exit (i32.const 3))"));
        place
            .wasi(&format!("{engine} -S nn guest.wat"))
            .notes(3, "wasi-nn: compute: there is no execution context 0, or no longer\n");
        place.write("guest.wat", fails_and("unreachable"));
        let trapped = place.wasi(&format!("{engine} -S nn guest.wat"));
        assert_eq!(trapped.code, Some(TRAPPED), "{trapped:?}");
        assert!(trapped.stderr.starts_with("wasi: guest.wat trapped: "), "{trapped:?}");
        let last = trapped.stderr.lines().last().unwrap();
        assert!(last.starts_with(&format!("{NOTE}compute: ")), "{trapped:?}");
    }
}

#[test]
fn a_guest_that_succeeds_or_runs_out_of_time_has_no_note() {
    for engine in ENGINES {
        for then in ["", "(call $exit (i32.const 0))"] {
            let place = Workplace::with(&fails_and(then));
            place.wasi(&format!("{engine} -S nn guest.wat")).quiet(0);
        }
        let place = Workplace::with(&fails_and("(loop $again (br $again))"));
        place
            .wasi(&format!("{engine} -S nn --timeout 50ms guest.wat"))
            .complains(124, "guest.wat did not end within 50ms; give it more time with `--timeout`");
    }
}

/// A model has names that end the line, and are long.
#[test]
fn a_note_is_one_line_without_what_acts_on_a_terminal() {
    let place = Workplace::with(&fails_and("(call $exit (i32.const 3))"));
    let name: &str = format!("x\u{1b}[31m\nwasi: forged {}", "x".repeat(5000)).leak();
    let sketch = Sketch::new("odd").input(name, Element::F32, &[1]);
    place.write("g.onnx", sketch.step(Op::Relu, &[name], "y").output("y").onnx());
    let ran = place.wasi("-S nn --nn-graph g=onnx:g.onnx guest.wat");
    let expected = format!("{NOTE}compute: input 0, `x\\u{{1b}}[31m\\nwasi: forged xxx");
    assert!(ran.stderr.starts_with(&expected) && ran.stderr.lines().count() == 1, "{ran:?}");
    assert!(ran.stderr.len() < 1200, "{}", ran.stderr.len());
}

#[test]
fn what_the_log_has_said_is_not_said_again() {
    let place = Workplace::with(&fails_and("(call $exit (i32.const 3))"));
    place.write("g.onnx", "this is no model");
    // The contexts that fail afterwards have another reason.
    let ran = place.wasi("-S nn --nn-graph g=onnx:g.onnx guest.wat");
    assert!(ran.stderr.starts_with("wasi: graph `g`: "), "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 2, "{ran:?}");
    assert!(ran.stderr.contains(NOTE), "{ran:?}");
    place.write(
        "guest.wat",
        fails_and("").replace("(drop (call $init", "(call $exit (i32.const 3)) (drop (call $init"),
    );
    let ran = place.wasi("-S nn --nn-graph g=onnx:g.onnx guest.wat");
    assert!(ran.stderr.starts_with("wasi: graph `g`: "), "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
}

/// The library names its fields, and the command its flags.
#[test]
fn limits_are_named_by_their_flags() {
    let place = Workplace::with(&fails_and("(call $exit (i32.const 3))"));
    place.write("g.onnx", nn_models::models::matmul_chain(64, 2).onnx());
    for (limit, part) in [
        ("onnx-work=1K", "multiplications, and 1024 are allowed; see `--nn-limit onnx-work=...`"),
        ("onnx-tensor-bytes=10", "10 are allowed; see `--nn-limit onnx-tensor-bytes=...`"),
        ("graphs=0", "the guest has 0 graphs, as many as `--nn-limit graphs=...` allows"),
        ("name-len=0", "a name of 1 bytes; the limit is 0 (`--nn-limit name-len=...`)"),
        ("process-loads=0", "0 models are being loaded, as many as `--nn-limit process-loads=...` allows"),
        ("tensor-bytes=10", "has 16384 bytes; the limit is 10 (`--nn-limit tensor-bytes=...`)"),
        ("live-tensor-bytes=10", "would be 32768; the limit is 10 (`--nn-limit live-tensor-bytes=...`)"),
        ("contexts=0", "the guest has 0 execution contexts, as many as `--nn-limit contexts=...` allows"),
    ] {
        let run =
            format!("-S nn -vv --nn-backend onnx --nn-limit {limit} --nn-graph g=onnx:g.onnx guest.wat");
        let ran = place.wasi(&run);
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert!(ran.stderr.contains(part), "{limit}: {ran:?}");
    }
    let refused = place.wasi("nn inspect --nn-backend onnx --nn-limit onnx-work=1K g.onnx");
    assert!(refused.stderr.contains("see `--nn-limit onnx-work=...`"), "{refused:?}");
}
