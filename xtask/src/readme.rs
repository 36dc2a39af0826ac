//! The table of choices in README, between two markers.

use crate::table::{Column, Table};
use anyhow::{Context, Result};

const START: &str = "<!-- features: made by `cargo xtask features --write` -->\n";
const END: &str = "<!-- /features -->\n";

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Package and features.
    pub(crate) name: String,
    pub(crate) what: &'static str,
    /// Crates besides itself.
    pub(crate) crates: usize,
}

/// The text between the markers.
pub(crate) fn block(rows: &[Row]) -> String {
    let mut table = Table::new(&[Column::Text("you take"), Column::Text("for"), Column::Number("crates")]);
    for row in rows {
        table.row([row.name.clone(), row.what.to_owned(), row.crates.to_string()]);
    }
    table.to_string()
}

/// README with another block.
pub(crate) fn replace(readme: &str, block: &str) -> Result<String> {
    let (before, _, after) = cut(readme)?;
    Ok(format!("{before}{START}\n{block}\n{END}{after}"))
}

fn cut(readme: &str) -> Result<(&str, &str, &str)> {
    let lacks = || format!("README.md lacks the lines {:?} and {:?}", START.trim_end(), END.trim_end());
    let (before, rest) = readme.split_once(START).with_context(lacks)?;
    let (block, after) = rest.split_once(END).with_context(lacks)?;
    Ok((before, block, after))
}

#[cfg(test)]
mod tests {
    use super::{END, Row, START, block, replace};

    #[test]
    fn a_block_is_replaced_between_its_markers() {
        let row = |crates| Row { name: "`p`: `a`, `b`".to_owned(), what: "all", crates };
        let readme = replace(&format!("before\n{START}{END}after\n"), &block(&[row(12)])).unwrap();
        assert!(readme.starts_with("before\n") && readme.ends_with("after\n") && readme.contains("12"));
        assert_eq!(replace(&readme, &block(&[row(12)])).unwrap(), readme);
        assert_ne!(replace(&readme, &block(&[row(13)])).unwrap(), readme);
        let error = replace("nothing\n", "").unwrap_err().to_string();
        assert!(error.contains("<!-- /features -->"), "{error}");
    }
}
