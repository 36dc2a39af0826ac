//! Tests of files that are modules, that are not, and that nearly are.

use crate::guests;
use crate::workplace::{ENGINES, Ran, Workplace};

#[test]
fn a_file_that_is_not_there_is_named() {
    let place = Workplace::new();
    for args in [
        "nothing.wasm",
        "imports nothing.wasm",
        "compile nothing.wasm -o x",
        "--allow-precompiled nothing.wasm",
    ] {
        let message = "nothing.wasm does not exist; check the path, or see `wasi --help`";
        place.wasi(args).complains(1, message);
    }
    place.wasi(".").complains(1, ". is a directory; name a module in it");
}

#[test]
fn a_truncated_module_is_told_from_a_wrong_one() {
    let place = Workplace::new();
    let whole = wat::parse_str(guests::says("hello")).unwrap();
    for size in [2, 6, 9, 40, whole.len() - 30, whole.len() - 1] {
        place.write("guest.wasm", &whole[..size]);
        for engine in ENGINES {
            let ran = place.wasi(&format!("{engine} guest.wasm"));
            let message = format!(
                "guest.wasm is truncated: it ends in the middle of a section, after {size} bytes; \
                 fetch or build it again"
            );
            ran.complains(1, &message);
        }
    }
    place.write("guest.wasm", [whole.as_slice(), b"\xff\x01\x00"].concat());
    let ran = place.wasi("guest.wasm");
    assert!(ran.stderr.starts_with("wasi: guest.wasm is not a valid module: "), "{}", ran.stderr);
    assert_eq!((ran.code, ran.stderr.lines().count()), (Some(1), 1));
}

#[test]
fn what_is_no_module_at_all_is_said_to_be_none() {
    let place = Workplace::new();
    for contents in ["", "#!/bin/sh\nexit\n", "\u{0}\u{1}\u{2}", "PK\u{3}\u{4}"] {
        place.write("guest.wasm", contents);
        let ran = place.wasi("guest.wasm");
        if contents.is_empty() {
            assert!(ran.stderr.starts_with("wasi: guest.wasm is truncated"), "{}", ran.stderr);
        } else {
            let message = "guest.wasm is no WebAssembly module, neither binary nor text; check that it is the right file";
            ran.complains(1, message);
        }
    }
}

#[test]
fn a_mistake_in_the_text_has_a_place() {
    let place = Workplace::with("(module\n  (func (export \"_start\") (call $nobody)))");
    let ran = place.wasi("guest.wat");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with("wasi: guest.wat cannot be read as text: unknown func"), "{}", ran.stderr);
    assert!(ran.stderr.contains(":2:"), "{}", ran.stderr);
}

#[test]
fn a_component_is_sent_elsewhere() {
    let place = Workplace::new();
    place.write("guest.wasm", b"\0asm\x0d\0\x01\0");
    let message = "guest.wasm is a component, and this host runs core modules; use a component runtime, \
                   or build it for wasm32-wasip1";
    for args in ["guest.wasm", "imports guest.wasm", "compile guest.wasm -o x"] {
        place.wasi(args).complains(1, message);
    }
}

#[test]
fn an_invalid_module_says_what_is_wrong() {
    let place = Workplace::with("(module (func (export \"_start\") i32.const 1))");
    for (engine, message) in
        [("wasmtime", "is not a valid module: "), ("wasmi", "is not valid for the interpreter: ")]
    {
        let ran = place.wasi(&format!("--engine {engine} guest.wat"));
        assert!(ran.stderr.starts_with(&format!("wasi: guest.wat {message}")), "{}", ran.stderr);
        assert_eq!((ran.code, ran.stderr.lines().count()), (Some(1), 1), "{}", ran.stderr);
    }
}

#[test]
fn what_compilers_use_today_is_understood() {
    let place = Workplace::new();
    let simd = "(drop (i32x4.add (v128.const i32x4 1 2 3 4) (v128.const i32x4 1 2 3 4)))";
    let bulk = "(memory.fill (i32.const 0) (i32.const 1) (i32.const 16))";
    place.write("common.wat", guests::command(&format!("{simd} {bulk}"), "(func $t (return_call $t))"));
    for engine in ENGINES {
        place.wasi(&format!("{engine} common.wat")).quiet(0);
    }
    place.write(
        "caught.wat",
        "(module (tag $t) (func (export \"_start\")
            (block $caught (try_table (catch $t $caught) (throw $t)) (unreachable))))",
    );
    place.wasi("caught.wat").quiet(0);
    let ran = place.wasi("--engine wasmi caught.wat");
    assert!(ran.stderr.ends_with("; `--engine wasmtime` knows more features\n"), "{}", ran.stderr);
    place.write(
        "shared.wat",
        "(module (memory (export \"memory\") 1 1 shared) (func (export \"_start\")
            (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))))",
    );
    place.wasi("shared.wat").quiet(0);
}

