//! `cargo xtask demo`: the first command for a newcomer, from a fresh clone to a model that looks at files.

use crate::identify::{self, Backend, Identify, SAMPLES};
use crate::project;
use anyhow::{Context, Result, bail};
use std::path::Path;
use xshell::cmd;

/// The facade's example `identify`, with one engine and one backend: the command with all of them compiles for twice as long.
const EXAMPLE: &[&str] = &[
    "--profile=demo",
    "--package=wasi-facade",
    "--example=identify",
    "--no-default-features",
    "--features=nn-onnx,snapshot,wasmi",
];

/// Builds a host, fetches a model, and lets the guest `identify` look at the files of a folder, or at samples.
pub(crate) fn run(backend: Backend, folder: Option<&Path>) -> Result<()> {
    let shell = project::shell()?;
    let program = match backend {
        Backend::Onnx => {
            println!(
                "1. Building a host with an interpreter and an ONNX engine; the first time takes some minutes."
            );
            cmd!(shell, "cargo build {EXAMPLE...}").quiet().run().context("the host does not build")?;
            identify::example("demo")
        }
        Backend::Openvino | Backend::Onnxruntime | Backend::Remote => {
            println!("1. Building the `wasi` command; the first time this compiles two WebAssembly engines.");
            project::released_command(&shell)?
        }
    };

    println!("2. Fetching Magika, a model of 3 MB that tells content types.");
    let Some(identify) = Identify::fetch(&shell, &program, backend)? else {
        bail!("the demo needs what was just skipped; see to a network, and run `cargo xtask demo` again");
    };

    println!("3. Identifying files, by what is in them and not by their names:");
    let root = project::root();
    let (samples, guests) = (root.join(SAMPLES), root.join("guests").join("c"));
    let chosen = match folder {
        Some(folder) => {
            Some(folder.canonicalize().with_context(|| format!("no folder {}", folder.display()))?)
        }
        None => None,
    };
    let folders = match &chosen {
        Some(folder) => vec![(folder.as_path(), "/w")],
        None => vec![(&*samples, "/samples"), (&*guests, "/guests"), (&*identify.model, "/magika")],
    };
    let names: Vec<_> = folders.iter().map(|(_, name)| *name).collect();
    let guest = match backend {
        Backend::Onnx => identify.run_example(&shell, &folders),
        Backend::Openvino | Backend::Onnxruntime | Backend::Remote => {
            identify.run(&shell, "wasmtime", &folders, &names)
        }
    };
    guest.run().context("the guest failed")?;

    println!("4. Done. The guest could read those folders and nothing else; the host ran the model for it.");
    println!("   Try it on files of yours: cargo xtask demo FOLDER");
    if backend == Backend::Onnx {
        println!(
            "   Or with OpenVINO, ONNX Runtime or Triton, which are fetched with pip: cargo xtask demo --backend openvino"
        );
    }
    Ok(())
}
