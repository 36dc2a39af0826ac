//! The table at the end of `cargo xtask ci`: what became of each step, and how long it took.

use crate::table::{Column, Table};
use std::fmt;
use std::time::Duration;

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
        let mut table =
            Table::new(&[Column::Text("step"), Column::Text("result"), Column::Number("seconds")]);
        for (step, ended, took) in &self.lines {
            let result = match ended {
                Ended::Passed => "passed".to_owned(),
                Ended::Failed => "FAILED".to_owned(),
                Ended::Skipped(reason) => format!("skipped: {reason}"),
            };
            table.row([step.clone(), result, seconds(*took)]);
        }
        table.row(["total".to_owned(), String::new(), seconds(self.lines.iter().map(|line| line.2).sum())]);
        table.fmt(f)
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
    fn the_summary_has_a_line_a_step_and_a_total() {
        let mut summary = Summary::default();
        summary.add("fmt".to_owned(), Ended::Passed, Duration::from_millis(1500));
        summary.add("tidy".to_owned(), Ended::Failed, Duration::from_secs(2));
        summary.add("nn".to_owned(), Ended::Skipped("it hangs".to_owned()), Duration::ZERO);
        let expected = "| step  | result            | seconds |\n\
                        | ----- | ----------------- | ------: |\n\
                        | fmt   | passed            |     1.5 |\n\
                        | tidy  | FAILED            |     2.0 |\n\
                        | nn    | skipped: it hangs |     0.0 |\n\
                        | total |                   |     3.5 |\n";
        assert_eq!((summary.to_string().as_str(), summary.failed()), (expected, vec!["tidy"]));
    }
}
