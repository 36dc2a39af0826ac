//! A guest tells what files are, with a neural network that the host runs for it: `cargo xtask demo` runs this program.
//!
//! `identify GUEST MODEL HOST::NAME...`: the guest (`guests/c/identify.wasm`) sees the folders HOST as NAME, read-only, and
//! loads the model (Magika's `model.onnx`) by its name. It writes a table of the files to standard output.

use std::env;
use std::fs;
use std::process::ExitCode;
use wasi_facade::backend::onnx::Onnx;
use wasi_facade::nn::{GraphEncoding, NamedGraph, Registry, Source};
use wasi_facade::policy::Flags;
use wasi_facade::snapshot::{Perms, Sink};
use wasi_facade::{Engine, Host, NnCtx, Outcome, WasiCtx};

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [guest, model, folders @ ..] = arguments.as_slice() else {
        eprintln!("usage: identify GUEST MODEL HOST::NAME...");
        return Ok(ExitCode::from(2));
    };
    let folders: Vec<_> = folders.iter().filter_map(|folder| folder.split_once("::")).collect();

    // The model is the host's: the guest knows its name and nothing else of it.
    let graph = NamedGraph::new("magika", GraphEncoding::Onnx, Source::Files(vec![model.into()]));
    let registry = Registry::builder().backend(Onnx::new()).graph(graph).build()?;

    let mut builder = WasiCtx::builder().stdout(Sink::inherit()).stderr(Sink::inherit()).arg("identify");
    for (host, name) in folders {
        builder = builder.arg(name).preopen_dir(host, name, Perms::read_only());
    }
    let contexts = (builder.build()?, NnCtx::builder(registry).build());

    // Inference asks for a flag.
    let host = Host::new().engine(Engine::Wasmi).flags(Flags::none().allow("nn"));
    match host.run(&fs::read(guest)?, contexts)? {
        Outcome::Exited(code) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))),
        other => Err(format!("{other:?}").into()),
    }
}
