//! `--stats`: what a guest has taken, for people and for programs.

use crate::failure::complain;
use clap::ValueEnum;
use std::time::Duration;
use wasi_facade::Usage;

/// How it is written, on standard error.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Stats {
    /// For people.
    Text,
    /// An object of JSON on a line: times in nanoseconds, sizes in bytes, and `null` for what was not counted.
    Json,
}

/// A time for people.
pub(crate) fn in_micros(time: Duration) -> String {
    let micros = Duration::from_micros(time.as_micros().try_into().unwrap_or(u64::MAX));
    humantime::format_duration(micros).to_string()
}

impl Stats {
    /// Writes what was taken in `time`, from the start of the guest to its end.
    pub(crate) fn report(self, usage: &Usage, time: Duration) {
        let time = usage.time.unwrap_or(time);
        let Usage { fuel, bytes_written, memory, memory_peak, .. } = usage;
        match self {
            Stats::Text => {
                let fuel = fuel.map(|fuel| format!(", {fuel} instructions")).unwrap_or_default();
                let time = in_micros(time);
                complain(format_args!(
                    "took {time}{fuel}, {memory_peak} bytes of memory, and wrote {bytes_written} bytes to files"
                ));
            }
            Stats::Json => {
                let fuel = fuel.map_or_else(|| "null".to_owned(), |fuel| fuel.to_string());
                let time = time.as_nanos();
                eprintln!(
                    "{{\"time\":{time},\"fuel\":{fuel},\"memory\":{memory},\"memory_peak\":{memory_peak},\
                     \"bytes_written\":{bytes_written}}}"
                );
            }
        }
    }
}
