//! Tests of Ctrl-C as Windows has it: an event that the system brings to the processes of a console.

use crate::guests::{LOOPS, WAITS, says_on_and};
use crate::workplace::{ENGINES, Workplace, pressed};
use std::io::Write;
use std::os::windows::process::CommandExt;
use std::process::Stdio;
use test_support::console::{Console, take};
use test_support::copy::mode;
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, GenerateConsoleCtrlEvent, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Threading::CREATE_NEW_PROCESS_GROUP;
use windows_sys::core::BOOL;

/// `STATUS_CONTROL_C_EXIT`.
const INTERRUPTED: i32 = 0xc000_013a_u32.cast_signed();

/// The guest ends, with what it wrote, and so does the command.
fn ends(flags: u32, stdin: impl Fn() -> Stdio, press: impl Fn(u32)) {
    for (then, engine) in [WAITS, LOOPS].into_iter().flat_map(|then| ENGINES.map(|engine| (then, engine))) {
        let place = Workplace::with(&says_on_and(then));
        let mut command = place.command(&format!("{engine} guest.wat"));
        let ended = pressed(command.creation_flags(flags).stdin(stdin()), &press);
        assert_eq!((ended.status.code(), ended.stderr), (Some(INTERRUPTED), Vec::new()), "{engine} {then}");
    }
}

/// Programs can send it to a group of processes.
#[test]
fn ctrl_break_ends_the_guest_and_keeps_its_output() {
    if mode().is_none() {
        return Console::copy("console::ctrl_break_ends_the_guest_and_keeps_its_output", "console").finish();
    }
    let _streams = take();
    ends(CREATE_NEW_PROCESS_GROUP, Stdio::piped, |group| {
        // SAFETY: it takes two numbers.
        let sent = unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, group) };
        assert_ne!(sent, 0, "{}", std::io::Error::last_os_error());
    });
    std::process::exit(0);
}

/// It goes to all processes of a console, also to one that reads it.
#[test]
fn ctrl_c_is_typed() {
    if mode().is_none() {
        let mut console = Console::copy("console::ctrl_c_is_typed", "console");
        for _ in 0..4 {
            console.shows("press it");
            console.types("\x03");
        }
        return console.finish();
    }
    /// The copy itself goes on.
    unsafe extern "system" fn go_on(event: u32) -> BOOL {
        (event == CTRL_C_EVENT).into()
    }
    // SAFETY: the handler is a function that stays.
    assert_ne!(unsafe { SetConsoleCtrlHandler(Some(go_on), 1) }, 0);
    let [input, output, _] = take();
    ends(0, || input.try_clone().unwrap().into(), |_| (&output).write_all(b"press it\r\n").unwrap());
    std::process::exit(0);
}
