//! Runs a program of tests, as `cargo test` would.

use super::answers::{Answer, Answers, names, parse};
use super::build::Executable;
use anyhow::{Context, Result, ensure};
use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// After this long a program is ended and its output shown. It is no budget: all tests together take less.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// A run of a program.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) answers: Answers,
    pub(crate) took: Duration,
    /// How it ended, if not well.
    pub(crate) trouble: Option<String>,
    /// All that it printed, in order.
    pub(crate) output: String,
}

impl Ran {
    /// How many tests ran.
    pub(crate) fn tests(&self) -> usize {
        self.answers.values().filter(|answer| **answer != Answer::Ignored).count()
    }
}

/// Runs the tests that `arguments` choose.
pub(crate) fn run(executable: &Executable, arguments: &[String]) -> Result<Ran> {
    within(LIMIT, command(executable).args(arguments))
}

/// The names of all tests in a program.
pub(crate) fn list(executable: &Executable) -> Result<Vec<String>> {
    let output = command(executable).args(["--list", "--format", "terse"]).output()?;
    ensure!(output.status.success(), "{} lists no tests: {}", executable.name(), output.status);
    Ok(names(&String::from_utf8(output.stdout)?))
}

fn command(executable: &Executable) -> Command {
    let mut command = Command::new(&executable.program);
    // Tasks inherit these from the `cargo run` that started them, where they are about this crate.
    command.env("CARGO_MANIFEST_DIR", &executable.folder).env("CARGO_PKG_NAME", &executable.package);
    command.current_dir(&executable.folder).stdin(Stdio::null());
    command
}

fn within(limit: Duration, command: &mut Command) -> Result<Ran> {
    let start = Instant::now();
    let (reader, writer) = io::pipe()?;
    let mut child = command
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .spawn()
        .with_context(|| format!("{:?} does not start", command.get_program()))?;
    // The pipe ends when nobody can write to it any longer, and the command could.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let chunks = chunks(reader);
    let (mut bytes, mut late) = (Vec::new(), false);
    loop {
        match chunks.recv_timeout(limit.saturating_sub(start.elapsed())) {
            Ok(chunk) => bytes.extend(chunk),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                late = true;
                child.kill()?;
                break;
            }
        }
    }
    let status = child.wait()?;
    let took = start.elapsed();
    let output = String::from_utf8_lossy(&bytes).into_owned();
    let trouble = match (late, status.success()) {
        (true, _) => Some(format!("it did not end within {} s", limit.as_secs())),
        (false, false) => Some(status.to_string()),
        (false, true) => None,
    };
    Ok(Ran { answers: parse(&output), took, trouble, output })
}

/// What can be read, piece by piece, until nobody can write any longer or nobody listens.
fn chunks(mut reader: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::{list, run, within};
    use crate::suites::answers::Answer;
    use crate::suites::build::Executable;
    use std::process::Stdio;
    use std::time::Duration;

    /// This very program, whose tests are known.
    fn ours() -> Executable {
        Executable {
            package: "xtask".to_owned(),
            target: "xtask".to_owned(),
            program: std::env::current_exe().unwrap(),
            folder: env!("CARGO_MANIFEST_DIR").into(),
        }
    }

    #[test]
    fn a_test_is_run_by_its_name() {
        let name = "suites::answers::tests::benches_are_no_tests";
        assert!(list(&ours()).unwrap().iter().any(|listed| listed == name));
        let ran = run(&ours(), &["--exact".to_owned(), name.to_owned()]).unwrap();
        assert_eq!(ran.trouble, None, "{}", ran.output);
        assert_eq!(ran.answers.into_iter().collect::<Vec<_>>(), [(name.to_owned(), Answer::Passed)]);
    }

    #[test]
    fn a_program_that_ends_badly_is_reported() {
        let ran = run(&ours(), &["--no-such-flag".to_owned()]).unwrap();
        assert!(ran.trouble.is_some());
        assert!(ran.output.contains("no-such-flag"), "{}", ran.output);
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
        let mut command = super::command(&ours());
        command.args(["--exact", "suites::run::tests::a_program_that_does_not_end_is_ended"]);
        let ran = within(Duration::from_millis(300), command.env(WAIT, "1").stdin(Stdio::piped())).unwrap();
        assert_eq!(ran.trouble.as_deref(), Some("it did not end within 0 s"));
    }
}
