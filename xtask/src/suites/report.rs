//! What there is to say about the suites, for people: a table on the terminal, and the same in a file.

use super::shares::{Measured, shares};
use super::{names, of};
use crate::budgets::{self, Suite};
use crate::flakes::Tally;
use crate::project;
use crate::table::{Column, Table, bar};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;
use wasi_policy::Descriptor;

/// What was found out.
pub(crate) struct Report<'a> {
    pub(crate) proposals: &'a [Descriptor],
    /// The suites that ran.
    pub(crate) measured: &'a [Measured],
    /// The tests that were repeated, if any were.
    pub(crate) flakes: Option<&'a Tally>,
}

impl Report<'_> {
    /// Prints the table, and writes it into `target/report/suites.md`.
    pub(crate) fn write(&self) -> Result<()> {
        let table = self.table(&budgets::read()?.suite);
        println!("\n{table}");
        let folder = project::target().join("report");
        fs::create_dir_all(&folder)?;
        let file = folder.join("suites.md");
        fs::write(&file, format!("# Suites\n\n{table}"))
            .with_context(|| format!("cannot write {}", file.display()))?;
        println!("{} says this", file.display());
        Ok(())
    }

    fn table(&self, budgets: &BTreeMap<String, Suite>) -> Table {
        let mut table = Table::new(&[
            Column::Text("proposal"),
            Column::Number("tests"),
            Column::Number("seconds"),
            Column::Number("share"),
            Column::Text(""),
            Column::Number("budget"),
            Column::Text("flakes"),
        ]);
        let suites = names(self.proposals);
        let shares = shares(&suites, self.measured).unwrap_or_default();
        for (at, suite) in suites.iter().enumerate() {
            let measured = self.measured.iter().find(|one| one.suite == *suite);
            let budget = budgets.get(*suite).map(|budget| budget.share);
            let unknown = || "-".to_owned();
            let is_untested = self.proposals.get(at).is_some_and(|row| row.untested_reason().is_some());
            table.row([
                if is_untested { format!("{suite} (untested)") } else { (*suite).to_owned() },
                measured.map_or_else(unknown, |one| one.tests().to_string()),
                measured.map_or_else(unknown, |one| format!("{:.1}", one.took().as_secs_f64())),
                shares.get(at).map_or_else(unknown, |share| percent(*share)),
                // How much of its budget it uses, or of everything if it has none.
                shares.get(at).map_or_else(String::new, |share| bar(*share, budget.unwrap_or(1.0))),
                budget.map_or_else(unknown, percent),
                self.flakes_of(suite).unwrap_or_else(unknown),
            ]);
        }
        table
    }

    /// How many tests of a suite were repeated, and how many of them are flaky.
    fn flakes_of(&self, suite: &str) -> Option<String> {
        let tally = self.flakes?;
        let is_ours =
            |program: &&str| of(program.split(':').next().unwrap_or_default(), self.proposals) == suite;
        Some(format!(
            "{} of {}",
            tally.flaky().filter(is_ours).count(),
            tally.repeated().filter(is_ours).count()
        ))
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::Report;
    use crate::budgets::Suite;
    use crate::suites::answers::Answers;
    use crate::suites::shares::{Measured, Program};
    use std::collections::BTreeMap;
    use std::time::Duration;
    use wasi_policy::{Descriptor, Stage};

    const ROWS: &[Descriptor] =
        &[Descriptor::new("a", Stage::Two), Descriptor::new("b", Stage::Two).untested("it hangs")];

    fn measured(suite: &'static str, is_cut: bool) -> Measured {
        let program = Program {
            name: format!("{suite}:lib"),
            answers: Answers::new(),
            tests: 12,
            took: Duration::from_secs(3),
        };
        Measured { suite, programs: vec![program], is_cut }
    }

    fn budgets() -> BTreeMap<String, Suite> {
        BTreeMap::from([("a".to_owned(), Suite { share: 0.4 })])
    }

    #[test]
    fn a_row_a_suite() {
        let all = [measured("a", false), measured("rest", false)];
        let report = Report { proposals: &ROWS[..1], measured: &all, flakes: None };
        let expected = "| proposal | tests | seconds | share |            | budget | flakes |\n\
                        | -------- | ----: | ------: | ----: | ---------- | -----: | ------ |\n\
                        | a        |    12 |     3.0 |  50 % | ██████████ |   40 % | -      |\n\
                        | rest     |    12 |     3.0 |  50 % | █████░░░░░ |      - | -      |\n";
        assert_eq!(report.table(&budgets()).to_string(), expected);
    }

    #[test]
    fn an_untested_suite_is_seen_and_nobody_has_a_share() {
        let all = [measured("a", false), measured("rest", true)];
        let report = Report { proposals: ROWS, measured: &all, flakes: None };
        let table = report.table(&budgets()).to_string();
        assert!(table.contains("| b (untested) |     - |       - |     - |"), "{table}");
    }
}
