//! Tests of what belongs to a whole process: its streams, its signals, the calls that its system offers. Each starts a
//! copy of itself, which finds in the environment how it is to play the guest's host.

use std::process::{Child, Command, Output, Stdio};

/// Tells a copy that it is one, and how.
const COPY: &str = "COPY_OF_A_TEST";

/// How the copy is to behave, in one.
pub(crate) fn mode() -> Option<String> {
    std::env::var(COPY).ok()
}

/// A copy of the test of this name, with pipes as its streams.
pub(crate) fn command(test: &str, mode: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", test]).env(COPY, mode);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts it.
pub(crate) fn copy(test: &str, mode: &str) -> Child {
    command(test, mode).spawn().unwrap()
}

/// In a copy: runs other tests, by arguments that say which, in a process that inherits what the copy has done to itself.
pub(crate) fn others(args: &[&str]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(args).env_remove(COPY).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && !text.contains("running 0 tests"), "{text}");
}

/// Waits for a copy, which must have passed its one test.
pub(crate) fn finish(child: Child) -> Output {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {text}", output.status);
    output
}
