//! `cargo xtask size`: the lines of each crate, the crates that features bring in, and the bytes of the command, each
//! against its budget.

use crate::project::{self, Files};
use crate::table::{Column, Table};
use crate::tree;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use xshell::Shell;

const PLACE: &str = "xtask/budgets.toml";

/// The whole table of budgets. A key that nobody reads is an error, since it would be no rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budgets {
    /// Bytes of the release command.
    command: usize,
    /// Packages in `Cargo.lock`.
    packages: usize,
    /// Lines that are not blank in the sources of a crate, by its folder, or `default`.
    lines: BTreeMap<String, usize>,
    /// Crates that a feature of the facade adds to a facade without any, by its name, or `default`.
    feature: BTreeMap<String, usize>,
}

/// Something measured, and how much it may be.
struct Figure {
    what: String,
    value: usize,
    budget: usize,
    /// The budget in the table.
    key: String,
}

/// Builds the command, measures, and fails for what is over its budget.
pub(crate) fn run() -> Result<()> {
    let (shell, budgets) = (project::shell()?, read()?);
    let command = project::build_command(&shell)?;
    let bytes = usize::try_from(fs::metadata(command)?.len())?;
    let mut figures = vec![one("command, bytes", bytes, budgets.command, "command")];
    figures.extend(sources(&project::files(&shell)?, &budgets)?);
    figures.extend(of_features(&shell, &budgets)?);
    let columns = [Column::Text("what"), Column::Number("now"), Column::Number("budget")];
    let mut table = Table::new(&columns);
    for Figure { what, value, budget, .. } in &figures {
        table.row([what.clone(), value.to_string(), budget.to_string()]);
    }
    print!("{table}");
    let found: Vec<_> = figures.iter().filter_map(finding).collect();
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

fn read() -> Result<Budgets> {
    let text = fs::read_to_string(project::root().join(PLACE)).with_context(|| format!("no {PLACE}"))?;
    toml::from_str(&text).with_context(|| format!("{PLACE} does not fit xtask/src/size.rs"))
}

/// Lines of each crate, and packages of all.
fn sources(files: &Files, budgets: &Budgets) -> Result<Vec<Figure>> {
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".rs")) {
        let Some((package, _)) = path.split_once("/src/") else { continue };
        let count = String::from_utf8_lossy(bytes).lines().filter(|line| !line.trim().is_empty()).count();
        *lines.entry(package).or_default() += count;
    }
    let figure = |(package, count)| row(&budgets.lines, "lines", package, format!("{package}, lines"), count);
    let mut figures = lines.into_iter().map(figure).collect::<Result<Vec<_>>>()?;
    let lock = files.get("Cargo.lock").map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
    let packages = lock.lines().filter(|line| *line == "[[package]]").count();
    figures.push(one("Cargo.lock, packages", packages, budgets.packages, "packages"));
    Ok(figures)
}

/// The crates that each feature of the facade adds to a facade without any.
fn of_features(shell: &Shell, budgets: &Budgets) -> Result<Vec<Figure>> {
    let (packages, _) = project::packages(shell)?;
    let facade = packages.iter().find(|package| package["name"] == "wasi-facade");
    let names =
        facade.and_then(|facade| facade["features"].as_object()).context("there is no wasi-facade")?;
    let bare = ["--package", "wasi-facade", "--target", tree::COUNTED_FOR, "--no-default-features"];
    let without = tree::crates(shell, &bare, "normal,build")?;
    let figure = |name: &String| {
        let with = tree::crates(shell, &[bare.as_slice(), &["--features", name]].concat(), "normal,build")?;
        let added: BTreeSet<_> = with.difference(&without).collect();
        row(&budgets.feature, "feature", name, format!("feature {name}, crates added"), added.len())
    };
    names.keys().filter(|name| *name != "default").map(figure).collect()
}

fn row(
    budgets: &BTreeMap<String, usize>,
    table: &str,
    name: &str,
    what: String,
    value: usize,
) -> Result<Figure> {
    let found = budgets.get_key_value(name).or_else(|| budgets.get_key_value("default"));
    let (key, budget) =
        found.with_context(|| format!("neither {name} nor default in [{table}] of {PLACE}"))?;
    Ok(Figure { what, value, budget: *budget, key: format!("{table}.{key}") })
}

fn one(what: &str, value: usize, budget: usize, key: &str) -> Figure {
    Figure { what: what.to_owned(), value, budget, key: key.to_owned() }
}

fn finding(Figure { what, value, budget, key }: &Figure) -> Option<String> {
    let text = format!(
        "{what}: {value} of {budget} at most; make it smaller, or argue for a larger `{key}` in {PLACE}"
    );
    (value > budget).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{Budgets, finding, read, sources};

    #[test]
    fn what_is_over_its_budget_is_named_with_the_fix() {
        let text = "command = 1\npackages = 1\n[lines]\ndefault = 2\nlarge = 3\n[feature]\n";
        let budgets: Budgets = toml::from_str(text).unwrap();
        let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
        let lock = file("Cargo.lock", "[[package]]\nname = 'a'\n[[package]]\nname = 'b'\n");
        let files =
            [file("large/src/a.rs", "1\n\n2\n3\n"), file("small/src/a/b.rs", "1\n2\n3\n"), lock].into();
        let found: Vec<_> = sources(&files, &budgets).unwrap().iter().filter_map(finding).collect();
        let fix = |key| format!("make it smaller, or argue for a larger `{key}` in xtask/budgets.toml");
        let lines = format!("small, lines: 3 of 2 at most; {}", fix("lines.default"));
        assert_eq!(found, [lines, format!("Cargo.lock, packages: 2 of 1 at most; {}", fix("packages"))]);
    }

    #[test]
    fn the_table_is_read_and_a_key_that_nobody_reads_is_an_error() {
        assert!(read().unwrap().lines.contains_key("default"));
        assert!(
            toml::from_str::<Budgets>("command = 1\npackages = 1\nbinary = 1\n[lines]\n[feature]\n").is_err()
        );
    }
}
