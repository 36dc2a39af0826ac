//! `cargo xtask new-proposal NAME --stage N`: a crate that compiles, its row, its RFC, and its places everywhere.
//!
//! The crate comes from files in `new_proposal/templates`, and existing files are added to where a comment says "New
//! proposals go here". Everything is read and checked before anything is written.

mod edits;
mod name;
pub(crate) mod rehearsal;

use crate::project;
use anyhow::{Context, Result, bail, ensure};
use edits::edits;
use name::Name;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use toml::Table;
use wasi_policy::Stage;
use xshell::{Shell, cmd};

/// Where an RFC begins.
const RFC: &str = "rfcs/0000-template.md";

/// The files of a new crate, relative to it.
const TEMPLATES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("new_proposal/templates/Cargo.toml.in")),
    ("CHANGELOG.md", include_str!("new_proposal/templates/CHANGELOG.md.in")),
    ("src/lib.rs", include_str!("new_proposal/templates/lib.rs.in")),
    ("src/imports.rs", include_str!("new_proposal/templates/imports.rs.in")),
    ("src/calls.rs", include_str!("new_proposal/templates/calls.rs.in")),
    ("src/ctx.rs", include_str!("new_proposal/templates/ctx.rs.in")),
    ("tests/smoke.rs", include_str!("new_proposal/templates/smoke.rs.in")),
];

/// Everything that will be written, by path relative to the root.
#[derive(Debug)]
struct Plan {
    files: Vec<(String, String)>,
    rfc: String,
}

/// Writes the proposal into this workspace, and says what is left to do.
pub(crate) fn run(name: &str, stage: u8) -> Result<()> {
    let root = project::root();
    let plan = plan(&root, name, stage)?;
    plan.write(&root)?;
    let shell = project::shell()?;
    format(&shell, name)?;
    // The matrix that this very program was compiled with lacks the row, so another one writes what is made from it.
    // What that finds besides, prompts of the RFC and what the stage asks for, is left to do.
    for task in ["staging", "features"] {
        cmd!(shell, "cargo xtask {task} --write").ignore_status().run()?;
    }
    for (path, _) in &plan.files {
        println!("wrote {path}");
    }
    println!(
        "\nNext: answer what {} asks, since `cargo xtask tidy` takes its prompts for empty sections; put the calls of \
         the specification in the place of `calls_get`; and run `cargo xtask ci`. CONTRIBUTING.md walks through it.",
        plan.rfc
    );
    Ok(())
}

/// Reads and checks everything; nothing is written.
fn plan(root: &Path, name: &str, stage: u8) -> Result<Plan> {
    let read =
        |path: &str| fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"));
    let name = Name::parse(name)?;
    let Some(stage) = Stage::ALL.into_iter().find(|known| known.number() == stage) else {
        bail!("there is no stage {stage}; proposals begin at 0 and end at 5, as docs/STAGING.md says");
    };
    let package = format!("wasi-{name}");
    ensure!(!root.join(&package).exists(), "{package} is there already; choose another name");
    let facade: Table =
        read("wasi-facade/Cargo.toml")?.parse().context("wasi-facade/Cargo.toml is broken")?;
    let is_feature = facade.get("features").and_then(|features| features.get(name.kebab())).is_some();
    ensure!(!is_feature, "wasi-facade has a feature {name} already; choose another name");
    let rfc = format!("rfcs/{:04}-{package}.md", next_number(&root.join("rfcs"))?);
    let number = rfc.trim_start_matches("rfcs/").split('-').next().unwrap_or_default();
    let fill = |text: &str| {
        let text = name.fill(text).replace("{{rfc}}", &rfc).replace("{{number}}", number);
        text.replace("{{stage}}", &stage.number().to_string()).replace("{{Stage}}", &format!("{stage:?}"))
    };

    let mut files: Vec<_> =
        TEMPLATES.iter().map(|(path, text)| (format!("{package}/{path}"), fill(text))).collect();
    let template = read(RFC)?.replace("RFC 0000: wasi-NAME", &format!("RFC {number}: {package}"));
    files.push((rfc.clone(), template));
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for edit in edits()? {
        let text = match texts.get(&edit.path) {
            Some(text) => text.clone(),
            None => read(&edit.path)?,
        };
        let text = edit.apply(&text, &fill(&edit.lines))?;
        texts.insert(edit.path, text);
    }
    files.extend(texts);
    Ok(Plan { files, rfc })
}

