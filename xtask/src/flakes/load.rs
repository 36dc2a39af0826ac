//! A busy machine: what waits for a moment that usually comes at once has to wait.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// Keeps all cores busy until it is dropped.
pub(super) struct Busy {
    ends: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Busy {
    pub(super) fn start() -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = (0..cores).map(|_| {
            let ends = Arc::clone(&ends);
            thread::spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            })
        });
        Self { threads: threads.collect(), ends }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A loop that counts nothing cannot panic.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Busy;
    use std::sync::Arc;

    #[test]
    fn nobody_is_busy_once_it_is_over() {
        let busy = Busy::start();
        assert!(!busy.threads.is_empty());
        let ends = Arc::clone(&busy.ends);
        drop(busy);
        assert_eq!(Arc::strong_count(&ends), 1);
    }
}
