//! Where the embedder says what a guest gets.

use crate::abi::{Fdflags, Rights};
use crate::ctx::WasiCtx;
use crate::limits::Limits;
use crate::perms::Perms;
use crate::stdio::{Output, Sink, Source};
use crate::strings::Strings;
use crate::sys::dir::Dir;
use crate::sys::net::{Listener, Socket};
use crate::table::{Entry, Table};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

/// Builds a [`WasiCtx`].
///
/// It starts with nothing: no arguments, an empty environment, no directories and no sockets; standard
/// input is at its end, and output is discarded. Nothing is inherited from the host unless it is asked
/// for. Mistakes come to light in [`build`](Self::build), each with its own error.
#[derive(Debug)]
pub struct Builder {
    args: Vec<String>,
    environ: Vec<(String, String)>,
    /// The first thing that could not be inherited, for `build` to report.
    not_unicode: Option<OsString>,
    stdin: Source,
    stdout: Sink,
    stderr: Sink,
    preopens: Vec<Preopen>,
    listeners: Vec<Listener>,
    limits: Limits,
}

#[derive(Debug)]
struct Preopen {
    host: PathBuf,
    guest: String,
    perms: Perms,
}

/// Why a context could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// WASI's strings end at a NUL.
    #[error("the argument {0:?} contains a NUL, which no guest can be given")]
    NulInArgument(String),
    /// WASI's strings end at a NUL.
    #[error("the environment variable {0:?} contains a NUL, which no guest can be given")]
    NulInVariable(String),
    /// The guest could not tell where the name ends.
    #[error("the environment variable name {0:?} is empty or contains `=`")]
    VariableName(String),
    /// WASI's strings are UTF-8.
    #[error("{0:?} is not valid Unicode; pass what the guest needs explicitly instead of inheriting it")]
    NotUnicode(OsString),
    /// They have to fit the guest's 32-bit memory.
    #[error("the {0} are longer than a guest can address")]
    TooLong(&'static str),
    /// The directory could not be opened.
    #[error("cannot preopen the directory {}: {source}", .path.display())]
    Preopen {
        /// The path on the host.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Guests tell preopens apart by name.
    #[error("two preopened directories have the guest name {0:?}; name one of them differently")]
    SameName(String),
    /// The guest could not use such a name.
    #[error("the guest name {0:?} of a preopened directory is empty or contains a NUL")]
    GuestName(String),
    /// The listener could not be prepared.
    #[error("cannot use a listening socket: {0}")]
    Listener(#[source] std::io::Error),
    /// More descriptors than the limits allow.
    #[error("the streams, directories and sockets exceed the limit of {0} descriptors")]
    TooManyDescriptors(u32),
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            args: Vec::new(),
            environ: Vec::new(),
            not_unicode: None,
            stdin: Source::empty(),
            stdout: Sink::discard(),
            stderr: Sink::discard(),
            preopens: Vec::new(),
            listeners: Vec::new(),
            limits: Limits::default(),
        }
    }
}

impl Builder {
    /// Adds an argument. By convention the first one is the program's name.
    pub fn arg(&mut self, arg: impl Into<String>) -> &mut Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    pub fn args(&mut self, args: impl IntoIterator<Item = impl Into<String>>) -> &mut Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds the host process's arguments, its program's name included.
    pub fn inherit_args(&mut self) -> &mut Self {
        for arg in std::env::args_os() {
            match arg.into_string() {
                Ok(arg) => self.args.push(arg),
                Err(arg) => self.refuse(arg),
            }
        }
        self
    }

    /// Sets an environment variable; the last value of a name counts.
    pub fn env(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        let (name, value) = (name.into(), value.into());
        self.environ.retain(|(known, _)| *known != name);
        self.environ.push((name, value));
        self
    }