impl Plan {
    fn write(&self, root: &Path) -> Result<()> {
        for (path, text) in &self.files {
            let place = root.join(path);
            fs::create_dir_all(place.parent().unwrap_or(root))?;
            fs::write(&place, text).with_context(|| format!("cannot write {path}"))?;
        }
        Ok(())
    }
}

/// Long names break lines elsewhere than short ones.
fn format(shell: &Shell, name: &str) -> Result<()> {
    cmd!(shell, "cargo fmt --package wasi-{name} --package wasi-policy --package wasi-facade")
        .run()
        .context("cannot format what was written")
}

/// The number after the highest.
fn next_number(folder: &Path) -> Result<u32> {
    let mut highest = 0;
    for entry in fs::read_dir(folder).context("cannot list rfcs")? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.split('-').next()?.parse().ok());
        highest = highest.max(number.unwrap_or(0));
    }
    Ok(highest + 1)
}

#[cfg(test)]
mod tests {
    use super::{edits, plan};
    use crate::project;
    use std::fs;
    use std::path::Path;

    /// A copy of what a plan reads, that is gone when it is dropped.
    fn copy() -> xshell::TempDir {
        let folder = project::shell().unwrap().create_temp_dir().unwrap();
        let rfcs = fs::read_dir(project::root().join("rfcs")).unwrap();
        let rfcs = rfcs.map(|entry| format!("rfcs/{}", entry.unwrap().file_name().to_str().unwrap()));
        for path in edits().unwrap().into_iter().map(|edit| edit.path).chain(rfcs) {
            let place = folder.path().join(&path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::copy(project::root().join(&path), place).unwrap();
        }
        folder
    }

    fn refusal(root: &Path, name: &str, stage: u8) -> String {
        format!("{:#}", plan(root, name, stage).unwrap_err())
    }

    #[test]
    fn a_plan_fills_every_place() {
        let copy = copy();
        let plan = plan(copy.path(), "made-up", 1).unwrap();
        let text = |path: &str| &plan.files.iter().find(|(known, _)| known == path).unwrap().1;
        assert!(text("wasi-made-up/src/imports.rs").contains("impl Proposal for MadeUp {"));
        assert!(text("wasi-policy/src/matrix.rs").contains("Descriptor::new(\"made-up\", Stage::One)"));
        assert!(text("wasi-facade/Cargo.toml").contains("\nmade-up = [\"dep:wasi-made-up\"]\n"));
        assert!(text("wasi-made-up/Cargo.toml").contains(&format!("\nrfc = \"{}\"\n", plan.rfc)));
        assert!(text(&plan.rfc).starts_with(&format!("# RFC {}: wasi-made-up\n", &plan.rfc[5..9])));
        for (path, text) in &plan.files {
            assert!(!text.contains("{{"), "{path} has a place that nothing fills");
        }
        // Twice is an error, and nothing has been written before.
        assert!(!copy.path().join("wasi-made-up").exists());
        plan.write(copy.path()).unwrap();
        let expected = "wasi-made-up is there already; choose another name";
        assert_eq!(refusal(copy.path(), "made-up", 1), expected);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let copy = copy();
        let refusal = |name, stage| refusal(copy.path(), name, stage);
        let expected = "there is no stage 6; proposals begin at 0 and end at 5, as docs/STAGING.md says";
        assert_eq!(refusal("probe", 6), expected);
        assert_eq!(refusal("cli", 0), "wasi-facade has a feature cli already; choose another name");
        assert!(refusal("Probe", 0).starts_with("`Probe` is no name for a proposal: "));
        for edit in edits().unwrap() {
            let place = copy.path().join(&edit.path);
            let text = fs::read_to_string(&place).unwrap();
            let without = text.lines().filter(|line| !line.trim().starts_with(&edit.anchor));
            fs::write(&place, without.collect::<Vec<_>>().join("\n")).unwrap();
            let expected =
                format!("{} has no line `{}`, before which new proposals go; ", edit.path, edit.anchor);
            assert!(refusal("probe", 0).starts_with(&expected));
            fs::write(&place, text).unwrap();
        }
    }
}
