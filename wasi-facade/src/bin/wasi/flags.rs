//! The command line.

use crate::directory::{self, Directory};
use crate::exit_code;
use crate::limits::{self, Setting};
use crate::log::Verbosity;
use crate::nn::flags::{Inference, Nn};
use crate::nn::graphs;
use crate::nn::limits::NnLimits;
use crate::numbers::size;
use crate::stats::Stats;
use crate::worker::Compiling;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use wasi_facade::snapshot::Limits;
use wasi_facade::{CompileLimits, Engine};

/// Runs WebAssembly modules that use WASI.
///
/// `wasi MODULE` is short for `wasi run MODULE`.
#[derive(Debug, Parser)]
#[command(name = "wasi", version, args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) run: Run,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a module
    Run(Box<Run>),
    /// List the proposals: version, stage, whether they are compiled in and allowed, and why
    Proposals(Policy),
    /// Tell which proposals a module needs, which are allowed, and which imports nobody offers
    Imports(Imports),
    /// Compile a module ahead of time, for `wasi run --allow-precompiled`
    Compile(Compile),
    /// Look at models for inference
    #[command(subcommand)]
    Nn(Nn),
    /// Print the completions for a shell
    Completions(Completions),
}

#[derive(Debug, Args)]
#[command(
    after_help = format!(
        "Limits: {}. A value may be `none`.\n\nLimits of compiling: {}.\n\nLimits of inference: {}.\n\nOptions of a graph: {}.\n\nDirectories: WITH is `ro`, or some of {}, with commas.\n\n\
         Exit codes: the guest's own; {} after a trap or without fuel; {} when the time is up; {} after Ctrl-C, as \
         the system has it; 2 for a wrong command line; 1 for everything else.",
        limits::defaults::<Limits>(),
        limits::defaults::<CompileLimits>(),
        limits::defaults::<NnLimits>(),
        graphs::OPTIONS,
        directory::restrictions(),
        exit_code::TRAPPED,
        exit_code::TIMED_OUT,
        exit_code::INTERRUPTED,
    )
)]
pub(crate) struct Run {
    /// Let the guest use a directory, under the name GUEST (by default HOST), perhaps with restrictions
    #[arg(long = "dir", value_name = "HOST[::GUEST[::WITH]]", value_parser = directory::directory, value_hint = ValueHint::DirPath)]
    pub(crate) dirs: Vec<Directory>,
    /// Set an environment variable for the guest, by default to the value it has here
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    pub(crate) env: Vec<String>,
    /// Give the guest the whole environment; variables that are not text are left out, and named
    #[arg(long)]
    pub(crate) inherit_env: bool,
    #[command(flatten)]
    pub(crate) policy: Policy,
    /// The engine that runs the module
    #[arg(long, value_name = "ENGINE", default_value_t = Engine::default(), value_parser = engines())]
    pub(crate) engine: Engine,
    /// Listen on a TCP address; the guest accepts connections on descriptors after its directories. Accepting waits for
    /// guests that have not looked whether it does; `blocking` and `nonblocking` force either
    #[arg(long, value_name = "ADDR[::HOW]")]
    pub(crate) tcplisten: Vec<String>,
    /// The guest's name for itself, by default the file name of MODULE
    #[arg(long, value_name = "NAME")]
    pub(crate) argv0: Option<String>,
    /// Call a function of the module with numbers, which may also follow MODULE, and print what it returns; repeated, it
    /// makes several calls of one instance
    #[arg(long, value_name = "EXPORT [ARGS]")]
    pub(crate) invoke: Vec<String>,
    /// Say on standard error what the guest has taken: time, instructions if `--fuel` counts them, memory, bytes written
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    pub(crate) stats: Option<Stats>,
    /// Stop the guest after a time such as 500ms, 10s or 2m, with exit code 124
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Let the guest's memories grow to a size such as 64M or 1GiB, and no further
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) max_memory: Option<usize>,
    /// Stop the guest after about N instructions; with several calls, each after so many
    #[arg(long, value_name = "N")]
    pub(crate) fuel: Option<u64>,
    /// Bound what the guest makes the host spend, such as `fds=64` or `written-bytes=1G`; see below
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = limits::setting::<Limits>)]
    pub(crate) limits: Vec<Setting>,
    /// Bound what compiling MODULE may cost, such as `function-bytes=1M`; see below
    #[arg(long = "compile-limit", value_name = "NAME=VALUE", value_parser = limits::setting::<CompileLimits>)]
    pub(crate) compile_limits: Vec<Setting>,
    #[command(flatten)]
    pub(crate) compiling: Compiling,
    /// Run a stranger's module: `--compile-worker`, a timeout, and strict limits, of which each flag here sets another
    #[arg(long, conflicts_with_all = ["source_lines", "allow_precompiled", "inherit_env"])]
    pub(crate) untrusted: bool,
    /// Name files and lines in backtraces; only for modules you trust, since nothing bounds what reading them takes
    #[arg(long)]
    pub(crate) source_lines: bool,
    /// Let MODULE import functions that nobody offers; calling one is a trap
    #[arg(long)]
    pub(crate) trap_unknown_imports: bool,
    /// Keep compiled code in a directory that is yours alone, by default in your cache
    #[arg(long = "cache", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) code_cache: Option<PathBuf>,
    /// Compile anew, and keep no compiled code on disk
    #[arg(long, conflicts_with = "code_cache")]
    pub(crate) no_cache: bool,
    /// Take MODULE for compiled code, if it is; only for files you made, for it runs outside any sandbox
    #[arg(long)]
    pub(crate) allow_precompiled: bool,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
    /// The module, in binary or text format, or `-` for standard input, and what the guest gets as its arguments
    #[arg(value_name = "MODULE [ARGS]", required = true, trailing_var_arg = true, value_hint = ValueHint::CommandWithArguments)]
    pub(crate) module: Vec<OsString>,
    // Its heading would go on over what follows.
    #[command(flatten)]
    pub(crate) inference: Inference,
}

#[derive(Debug, Args)]
pub(crate) struct Policy {
    /// Allow a proposal, or forbid it; `wasi proposals` lists them
    #[arg(short = 'S', value_name = "PROPOSAL[=y|n]")]
    pub(crate) proposals: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Imports {
    #[command(flatten)]
    pub(crate) policy: Policy,
    /// The module, in binary or text format, or `-` for standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) module: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Compile {
    /// The module, in binary or text format, or `-` for standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) module: PathBuf,
    /// Where the compiled code goes
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) compiling: Compiling,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

fn engines() -> impl TypedValueParser<Value = Engine> {
    PossibleValuesParser::new(Engine::ALL.iter().map(|engine| engine.name())).map(|name| {
        let named = |engine: &&Engine| engine.name() == name;
        Engine::ALL.iter().find(named).copied().unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