    /// Sets environment variables.
    pub fn envs(
        &mut self,
        variables: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> &mut Self {
        for (name, value) in variables {
            self.env(name, value);
        }
        self
    }

    /// Sets all environment variables of the host process.
    pub fn inherit_env(&mut self) -> &mut Self {
        for (name, value) in std::env::vars_os() {
            match (name.into_string(), value.into_string()) {
                (Ok(name), Ok(value)) => {
                    self.env(name, value);
                }
                (Err(not_unicode), _) | (_, Err(not_unicode)) => self.refuse(not_unicode),
            }
        }
        self
    }

    /// What the guest reads from its standard input.
    pub fn stdin(&mut self, source: Source) -> &mut Self {
        self.stdin = source;
        self
    }

    /// Where the guest's standard output goes.
    pub fn stdout(&mut self, sink: Sink) -> &mut Self {
        self.stdout = sink;
        self
    }

    /// Where the guest's standard error goes.
    pub fn stderr(&mut self, sink: Sink) -> &mut Self {
        self.stderr = sink;
        self
    }

    /// Lends the guest all three standard streams of the host.
    pub fn inherit_stdio(&mut self) -> &mut Self {
        self.stdin(Source::inherit()).stdout(Sink::inherit()).stderr(Sink::inherit())
    }

    /// Opens the host's directory `host` for the guest, which knows it as `guest`.
    pub fn preopen_dir(
        &mut self,
        host: impl Into<PathBuf>,
        guest: impl Into<String>,
        perms: Perms,
    ) -> &mut Self {
        self.preopens.push(Preopen { host: host.into(), guest: guest.into(), perms });
        self
    }

    /// Gives the guest a listening socket. Its number follows those of all directories.
    pub fn preopen_listener(&mut self, listener: impl Into<Listener>) -> &mut Self {
        self.listeners.push(listener.into());
        self
    }

    /// What the guest may make the host spend.
    pub fn limits(&mut self, limits: Limits) -> &mut Self {
        self.limits = limits;
        self
    }

    /// Builds the context: opens the directories, and hands streams and sockets over. The builder is empty
    /// afterwards.
    ///
    /// # Errors
    ///
    /// [`BuildError`] for the first mistake.
    pub fn build(&mut self) -> Result<WasiCtx, BuildError> {
        let Builder { args, environ, not_unicode, stdin, stdout, stderr, preopens, listeners, limits } =
            std::mem::take(self);
        if let Some(not_unicode) = not_unicode {
            return Err(BuildError::NotUnicode(not_unicode));
        }
        let args = encode_args(&args)?;
        let environ = encode_environ(&environ)?;

        let mut table = Table::new([
            Entry::stdio(stdin.into_file(), Rights::FD_READ),
            Entry::stdio(stdout.into_file(Output::Stdout), Rights::FD_WRITE),
            Entry::stdio(stderr.into_file(Output::Stderr), Rights::FD_WRITE),
        ]);
        let mut insert = |entry| match table.insert(entry, limits.max_fds) {
            Ok(_) => Ok(()),
            Err(_) => Err(BuildError::TooManyDescriptors(limits.max_fds)),
        };
        let mut names = BTreeSet::new();
        for preopen in preopens {
            insert(open(preopen, &mut names)?)?;
        }
        for listener in listeners {
            let socket = Socket::listen(listener).map_err(BuildError::Listener)?;
            insert(Entry::socket(socket, Fdflags::empty()))?;
        }
        Ok(WasiCtx::new(args, environ, table, limits))
    }

    fn refuse(&mut self, not_unicode: OsString) {
        self.not_unicode.get_or_insert(not_unicode);
    }
}

fn encode_args(args: &[String]) -> Result<Strings, BuildError> {
    if let Some(bad) = args.iter().find(|arg| arg.contains('\0')) {
        return Err(BuildError::NulInArgument(bad.clone()));
    }
    Strings::encode(args.iter().map(String::as_str)).ok_or(BuildError::TooLong("arguments"))
}

fn encode_environ(environ: &[(String, String)]) -> Result<Strings, BuildError> {
    let mut variables = Vec::with_capacity(environ.len());
    for (name, value) in environ {
        if name.is_empty() || name.contains('=') {
            return Err(BuildError::VariableName(name.clone()));
        }
        if name.contains('\0') || value.contains('\0') {
            return Err(BuildError::NulInVariable(name.clone()));
        }
        variables.push(format!("{name}={value}"));
    }
    let too_long = BuildError::TooLong("environment variables");
    Strings::encode(variables.iter().map(String::as_str)).ok_or(too_long)
}

fn open(preopen: Preopen, names: &mut BTreeSet<String>) -> Result<Entry, BuildError> {
    let Preopen { host, guest, perms } = preopen;
    if guest.is_empty() || guest.contains('\0') {
        return Err(BuildError::GuestName(guest));
    }
    if !names.insert(guest.clone()) {
        return Err(BuildError::SameName(guest));
    }
    let dir = Dir::open_ambient(&host).map_err(|source| BuildError::Preopen { path: host, source })?;
    Ok(Entry::dir(dir, perms, Some(guest.into_boxed_str()), Fdflags::empty()))
}
