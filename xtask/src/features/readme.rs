//! The table of choices in README, between two markers.

use super::choices::Choice;
use crate::table::{Column, Table};
use anyhow::{Context, Result};

const START: &str = "<!-- features: made by `cargo xtask features --write` -->\n";
const END: &str = "<!-- /features -->\n";

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Package and features, as [`name`] writes them.
    pub(super) name: String,
    pub(super) what: String,
    /// Crates besides itself.
    pub(super) crates: usize,
    /// Processor seconds of a cold build, if they were ever measured.
    pub(super) seconds: Option<u64>,
}

/// What a choice is called.
pub(super) fn name(choice: &Choice) -> String {
    match choice.features {
        "" => format!("`{}`", choice.package),
        features => format!("`{}`: `{}`", choice.package, features.replace(',', "`, `")),
    }
}

/// The text between the markers.
pub(super) fn block(rows: &[Row]) -> String {
    let mut table = Table::new(&[
        Column::Text("you take"),
        Column::Text("for"),
        Column::Number("crates"),
        Column::Number("seconds"),
    ]);
    for row in rows {
        let seconds = row.seconds.map_or(String::new(), |seconds| seconds.to_string());
        table.row([row.name.clone(), row.what.clone(), row.crates.to_string(), seconds]);
    }
    table.to_string()
}

/// The seconds that an old block has for a choice.
pub(super) fn seconds(readme: &str, name: &str) -> Option<u64> {
    let row = cut(readme).ok()?.1.lines().find(|line| cell(line, 1) == Some(name))?;
    cell(row, 4)?.parse().ok()
}

/// README with another block.
pub(super) fn replace(readme: &str, block: &str) -> Result<String> {
    let (before, _, after) = cut(readme)?;
    Ok(format!("{before}{START}\n{block}\n{END}{after}"))
}

fn cut(readme: &str) -> Result<(&str, &str, &str)> {
    let lacks = || format!("README.md lacks the lines {:?} and {:?}", START.trim_end(), END.trim_end());
    let (before, rest) = readme.split_once(START).with_context(lacks)?;
    let (block, after) = rest.split_once(END).with_context(lacks)?;
    Ok((before, block, after))
}

fn cell(line: &str, at: usize) -> Option<&str> {
    line.split('|').nth(at).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::{END, Row, START, block, replace, seconds};

    fn row(seconds: Option<u64>) -> Row {
        Row { name: "`p`: `a`, `b`".to_owned(), what: "all".to_owned(), crates: 12, seconds }
    }

    #[test]
    fn seconds_outlive_another_count() {
        let readme = format!("before\n{START}{END}after\n");
        let measured = replace(&readme, &block(&[row(Some(34))])).unwrap();
        assert!(measured.starts_with("before\n") && measured.ends_with("after\n"));
        assert_eq!(seconds(&measured, "`p`: `a`, `b`"), Some(34));
        assert_eq!(seconds(&measured, "`p`"), None);
        assert_eq!(replace(&measured, &block(&[row(Some(34))])).unwrap(), measured);
        assert_ne!(replace(&measured, &block(&[row(Some(35))])).unwrap(), measured);
        let unmeasured = replace(&readme, &block(&[row(None)])).unwrap();
        assert_eq!(seconds(&unmeasured, "`p`: `a`, `b`"), None);
    }

    #[test]
    fn a_readme_without_markers_is_refused() {
        let error = replace("nothing\n", "").unwrap_err().to_string();
        assert!(error.contains("<!-- /features -->"), "{error}");
    }
}
