//! The table at the end of `cargo xtask ci`: what became of each step, and how long it took.

use crate::table::table;
use std::fmt;
use std::time::Duration;

/// The step that fetches what is pinned, which takes as long as the network does: it is no part of the gate's time.
const SETUP: &str = "setup";

/// How a step ended.
#[derive(Debug, PartialEq)]
pub(super) enum Ended {
    Passed,
    Failed,
    /// It did nothing, for this reason.
    Skipped(String),
}

/// The steps that ran, in order.
#[derive(Default)]
pub(super) struct Summary {
    lines: Vec<(String, Ended, Duration)>,
}

impl Summary {
    pub(super) fn add(&mut self, step: String, ended: Ended, took: Duration) {
        self.lines.push((step, ended, took));
    }

    /// The names of the steps that failed.
    pub(super) fn failed(&self) -> Vec<&str> {
        let failed = self.lines.iter().filter(|(_, ended, _)| *ended == Ended::Failed);
        failed.map(|(step, ..)| step.as_str()).collect()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |(step, ended, took): &(String, Ended, Duration)| {
            let result = match ended {
                Ended::Passed => "passed".to_owned(),
                Ended::Failed => "FAILED".to_owned(),
                Ended::Skipped(reason) => format!("skipped: {reason}"),
            };
            [step.clone(), result, seconds(*took)]
        };
        let (setup, gate): (Vec<_>, Vec<_>) = self.lines.iter().partition(|(step, ..)| step == SETUP);
        let total = ["total".to_owned(), String::new(), seconds(gate.iter().map(|line| line.2).sum())];
        let rows: Vec<_> =
            gate.into_iter().map(row).chain([total]).chain(setup.into_iter().map(row)).collect();
        f.write_str(&table(["step", "result", "seconds:"], &rows))
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.1}", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::{Ended, Summary};
    use std::time::Duration;

    #[test]
    fn the_summary_has_a_line_a_step_and_a_total_without_setup() {
        let mut summary = Summary::default();
        summary.add("setup".to_owned(), Ended::Passed, Duration::from_secs(60));
        summary.add("fmt".to_owned(), Ended::Passed, Duration::from_millis(1500));
        summary.add("tidy".to_owned(), Ended::Failed, Duration::from_secs(2));
        summary.add("nn".to_owned(), Ended::Skipped("it hangs".to_owned()), Duration::ZERO);
        let expected = "| step  | result            | seconds |\n\
                        | ----- | ----------------- | ------: |\n\
                        | fmt   | passed            |     1.5 |\n\
                        | tidy  | FAILED            |     2.0 |\n\
                        | nn    | skipped: it hangs |     0.0 |\n\
                        | total |                   |     3.5 |\n\
                        | setup | passed            |    60.0 |\n";
        assert_eq!((summary.to_string().as_str(), summary.failed()), (expected, vec!["tidy"]));
    }
}