#[cfg(unix)]
#[test]
fn a_module_may_come_through_a_pipe() {
    use std::io::Write;
    use std::process::Stdio;
    let place = Workplace::new();
    let module = wat::parse_str(guests::says("hello")).unwrap();
    // The second time its code is in the cache.
    for args in ["/dev/stdin", "/dev/stdin", "--allow-precompiled /dev/stdin"] {
        let mut command = place.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&module).unwrap();
        assert_eq!(child.wait_with_output().unwrap().stdout, b"hello");
    }
}

#[test]
fn a_dash_is_standard_input() {
    use std::io::Write;
    use std::process::Stdio;
    let place = Workplace::new();
    // What is called so is not meant.
    place.write("-", guests::exits(9));
    let run = |args: &str, input: &[u8]| {
        let mut command = place.command(args);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        Ran::from(child.wait_with_output().unwrap())
    };
    let (text, binary) = (guests::says("hello"), wat::parse_str(guests::says("hello")).unwrap());
    for engine in ENGINES {
        for _ in 0..2 {
            assert_eq!(run(&format!("run {engine} -"), text.as_bytes()).quiet(0), "hello");
            assert_eq!(run(&format!("{engine} -"), &binary).quiet(0), "hello");
        }
        assert_eq!(run(&format!("{engine} - a"), guests::args().as_bytes()).quiet(0), "-\0a\0");
        run(&format!("{engine} ./-"), b"").quiet(9);
        // The guest's own input is at its end.
        assert_eq!(run(&format!("{engine} -"), guests::copies().as_bytes()).quiet(0), "");
        let message = "standard input is no WebAssembly module, neither binary nor text; check that it is the right file";
        run(&format!("{engine} -"), b"no module").complains(1, message);
    }
    assert!(run("imports -", text.as_bytes()).quiet(0).contains("fd_write"));
    run("compile - -o guest.cwasm", &binary).quiet(0);
    assert_eq!(place.wasi("--allow-precompiled guest.cwasm").quiet(0), "hello");
    let compiled = std::fs::read(place.path("guest.cwasm")).unwrap();
    for flag in ["", "--allow-precompiled"] {
        run(&format!("{flag} -"), &compiled).complains(
            1,
            "standard input is compiled code, which is run from the pages of its file; name that, with \
             `--allow-precompiled` if you made it with `wasi compile` and nobody else can write it",
        );
    }
    // A file is read from where it is, and not from its start again.
    place.write("copies.wat", guests::copies());
    let file = std::fs::File::open(place.path("copies.wat")).unwrap();
    assert_eq!(Ran::from(place.command("-").stdin(file).output().unwrap()).quiet(0), "");
}

#[test]
fn a_message_about_a_text_has_an_end() {
    let place = Workplace::new();
    let lines = format!("(module \"{}\"", "x\n".repeat(10_000));
    for text in [
        "(".repeat(200_000),
        format!("(module {}", "(".repeat(200_000)),
        lines,
        format!("(module ({}))", "y".repeat(200_000)),
        format!("(module (func (call ${})))", "z".repeat(200_000)),
        format!("(module (func {}", "(block ".repeat(200_000)),
    ] {
        place.write("guest.wat", &text);
        for engine in ENGINES {
            let ran = place.wasi(&format!("{engine} guest.wat"));
            assert_eq!(ran.code, Some(1));
            assert!(ran.stderr.len() < 4000, "{} bytes", ran.stderr.len());
            assert!(ran.stderr.lines().count() < 12, "{}", ran.stderr);
        }
    }
}

/// A mistake in a text is shown with the text around it.
#[test]
fn a_message_about_a_text_does_not_act_on_the_terminal() {
    let place = Workplace::new();
    for text in [
        "(module \u{1b}[2J)",
        "(module (\u{1b}]0;owned\u{7}",
        "(module) \u{202e} x",
        "(module \u{9b}31m",
        "(; \u{1b}[2J",
    ] {
        place.write("guest.wat", text);
        for args in ["guest.wat", "imports guest.wat", "compile guest.wat -o x"] {
            let ran = place.wasi(args);
            assert_eq!(ran.code, Some(1), "{text:?}");
            let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
            assert!(!ran.stderr.contains(acts), "{:?}", ran.stderr);
        }
    }
}

