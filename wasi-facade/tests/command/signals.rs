//! Tests of signals: Ctrl-C and others from outside, and that of pipes that nobody reads from any more.

use crate::guests::{self, LOOPS, WAITS, says_on_and};
use crate::workplace::{ENGINES, Ran, Workplace, pressed};
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Stdio;

#[test]
fn a_guest_whose_output_nobody_reads_ends_quietly() {
    const SIGPIPE: i32 = 13;
    let place = Workplace::with(&guests::floods());
    let mut command = place.command("guest.wat");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut some = [0; 10_000];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.signal(), output.stderr), (Some(SIGPIPE), Vec::new()));
}

/// Whoever ignores the signal has it ignored in what it starts, as POSIX says.
#[test]
fn where_closed_pipes_end_nothing_the_guest_hears_of_them() {
    use std::os::unix::process::ExitStatusExt;
    let place = Workplace::with(&guests::floods());
    for args in ["guest.wat", "--tcplisten 127.0.0.1:0 guest.wat", "--engine=wasmi guest.wat"] {
        for (trap, expected) in [("trap '' PIPE", (Some(1), "alas!\n")), ("trap - PIPE", (None, ""))] {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let command = place.command(args);
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", &format!("{trap}; exec \"$@\""), "sh"]).arg(command.get_program());
            shell.args(command.get_args()).current_dir(place.path(""));
            let output = shell.env("XDG_CACHE_HOME", place.caches()).stdout(writer).output().unwrap();
            let signal = output.status.signal();
            assert_eq!(signal.is_some(), expected.0.is_none(), "{args}: {signal:?}");
            let ran = Ran::from(output);
            assert_eq!((ran.code, ran.stderr.as_str()), expected, "{args}");
        }
    }
}

/// Only standard output ends the command: a FIFO of the guest's own, or standard error, does not.
#[test]
fn other_pipes_than_the_output_end_nothing() {
    use std::os::unix::fs::OpenOptionsExt;
    let writes = |fd: &str| {
        format!(
            r#"(module
                (import "wasi_snapshot_preview1" "path_open"
                    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (memory (export "memory") 1)
                (data (i32.const 0) "\20\00\00\00\02\00\00\00" "\40\00\00\00\01\00\00\00")
                (data (i32.const 32) "x\n")
                (data (i32.const 48) "fifo")
                (func (export "_start")
                    ;; right: fd_write
                    (drop (call $open (i32.const 3) (i32.const 1) (i32.const 48) (i32.const 4) (i32.const 0)
                        (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 20)))
                    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 24)))
                    ;; The readers go, and then this input ends.
                    (drop (call $read (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 24)))
                    (call $exit (call $write {fd} (i32.const 0) (i32.const 1) (i32.const 24)))))"#
        )
    };
    const PIPE: i32 = 64;
    for fd in ["(i32.load (i32.const 20))", "(i32.const 2)"] {
        for engine in ENGINES {
            let place = Workplace::with(&writes(fd));
            assert!(std::process::Command::new("mkfifo").arg(place.path("fifo")).status().unwrap().success());
            let open = |read| {
                let mut open = std::fs::OpenOptions::new();
                open.read(read).write(!read).custom_flags(libc::O_NONBLOCK).open(place.path("fifo"))
            };
            let (reader, stderr) = (open(true).unwrap(), open(false).unwrap());
            let mut command = place.command(&format!("{engine} --dir . guest.wat"));
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
            let mut child = command.spawn().unwrap();
            child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
            drop(reader);
            // Processes that other tests are about to start have it until they run their programs.
            while open(false).is_ok() {
                std::thread::yield_now();
            }
            drop(child.stdin.take());
            assert_eq!(child.wait().unwrap().code(), Some(PIPE), "{fd} {engine}");
        }
    }
}

const SIGINT: i32 = 2;

/// What has a program start with the system's own dispositions of signals: who runs the tests in the background of a script
/// has SIGINT ignored, and that stays so.
const WITH_SIGNALS: &[&str] =
    if cfg!(target_os = "linux") { &["env", "--default-signal=INT,TERM,HUP"] } else { &["env"] };

/// The command, with signals.
fn with_signals(command: &std::process::Command) -> std::process::Command {
    let mut with = std::process::Command::new(WITH_SIGNALS[0]);
    with.args(&WITH_SIGNALS[1..]).arg(command.get_program()).args(command.get_args()).env_clear();
    with.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    with.current_dir(command.get_current_dir().unwrap());
    with
}

