//! The worker process, which runs recipes, one a line, and the handle that its parent has.
//!
//! A recipe that overflows the stack, or wants more memory than there is, ends the process that runs it. The one that
//! looks for such recipes goes on, and starts another. One process runs many recipes as long as nothing happens.

use crate::End;
use crate::target::Target;
use crate::watch::{Fault, Spent, Verdict, millis, patient};
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The last line of defence, in KiB: what a process may address. Engines reserve 4 GiB for each memory of a guest.
const ADDRESS_SPACE: &str = "24000000";

/// Lines of the process's own that are worth keeping.
const LAST_WORDS: usize = 8;

/// How much longer than it may a run is waited for, beside what a busy machine takes.
const GRACE: Duration = Duration::from_secs(5);

/// Reads recipes from standard input, runs them, and answers each with a line.
///
/// # Errors
///
/// A line that is no recipe, or nobody at the other end.
pub fn serve(target: Target) -> Result<()> {
    let mut answers = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let recipe = serde_json::from_str(&line?)?;
        let verdict = serde_json::to_string(&target.run(&recipe)?)?;
        writeln!(answers, "{verdict}")?;
        answers.flush()?;
    }
    Ok(())
}

/// The processes that run the recipes of one target, one after another.
pub struct Worker {
    executable: PathBuf,
    target: Target,
    process: Option<Process>,
}

struct Process {
    child: Child,
    recipes: ChildStdin,
    answers: Receiver<String>,
    last_words: Arc<Mutex<VecDeque<String>>>,
    listener: JoinHandle<()>,
}

impl Worker {
    /// Runs recipes of `target` with this crate's own command.
    #[must_use]
    pub fn new(executable: &Path, target: Target) -> Self {
        Worker { executable: executable.to_owned(), target, process: None }
    }

    /// Runs one recipe, in a process that may have run others.
    ///
    /// # Errors
    ///
    /// No process can be started, or the tree is no recipe.
    pub fn run(&mut self, recipe: &Value) -> Result<Verdict> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => Process::start(&self.executable, self.target)?,
        };
        let line = format!("{recipe}\n");
        // A process that is gone gives no answer either.
        let _ = process.recipes.write_all(line.as_bytes());
        let bound = patient(self.target.longest());
        let patience = bound + bound / 2 + GRACE;
        match process.answers.recv_timeout(patience) {
            Ok(answer) => {
                let verdict: Verdict = serde_json::from_str(&answer)?;
                // What a fault leaves behind is not the next one's.
                if verdict.fault.is_none() {
                    self.process = Some(process);
                } else {
                    process.end();
                }
                Ok(verdict)
            }
            Err(RecvTimeoutError::Timeout) => {
                process.end();
                let fault = Fault::Time { took: millis(patience), bound: millis(bound) };
                Ok(dead(fault))
            }
            Err(RecvTimeoutError::Disconnected) => Ok(dead(Fault::Death(process.end()))),
        }
    }

    /// Runs one recipe in a process of its own.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_afresh(&mut self, recipe: &Value) -> Result<Verdict> {
        self.stop();
        self.run(recipe)
    }

    fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

fn dead(fault: Fault) -> Verdict {
    Verdict {
        spent: Spent::default(),
        bound: Spent::default(),
        end: End::Refused(String::new()),
        fault: Some(fault),
    }
}

impl Process {
    fn start(executable: &Path, target: Target) -> Result<Self> {
        let mut child = limited(executable)
            .args(["worker", target.name()])
            // Naming the lines of a panic takes seconds in a debug build.
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("no process can be started")?;
        let recipes = child.stdin.take().context("no pipe to the process")?;
        let stdout = child.stdout.take().context("no pipe from the process")?;
        let stderr = child.stderr.take().context("no pipe from the process")?;
        let (sender, answers) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        let heard = Arc::clone(&last_words);
        let listener = thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut words = heard.lock().unwrap_or_else(PoisonError::into_inner);
                words.push_back(line.chars().take(300).collect());
                if words.len() > LAST_WORDS {
                    words.pop_front();
                }
            }
        });
        Ok(Process { child, recipes, answers, last_words, listener })
    }

    /// Ends it if it has not ended, and says how it did and what it said last.
    fn end(mut self) -> String {
        drop(self.recipes);
        // Nobody answers any more: either it is gone, or it is not to go on.
        let _ = self.child.kill();
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let _ = self.listener.join();
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{status}\n{}", words.iter().map(String::as_str).collect::<Vec<_>>().join("\n"))
    }
}

/// The command, with a limit of what it may address where there is a shell that can set one.
fn limited(executable: &Path) -> Command {
    let shell = Path::new("/bin/sh");
    if !shell.exists() {
        return Command::new(executable);
    }
    let mut command = Command::new(shell);
    let script = format!("ulimit -c 0; ulimit -v {ADDRESS_SPACE}; exec \"$0\" \"$@\"");
    command.arg("-c").arg(script).arg(executable);
    command
}
