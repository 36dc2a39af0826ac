//! Tests of Ctrl-C as Windows has it: an event that the system brings to the processes of a console.

use crate::workplace::{ENGINES, Workplace};
use std::io::Read;
use std::os::windows::process::CommandExt;
use std::process::Stdio;
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent};
use windows_sys::Win32::System::Threading::CREATE_NEW_PROCESS_GROUP;

/// `STATUS_CONTROL_C_EXIT`.
const INTERRUPTED: i32 = 0xc000_013a_u32.cast_signed();

/// The guest ends, with what it wrote, and so does the command. Programs can send Ctrl-Break to a group of processes; Ctrl-C
/// goes to all of a console, the tests among them.
#[test]
fn ctrl_break_ends_the_guest_and_keeps_its_output() {
    let waits = "(drop (call $read (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 20)))";
    for then in [waits, "(loop $again (br $again))"] {
        let place = Workplace::with(&format!(
            r#"(module
                (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
                (memory (export "memory") 1)
                (data (i32.const 0) "\20\00\00\00\03\00\00\00" "\40\00\00\00\01\00\00\00")
                (data (i32.const 32) "on\n")
                (func (export "_start")
                    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20))) {then}))"#
        ));
        for engine in ENGINES {
            let mut command = place.command(&format!("{engine} guest.wat"));
            command.creation_flags(CREATE_NEW_PROCESS_GROUP);
            let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            let mut said = [0; 3];
            child.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
            assert_eq!(&said, b"on\n");
            // SAFETY: it takes two numbers.
            let sent = unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, child.id()) };
            assert_ne!(sent, 0, "{}", std::io::Error::last_os_error());
            // Its input stays open all the while.
            let stdin = child.stdin.take();
            let ended = child.wait_with_output().unwrap();
            drop(stdin);
            assert_eq!(
                (ended.status.code(), ended.stderr),
                (Some(INTERRUPTED), Vec::new()),
                "{engine} {then}"
            );
        }
    }
}
