//! Worker threads that infer at the same time.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

/// Something that infers again and again, always from the same input.
pub(crate) trait Worker: Send {
    /// Infers `n` times.
    fn run(&mut self, n: u64);

    /// What came out last.
    fn output(&self) -> Vec<u8>;
}

/// Workers, each on a thread of its own that stays as long as the crew.
pub(crate) struct Crew(Vec<Member>);

struct Member {
    orders: Sender<u64>,
    times: Receiver<(Instant, Instant)>,
}

impl Crew {
    /// The name is that of the threads, for profilers.
    pub(crate) fn new(name: &str, workers: Vec<Box<dyn Worker>>) -> Self {
        let barrier = Arc::new(Barrier::new(workers.len()));
        let hire = |mut worker: Box<dyn Worker>| {
            let (orders, received) = channel();
            let (sender, times) = channel();
            let barrier = Arc::clone(&barrier);
            let work = move || {
                for n in received {
                    // Whoever ran before has filled the caches.
                    worker.run(1);
                    barrier.wait();
                    let start = Instant::now();
                    worker.run(n);
                    if sender.send((start, Instant::now())).is_err() {
                        break;
                    }
                }
            };
            thread::Builder::new().name(name.to_owned()).spawn(work).expect("the system has threads");
            Member { orders, times }
        };
        Crew(workers.into_iter().map(hire).collect())
    }

    /// Has each worker infer `n` times. Gives the time from the first start to the last end.
    pub(crate) fn run(&self, n: u64) -> Duration {
        for member in &self.0 {
            member.orders.send(n).expect("workers wait for orders");
        }
        let times: Vec<_> =
            self.0.iter().map(|member| member.times.recv().expect("workers do not panic")).collect();
        let start = times.iter().map(|(start, _)| *start).min().expect("a crew has members");
        let end = times.iter().map(|(_, end)| *end).max().expect("a crew has members");
        end - start
    }
}