/// Ctrl-C in a terminal is a signal to the command: the guest ends, with what it wrote, and so does the command.
#[test]
fn ctrl_c_ends_the_guest_and_keeps_its_output() {
    for (then, presses) in [(WAITS, 1), (LOOPS, 1), (LOOPS, 2)] {
        let place = Workplace::with(&says_on_and(then));
        for engine in ENGINES {
            let mut command = with_signals(&place.command(&format!("{engine} guest.wat")));
            let ended = pressed(command.stdin(Stdio::piped()), |process| {
                let kill = format!("kill -INT {process};").repeat(presses);
                let killed = std::process::Command::new("sh").args(["-c", &kill]).status();
                assert!(killed.unwrap().success());
            });
            // Dead of the signal, as a shell has to see; it then gives 130.
            assert_eq!((ended.status.signal(), ended.stderr), (Some(SIGINT), Vec::new()));
        }
    }
}

/// A command that cannot even say why it ends, since nobody reads that, still ends when Ctrl-C is pressed
/// again.
#[test]
fn a_second_ctrl_c_waits_for_nothing() {
    // Fills standard error, which is a pipe that nobody reads, and traps.
    let fills = "(loop $again (br_if $again (i32.eqz (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 20)))))";
    let place = Workplace::with(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $set_flags (param i32 i32) (result i32)))
            (memory (export "memory") 1)
            ;; A page, so that not even a short message finds room in the last one of the pipe.
            (data (i32.const 0) "\20\00\00\00\00\10\00\00")
            (func (export "_start")
                ;; nonblock
                (drop (call $set_flags (i32.const 2) (i32.const 4)))
                {fills}
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))
                unreachable))"#
    ));
    for engine in ENGINES {
        let mut command = with_signals(&place.command(&format!("{engine} guest.wat")));
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        // As often as it takes: the first may come before the trap, and end the guest.
        let status = loop {
            let kill = format!("kill -INT {}", child.id());
            let killed = std::process::Command::new("sh").args(["-c", &kill]).status();
            assert!(killed.unwrap().success());
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
        };
        assert_eq!(status.signal(), Some(SIGINT));
    }
}

/// A shell with a script, once the command runs in it.
fn shell(place: &Workplace, script: &str) -> std::process::Child {
    let mut command = std::process::Command::new(WITH_SIGNALS[0]);
    command
        .args(&WITH_SIGNALS[1..])
        .args(["bash", "-c", script])
        .current_dir(place.path(""))
        .env("WASI", env!("CARGO_BIN_EXE_wasi"));
    command.env("XDG_CACHE_HOME", place.caches()).process_group(0);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = [0; 3];
    child.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
    assert_eq!(&said, b"on\n");
    child
}

/// Sends signals to all of the shell's processes, as a terminal does.
fn signal(shell: &std::process::Child, names: &str) {
    let kill = names.split(' ').map(|name| format!("kill -{name} -- -{};", shell.id())).collect::<String>();
    assert!(std::process::Command::new("bash").args(["-c", &kill]).status().unwrap().success());
}

#[test]
fn ctrl_c_ends_a_loop_of_the_shell() {
    let place = Workplace::with(&says_on_and(WAITS));
    for engine in ENGINES {
        let script = format!("for i in 1 2 3; do $WASI {engine} guest.wat; done; echo the end");
        let mut shell = shell(&place, &script);
        signal(&shell, "INT");
        let stdin = shell.stdin.take();
        let ended = shell.wait_with_output().unwrap();
        drop(stdin);
        assert_eq!(ended.status.signal(), Some(SIGINT), "{ended:?}");
        assert_eq!((ended.stdout, ended.stderr), (Vec::new(), Vec::new()));
    }
    // What a shell tells that catches the signal, and goes on.
    let mut shell = shell(&place, "trap true INT; $WASI guest.wat; echo $?");
    signal(&shell, "INT");
    let stdin = shell.stdin.take();
    assert_eq!(shell.wait_with_output().unwrap().stdout, b"130\n");
    drop(stdin);
}

/// Scripts start `command &` without SIGINT, and `nohup` without SIGHUP: what is ignored stays so (POSIX, `exec`).
#[test]
fn signals_that_the_parent_ignores_stay_ignored() {
    let place = Workplace::with(&says_on_and(WAITS));
    for engine in ENGINES {
        for names in ["INT", "TERM", "HUP", "INT INT TERM HUP INT"] {
            let script = format!("trap '' {names}; $WASI {engine} guest.wat; echo $?");
            let mut shell = shell(&place, &script);
            signal(&shell, names);
            shell.stdin.take().unwrap().write_all(b"x").unwrap();
            let ended = shell.wait_with_output().unwrap();
            assert_eq!((ended.stdout.as_slice(), ended.stderr), (&b"0\n"[..], Vec::new()), "{names}");
        }
    }
}

/// The others do what the system has them do.
#[test]
fn other_signals_end_the_command() {
    let place = Workplace::with(&says_on_and(WAITS));
    for (name, number) in [("TERM", 15), ("HUP", 1)] {
        let mut shell = shell(&place, "exec $WASI guest.wat");
        signal(&shell, name);
        let stdin = shell.stdin.take();
        assert_eq!(shell.wait().unwrap().signal(), Some(number));
        drop(stdin);
    }
}
