//! What there is to say about the suites, for people: a table on the terminal, and the same in a file.

use super::shares::{Measured, shares};
use super::{names, of};
use crate::budgets::{self, Suite};
use crate::flakes::Tally;
use crate::project;
use crate::switch_off::{Notice, notices};
use crate::table::{Column, Table, bar};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use wasi_policy::Descriptor;

/// What was found out.
pub(crate) struct Report<'a> {
    pub(crate) proposals: &'a [Descriptor],
    /// The suites that ran.
    pub(crate) measured: &'a [Measured],
    /// The tests that were repeated, if any were.
    pub(crate) flakes: Option<&'a Tally>,
    /// The number of the day.
    pub(crate) today: i64,
}

impl Report<'_> {
    /// Prints the table, and writes it with all notices into `target/report/suites.md`.
    pub(crate) fn write(&self) -> Result<()> {
        let table = self.table(&budgets::read()?.suite);
        println!("\n{table}");
        let folder = project::target().join("report");
        fs::create_dir_all(&folder)?;
        let file = folder.join("suites.md");
        let notices = notices(self.proposals, self.today);
        fs::write(&file, page(&table.to_string(), &notices))
            .with_context(|| format!("cannot write {}", file.display()))?;
        println!("{} says this, and who has to be told of what", file.display());
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
            let off = self.proposals.get(at).and_then(Descriptor::switched_off);
            table.row([
                off.map_or_else(|| (*suite).to_owned(), |off| format!("{suite} (off since {})", off.since)),
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

fn page(table: &str, notices: &[Notice]) -> String {
    let mut page = format!("# Suites\n\n{table}\n## Notifications\n\n");
    for notice in notices {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "- {notice}");
    }
    if notices.is_empty() {
        page += "None: the tests of every proposal run.\n";
    }
    page
}

#[cfg(test)]
mod tests {
    use super::{Report, page};
    use crate::budgets::Suite;
    use crate::suites::answers::Answers;
    use crate::suites::shares::{Measured, Program};
    use crate::switch_off::notices;
    use std::collections::BTreeMap;
    use std::time::Duration;
    use wasi_policy::{Descriptor, Stage};

    const ROWS: &[Descriptor] = &[
        Descriptor::new("a", Stage::Two),
        Descriptor::new("b", Stage::Two).maintainers("write to them").off_in_ci("2026-11-23", "it hangs"),
    ];

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
        let report = Report { proposals: &ROWS[..1], measured: &all, flakes: None, today: 0 };
        let expected = "| proposal | tests | seconds | share |            | budget | flakes |\n\
                        | -------- | ----: | ------: | ----: | ---------- | -----: | ------ |\n\
                        | a        |    12 |     3.0 |  50 % | ██████████ |   40 % | -      |\n\
                        | rest     |    12 |     3.0 |  50 % | █████░░░░░ |      - | -      |\n";
        assert_eq!(report.table(&budgets()).to_string(), expected);
    }

    #[test]
    fn a_suite_that_is_off_is_seen_and_nobody_has_a_share() {
        let all = [measured("a", false), measured("rest", true)];
        let report = Report { proposals: ROWS, measured: &all, flakes: None, today: 0 };
        let table = report.table(&budgets()).to_string();
        assert!(table.contains("| b (off since 2026-11-23) |     - |       - |     - |"), "{table}");
    }

    #[test]
    fn the_page_says_who_is_told() {
        let text = page("TABLE\n", &notices(ROWS, 20_790));
        assert!(
            text.starts_with("# Suites\n\nTABLE\n\n## Notifications\n\n- the proposal `b` is off"),
            "{text}"
        );
        assert!(text.ends_with("To be told: write to them\n"), "{text}");
        assert!(page("TABLE\n", &[]).ends_with("None: the tests of every proposal run.\n"));
    }
}
