//! Builds all tests of the workspace, once, and says which programs they are.

use crate::project;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// A program that holds tests.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Executable {
    pub(crate) package: String,
    /// The name of the test target; `lib` for the unit tests of a library, and a program's name for its own.
    pub(crate) target: String,
    pub(crate) program: PathBuf,
    /// The package's folder, where Cargo runs it as well.
    pub(crate) folder: PathBuf,
}

impl Executable {
    /// What people call it.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.package, self.target)
    }

    /// This very program, as if it were of that package.
    #[cfg(test)]
    pub(crate) fn made_up(package: &str, target: &str) -> Self {
        let program = std::env::current_exe().unwrap();
        let folder = env!("CARGO_MANIFEST_DIR").into();
        Self { package: package.to_owned(), target: target.to_owned(), program, folder }
    }
}

/// Builds them, and lists them by package and target.
pub(crate) fn executables(shell: &Shell) -> Result<Vec<Executable>> {
    let whole = project::WHOLE;
    // Cargo prints warnings and errors for people itself, on the other stream.
    let messages = cmd!(shell, "cargo test {whole...} --no-run --message-format json-render-diagnostics")
        .read()
        .context("the tests do not build")?;
    let found = parse(&messages)?;
    ensure!(!found.is_empty(), "cargo built no tests; is this the root of the workspace?");
    Ok(found)
}

/// Of all that Cargo says about its work, only the lines about artifacts have an executable.
fn parse(messages: &str) -> Result<Vec<Executable>> {
    let mut found = Vec::new();
    for line in messages.lines() {
        let message: Value =
            serde_json::from_str(line).with_context(|| format!("cargo said what is no message: {line}"))?;
        let (Some(id), Some(manifest), Some(program), Some(true)) = (
            message["package_id"].as_str(),
            message["manifest_path"].as_str(),
            message["executable"].as_str(),
            message["profile"]["test"].as_bool(),
        ) else {
            continue;
        };
        let is_library = message["target"]["kind"][0] == "lib";
        let target = if is_library { "lib" } else { message["target"]["name"].as_str().unwrap_or_default() };
        found.push(Executable {
            package: package_name(id).to_owned(),
            target: target.to_owned(),
            program: program.into(),
            folder: Path::new(manifest).parent().unwrap_or(Path::new("")).to_owned(),
        });
    }
    found.sort_by_key(Executable::name);
    Ok(found)
}

/// The name in a package ID specification, where it is left out if the folder is called the same.
fn package_name(id: &str) -> &str {
    let (place, fragment) = id.split_once('#').unwrap_or((id, ""));
    match fragment.split_once('@') {
        Some((name, _)) => name,
        None => place.rsplit('/').next().unwrap_or(place),
    }
}

#[cfg(test)]
mod tests {
    use super::{Executable, package_name, parse};

    const MESSAGES: &str = r#"{"package_id":"path+file:///w/wasi-nn#0.1.0","manifest_path":"/w/wasi-nn/Cargo.toml","target":{"kind":["test"],"name":"onnx"},"profile":{"test":true},"executable":"/w/target/onnx-1"}
{"package_id":"path+file:///w/wasi-nn#0.1.0","manifest_path":"/w/wasi-nn/Cargo.toml","target":{"kind":["lib"],"name":"wasi_nn"},"profile":{"test":true},"executable":"/w/target/wasi_nn-1"}
{"package_id":"path+file:///w/wasi-nn#0.1.0","manifest_path":"/w/wasi-nn/Cargo.toml","target":{"kind":["lib"],"name":"wasi_nn"},"profile":{"test":false},"executable":null}
{"package_id":"path+file:///w/wasi-facade#0.1.0","manifest_path":"/w/wasi-facade/Cargo.toml","target":{"kind":["bin"],"name":"wasi"},"profile":{"test":false},"executable":"/w/target/wasi"}
{"reason":"build-finished","success":true}"#;

    #[test]
    fn only_programs_with_tests_are_taken() {
        let found = parse(MESSAGES).unwrap();
        assert_eq!(found.iter().map(Executable::name).collect::<Vec<_>>(), ["wasi-nn:lib", "wasi-nn:onnx"]);
        let paths = (found[1].program.to_str(), found[1].folder.to_str());
        assert_eq!(paths, (Some("/w/target/onnx-1"), Some("/w/wasi-nn")));
        assert!(parse("Compiling").unwrap_err().to_string().contains("no message: Compiling"));
        assert_eq!(package_name("path+file:///w/nn#wasi-nn@0.1.0"), "wasi-nn");
    }
}
