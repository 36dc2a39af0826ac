//! Tests of `wasi run` and its short form: arguments, exit codes, functions.

use crate::guests::{self, LIBRARY, REACTOR};
use crate::workplace::{ENGINES, Ran, TRAPPED, Workplace};

#[test]
fn text_and_binary_modules_run() {
    let place = Workplace::with(&guests::says("hello"));
    place.write("guest.wasm", wat::parse_str(guests::says("hello")).unwrap());
    for engine in ENGINES {
        assert_eq!(place.wasi(&format!("run {engine} guest.wat")).quiet(0), "hello");
        assert_eq!(place.wasi(&format!("run {engine} guest.wasm")).quiet(0), "hello");
    }
}

#[test]
fn run_may_be_left_out() {
    let place = Workplace::with(&guests::says("hello"));
    assert_eq!(place.wasi("guest.wat").quiet(0), "hello");
    assert_eq!(place.wasi("--dir . guest.wat").quiet(0), "hello");
    assert_eq!(place.wasi("--engine wasmi guest.wat --version").quiet(0), "hello");
}

#[test]
fn what_follows_the_module_is_the_guests() {
    let place = Workplace::with(&guests::args());
    for short in ["", "run "] {
        let args = place.wasi(&format!("{short}guest.wat -v --help run -- --dir x")).quiet(0);
        assert_eq!(args, "guest.wat\0-v\0--help\0run\0--\0--dir\0x\0");
    }
}

#[test]
fn the_guest_is_told_its_file_name_or_another() {
    let place = Workplace::with(&guests::args());
    let path = place.path("guest.wat");
    assert_eq!(place.wasi(&format!("run {}", path.display())).quiet(0), "guest.wat\0");
    assert_eq!(place.wasi("run --argv0 busybox guest.wat ls").quiet(0), "busybox\0ls\0");
}

#[test]
fn the_guests_exit_code_is_the_process_exit_code() {
    for engine in ENGINES {
        for code in [0, 1, 42, 255] {
            let place = Workplace::with(&guests::exits(code));
            place.wasi(&format!("{engine} guest.wat")).quiet(code.cast_signed());
        }
    }
}

/// A process has eight bits of them, and a failure is never a success (`exit(3)`).
#[cfg(unix)]
#[test]
fn a_code_that_is_not_zero_is_never_zero() {
    for engine in ENGINES {
        for (code, expected) in [
            (0, 0),
            (256, 255),
            (512, 255),
            (0x100_0000, 255),
            (0x8000_0000, 255),
            (257, 1),
            (u32::MAX, 255),
            (u32::MAX - 1, 254),
            (u32::MAX - 255, 255),
        ] {
            let place = Workplace::with(&guests::exits(code));
            place.wasi(&format!("{engine} guest.wat")).quiet(expected);
        }
    }
}

#[test]
fn standard_input_reaches_the_guest() {
    use std::io::Write;
    use std::process::Stdio;
    let place = Workplace::with(&guests::copies());
    let mut command = place.command("guest.wat");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"through and through").unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, b"through and through");
}

#[test]
fn functions_are_called_with_numbers() {
    let place = Workplace::with(LIBRARY);
    for engine in ENGINES {
        let invoke = |rest: &str| place.wasi(&format!("run {engine} --invoke {rest}"));
        assert_eq!(invoke("add guest.wat 40 2").quiet(0), "42\n");
        assert_eq!(invoke("add guest.wat -1 4294967295").quiet(0), "-2\n");
        assert_eq!(invoke("half guest.wat 5").quiet(0), "2.5\n");
        assert_eq!(invoke("both guest.wat 18446744073709551615 0.5").quiet(0), "0.5\n-1\n");
    }
}

/// All calls are on one instance, in their order, and the arguments of none follow the module.
#[test]
fn several_calls_are_made_on_one_instance() {
    let place = Workplace::with(REACTOR);
    for engine in ENGINES {
        let wasi = |calls: &[&str]| {
            let mut command = place.command("");
            command.args(engine.split_whitespace());
            for call in calls {
                command.arg("--invoke").arg(call);
            }
            Ran::from(command.arg("guest.wat").output().unwrap())
        };
        assert_eq!(wasi(&["count", "count", "add 40 2", "count"]).quiet(0), "1\n2\n42\n3\n");
        assert_eq!(wasi(&["add -1  -1"]).quiet(0), "-2\n");
        assert_eq!(wasi(&["a name"]).quiet(0), "7\n");
        // The one that does not return is the last.
        let output = wasi(&["count", "crash", "count"]);
        assert_eq!((output.code, &*output.stdout), (Some(TRAPPED), "1\n"));
        // Nothing is called unless everything can be.
        let output = wasi(&["count", "add 1"]);
        assert_eq!((output.code, &*output.stdout), (Some(2), ""));
        assert!(output.stderr.contains("`add` takes 2 arguments, not 1"), "{}", output.stderr);
    }
}

