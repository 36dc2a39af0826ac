//! The text format of findings: a reason and a recipe, read from files and written to them.

use crate::target::Target;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest line that a list or a record is written on.
const WIDTH: usize = 100;

/// A recipe that once showed a fault, or that could.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it did, or what it is an example of.
    pub why: String,
    /// Why it still shows a fault. Whoever fixes that takes this away, and the replay says when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
    /// The recipe as a tree.
    pub recipe: Value,
}

/// Where the findings of a target are.
#[must_use]
pub fn folder(target: Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("findings").join(target.name())
}

/// All findings of a target, by the names of their files.
///
/// # Errors
///
/// A file that is no finding.
pub fn read(target: Target) -> Result<Vec<(String, Finding)>> {
    let folder = folder(target);
    let mut found = Vec::new();
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        found.push((name, read_file(&path)?));
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// One finding.
///
/// # Errors
///
/// The file cannot be read, or is no finding.
pub fn read_file(path: &Path) -> Result<Finding> {
    let read = || Ok::<_, anyhow::Error>(serde_json::from_str(&fs::read_to_string(path)?)?);
    read().with_context(|| format!("{} is no finding", path.display()))
}

/// Writes a finding, and says where.
///
/// # Errors
///
/// The file cannot be written.
pub fn write(target: Target, name: &str, finding: &Finding) -> Result<PathBuf> {
    let path = folder(target).join(format!("{name}.json"));
    fs::create_dir_all(folder(target))?;
    fs::write(&path, text(finding)?).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// The text of a finding.
///
/// # Errors
///
/// The text format cannot express it.
pub fn text(finding: &Finding) -> Result<String> {
    let mut text = String::new();
    lay_out(&serde_json::to_value(finding)?, 0, &mut text);
    text.push('\n');
    Ok(text)
}

/// Appends a tree. What fits a line is on one, unlike in most layouts, so that a shape is seen at a glance.
fn lay_out(value: &Value, depth: usize, text: &mut String) {
    let line = value.to_string();
    let (open, close, parts): (_, _, Vec<(String, &Value)>) = match value {
        Value::Array(items) if line.len() > WIDTH => {
            ('[', ']', items.iter().map(|item| (String::new(), item)).collect())
        }
        Value::Object(fields) if line.len() > WIDTH => {
            let key = |key: &String| format!("{}: ", Value::from(key.as_str()));
            ('{', '}', fields.iter().map(|(name, field)| (key(name), field)).collect())
        }
        _ => return text.push_str(&line),
    };
    text.push(open);
    for (index, (key, part)) in parts.into_iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&"  ".repeat(depth + 1));
        text.push_str(&key);
        lay_out(part, depth + 1, text);
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}

#[cfg(test)]
mod tests {
    use super::{Finding, text};
    use serde_json::json;

    #[test]
    fn a_text_is_read_as_what_was_written() {
        let recipe = json!({"list": vec!["some\u{1b}thing"; 20], "small": [[1, 2], {"a": {}}], "none": null});
        let finding = Finding { why: "it \"grew\"".to_owned(), open: None, recipe };
        let text = text(&finding).unwrap();
        assert_eq!(serde_json::from_str::<Finding>(&text).unwrap(), finding);
        assert!(text.lines().any(|line| line.trim() == r#""small": [[1,2],{"a":{}}]"#), "{text}");
    }
}
