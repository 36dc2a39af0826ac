//! The steps `size` and `command`: the lines of each crate and the packages of all, and the bytes of the release command,
//! each against its budget.
//! What features bring in is in README, which `cargo xtask features` holds to the crate.

use crate::project::{self, Files};
use crate::table::table;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fs;

const PLACE: &str = "xtask/budgets.toml";

/// What each figure may be at most, by the table and the key of [`PLACE`].
type Budgets = BTreeMap<String, BTreeMap<String, usize>>;

/// What was measured: the table, the key in it, and the value.
type Figure<'a> = (&'static str, &'a str, usize);

/// Measures the sources, and fails for what is over its budget.
pub(crate) fn run() -> Result<()> {
    let files = project::files(&project::shell()?)?;
    measure(sources(&files))
}

/// Builds the release command, and fails if it is over its budget.
pub(crate) fn command() -> Result<()> {
    let command = project::released_command(&project::shell()?)?;
    measure(vec![("repository", "command", usize::try_from(fs::metadata(command)?.len())?)])
}

fn measure(figures: Vec<Figure<'_>>) -> Result<()> {
    let (mut rows, mut found, budgets) = (Vec::new(), Vec::new(), read()?);
    for figure in figures {
        let budget = budget(&budgets, figure)?;
        rows.push([figure.0.to_owned(), figure.1.to_owned(), figure.2.to_string(), budget.to_string()]);
        found.extend(finding(figure, budget));
    }
    print!("{}", table(["what", "", "now:", "budget:"], &rows));
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

fn read() -> Result<Budgets> {
    let text = fs::read_to_string(project::root().join(PLACE)).with_context(|| format!("no {PLACE}"))?;
    toml::from_str(&text).with_context(|| format!("{PLACE} has other than tables of numbers"))
}

/// Lines that are not blank in the sources of each crate, and packages of all.
fn sources(files: &Files) -> Vec<Figure<'_>> {
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".rs")) {
        let Some((package, _)) = path.split_once("/src/") else { continue };
        let count = String::from_utf8_lossy(bytes).lines().filter(|line| !line.trim().is_empty()).count();
        *lines.entry(package).or_default() += count;
    }
    let lock = files.get("Cargo.lock").map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
    let packages = lock.lines().filter(|line| *line == "[[package]]").count();
    let lines = lines.into_iter().map(|(package, count)| ("lines", package, count));
    lines.chain([("repository", "packages", packages)]).collect()
}

fn budget(budgets: &Budgets, (table, key, _): Figure<'_>) -> Result<usize> {
    let found = budgets.get(table).and_then(|table| table.get(key).or_else(|| table.get("default")));
    found.copied().with_context(|| format!("neither {key} nor default in [{table}] of {PLACE}"))
}

fn finding((table, key, value): Figure<'_>, budget: usize) -> Option<String> {
    let fix = format!("make it smaller, or argue for a larger budget in [{table}] of {PLACE}");
    (value > budget).then(|| format!("{table}, {key}: {value} of {budget} at most; {fix}"))
}

#[cfg(test)]
mod tests {
    use super::{Budgets, budget, finding, read, sources};

    #[test]
    fn what_is_over_its_budget_is_named_with_the_fix() {
        let budgets: Budgets =
            toml::from_str("[repository]\npackages = 1\n[lines]\ndefault = 2\nlarge = 3\n").unwrap();
        let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
        let lock = file("Cargo.lock", "[[package]]\nname = 'a'\n[[package]]\nname = 'b'\n");
        let files = [file("large/src/a.rs", "1\n\n2\n3\n"), file("a/b/src/c/d.rs", "1\n2\n3\n"), lock].into();
        let found =
            sources(&files).into_iter().filter_map(|one| finding(one, budget(&budgets, one).unwrap()));
        let found: Vec<_> = found.collect();
        assert!(
            found.len() == 2 && found[0].starts_with("lines, a/b: 3 of 2 at most; make it smaller"),
            "{found:?}"
        );
        assert!(found[1].starts_with("repository, packages: 2 of 1 at most; "), "{found:?}");
        assert!(budget(&budgets, ("bytes", "a", 1)).is_err());
        assert!(read().unwrap()["lines"].contains_key("default"));
    }
}
