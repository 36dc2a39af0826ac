//! The edits of files that are there for a new proposal: lines before a comment, or before a line of a table.

use anyhow::{Result, ensure};
use serde::Deserialize;

/// Lines that go before the one line of a file that begins with `anchor`, as deep as that.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    pub(super) path: String,
    pub(super) anchor: String,
    pub(super) lines: String,
}

/// All of them.
pub(super) fn edits() -> Result<Vec<Edit>> {
    #[derive(Deserialize)]
    struct Edits {
        edit: Vec<Edit>,
    }
    Ok(toml::from_str::<Edits>(include_str!("templates/edits.toml"))?.edit)
}

impl Edit {
    /// The text with `lines` before the anchor.
    pub(super) fn apply(&self, text: &str, lines: &str) -> Result<String> {
        let is_anchor = |line: &&str| line.trim_start().starts_with(&self.anchor);
        let found = text.lines().filter(is_anchor).count();
        let (path, anchor) = (&self.path, &self.anchor);
        ensure!(found > 0, "{path} has no line `{anchor}`, before which new proposals go; put it back");
        ensure!(found == 1, "{path} has the line `{anchor}` {found} times, and nobody knows which is meant");
        let mut result = String::with_capacity(text.len() + lines.len());
        for line in text.split_inclusive('\n') {
            if is_anchor(&line) {
                let indent = &line[..line.len() - line.trim_start().len()];
                for new in lines.lines() {
                    let indent = if new.is_empty() { "" } else { indent };
                    result += &format!("{indent}{new}\n");
                }
            }
            result += line;
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::Edit;

    #[test]
    fn lines_go_before_the_one_anchor_and_as_deep() {
        let edit = Edit { path: "a.rs".into(), anchor: "// Here.".into(), lines: String::new() };
        let text = "a(\n    b,\n    // Here.\n)\n";
        assert_eq!(edit.apply(text, "c,\n\nd,").unwrap(), "a(\n    b,\n    c,\n\n    d,\n    // Here.\n)\n");
        let error = edit.apply("a", "b").unwrap_err().to_string();
        assert_eq!(error, "a.rs has no line `// Here.`, before which new proposals go; put it back");
        let error = edit.apply("// Here.\n// Here.\n", "b").unwrap_err().to_string();
        assert_eq!(error, "a.rs has the line `// Here.` 2 times, and nobody knows which is meant");
    }
}
