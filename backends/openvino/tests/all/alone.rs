//! Tests that need a process of their own: for its environment, or to count what it has.

use std::env;
use std::process::Command;

/// Set in the processes that [`again`] starts.
const VARIABLE: &str = "WASI_NN_TEST_ALONE";

/// Whether the test is to do its work here, rather than to have it done by [`again`].
pub(crate) fn is_alone() -> bool {
    env::var_os(VARIABLE).is_some()
}

/// Runs one test of this binary again, in a process that runs nothing else, and gives what it printed.
///
/// # Panics
///
/// If the test fails there.
pub(crate) fn again(test: &str, prepare: impl FnOnce(&mut Command) -> &mut Command) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(VARIABLE, "1");
    prepare(&mut command);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{test} alone: {text}{errors}");
    assert!(text.contains("1 passed"), "{test} is no test: {text}");
    text
}
