//! `cargo xtask features --measure`: the seconds in which a choice builds from nothing, and the bytes of a program that uses
//! it. README has the figures of `xtask/costs.toml`, with the machine; nothing fails for them.

use super::{CHOICES, Choice};
use crate::project;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread::available_parallelism;
use std::time::Instant;
use xshell::{Shell, cmd};

const PLACE: &str = "xtask/costs.toml";

/// As a newcomer's machine has them; the machine's own number would only be told.
const JOBS: &str = "2";

/// What was measured.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct Costs {
    /// Where: the processors, and the compiler.
    pub(super) machine: Option<String>,
    /// By the name of a choice.
    choices: BTreeMap<String, Cost>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
struct Cost {
    seconds: u64,
    /// Nothing of a choice that alone is no program.
    bytes: Option<u64>,
}

impl Costs {
    pub(super) fn read() -> Result<Self> {
        match fs::read_to_string(project::root().join(PLACE)) {
            Ok(text) => toml::from_str(&text).with_context(|| format!("{PLACE} has other than figures")),
            Err(_) => Ok(Costs::default()),
        }
    }

    /// The seconds and the megabytes of a choice, as README has them.
    pub(super) fn cells(&self, choice: &Choice) -> [String; 2] {
        let Some(cost) = self.choices.get(&choice.name()) else { return Default::default() };
        let megabytes = |bytes: u64| format!("{}.{}", bytes / 1_000_000, bytes / 100_000 % 10);
        [cost.seconds.to_string(), cost.bytes.map(megabytes).unwrap_or_default()]
    }
}

/// Measures the choices whose names have one of these parts, all if there are none, and keeps the other figures if they are
/// this machine's.
pub(super) fn measure(parts: &[String]) -> Result<()> {
    let shell = project::shell()?;
    let machine = Some(machine(&shell)?);
    let mut costs = Some(Costs::read()?).filter(|costs| costs.machine == machine).unwrap_or_default();
    costs.machine = machine;
    let is_meant =
        |choice: &&Choice| parts.is_empty() || parts.iter().any(|part| choice.name().contains(part));
    let meant: Vec<_> = CHOICES.iter().filter(is_meant).collect();
    ensure!(!meant.is_empty(), "no choice has a name with {}", parts.join(" or "));
    for choice in meant {
        let cost = cost(&shell, choice).with_context(|| format!("cannot build {}", choice.name()))?;
        println!("{}: {} s, {} bytes", choice.name(), cost.seconds, cost.bytes.unwrap_or_default());
        costs.choices.insert(choice.name(), cost);
        let text = format!("# Written by `cargo xtask features --measure`.\n{}", toml::to_string(&costs)?);
        fs::write(project::root().join(PLACE), text)?;
    }
    Ok(())
}

/// Builds a program in a folder that has nothing.
fn cost(shell: &Shell, choice: &Choice) -> Result<Cost> {
    let folder = project::target().join("costs");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let program = folder.join("program");
    fs::create_dir_all(program.join("src"))?;
    let (name, args) = match choice.features {
        // Its program is here already.
        "cli" => ("wasi", choice.args()),
        _ => {
            write_program(shell, &program, choice)?;
            let _here = shell.push_dir(&program);
            // Downloads are the network's.
            cmd!(shell, "cargo fetch").run()?;
            ("program", Vec::new())
        }
    };
    let _here = shell.push_dir(if name == "program" { program } else { project::root() });
    let start = Instant::now();
    cmd!(shell, "cargo build --release --jobs {JOBS} --bin {name} {args...} --target-dir {folder}").run()?;
    let seconds = start.elapsed().as_secs_f64().round();
    let built = folder.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let bytes = (name == "wasi" || choice.program.is_some()).then(|| fs::metadata(built)).transpose()?;
    let cost = Cost { seconds: seconds as u64, bytes: bytes.map(|metadata| metadata.len()) };
    fs::remove_dir_all(folder)?;
    Ok(cost)
}

/// A package of its own with the versions and the profile of this workspace.
fn write_program(shell: &Shell, place: &Path, choice: &Choice) -> Result<()> {
    let root = project::root();
    let workspace: toml::Table = toml::from_str(&fs::read_to_string(root.join("Cargo.toml"))?)?;
    let profile = workspace["profile"]["release"].to_string();
    let mut dependencies = String::new();
    // Backends are taken by the registry of inference.
    for (name, features) in [(choice.package, choice.features), ("wasi-nn-host", "")] {
        if dependencies.contains(&format!("{name} = "))
            || (name == "wasi-nn-host" && !choice.needs_registry())
        {
            continue;
        }
        let features: Vec<_> = features.split(',').filter(|name| !name.is_empty()).collect();
        let folder = folder(shell, name)?;
        dependencies +=
            &format!("{name} = {{ path = {folder:?}, default-features = false, features = {features:?} }}\n");
    }
    let manifest = format!(
        "[package]\nname = \"program\"\nedition = \"2024\"\n[workspace]\n[profile]\nrelease = {profile}\n[dependencies]\n{dependencies}"
    );
    fs::write(place.join("Cargo.toml"), manifest)?;
    fs::copy(root.join("Cargo.lock"), place.join("Cargo.lock"))?;
    fs::write(place.join("src/main.rs"), choice.program.unwrap_or("fn main() {}"))?;
    Ok(())
}

/// The folder of a package of the workspace.
fn folder(shell: &Shell, package: &str) -> Result<String> {
    let (packages, _) = project::packages(shell)?;
    let found = packages.iter().find(|found| found["name"] == package);
    let manifest = found.and_then(|found| found["manifest_path"].as_str());
    let folder = manifest.and_then(|path| Path::new(path).parent()).and_then(Path::to_str);
    folder.map(str::to_owned).with_context(|| format!("there is no package {package}"))
}

/// What figures depend on.
fn machine(shell: &Shell) -> Result<String> {
    let rustc = cmd!(shell, "rustc --version").quiet().read()?;
    let rustc = rustc.split('(').next().unwrap_or_default().trim();
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model);
    Ok(format!("{} of {model}, {rustc}", available_parallelism()?))
}

#[cfg(test)]
mod tests {
    use super::{CHOICES, Costs};

    #[test]
    fn figures_stand_beside_the_choice_that_they_are_of() {
        let choice = &CHOICES[0];
        let name = choice.name();
        let text = format!("machine = \"here\"\n[choices.\"{name}\"]\nseconds = 7\nbytes = 1_250_000\n");
        let costs: Costs = toml::from_str(&text).unwrap();
        assert_eq!(costs.cells(choice), ["7", "1.2"]);
        assert_eq!(costs.cells(&CHOICES[1]), ["", ""]);
        assert_eq!(
            toml::from_str::<Costs>(&toml::to_string(&costs).unwrap()).unwrap().cells(choice),
            ["7", "1.2"]
        );
    }
}
