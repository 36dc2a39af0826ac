//! The builder of a guest's context.

mod environment;
mod error;
mod live;
mod preopen_file;
mod preopens;
mod streams;
mod time_and_random;

use crate::abi::Timestamp;
use crate::guest::ctx::WasiCtx;
use crate::guest::entry::Entry;
use crate::guest::identity::Identity;
use crate::guest::limits::Limits;
use crate::guest::table::Table;
use crate::stdio::{Output, Sink, Source};
use crate::vfs::Access;
use crate::world::clocks::Clocks;
use crate::world::random;
use crate::world::scheduler::Scheduler;
use std::fmt;

pub use error::BuildError;
pub use live::FdInfo;
pub use preopen_file::PreopenFile;
use preopens::Preopens;

/// Builds a [`WasiCtx`].
///
/// It starts with no arguments, an empty environment, no directories and no sockets; standard input is at its end, and
/// output is discarded. None of these is inherited from the host unless it is asked for; clocks and randomness are the
/// host's unless others are given. Mistakes come to light in [`build`](Self::build), each with its own error.
///
/// Each method takes the builder and gives it back, and `build` uses it up, since streams, handles and sockets are one
/// guest's. In a loop or under a condition, the name gets what comes back:
///
/// ```
/// use wasi_snapshot::WasiCtx;
///
/// let mut builder = WasiCtx::builder().arg("guest");
/// for name in ["a", "b"] {
///     builder = builder.env(name, "1");
/// }
/// let ctx = builder.build()?;
/// # drop(ctx);
/// # Ok::<(), wasi_snapshot::BuildError>(())
/// ```
#[must_use = "each method gives the builder back, and `build` the context"]
pub struct WasiCtxBuilder {
    args: Vec<String>,
    environ: Vec<(String, String)>,
    /// The first thing that could not be inherited, for `build` to report.
    not_unicode: Option<BuildError>,
    stdin: Source,
    stdout: Sink,
    stderr: Sink,
    preopens: Preopens,
    limits: Limits,
    clocks: Clocks,
    scheduler: Option<Box<dyn Scheduler>>,
    random: random::RandomBytes,
    /// What all files' times are said to be, if runs have to be the same.
    file_times: Option<Timestamp>,
}

impl Default for WasiCtxBuilder {
    fn default() -> Self {
        WasiCtxBuilder {
            args: Vec::new(),
            environ: Vec::new(),
            not_unicode: None,
            stdin: Source::empty(),
            stdout: Sink::discard(),
            stderr: Sink::discard(),
            preopens: Preopens::default(),
            limits: Limits::default(),
            clocks: Clocks::default(),
            scheduler: None,
            random: random::RandomBytes::default(),
            file_times: None,
        }
    }
}

impl WasiCtx {
    /// A builder for a context; it starts without arguments, environment, directories and sockets.
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder::default()
    }
}

impl WasiCtxBuilder {
    /// What the guest may make the host spend.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Builds the context: opens the directories, and hands streams and sockets over, to this guest and no other:
    ///
    /// ```compile_fail,E0382
    /// let builder = wasi_snapshot::WasiCtx::builder().arg("secret");
    /// let first = builder.build()?;
    /// let second = builder.build()?;
    /// # Ok::<(), wasi_snapshot::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`BuildError`] for the first mistake.
    pub fn build(self) -> Result<WasiCtx, BuildError> {
        let WasiCtxBuilder {
            args,
            environ,
            not_unicode,
            stdin,
            stdout,
            stderr,
            preopens,
            limits,
            mut clocks,
            scheduler,
            random,
            file_times,
        } = self;
        if let Some(not_unicode) = not_unicode {
            return Err(not_unicode);
        }
        let args = environment::encode_args(&args)?;
        let environ = environment::encode_environ(&environ)?;

        let mut table = Table::new([
            Entry::stdio(stdin.open().map_err(BuildError::Stream)?, Access::Read),
            Entry::stdio(stdout.open(Output::Stdout).map_err(BuildError::Stream)?, Access::Write),
            Entry::stdio(stderr.open(Output::Stderr).map_err(BuildError::Stream)?, Access::Write),
        ]);
        preopens.open(&mut table, &limits)?;
        clocks.start();
        let identity = file_times.map_or_else(Identity::default, Identity::numbered);
        let ctx = WasiCtx::new(args, environ, table, limits);
        Ok(WasiCtx { clocks, scheduler, random, identity, ..ctx })
    }
}

/// Arguments and values of variables may be secrets, so none is shown.
impl fmt::Debug for WasiCtxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.environ.iter().map(|(name, _)| name.split('=').next()).collect();
        f.debug_struct("WasiCtxBuilder")
            .field("args", &self.args.len())
            .field("environ", &names)
            .field("preopens", &self.preopens)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
