//! `cargo xtask features`: each choice of features builds, those that matter are tested, and README says what each
//! costs.

mod choices;
mod processor;
mod readme;

use crate::{project, tidy, tree};
use anyhow::{Context, Result, bail, ensure};
use choices::{Check, Choice, all, problems};
use readme::Row;
use std::collections::BTreeSet;
use std::fs;
use toml::Table;
use wasi_policy::matrix::PROPOSALS;
use xshell::{Shell, cmd};

/// Checks the table, README and every choice.
pub(crate) fn run() -> Result<()> {
    let choices = all(PROPOSALS);
    let mut found = problems(&declared(&tidy::texts()?)?, &choices);
    let shell = project::shell()?;
    let readme = fs::read_to_string(project::root().join("README.md"))?;
    found.extend(stale(&readme, &rows(&shell, &readme)?)?);
    ensure!(found.is_empty(), "{}", found.join("\n"));
    for choice in &choices {
        check(&shell, choice)?;
    }
    Ok(())
}

/// Writes the table of README; `measure` builds every row from nothing first.
pub(crate) fn write(measure: bool) -> Result<()> {
    let shell = project::shell()?;
    let place = project::root().join("README.md");
    let old = fs::read_to_string(&place)?;
    let mut rows = rows(&shell, &old)?;
    if measure {
        for (row, choice) in rows.iter_mut().zip(listed()) {
            row.seconds = Some(seconds(&shell, &choice)?);
        }
    }
    // Somebody may have edited the rest meanwhile.
    fs::write(&place, readme::replace(&fs::read_to_string(&place)?, &readme::block(&rows))?)?;
    print!("{}", readme::block(&rows));
    Ok(())
}

/// The features of each package of the tree.
pub(crate) fn declared(texts: &tidy::Texts) -> Result<Vec<(String, BTreeSet<String>)>> {
    let mut declared = Vec::new();
    for (path, text) in texts.iter().filter(|(path, _)| path.ends_with("Cargo.toml")) {
        let manifest: Table = text.parse().with_context(|| format!("cannot read {path}"))?;
        let Some(name) = manifest.get("package").and_then(|package| package.get("name")?.as_str()) else {
            continue;
        };
        let features = manifest.get("features").and_then(|features| features.as_table());
        let features = features.map(|features| features.keys().cloned().collect()).unwrap_or_default();
        declared.push((name.to_owned(), features));
    }
    Ok(declared)
}

/// The choices that README has.
fn listed() -> impl Iterator<Item = Choice> {
    all(PROPOSALS).into_iter().filter(|choice| !choice.readme.is_empty())
}

fn rows(shell: &Shell, readme: &str) -> Result<Vec<Row>> {
    let row = |choice: Choice| {
        let mut args = choice.args();
        args.extend(["--target", tree::COUNTED_FOR]);
        let crates = tree::crates(shell, &args, "normal,build")?.len().saturating_sub(1);
        let name = readme::name(&choice);
        let seconds = readme::seconds(readme, &name);
        Ok(Row { name, what: choice.readme.to_owned(), crates, seconds })
    };
    listed().map(row).collect()
}

/// What `readme` does not say, or says no longer.
fn stale(readme: &str, rows: &[Row]) -> Result<Vec<String>> {
    let unmeasured = rows.iter().filter(|row| row.seconds.is_none());
    let mut found: Vec<String> = unmeasured
        .map(|row| format!("README.md has no seconds for {}; run `cargo xtask features --measure`", row.name))
        .collect();
    if readme::replace(readme, &readme::block(rows))? != readme {
        found.push(
            "the table of features in README.md is stale; run `cargo xtask features --write`".to_owned(),
        );
    }
    Ok(found)
}

fn check(shell: &Shell, choice: &Choice) -> Result<()> {
    let args = &choice.args();
    match choice.check {
        Check::Elsewhere(why) => println!("{} is not checked here: {why}", readme::name(choice)),
        Check::Alone => cmd!(shell, "cargo clippy {args...} -- -D warnings").run()?,
        Check::Tested(target) => {
            cmd!(shell, "cargo clippy {args...} -- -D warnings").run()?;
            cmd!(shell, "cargo test {args...} --lib --test {target}").run()?;
        }
    }
    Ok(())
}

/// Processor seconds of a cold build with Cargo's own development profile, as an embedder would build it.
fn seconds(shell: &Shell, choice: &Choice) -> Result<u64> {
    let dir = project::target().join("features");
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    let args = choice.args();
    let before = processor::seconds_of_children()?;
    // Our profile compiles dependencies with optimisations, for the tests.
    let profile = ["--config", "profile.dev.package.\"*\".opt-level=0"];
    cmd!(shell, "cargo build {args...} {profile...} --lib --target-dir {dir}").run()?;
    let spent = processor::seconds_of_children()? - before;
    fs::remove_dir_all(&dir)?;
    if spent == 0 {
        bail!(
            "{} took no time at all; is there a wrapper of rustc that keeps results?",
            readme::name(choice)
        );
    }
    Ok(spent)
}

#[cfg(test)]
mod tests {
    use super::{PROPOSALS, Row, all, declared, problems, readme, stale};
    use crate::tidy;

    #[test]
    fn the_table_covers_the_tree() {
        let declared = declared(&tidy::texts().unwrap()).unwrap();
        assert_eq!(problems(&declared, &all(PROPOSALS)), [""; 0]);
    }

    #[test]
    fn a_readme_that_lags_behind_is_named() {
        let row = |crates, seconds| Row { name: "`p`".to_owned(), what: "all".to_owned(), crates, seconds };
        let empty = "<!-- features: made by `cargo xtask features --write` -->\n<!-- /features -->\n";
        let fresh = readme::replace(empty, &readme::block(&[row(3, Some(4))])).unwrap();
        assert_eq!(stale(&fresh, &[row(3, Some(4))]).unwrap(), [""; 0]);
        assert!(stale(&fresh, &[row(5, Some(4))]).unwrap()[0].contains("is stale"));
        assert!(stale(&fresh, &[row(3, None)]).unwrap()[0].starts_with("README.md has no seconds for `p`"));
    }

    #[test]
    fn features_are_read_from_manifests() {
        let text = "[package]\nname = 'p'\n[features]\na = []\nb = ['a']\n";
        let texts = [("p/Cargo.toml".to_owned(), text.to_owned())].into();
        let declared = declared(&texts).unwrap();
        assert_eq!(declared[0].0, "p");
        assert_eq!(declared[0].1.iter().collect::<Vec<_>>(), ["a", "b"]);
    }
}
