//! `cargo xtask features`: each choice of features builds, those that matter are tested, and README says how many
//! crates each brings in.

mod choices;
mod readme;

use crate::{project, tidy, tree};
use anyhow::{Context, Result, ensure};
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
    if readme::replace(&readme, &readme::block(&rows(&shell)?))? != readme {
        found.push(
            "the table of features in README.md is stale; run `cargo xtask features --write`".to_owned(),
        );
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    choices.iter().try_for_each(|choice| check(&shell, choice))
}

/// Writes the table of README.
pub(crate) fn write() -> Result<()> {
    let block = readme::block(&rows(&project::shell()?)?);
    let place = project::root().join("README.md");
    fs::write(&place, readme::replace(&fs::read_to_string(&place)?, &block)?)?;
    print!("{block}");
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
fn rows(shell: &Shell) -> Result<Vec<Row>> {
    let row = |choice: Choice| {
        let mut args = choice.args();
        args.extend(["--target", tree::COUNTED_FOR]);
        let crates = tree::crates(shell, &args, "normal,build")?.len().saturating_sub(1);
        Ok(Row { name: readme::name(&choice), what: choice.readme.to_owned(), crates })
    };
    all(PROPOSALS).into_iter().filter(|choice| !choice.readme.is_empty()).map(row).collect()
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

#[cfg(test)]
mod tests {
    use super::{PROPOSALS, all, declared, problems};
    use crate::tidy;

    #[test]
    fn the_table_covers_the_tree() {
        let declared = declared(&tidy::texts().unwrap()).unwrap();
        assert_eq!(problems(&declared, &all(PROPOSALS)), [""; 0]);
        assert!(declared.iter().any(|(name, features)| name == "wasi-policy" && features.contains("wasmi")));
    }
}
