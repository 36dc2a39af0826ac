//! A group of cases, each measured on several sides.

use crate::bare;
use crate::guest::Guest;
use crate::running::{State, make_file, ours, ours_with};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode};
use std::fs::OpenOptions;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use wasi_snapshot::{MemDir, MemLimits, Perms};

/// A group under measurement.
pub(crate) struct Group<'c>(BenchmarkGroup<'c, WallTime>);

impl<'c> Group<'c> {
    pub(crate) fn new(criterion: &'c mut Criterion, name: &str) -> Self {
        let mut group = criterion.benchmark_group(name);
        // Samples of one length can be compared, which the fastest one is chosen by.
        group.sampling_mode(SamplingMode::Flat);
        Group(group)
    }

    /// Measures something that runs `n` times by itself and tells how long it took. It is made once, since
    /// criterion comes back for each sample, and only if it is asked for.
    pub(crate) fn side<R: FnMut(u64) -> Duration>(&mut self, case: &str, side: &str, make: impl Fn() -> R) {
        let mut made = None;
        self.0.bench_function(BenchmarkId::new(case, side), |bencher| {
            bencher.iter_custom(made.get_or_insert_with(&make));
        });
    }

    /// Measures a guest on ours, and if it is compiled in on the peer, each in a directory of its own that
    /// `prepare` fills.
    pub(crate) fn guest(&mut self, case: &str, guest: &Guest, prepare: impl Fn(&Path)) {
        self.ours(case, guest, &prepare);
        #[cfg(feature = "peer")]
        self.side(case, "peer", || {
            let dir = directory(&prepare);
            let mut running = crate::peer::start(&guest.module(), dir.path());
            move |n| {
                let _kept = &dir;
                running.run(n)
            }
        });
    }

    /// Measures a guest on ours alone.
    pub(crate) fn ours(&mut self, case: &str, guest: &Guest, prepare: impl Fn(&Path)) {
        self.side(case, "ours", || {
            let dir = directory(&prepare);
            let mut running = ours(&guest.module(), dir.path());
            move |n| {
                let _kept = &dir;
                running.run(n)
            }
        });
    }

    /// Measures a guest on ours, with the same files in memory.
    pub(crate) fn memory(&mut self, case: &str, guest: &Guest, prepare: impl Fn(&Path)) {
        self.side(case, "memory", || {
            let memory = MemDir::new(MemLimits::default());
            copy(directory(&prepare).path(), "", &memory);
            let mut running = ours_with(&guest.module(), State::in_memory(memory));
            move |n| running.run(n)
        });
    }

    /// Measures a guest on ours, in a directory where no symlink is followed.
    pub(crate) fn plain(&mut self, case: &str, guest: &Guest, prepare: impl Fn(&Path)) {
        self.side(case, "plain", || {
            let dir = directory(&prepare);
            let perms = Perms::read_write().no_follow();
            let mut running = ours_with(&guest.module(), State::with(dir.path(), perms));
            move |n| {
                let _kept = &dir;
                running.run(n)
            }
        });
    }

    /// Measures a guest on host functions made by hand, with a file that was opened for it.
    pub(crate) fn bare(&mut self, case: &str, guest: &Guest) {
        self.side(case, "bare", || {
            let dir = directory(|dir| make_file(&dir.join("f")));
            let file = OpenOptions::new().read(true).write(true).open(dir.path().join("f"));
            let mut run = bare::start(&guest.module(), file.expect("the file has been made"));
            move |n| {
                let _kept = &dir;
                run(n)
            }
        });
    }

    /// Measures what `make` makes in a prepared directory: the same work without a guest.
    pub(crate) fn native<R, F: FnMut() -> R>(
        &mut self,
        case: &str,
        prepare: impl Fn(&Path),
        make: impl Fn(&Path) -> F,
    ) {
        self.side(case, "native", || {
            let dir = directory(&prepare);
            let mut work = make(dir.path());
            move |n| {
                let _kept = &dir;
                let start = Instant::now();
                for _ in 0..n {
                    black_box(work());
                }
                start.elapsed()
            }
        });
    }
}

/// Copies what is in a directory of the host to `above` in memory.
fn copy(dir: &Path, above: &str, memory: &MemDir) {
    for entry in std::fs::read_dir(dir).expect("the directory is ours") {
        let entry = entry.expect("the directory can be read");
        let path = format!("{above}{}", entry.file_name().display());
        if entry.path().is_dir() {
            copy(&entry.path(), &format!("{path}/"), memory);
        } else {
            let contents = std::fs::read(entry.path()).expect("the file has been made");
            memory.add(&path, contents).expect("there is room");
        }
    }
}

fn directory(prepare: impl Fn(&Path)) -> TempDir {
    let dir = tempfile::tempdir().expect("the machine has room for temporary files");
    prepare(dir.path());
    dir
}
