//! The command behind `cargo xtask fuzz`: looks for faults, runs what was found again, and serves as a worker.
#![forbid(unsafe_code)]

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use fuzz::driver::{self, Search};
use fuzz::target::Target;
use fuzz::worker::{self, Worker};
use fuzz::{End, findings, isolated};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use wasi_facade::isolate;

/// Looks for modules, models and calls that cost a host more than its limits allow.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Look for faults.
    Search {
        /// What to look at; all targets, one after another, if none is named.
        target: Option<Target>,
        /// How long, for each target.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// What an earlier run printed, to make the same recipes again.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Run a finding again, in a process of its own.
    Replay {
        /// What it is a recipe of.
        target: Target,
        /// The file.
        file: PathBuf,
    },
    /// Write a finding again as findings are laid out, after it was changed by hand.
    Format {
        /// The files.
        files: Vec<PathBuf>,
    },
    /// Run recipes from standard input in this process.
    #[command(hide = true)]
    Worker {
        /// What they are recipes of.
        target: String,
    },
}

fn main() -> ExitCode {
    // Before anything else is opened or started: the workers of two targets are this program.
    #[cfg(unix)]
    fuzz::lies::liar::lie_if_asked();
    isolate::serve(&isolated::offer);
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    let executable = std::env::current_exe().context("the command does not know where it is")?;
    match task {
        Task::Search { target, seconds, seed } => {
            let targets = target.map_or(Target::ALL.to_vec(), |target| vec![target]);
            let seed = seed.unwrap_or_else(|| fastrand::u64(..));
            let time = Duration::from_secs(seconds);
            let mut found = 0;
            for target in targets {
                found += driver::search(&executable, target, &Search { time, seed })?;
            }
            if found > 0 {
                bail!("{found} findings, in fuzz/findings; each ends as a fix, and stays there as its test");
            }
        }
        Task::Replay { target, file } => {
            let finding = findings::read_file(&file)?;
            let verdict = Worker::new(&executable, target).run(&finding.recipe)?;
            println!("{}: {} bytes, {} ms", finding.why, verdict.spent.memory, verdict.spent.millis);
            match verdict.end {
                End::Done => println!("the host did all that was asked"),
                End::Refused(why) => println!("refused: {why}"),
            }
            if let Some(fault) = verdict.fault {
                bail!("it {fault}");
            }
        }
        Task::Format { files } => {
            for file in files {
                std::fs::write(&file, findings::text(&findings::read_file(&file)?)?)?;
            }
        }
        Task::Worker { target } => {
            let all = Target::ALL.into_iter().chain([Target::Planted]);
            let target = all.into_iter().find(|known| known.name() == target).context("no such target")?;
            worker::serve(target)?;
        }
    }
    Ok(())
}
