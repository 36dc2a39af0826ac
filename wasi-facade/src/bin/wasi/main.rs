//! The command `wasi`: runs WebAssembly modules, and tells what they may use.
//!
//! Exit codes: the guest's own; 134 after a trap or when its fuel is used up, as after an abort, which on Windows is 3; 124
//! when its time is up; what the shell gives for `SIGINT`, 130, after Ctrl-C, which on Windows is 0xC000013A; 2 for a wrong
//! command line; 1 for everything else. A code of the guest's of which the system would keep nothing but zeros is 255.
#![deny(unsafe_code)]

mod cache;
mod compile;
mod compile_limits;
mod completions;
mod context;
mod ctrl_c;
mod directory;
mod environment;
mod exit_code;
mod failure;
mod flags;
mod granted;
mod imports;
mod invoke;
mod limits;
mod log;
mod module;
mod nn;
mod numbers;
mod output;
mod progress;
mod proposals;
mod run;
mod signals;
mod stats;
mod unsafe_calls;
mod untrusted;
mod way_out;
mod worker;

use clap::Parser;
use flags::{Cli, Command};

fn main() {
    // Before anything is opened or started: a worker keeps nothing that it does not know.
    worker::serve();
    let cli = Cli::parse();
    let result = match cli.command.unwrap_or(Command::Run(Box::new(cli.run))) {
        Command::Run(mut flags) => {
            if !flags.inference.graphs.is_empty() {
                unsafe_calls::keep_onnx_runtime_quiet();
            }
            untrusted::apply(&mut flags);
            run::run(&flags)
        }
        Command::Proposals(flags) => proposals::proposals(&flags),
        Command::Imports(flags) => imports::imports(&flags),
        Command::Compile(flags) => compile::compile(&flags),
        Command::Nn(command) => {
            unsafe_calls::keep_onnx_runtime_quiet();
            nn::nn(&command)
        }
        Command::Completions(flags) => completions::completions(&flags),
    };
    let code = result.unwrap_or_else(failure::Failure::report);
    std::process::exit(exit_code::of_process(code));
}
