//! The tables of `cargo xtask size`.

use super::judge::{Figure, Value};
use super::lines::{Amount, Parts};
use crate::table::{Column, Table, bar};
use std::collections::BTreeMap;

/// What each crate consists of.
pub(super) fn parts(crates: &BTreeMap<String, Parts>) -> Table {
    let mut table = Table::new(&[
        Column::Text("lines (KiB)"),
        Column::Number("code"),
        Column::Number("comments"),
        Column::Number("tests"),
        Column::Number("data"),
    ]);
    let cell = |amount: Amount| format!("{} ({})", amount.lines, amount.bytes.div_ceil(1024));
    for (name, parts) in crates {
        let cells = [parts.code, parts.comments, parts.tests, parts.data].map(cell);
        table.row(std::iter::once(name.clone()).chain(cells));
    }
    table
}

/// Each figure with its change and its budget.
pub(super) fn figures(figures: &[Figure]) -> Table {
    let mut table = Table::new(&[
        Column::Text("what"),
        Column::Number("now"),
        Column::Number("change"),
        Column::Number("budget"),
        Column::Text("used"),
    ]);
    for figure in figures {
        let budget = figure.unit.word(figure.budget);
        let (now, change, used) = match &figure.value {
            Value::Measured(value) => {
                let change = figure.before.map(|before| sign(value - before, |by| figure.unit.word(by)));
                let share = format!("{} {:3.0} %", bar(*value, figure.budget), value / figure.budget * 100.0);
                (figure.unit.word(*value), change.unwrap_or_else(|| "not known".to_owned()), share)
            }
            Value::Unknown(reason) => ("not measured".to_owned(), String::new(), reason.clone()),
        };
        table.row([figure.what.clone(), now, change, budget, used]);
    }
    table
}

fn sign(change: f64, word: impl Fn(f64) -> String) -> String {
    match change {
        0.0 => "same".to_owned(),
        more if more > 0.0 => format!("+{}", word(more)),
        less => word(less),
    }
}

/// The largest files of the repository.
pub(super) fn largest(files: &[(&str, usize)]) -> Table {
    let mut table = Table::new(&[Column::Text("largest files"), Column::Number("KiB")]);
    for (path, bytes) in files {
        table.row([(*path).to_owned(), bytes.div_ceil(1024).to_string()]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::judge::tests::figure;
    use super::figures;
    use crate::size::judge::{Figure, Value};

    #[test]
    fn a_row_has_the_change_and_what_is_used() {
        let unknown = Figure { value: Value::Unknown("the build was warm".to_owned()), ..figure(0.0) };
        let text = figures(&[figure(50.0), Figure { before: None, ..figure(90.0) }, figure(90.0), unknown]);
        let expected = "\
| what         |          now |    change | budget | used               |
| ------------ | -----------: | --------: | -----: | ------------------ |
| wasi-p, code |           50 |       -40 |    100 | █████░░░░░  50 %   |
| wasi-p, code |           90 | not known |    100 | █████████░  90 %   |
| wasi-p, code |           90 |      same |    100 | █████████░  90 %   |
| wasi-p, code | not measured |           |    100 | the build was warm |
";
        assert_eq!(text.to_string(), expected);
    }
}
