//! The context that the command line describes: arguments, environment, streams, directories, listeners.

use crate::environment;
use crate::failure::Failure;
use crate::flags::Run;
use crate::module::Origin;
use crate::{limits, unsafe_calls};
use std::ffi::OsString;
use std::net::TcpListener;
use wasi_facade::WasiCtx;
use wasi_facade::snapshot::{Listener, Source};

/// The guest's context: arguments, environment, stdio, then directories and listeners in this order, since
/// guests look for directories from descriptor 3 on.
pub(crate) fn context(flags: &Run, module: &Origin<'_>, args: &[OsString]) -> Result<WasiCtx, Failure> {
    let limits = limits::limits(&flags.limits).map_err(Failure::usage)?;
    let mut builder = WasiCtx::builder().limits(limits).inherit_stdio().stdout(unsafe_calls::stdout());
    if let Origin::StandardInput = module {
        // The module has come from there: what a terminal or a file has behind its end is not the guest's.
        builder = builder.stdin(Source::empty());
    }
    builder = builder.arg(match &flags.argv0 {
        Some(name) => name.clone(),
        None => module.guest_name(),
    });
    for (before, arg) in args.iter().enumerate() {
        builder = builder.arg(arg.to_str().ok_or_else(|| not_text(before))?);
    }
    if flags.inherit_env {
        builder = builder.envs(environment::all());
    }
    for variable in &flags.env {
        let (name, value) = match variable.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => (variable.as_str(), environment::value(variable)?),
        };
        builder = builder.env(name, value);
    }
    for dir in &flags.dirs {
        builder = builder.preopen_dir(&dir.host, &dir.guest, dir.perms);
    }
    for address in &flags.tcplisten {
        builder = builder.preopen_listener(listener(address)?);
    }
    Ok(builder.build()?)
}

/// A listener on an address, behind which it may say how accepting waits.
fn listener(flag: &str) -> Result<Listener, Failure> {
    // What has a colon is not a word but the rest of an address such as `::1:8080`.
    let (address, how) = match flag.rsplit_once("::") {
        Some((address, how)) if !how.contains(':') => (address, Some(how)),
        _ => (flag, None),
    };
    let how: fn(Listener) -> Listener = match how {
        None => |listener| listener,
        Some("blocking") => |listener| listener.nonblocking(false),
        Some("nonblocking") => |listener| listener.nonblocking(true),
        Some(other) => {
            return Err(Failure::usage(format_args!(
                "`--tcplisten {flag}` ends in `{other}`; behind `::` there can be `blocking` or `nonblocking`"
            )));
        }
    };
    let listener = TcpListener::bind(address).map_err(|error| {
        let hint = "give a free address such as 127.0.0.1:8080";
        Failure::new(format_args!("cannot listen on `{address}`: {error}; {hint}"))
    })?;
    if let Ok(address) = listener.local_addr() {
        // Who asks for port 0 has no other way to learn which one the system chose.
        tracing::info!("listening on {address}");
    }
    Ok(how(Listener::from(listener)))
}

/// Arguments may be secrets, so which one it is must do.
fn not_text(before: usize) -> Failure {
    let number = before.saturating_add(1);
    Failure::usage(format_args!(
        "argument {number} of the guest is not UTF-8, and guests get nothing else; leave it away, or encode it"
    ))
}
