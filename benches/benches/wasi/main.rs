//! Benches of WASI calls, each beside the same work done by other means, in one run.
//!
//! A measurement has the name `group/case/side`. How to run and how to read: `README.md` of this package.
#![deny(unsafe_code)]

mod bare;
mod calls;
mod data;
mod files;
mod guest;
mod instances;
mod listing;
#[cfg(feature = "peer")]
mod peer;
mod running;
mod shapes;
mod sides;
mod startup;
mod workers;

use criterion::Criterion;
use std::time::Duration;

fn main() {
    workers::serve();
    // Short, since a whole run should not keep anybody waiting, and in many samples, since the fastest one
    // counts.
    let mut criterion = Criterion::default()
        .sample_size(50)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    shapes::bench(&mut criterion);
    calls::bench(&mut criterion);
    data::bench(&mut criterion);
    files::bench(&mut criterion);
    listing::bench(&mut criterion);
    startup::bench(&mut criterion);
    instances::bench(&mut criterion);
    workers::bench(&mut criterion);
    criterion.final_summary();
    workers::memory();
}
