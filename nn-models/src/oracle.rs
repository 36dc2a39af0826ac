//! The oracle for models: ONNX Runtime and OpenVINO, through their Python packages.
//!
//! Both run in a process of their own, whose memory is limited, so that not even a crash is the test's.

mod message;

pub(crate) use message::tensor;

use crate::packages::{self, Absent};
use crate::{Tensor, ir};
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, slice};

/// A runtime that the oracle asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// ONNX Runtime, on the CPU, in one thread. It takes ONNX.
    OnnxRuntime,
    /// OpenVINO, on the CPU, in `f32` where a processor would rather take fewer bits. It takes both formats.
    OpenVino,
}

/// A model in one of the formats.
#[derive(Clone, Copy, Debug)]
pub enum Model<'a> {
    /// The bytes of an ONNX file.
    Onnx(&'a [u8]),
    /// OpenVINO's representation.
    Ir(&'a ir::Files),
}

/// A model to be run.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Who runs it.
    pub runtime: Runtime,
    /// What runs.
    pub model: Model<'a>,
    /// One tensor an input, in the model's order.
    pub inputs: &'a [Tensor],
}

/// What came out of a job: the outputs in the model's order, or the runtime's complaint.
pub type Answer = Result<Vec<Output>, String>;

/// An output and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The name that the runtime gives it.
    pub name: String,
    /// What it is.
    pub tensor: Tensor,
}

/// How far numbers of two runtimes may be apart: the order of sums differs, and so do their last digits.
pub const TOLERANCE: f32 = 1e-4;

impl Output {
    /// How far apart this and `ours` are where they differ most, both being the bytes of as many `f32`s; infinity if
    /// one is no number where the other is. `None` if they are not as many.
    #[must_use]
    pub fn furthest(&self, ours: &[u8]) -> Option<f32> {
        let pairs = floats(ours).zip(floats(&self.tensor.bytes));
        let apart = pairs.map(|(ours, theirs)| if ours == theirs { 0.0 } else { (ours - theirs).abs() });
        let apart = apart.map(|apart| if apart.is_nan() { f32::INFINITY } else { apart });
        (ours.len() == self.tensor.bytes.len()).then(|| apart.fold(0.0, f32::max))
    }
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.chunks_exact(4).filter_map(<[u8]>::first_chunk).copied().map(f32::from_le_bytes)
}

/// The interpreter with the packages of both runtimes.
#[derive(Clone, Debug)]
pub struct Oracle {
    interpreter: PathBuf,
    search_path: OsString,
    current_dir: Option<PathBuf>,
}

impl Oracle {
    /// Finds the packages.
    ///
    /// # Errors
    ///
    /// [`Absent`] if `cargo xtask setup` did not bring one.
    pub fn find() -> Result<Self, Absent> {
        let (oracle, openvino) = (packages::folder(packages::ORACLE)?, packages::folder(packages::OPENVINO)?);
        let named = fs::read_to_string(oracle.join("interpreter.txt"));
        let interpreter = named.map_or_else(|_| "python3".into(), |name| name.trim().into());
        let search_path = env::join_paths([oracle, openvino]).unwrap_or_default();
        Ok(Self { interpreter, search_path, current_dir: None })
    }

    /// The same with the packages of one folder more.
    #[must_use]
    pub fn with_packages(self, folder: &Path) -> Self {
        let all = env::split_paths(&self.search_path).chain([folder.to_owned()]);
        let search_path = env::join_paths(all).unwrap_or_default();
        Self { search_path, ..self }
    }

    /// The same in another current folder, for models that name files.
    #[must_use]
    pub fn in_folder(self, folder: &Path) -> Self {
        Self { current_dir: Some(folder.to_owned()), ..self }
    }

    /// A Python program that has the packages: `onnxruntime`, `openvino`, `numpy` and `magika`.
    #[must_use]
    pub fn command(&self, script: &str) -> Command {
        let mut command = Command::new(&self.interpreter);
        command.args(["-c", script]).env("PYTHONPATH", &self.search_path);
        command.envs([("PYTHONNOUSERSITE", "1"), ("PYTHONDONTWRITEBYTECODE", "1")]);
        if let Some(folder) = &self.current_dir {
            command.current_dir(folder);
        }
        command
    }

    /// What ONNX Runtime makes of a model with each of these as its only input.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_onnx(&self, model: &[u8], inputs: &[Tensor]) -> io::Result<Vec<Answer>> {
        let (runtime, model) = (Runtime::OnnxRuntime, Model::Onnx(model));
        let jobs = inputs.iter().map(|input| Job { runtime, model, inputs: slice::from_ref(input) });
        self.run(&jobs.collect::<Vec<_>>())
    }

    /// Runs the jobs one after the other, in one process.
    ///
    /// # Errors
    ///
    /// If the interpreter does not start, or does not get to the end, as when a runtime crashes.
    pub fn run(&self, jobs: &[Job<'_>]) -> io::Result<Vec<Answer>> {
        let mut command = self.command(include_str!("oracle/answer.py"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        // The child reads to the end before it answers, so neither waits for the other.
        let written =
            child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(message::ask(jobs).as_bytes()));
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            return Err(io::Error::other(format!("the oracle ended with {}: {complaint}", output.status)));
        }
        written?;
        let answers = message::hear(&String::from_utf8_lossy(&output.stdout));
        answers
            .filter(|answers| answers.len() == jobs.len())
            .ok_or_else(|| io::Error::other("the oracle raves"))
    }
}
