//! Tests of traps, and of the command's own output that nobody reads any more.

use crate::guests;
use crate::workplace::{ENGINES, Ran, TRAPPED, Workplace};

#[test]
fn a_trap_has_a_backtrace_with_names() {
    let place = Workplace::with(&guests::traps());
    let ran = place.wasi("guest.wat");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(TRAPPED), ""));
    let mut lines = ran.stderr.lines();
    assert_eq!(lines.next(), Some("wasi: guest.wat trapped: wasm `unreachable` instruction executed"));
    assert!(lines.next().unwrap().ends_with(" - unlucky!inner"), "{}", ran.stderr);
    assert!(lines.next().unwrap().ends_with(" - unlucky!outer"), "{}", ran.stderr);
}

#[test]
fn a_name_that_is_not_mangled_is_shown_as_it_is() {
    for (name, shown) in [("f", "f"), ("i", "i"), ("St", "St"), ("_ZN3fooEf", "foo(float)")] {
        let place = Workplace::with(&format!(
            "(module (func ${name} unreachable) (func (export \"_start\") (call ${name})))"
        ));
        let ran = place.wasi("guest.wat");
        let line = ran.stderr.lines().nth(1).unwrap();
        assert!(line.ends_with(&format!("!{shown}")), "{}", ran.stderr);
    }
}

#[test]
fn the_interpreter_traps_too() {
    let place = Workplace::with(&guests::traps());
    let message = "guest.wat trapped: wasm `unreachable` instruction executed";
    place.wasi("--engine wasmi guest.wat").complains(TRAPPED, message);
}

#[test]
fn a_bad_pointer_is_a_trap_that_names_it() {
    let place = Workplace::with(&guests::command("(drop (call $args_get (i32.const 0) (i32.const -1)))", ""));
    for engine in ENGINES {
        let ran = place.wasi(&format!("{engine} guest.wat"));
        assert_eq!(ran.code, Some(TRAPPED));
        assert!(
            ran.stderr.contains("guest.wat trapped: 10 bytes at 0xffffffff are not all in"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn an_endless_recursion_is_a_trap_and_no_crash() {
    let place = Workplace::with(&guests::recurses());
    for engine in ENGINES {
        let ran = place.wasi(&format!("{engine} guest.wat"));
        assert_eq!(ran.code, Some(TRAPPED));
        assert!(ran.stderr.starts_with("wasi: guest.wat trapped: call stack exhausted"), "{}", ran.stderr);
    }
}

#[test]
fn a_trap_or_an_exit_in_a_start_function_counts() {
    let place = Workplace::new();
    place.write("trap.wat", "(module (func $main unreachable) (start $main) (func (export \"_start\")))");
    let exit = guests::exits(7).replace("(func (export \"_start\")", "(func $main") + "";
    let exit = exit.trim_end().strip_suffix(')').unwrap().to_owned();
    place.write("exit.wat", exit + "(start $main) (func (export \"_start\")))");
    for engine in ENGINES {
        assert_eq!(place.wasi(&format!("{engine} trap.wat")).code, Some(TRAPPED));
        place.wasi(&format!("{engine} exit.wat")).quiet(7);
    }
}

#[test]
fn an_exception_that_nothing_catches_is_a_trap() {
    let place = Workplace::with("(module (tag $t) (func (export \"_start\") (throw $t)))");
    let ran = place.wasi("guest.wat");
    assert_eq!(ran.code, Some(TRAPPED));
    let message = "wasi: guest.wat trapped: the guest threw an exception that nothing caught";
    assert!(ran.stderr.starts_with(message), "{}", ran.stderr);
}

#[test]
fn the_command_itself_ends_quietly_too() {
    let place = Workplace::with(&guests::says("hello"));
    for args in ["proposals", "imports guest.wat", "completions bash"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Ran::from(place.command(args).stdout(writer).output().unwrap()).quiet(0);
    }
}
