//! House tooling, run as `cargo xtask TASK`: one file a task, and the whole of continuous integration in `ci`.

mod bench;
mod ci;
mod demo;
mod e2e;
mod elsewhere;
mod features;
mod flakes;
mod fuzz;
mod go;
mod go_suite;
mod guests;
mod identify;
mod lines;
mod metadata;
mod new_proposal;
mod oracle;
mod packages;
mod platforms;
mod project;
mod readme;
mod release;
mod remote;
mod setup;
mod size;
mod staging;
mod suites;
mod table;
mod tidy;
mod tools;
mod tree;
mod untested;

use anyhow::Result;
use clap::{Parser, Subcommand};
use identify::Backend;
use lines::Extent;
use std::path::PathBuf;
use std::process::ExitCode;
use wasi_policy::matrix::PROPOSALS;

/// The tooling of this workspace.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything a change has to pass, or the named steps of it.
    Ci {
        /// The steps to run, in this order; those of every change if none is named.
        steps: Vec<String>,
        /// Run the long steps too, after those of every change.
        #[arg(long, conflicts_with = "steps")]
        all: bool,
        /// Go on after a failed step, and fail at the end.
        #[arg(long)]
        keep_going: bool,
        /// Print the steps and what each is for.
        #[arg(long)]
        list: bool,
    },
    /// Repeat tests in random order, and report those that fail then.
    Flakes {
        /// The proposal whose suite is repeated, or `rest`; all suites if none is named.
        #[arg(short, long)]
        proposal: Option<String>,
        /// How often.
        #[arg(short = 'n', long, default_value_t = 3)]
        rounds: usize,
        /// What an earlier run printed, to repeat its order.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Look for modules, models, calls and workers of a hostile guest that cost a host more than its limits allow.
    Fuzz {
        /// What to look at: module, model, calls, isolated or lies; all of them, one after another, if none is named.
        target: Option<String>,
        /// How long, for each target.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// What an earlier run printed, to make the same recipes again.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Check the rules that no compiler checks: headers, sizes, layers, manifests, RFCs, spelling.
    Tidy,
    /// Check that every proposal is where its stage allows it to be, and that `docs/STAGING.md` says where.
    Staging {
        /// Write the page before checking.
        #[arg(long)]
        write: bool,
    },
    /// Check, and where it matters test, every choice of features, and what README says that each brings in.
    Features {
        /// Only count again what README says, and write it.
        #[arg(long)]
        write: bool,
        /// Build choices from nothing, all or those whose names have one of these parts, and write what that takes.
        #[arg(long, value_name = "PART", num_args = 0.., conflicts_with = "write")]
        measure: Option<Vec<String>>,
    },
    /// Begin a proposal: a crate that compiles, its row in the matrix, an RFC to fill in, its place everywhere.
    NewProposal {
        /// Its name in kebab case, without `wasi-`.
        name: String,
        /// The stage it begins at, 0 to 5.
        #[arg(long)]
        stage: u8,
    },
    /// Check that each crate could be released: its version, manifest, list of changes and package.
    ReleaseCheck,
    /// Start servers that people run models on, and have a guest infer on each.
    Remote,
    /// Bring outside tools and programs into `target/`: all of them, or the named packages.
    Setup {
        /// Names of packages, as `xtask/packages.toml` has them.
        packages: Vec<String>,
        /// Install Debian's packages for building for other systems instead, which takes the rights of an administrator.
        #[arg(long, conflicts_with = "packages")]
        system: bool,
    },
    /// Build for other systems than this one, and run there what Wine and qemu can run.
    Platforms {
        /// The targets, as `xtask/elsewhere.toml` names them; all of them if none is named.
        targets: Vec<String>,
        /// Run, on a machine of another system, the tests that cannot run elsewhere.
        #[arg(long, conflicts_with = "targets")]
        owed: bool,
    },
    /// Build the guests of `guests/c` and `guests/zig`.
    Guests {
        /// Compare with the committed modules instead of replacing them.
        #[arg(long)]
        check: bool,
    },
    /// Run real programs that nobody here wrote through the `wasi` command.
    E2e {
        /// The programs to run; all of them if none is named.
        programs: Vec<String>,
    },
    /// Test the adapters for releases of engines that the workspace does not have.
    Lines {
        /// The lines to test, as `engines/lines.toml` names them; all of them if none is named.
        names: Vec<String>,
        /// Measure what a host call costs, beside a bare one of the engine's own, instead of testing.
        #[arg(long)]
        bench: bool,
        /// Print the lines.
        #[arg(long)]
        list: bool,
    },
    /// Run the benches beside native twins and peers, and write `docs/benches`.
    Bench {
        /// The group to run alone, whose tables are printed instead: `calls`, `openvino/1`.
        group: Option<String>,
    },
    /// See it work: a guest identifies files by their content, with a model that the host runs.
    Demo {
        /// What runs the model.
        #[arg(long, value_enum, default_value_t = Backend::Onnx)]
        backend: Backend,
        /// The folder whose files are identified; samples of many types if none is named.
        folder: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    // Returning the error from `main` would print a backtrace where RUST_BACKTRACE is set; the message says it all.
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Ci { list: true, .. } => ci::list(),
        Task::Ci { steps, all, keep_going, .. } => ci::run(&steps, all, keep_going)?,
        Task::Flakes { proposal, rounds, seed } => flakes::run(proposal.as_deref(), rounds, seed)?,
        Task::Fuzz { target, seconds, seed } => fuzz::run(target.as_deref(), seconds, seed)?,
        Task::Tidy => tidy::run().and_then(|()| tools::spelling())?,
        Task::Staging { write } => staging::run(write)?,
        Task::NewProposal { name, stage } => new_proposal::run(&name, stage)?,
        Task::Features { measure: Some(parts), .. } => features::measure(&parts)?,
        Task::Features { write: true, .. } => features::write()?,
        Task::Features { .. } => features::run()?,
        Task::ReleaseCheck => release::check()?,
        Task::Remote => {
            if let Some(reason) = remote::run()? {
                println!("skipped: {reason}");
            }
        }
        Task::Setup { system: true, .. } => setup::install(&elsewhere::packages()?)?,
        Task::Setup { packages, .. } => setup::run(&packages)?,
        Task::Platforms { owed: true, .. } => elsewhere::owed()?,
        Task::Platforms { targets, .. } => drop(elsewhere::run(&targets, elsewhere::Extent::Whole)?),
        Task::Guests { check: true } => guests::check()?,
        Task::Guests { check: false } => guests::build()?,
        Task::E2e { programs } => e2e::run(&programs, PROPOSALS)?,
        Task::Lines { list: true, .. } => lines::list()?,
        Task::Lines { names, bench: false, .. } => drop(lines::run(&names, Extent::Whole)?),
        Task::Lines { names, bench: true, .. } => drop(lines::run(&names, Extent::Measured)?),
        Task::Bench { group } => bench::run(group.as_deref())?,
        Task::Demo { backend, folder } => demo::run(backend, folder.as_deref())?,
    }
    Ok(())
}