/// Neither do names in a binary, whoever complains about them, and wherever they are shown.
#[test]
fn names_do_not_act_on_the_terminal() {
    let place = Workplace::new();
    let evil = "\\1b[2J\\07\\0awasi: forged\\c2\\9b";
    for (module, args) in [
        (format!("(module (import \"{evil}\" \"{evil}\" (func)))"), ""),
        (format!("(module (import \"wasi_snapshot_preview1\" \"{evil}\" (func)))"), ""),
        (format!("(module (import \"{evil}\" \"{evil}\" (memory 1)))"), "--trap-unknown-imports"),
        (
            format!("(module (import \"{evil}\" \"{evil}\" (func $f)) (func (export \"_start\") (call $f)))"),
            "--trap-unknown-imports",
        ),
        (format!("(module (func (export \"{evil}\")))"), "--invoke nothing"),
        (format!("(module (func $f) (export \"{evil}\" (func $f)) (export \"{evil}\" (func $f)))"), ""),
        (
            format!("(module (@name \"{evil}\") (func (@name \"{evil}\") (export \"_start\") unreachable))"),
            "",
        ),
    ] {
        place.write("guest.wat", &module);
        let compiled = place.wasi("compile guest.wat -o guest.cwasm");
        let listed = place.wasi("imports guest.wat");
        let code = place.wasi("run --allow-precompiled guest.cwasm");
        let runs = ENGINES.map(|engine| place.wasi(&format!("run {engine} {args} guest.wat")));
        for ran in [compiled, listed, code].into_iter().chain(runs) {
            for text in [&ran.stdout, &ran.stderr] {
                assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{module}: {text:?}");
                assert!(!text.lines().any(|line| line.starts_with("wasi: forged")), "{text}");
            }
        }
    }
}

#[test]
fn compiled_code_runs_when_it_is_allowed() {
    let place = Workplace::with(&guests::says("hello"));
    assert_eq!(place.wasi("compile guest.wat -o guest.cwasm").quiet(0), "");
    assert_eq!(place.wasi("run --allow-precompiled guest.cwasm").quiet(0), "hello");
    // The flag changes nothing for modules.
    assert_eq!(place.wasi("run --allow-precompiled guest.wat").quiet(0), "hello");
    place.wasi("run guest.cwasm").complains(
        1,
        "guest.cwasm is compiled code, which is native and runs outside any sandbox; if you made it with \
         `wasi compile` and nobody else can write it, allow it with `--allow-precompiled`",
    );
}

#[test]
fn compiled_code_that_does_not_fit_is_refused() {
    let place = Workplace::with(&guests::says("hello"));
    place.write("guest.cwasm", [b"\x7fELF".as_slice(), &[0; 200]].concat());
    let ran = place.wasi("run --allow-precompiled guest.cwasm");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with("wasi: guest.cwasm is compiled code that does not fit here: "));
    assert!(ran.stderr.ends_with("; compile the module again with `wasi compile`\n"), "{}", ran.stderr);

    place.wasi("compile guest.wat -o guest.cwasm").quiet(0);
    place.wasi("run --allow-precompiled --fuel 1000 guest.cwasm").complains(
        1,
        "guest.cwasm is compiled code, which counts no fuel; run the module itself, or leave `--fuel` away",
    );
    place.wasi("run --allow-precompiled --engine wasmi guest.cwasm").complains(
        1,
        "guest.cwasm cannot be turned into compiled code, or run as such, by an interpreter; \
         use `--engine wasmtime`",
    );
}

#[test]
fn compiled_code_is_written_whole_or_not_at_all() {
    let place = Workplace::with("(module (func (export \"_start\") i32.const 1))");
    place.write("guest.cwasm", "before");
    assert_eq!(place.wasi("compile guest.wat -o guest.cwasm").code, Some(1));
    assert_eq!(std::fs::read(place.path("guest.cwasm")).unwrap(), b"before");
    place.write("guest.wat", guests::says("hello"));
    let ran = place.wasi("compile guest.wat -o nowhere/guest.cwasm");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with("wasi: cannot write `nowhere/guest.cwasm`: "), "{}", ran.stderr);
}
