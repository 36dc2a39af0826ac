//! The command line of the guest `identify`, for the demo and for its end-to-end test.

use crate::remote::{self, Running};
use crate::{project, setup};
use anyhow::Result;
use clap::ValueEnum;
use serde::Deserialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use xshell::{Cmd, Shell, cmd};

/// Texts of many types, below the root of the workspace.
pub(crate) const SAMPLES: &str = "xtask/inputs/samples";

/// What runs the model.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Backend {
    /// The engine that is compiled into the command.
    Onnx,
    /// OpenVINO, as its Python package has it.
    Openvino,
    /// ONNX Runtime, likewise.
    Onnxruntime,
    /// Triton, a server that is started here.
    Remote,
}

/// The guest, with a model and what runs it.
pub(crate) struct Identify {
    command: PathBuf,
    /// The flag that says which backend, unless the graph does.
    backend: Option<String>,
    /// The folder of the model of the package `magika`, which is called `model.onnx`.
    pub(crate) model: PathBuf,
    /// The flag that says where the backend's libraries are, if it needs any.
    library: Option<String>,
    /// The server that has the model, and its address.
    server: Option<(Running, String)>,
}

impl Identify {
    /// Fetches what the backend needs; `None`, with the reason printed, where it cannot be had.
    pub(crate) fn fetch(shell: &Shell, command: &Path, backend: Backend) -> Result<Option<Self>> {
        let Some(magika) = setup::fetch(shell, "magika")? else { return Ok(None) };
        let (command, model) = (command.to_owned(), magika.join("magika/models/standard_v3_3"));
        Ok(match backend {
            Backend::Onnx => {
                let backend = Some("--nn-backend=onnx".to_owned());
                Some(Self { command, backend, model, library: None, server: None })
            }
            Backend::Remote => remote::triton(shell, &model.join("model.onnx"))?.map(|server| {
                let server = Some(server);
                Self { command, backend: None, model, library: None, server }
            }),
            Backend::Openvino => Self::native(shell, command, "openvino", "openvino/libs", model)?,
            Backend::Onnxruntime => Self::native(shell, command, "onnxruntime", "onnxruntime/capi", model)?,
        })
    }

    /// A backend on libraries of the package of its name.
    fn native(
        shell: &Shell,
        command: PathBuf,
        backend: &str,
        libraries: &str,
        model: PathBuf,
    ) -> Result<Option<Self>> {
        Ok(setup::fetch(shell, backend)?.map(|package| {
            let library = Some(format!("--nn-{backend}={}", package.join(libraries).display()));
            let backend = Some(format!("--nn-backend={backend}"));
            Self { command, backend, model, library, server: None }
        }))
    }

    /// A run of the guest on the facade's example `identify` in place of the command: the guest looks at all of `folders`.
    pub(crate) fn run_example<'a>(&self, shell: &'a Shell, folders: &[(&Path, &str)]) -> Cmd<'a> {
        let (program, model, module) = (&self.command, self.model_file(), module());
        let folders = folders.iter().map(|(host, guest)| format!("{}::{guest}", host.display()));
        cmd!(shell, "{program} {module} {model} {folders...}")
    }

    /// A run with some folders visible, which the guest may read and not change, and with arguments for the guest.
    pub(crate) fn run<'a>(
        &self,
        shell: &'a Shell,
        engine: &str,
        folders: &[(&Path, &str)],
        arguments: &[&str],
    ) -> Cmd<'a> {
        let (command, backend) = (&self.command, self.backend.as_ref());
        let graph = match &self.server {
            Some((_, url)) => format!("magika=remote:{url}/v2/models/magika").into(),
            None => {
                let mut graph = OsString::from("magika=onnx:");
                graph.push(self.model_file());
                graph
            }
        };
        let mounts = folders.iter().map(|(host, guest)| format!("--dir={}::{guest}::ro", host.display()));
        let module = module();
        let library = self.library.as_ref();
        cmd!(
            shell,
            "{command} run --engine {engine} -S nn {backend...} {library...} --nn-graph {graph} {mounts...}
             {module} {arguments...}"
        )
    }

    fn model_file(&self) -> PathBuf {
        self.model.join("model.onnx")
    }
}

/// Where Cargo puts the facade's example `identify` in a profile whose folder has that name.
pub(crate) fn example(profile: &str) -> PathBuf {
    let name = format!("identify{}", std::env::consts::EXE_SUFFIX);
    project::target().join(profile).join("examples").join(name)
}

fn module() -> PathBuf {
    project::root().join("guests").join("c").join("identify.wasm")
}
