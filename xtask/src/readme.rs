//! The table of choices in README, between two markers.

use anyhow::{Context, Result};

const START: &str = "<!-- features: made by `cargo xtask features --write` -->\n";
const END: &str = "<!-- /features -->\n";

/// README with another table.
pub(crate) fn replace(readme: &str, table: &str) -> Result<String> {
    let lacks = || format!("README.md lacks the lines {:?} and {:?}", START.trim_end(), END.trim_end());
    let (before, rest) = readme.split_once(START).with_context(lacks)?;
    let (_, after) = rest.split_once(END).with_context(lacks)?;
    Ok(format!("{before}{START}\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{END, START, replace};

    #[test]
    fn a_block_is_replaced_between_its_markers() {
        let readme = replace(&format!("before\n{START}{END}after\n"), "one\n").unwrap();
        assert!(readme.starts_with("before\n") && readme.ends_with("after\n") && readme.contains("one"));
        assert_eq!(replace(&readme, "one\n").unwrap(), readme);
        assert_ne!(replace(&readme, "two\n").unwrap(), readme);
        let error = replace("nothing\n", "").unwrap_err().to_string();
        assert!(error.contains("<!-- /features -->"), "{error}");
    }
}
