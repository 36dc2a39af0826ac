//! The limits on what workers may use.

use std::time::Duration;

/// Bounds on the workers of a pool, all finite by default.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Workers at a time that guests have; more give [`Error::Busy`](crate::Error::Busy). Those that are kept ready come on
    /// top.
    ///
    /// Each is a process of some megabytes and a few descriptors of the host's. 64 are as many guests as compute at a time.
    pub max_workers: u32,
    /// Fresh workers that are kept ready. One lets a guest begin at once, unless guests come faster than processes start.
    pub ready: u32,
    /// Bytes of memory of one worker (`RLIMIT_DATA`). What goes beyond fails, and most libraries end then.
    ///
    /// 4 GiB are as much as a guest of 32 bits can address. All workers together may have `max_workers` times as much, so a
    /// host with less memory than that lowers one of both.
    pub memory: u64,
    /// Bytes of each of the two files and of each of the two memories that a worker shares with its host (`RLIMIT_FSIZE`, for
    /// those that the worker writes). They count beside `memory`. 1 GiB is what a guest's tensors may have together.
    ///
    /// Host and worker each map both memories, which takes as many addresses and no memory by itself; of a memory, 64 GiB are
    /// mapped at most.
    pub file_bytes: u64,
    /// Bytes of the stack of the thread that serves. Parsers descend into what they read, and 16 MiB are twice what a
    /// process's first thread usually has.
    pub stack: u32,
    /// Descriptors of one worker (`RLIMIT_NOFILE`). It has a few, and libraries open some for each processor; 256 are ample.
    pub max_descriptors: u32,
    /// Processor time of one worker, all its threads together, from one request until the next (the soft `RLIMIT_CPU`, which
    /// is raised before each), in whole seconds.
    ///
    /// A request has a deadline of its own, so this is for what a worker does while nobody asks. An hour is more than a
    /// request takes on many processors.
    pub processor_time: Duration,
    /// Processor time of one worker in all its life (the hard `RLIMIT_CPU`), for one that raises the other by itself. A day is
    /// more than a guest's requests need.
    pub total_processor_time: Duration,
    /// How long a worker may take to start and to load what it needs. 10 seconds are for a busy machine with a slow disk.
    pub start_time: Duration,
}

wasi_policy::limit_setters!(Limits {
    max_workers: u32,
    ready: u32,
    memory: u64,
    file_bytes: u64,
    stack: u32,
    max_descriptors: u32,
    processor_time: Duration,
    total_processor_time: Duration,
    start_time: Duration,
});

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_workers: 64,
            ready: 1,
            memory: 4 << 30,
            file_bytes: 1 << 30,
            stack: 16 << 20,
            max_descriptors: 256,
            processor_time: Duration::from_secs(3600),
            total_processor_time: Duration::from_secs(24 * 3600),
            start_time: Duration::from_secs(10),
        }
    }
}
