//! The notice on a terminal that a large module is being compiled.

use indicatif::{ProgressBar, ProgressStyle};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Compiling less takes no time to speak of.
const LARGE: usize = 1 << 20;

/// How long nothing is shown: code from the cache is there sooner.
const PATIENCE: Duration = Duration::from_millis(300);

/// A sign of life on standard error, if that is a terminal, until it is dropped.
pub(crate) struct Progress {
    working: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Shows that `name`, a module of `size` bytes, is being compiled.
    pub(crate) fn compiling(name: &str, size: usize) -> Self {
        if size < LARGE {
            return Progress { working: None };
        }
        let message = format!("compiling {name} ({} MiB)", size >> 20);
        let (done, wait) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            if wait.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                // It draws nothing unless standard error is a terminal.
                let spinner = ProgressBar::new_spinner().with_message(message);
                if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                    spinner.set_style(style);
                }
                spinner.enable_steady_tick(Duration::from_millis(100));
                let _ = wait.recv();
                spinner.finish_and_clear();
            }
        });
        Progress { working: Some((done, thread)) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((done, thread)) = self.working.take() {
            drop(done);
            // The line must be gone before the guest writes.
            let _ = thread.join();
        }
    }
}
