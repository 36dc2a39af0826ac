//! Runs every example, each of which asserts what it shows. Cargo builds those that the features allow, and
//! puts them beside the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Cargo puts this build's examples.
fn built() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().join("examples")
}

/// The engines and proposals that an example needs, beside those of the crate's `[[example]]` tables.
fn is_built(name: &str) -> bool {
    match name {
        "backend" => cfg!(all(feature = "wasmtime", feature = "snapshot", feature = "nn")),
        // It wants a model that is fetched; the end-to-end tests run it.
        "identify" => false,
        "wasmi" => cfg!(all(feature = "wasmi", feature = "snapshot")),
        _ => cfg!(all(feature = "wasmtime", feature = "snapshot")),
    }
}

#[test]
fn every_example_runs() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut failed = Vec::new();
    for entry in std::fs::read_dir(sources).unwrap() {
        let source = entry.unwrap().path();
        let name = source.file_stem().unwrap().to_str().unwrap();
        if source.extension().is_none_or(|extension| extension != "rs") || !is_built(name) {
            continue;
        }
        let program = built().join(name).with_extension(std::env::consts::EXE_EXTENSION);
        let output = Command::new(&program).output();
        match output {
            Ok(output) if output.status.success() => {}
            Ok(output) => failed.push(format!("{name}: {}", String::from_utf8_lossy(&output.stderr))),
            Err(error) => failed.push(format!("{name}: {} {error}", program.display())),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
