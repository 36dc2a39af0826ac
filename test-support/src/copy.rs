//! Copies of a test's process, for what belongs to a whole process: its streams, its signals, its limits, its environment,
//! the calls that its system offers. A test starts a copy of itself, which finds in the environment that it is one.

use std::env;
use std::process::{Child, Command, Output, Stdio};

/// Tells a copy that it is one, and how.
const COPY: &str = "COPY_OF_A_TEST";

/// Names the program that runs those of another processor, with its arguments: the system itself starts none of these.
const RUNNER: &str = "RUNNER_OF_COPIES";

/// This program again.
fn again() -> Command {
    let program = env::current_exe().unwrap();
    let runner = env::var(RUNNER).unwrap_or_default();
    let mut words = runner.split_whitespace();
    let Some(first) = words.next() else { return Command::new(program) };
    let mut command = Command::new(first);
    command.args(words).arg(program);
    command
}

/// How the copy is to behave, in one.
#[must_use]
pub fn mode() -> Option<String> {
    env::var(COPY).ok()
}

/// A copy of the test of this name, with pipes as its streams.
#[must_use]
pub fn command(test: &str, mode: &str) -> Command {
    let mut command = again();
    command.args(["--exact", "--nocapture", test]).env(COPY, mode);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The variables of a copy, for who starts it by other means.
#[cfg(windows)]
pub(crate) fn environment(mode: &str) -> Vec<(String, String)> {
    env::vars().filter(|(name, _)| name != COPY).chain([(COPY.to_owned(), mode.to_owned())]).collect()
}

/// Starts it.
#[must_use]
pub fn copy(test: &str, mode: &str) -> Child {
    command(test, mode).spawn().unwrap()
}

/// Runs a copy that [`command`] has prepared, which must pass its one test, and gives what it prints.
pub fn run(command: &mut Command) -> String {
    let output = finish(command.spawn().unwrap());
    String::from_utf8(output.stdout).unwrap()
}

/// In a copy: runs other tests, by arguments that say which, in a process that inherits what the copy has done to itself.
pub fn others(args: &[&str]) {
    let output = again().args(args).env_remove(COPY).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && !text.contains("running 0 tests"), "{text}");
}

/// Waits for a copy, which must have passed its one test.
pub fn finish(child: Child) -> Output {
    let output = child.wait_with_output().unwrap();
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {text}{errors}", output.status);
    assert!(!text.contains("running 0 tests"), "there is no such test: {text}");
    output
}

/// A number that Linux keeps for this process in `/proc/self/status`, as `Threads`; of memory, in KiB.
#[cfg(target_os = "linux")]
#[must_use]
pub fn status(key: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
