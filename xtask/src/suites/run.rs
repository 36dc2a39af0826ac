//! Runs a program of tests, as `cargo test` would.

use super::build::Executable;
use crate::project;
use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// After this long a program is ended and its output shown: it hangs, or is too long for a check of each change.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Runs the tests that `arguments` choose, and gives the sum that the program says; what failed is the error, after
/// the output, which stays in `target/report/tests`.
pub(crate) fn run(executable: &Executable, arguments: &[String]) -> Result<String> {
    let folder = project::target().join("report").join("tests");
    fs::create_dir_all(&folder)?;
    let (name, file) =
        (executable.name(), folder.join(format!("{}.txt", executable.name().replace(':', "-"))));
    let mut command = command(executable);
    if arguments.iter().any(|argument| argument.starts_with("-Z")) {
        // Programs of a stable compiler refuse unstable flags without it.
        command.env("RUSTC_BOOTSTRAP", "1");
    }
    let status = within(LIMIT, command.args(arguments), &file)?;
    let output = String::from_utf8_lossy(&fs::read(&file)?).into_owned();
    if status.is_some_and(|status| status.success()) {
        let sum = output.lines().rfind(|line| line.starts_with("test result: "));
        return Ok(sum.unwrap_or("no result").to_owned());
    }
    println!("{output}");
    let how = status.map_or(format!("did not end within {} s", LIMIT.as_secs()), |status| status.to_string());
    let failures = match failures(&output) {
        names if names.is_empty() => "the output does not say which".to_owned(),
        names => names.join(", "),
    };
    bail!("{name}: {how}; failed: {failures}; the output is above and in {}", file.display())
}

/// The names of all tests in a program.
pub(crate) fn list(executable: &Executable) -> Result<Vec<String>> {
    let output = command(executable).args(["--list", "--format", "terse"]).output()?;
    ensure!(output.status.success(), "{} lists no tests: {}", executable.name(), output.status);
    let list = String::from_utf8(output.stdout)?;
    Ok(list.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

fn command(executable: &Executable) -> Command {
    let mut command = Command::new(&executable.program);
    // Tasks inherit these from the `cargo run` that started them, where they are about this crate.
    command.env("CARGO_MANIFEST_DIR", &executable.folder).env("CARGO_PKG_NAME", &executable.package);
    command.current_dir(&executable.folder).stdin(Stdio::null());
    command
}

/// Runs a command with its output in a file, and ends it after a while; how it ended, if by itself.
fn within(limit: Duration, command: &mut Command, output: &Path) -> Result<Option<ExitStatus>> {
    let file = File::create(output).with_context(|| format!("cannot write {}", output.display()))?;
    let start = Instant::now();
    let mut child = command
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("{:?} does not start", command.get_program()))?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        // The standard library cannot wait for a process and for a time at once.
        thread::sleep(Duration::from_millis(20));
    }
}

/// The names below the last heading `failures:`.
fn failures(output: &str) -> Vec<&str> {
    let list = output.rsplit_once("\nfailures:\n").map_or("", |(_, list)| list);
    list.lines().map_while(|line| line.strip_prefix("    ")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Executable, command, failures, list, run, within};
    use crate::project;
    use std::process::Stdio;
    use std::time::Duration;

    #[test]
    #[ignore = "it fails, and the test below runs it"]
    fn fails() {
        panic!("as it is told to");
    }

    #[test]
    fn a_test_that_passes_or_fails_is_named() {
        let ours = |name| Executable::made_up(name, "xtask");
        let exactly = |test: &str| ["--include-ignored", "--exact", test].map(str::to_owned);
        let name = "suites::run::tests::fails";
        assert!(list(&ours("a")).unwrap().iter().any(|listed| listed == name));
        let error = run(&ours("a"), &exactly(name)).unwrap_err().to_string();
        assert!(error.starts_with("a:xtask: ") && error.contains(&format!("; failed: {name}; ")), "{error}");
        let sum = run(&ours("b"), &exactly("suites::run::tests::the_last_list_of_failures_counts")).unwrap();
        assert!(sum.starts_with("test result: ok. 1 passed; "), "{sum}");
        let error = run(&ours("c"), &["--no-such-flag".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("failed: the output does not say which"), "{error}");
    }

    #[test]
    fn the_last_list_of_failures_counts() {
        let output = "\nfailures:\n\n---- a stdout ----\nfailures:\n    of its own\n\n\nfailures:\n    a\n    b::c\n\ntest";
        assert_eq!(failures(output), ["a", "b::c"]);
    }

    /// Set for a copy of this program, in which the test below is to wait for ever.
    const WAIT: &str = "XTASK_TEST_WAIT";

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        if std::env::var_os(WAIT).is_some() {
            // Nobody writes to this, and it stays open as long as the one who waits for this process.
            let _ = std::io::stdin().read_line(&mut String::new());
            return;
        }
        let folder = project::shell().unwrap().create_temp_dir().unwrap();
        let mut command = command(&Executable::made_up("d", "xtask"));
        command.args(["--exact", "suites::run::tests::a_program_that_does_not_end_is_ended"]);
        let command = command.env(WAIT, "1").stdin(Stdio::piped());
        assert_eq!(within(Duration::from_millis(300), command, &folder.path().join("output")).unwrap(), None);
    }
}
