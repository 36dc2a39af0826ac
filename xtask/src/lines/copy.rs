//! A copy of the workspace, as far as an adapter and the proposals need it, whose manifests ask for another engine.

use super::Line;
use crate::project;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What is copied; but for the engine's adapter, each is a member. The guests are no crate.
const MEMBERS: &[&str] = &["wasi-policy", "test-support", "wasi-snapshot", "wasi-nn", "engines/tests"];
const GUESTS: &str = "guests";

/// What tests of `wasi-nn` need that are for no other engine.
const OF_OTHER_TESTS: &[&str] =
    &["wasi-nn-onnxruntime", "wasi-nn-openvino", "wasi-nn-remote", "wasi-engine-wasmtime", "wasmtime"];

/// What its smoke test computes with, and where that is. It takes longer to compile than an engine does.
const OF_SMOKE_TEST: &[(&str, &str)] =
    &[("nn-models", "nn-models"), ("wasi-nn-onnx", "backends/onnx"), ("backend-tests", "backends/tests")];

/// A copy of the workspace.
pub(super) struct Copy {
    folder: PathBuf,
    adapter: String,
    engine: String,
}

impl Copy {
    /// Makes the copy for a line, or brings one up to date: files that have not changed are not written, so that Cargo
    /// compiles no more than what is new.
    ///
    /// It has what the smoke test of `wasi-nn` needs if it is `whole`.
    pub(super) fn make(name: &str, line: &Line, whole: bool) -> Result<Self> {
        let (engine, major) = name.rsplit_once('-').context("a line is named ENGINE-MAJOR")?;
        let copy = Copy {
            folder: project::target().join("lines").join(name),
            adapter: format!("wasi-engine-{engine}"),
            engine: format!("engines/{engine}"),
        };
        let mut members: Vec<_> = MEMBERS.iter().copied().chain([copy.engine.as_str()]).collect();
        members.extend(OF_SMOKE_TEST.iter().filter(|_| whole).map(|(_, folder)| folder));
        let mut kept = BTreeSet::new();
        for (path, bytes) in project::files(&project::shell()?)? {
            let is_in = |folder: &&str| path.strip_prefix(*folder).is_some_and(|rest| rest.starts_with('/'));
            let bytes = match path.as_str() {
                "Cargo.lock" | "README.md" => bytes,
                "Cargo.toml" => edit(&bytes, |root| workspace(root, engine, major, line, &members))?,
                "engines/tests/Cargo.toml" => edit(&bytes, |tests| only_engine(tests, engine, line))?,
                "wasi-nn/Cargo.toml" => edit(&bytes, |nn| {
                    let dependencies = table(nn, "dev-dependencies");
                    let smoke = OF_SMOKE_TEST.iter().filter(|_| !whole).map(|(name, _)| name);
                    OF_OTHER_TESTS.iter().chain(smoke).for_each(|name| drop(dependencies.remove(*name)));
                })?,
                path if path == format!("{}/Cargo.toml", copy.engine) => edit(&bytes, |adapter| {
                    let package = table(adapter, "package");
                    package.insert("version".into(), format!("{major}.0.0").into());
                    package.insert("rust-version".into(), line.oldest().into());
                    if let Some(Value::Table(asked)) = table(adapter, "dependencies").get_mut(engine)
                        && asked.contains_key("version")
                    {
                        asked.insert("version".into(), line.requirement.clone().into());
                    }
                })?,
                _ if members.iter().chain([&GUESTS]).any(is_in) => bytes,
                _ => continue,
            };
            let place = copy.folder.join(&path);
            // Cargo adds to the lock file what the line needs, so the second run finds another one. What is locked here may
            // ask for a newer compiler than the line has.
            let stays = path == "Cargo.lock" && (place.exists() || line.compiler.is_some());
            if !stays && fs::read(&place).ok().as_ref() != Some(&bytes) {
                fs::create_dir_all(place.parent().unwrap_or(&place))?;
                fs::write(&place, bytes)?;
            }
            kept.insert(place);
        }
        remove_others(&copy.folder, &kept)?;
        Ok(copy)
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The package of the adapter.
    pub(super) fn adapter(&self) -> &str {
        &self.adapter
    }

    /// The names of the adapter's examples.
    pub(super) fn examples(&self) -> Result<Vec<String>> {
        let Ok(folder) = fs::read_dir(self.folder.join(&self.engine).join("examples")) else {
            return Ok(Vec::new());
        };
        let stem = |path: PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
        folder.map(|entry| stem(entry?.path()).context("an example has an odd name")).collect()
    }
}

/// Changes a manifest.
fn edit(manifest: &[u8], change: impl FnOnce(&mut Table)) -> Result<Vec<u8>> {
    let mut manifest: Table = std::str::from_utf8(manifest)?.parse()?;
    change(&mut manifest);
    Ok(manifest.to_string().into_bytes())
}

/// The table of that name, made if it is not there.
fn table<'t>(manifest: &'t mut Table, name: &str) -> &'t mut Table {
    let table = manifest.entry(name).or_insert_with(|| Table::new().into());
    table.as_table_mut().expect("manifests of this workspace have tables there")
}

/// The manifest of the workspace: fewer members, and the engine of the line.
fn workspace(root: &mut Table, engine: &str, major: &str, line: &Line, members: &[&str]) {
    let workspace = table(root, "workspace");
    ["default-members", "exclude"].iter().for_each(|key| drop(workspace.remove(*key)));
    workspace.insert("members".into(), members.to_vec().into());
    // Cargo chooses dependencies that it suits.
    table(workspace, "package").insert("rust-version".into(), line.oldest().into());
    let dependencies = table(workspace, "dependencies");
    let adapter = table(dependencies, &format!("wasi-engine-{engine}"));
    adapter.insert("path".into(), format!("engines/{engine}").into());
    adapter.insert("version".into(), format!("{major}.0.0").into());
    let engine = table(dependencies, engine);
    engine.insert("version".into(), line.requirement.clone().into());
    if let Some(features) = &line.features {
        engine.insert("features".into(), features.clone().into());
    }
    // Small guests run no longer than optimisations take to compile, and what the bench measures needs no whole program.
    let profiles = "[dev]\ndebug = false\n[release]\nlto = false\n";
    root.insert("profile".into(), profiles.parse::<Table>().expect("this is TOML").into());
}

/// The manifest of the tests: one engine, and what that needs where the workspace lacks it.
fn only_engine(tests: &mut Table, engine: &str, line: &Line) {
    let features = table(tests, "features");
    // Those of other engines, which are named after their folders, are there and bring nothing.
    let is_other = |name: &str| name != engine && project::root().join("engines").join(name).is_dir();
    for (_, brings) in features.iter_mut().filter(|(name, _)| is_other(name)) {
        *brings = Vec::<String>::new().into();
    }
    let chosen =
        features.keys().filter(|name| *name != "default" && !is_other(name) && !line.lacks.contains(name));
    // No engine compiles with a compiler that is older than it asks for.
    let chosen: Vec<_> = chosen.filter(|name| line.compiler.is_none() || *name != engine).cloned().collect();
    features.insert("default".into(), chosen.into());
    let needed = features[engine].to_string();
    let dependencies = table(tests, "dependencies");
    dependencies.retain(|name, value| {
        let is_optional = value.get("optional").is_some_and(|optional| optional.as_bool() == Some(true));
        !is_optional || needed.contains(&format!("\"dep:{name}\""))
    });
    dependencies.extend(line.tests.clone());
}

/// Removes what the copy has no more.
fn remove_others(folder: &Path, kept: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(&path, kept)?;
        } else if !kept.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