#[test]
fn what_a_guest_has_taken_is_told() {
    let place = Workplace::with(REACTOR);
    for engine in ENGINES {
        let output = place.wasi(&format!("{engine} --fuel 1000000 --stats=json --invoke count guest.wat"));
        assert_eq!((output.code, &*output.stdout), (Some(0), "1\n"));
        let line = output.stderr.trim();
        let fuel = line.split_once("\"fuel\":").unwrap().1.split(',').next().unwrap();
        assert!((1..1000).contains(&fuel.parse::<u64>().unwrap()), "{line}");
        let rest = "\"memory\":65536,\"memory_peak\":65536,\"bytes_written\":0}";
        assert!(line.starts_with("{\"time\":") && line.ends_with(rest), "{line}");
        let output = place.wasi(&format!("{engine} --stats guest.wat"));
        assert_eq!((output.code, &*output.stdout), (Some(0), ""));
        let rest = ", 65536 bytes of memory, and wrote 0 bytes to files\n";
        assert!(output.stderr.contains("took ") && output.stderr.ends_with(rest), "{}", output.stderr);
    }
}

#[test]
fn wrong_calls_are_explained() {
    let place = Workplace::with(LIBRARY);
    let invoke = |rest: &str| place.wasi(&format!("run --invoke {rest}"));
    invoke("add guest.wat 1").complains(2, "`add` takes 2 arguments, not 1");
    invoke("add guest.wat 1 two").complains(2, "in a call of `add`: `two` is not an i32");
    invoke("sub guest.wat").complains(
        1,
        "guest.wat exports no function `sub`; its functions are: add, half, both, secret; `--invoke NAME` runs one of them",
    );
    invoke("secret guest.wat").complains(
        1,
        "guest.wat exports `secret` with types other than i32, i64, f32, f64 and v128; call a function of numbers",
    );
}

#[test]
fn a_reactor_is_made_ready_once_and_first() {
    let place = Workplace::with(REACTOR);
    for engine in ENGINES {
        assert_eq!(place.wasi(&format!("{engine} guest.wat")).quiet(0), "");
        assert_eq!(place.wasi(&format!("{engine} --invoke ready guest.wat")).quiet(0), "1\n");
        assert_eq!(place.wasi(&format!("{engine} --invoke _initialize guest.wat")).quiet(0), "");
    }
}

/// The application ABI: a reactor may export `_initialize`, and whatever has no `_start` is one.
#[test]
fn a_module_without_either_runs_its_start_section() {
    let place = Workplace::new();
    let says = guests::says("started").replace("(func (export \"_start\")", "(start $s) (func $s");
    place.write("start.wat", says);
    place.write("library.wat", LIBRARY);
    place.write("empty.wat", "(module)");
    place.write("trap.wat", "(module (func $s unreachable) (start $s))");
    let exit = guests::exits(7).replace("(func (export \"_start\")", "(start $s) (func $s");
    place.write("exit.wat", exit);
    for engine in ENGINES {
        assert_eq!(place.wasi(&format!("{engine} start.wat")).quiet(0), "started");
        for nothing in ["library.wat", "empty.wat"] {
            assert_eq!(place.wasi(&format!("{engine} {nothing}")).quiet(0), "");
        }
        assert_eq!(place.wasi(&format!("{engine} trap.wat")).code, Some(TRAPPED));
        place.wasi(&format!("{engine} exit.wat")).quiet(7);
    }
    place.wasi("compile start.wat -o start.cwasm").quiet(0);
    assert_eq!(place.wasi("--allow-precompiled start.cwasm").quiet(0), "started");
}

#[test]
fn a_module_with_both_is_neither() {
    let place = Workplace::with(
        "(module (func (export \"_start\")) (func (export \"_initialize\")) (func (export \"f\")))",
    );
    let message = "guest.wat exports both `_start` and `_initialize`, of which a command has the one and a reactor \
                   may have the other; build it as one of the two";
    for engine in ENGINES {
        for invoke in ["", "--invoke f"] {
            place.wasi(&format!("run {engine} {invoke} guest.wat")).complains(1, message);
        }
    }
}

#[test]
fn an_entry_is_a_function_without_parameters() {
    let place = Workplace::new();
    place.write("odd.wat", "(module (func (export \"_start\") (param i32)))");
    place.wasi("odd.wat").complains(
        1,
        "odd.wat exports `_start` as something else than a function without parameters and results; rebuild it",
    );
}
