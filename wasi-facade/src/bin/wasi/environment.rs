//! The variables of the command's own environment that a guest can get. Values may be secrets, so no message shows one.

use crate::failure::{Failure, complain, printable};
use std::env;

/// All variables that a guest can have. Those that are not text are left out, and their names are told.
pub(crate) fn all() -> Vec<(String, String)> {
    let (mut variables, mut others) = (Vec::new(), Vec::new());
    for (name, value) in env::vars_os() {
        match (name.into_string(), value.into_string()) {
            // Systems may have variables of their own whose names begin so; no guest could tell where such a name ends.
            (Ok(name), Ok(_)) if name.starts_with('=') => {}
            (Ok(name), Ok(value)) => variables.push((name, value)),
            (Ok(name), Err(_)) => others.push(name),
            (Err(name), _) => others.push(name.to_string_lossy().into_owned()),
        }
    }
    if !others.is_empty() {
        let names = others.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        complain(printable(format_args!(
            "the guest does not get the environment variables {names}: they are not UTF-8, and guests get nothing else"
        )));
    }
    variables
}

/// The value that the variable `name` has here.
pub(crate) fn value(name: &str) -> Result<String, Failure> {
    let refused = |why: &str| {
        Failure::usage(format_args!("the environment variable `{name}` is {why}; write `--env {name}=VALUE`"))
    };
    let value = env::var_os(name).ok_or_else(|| refused("not set here"))?;
    value.into_string().map_err(|_| refused("not UTF-8 here, and guests get nothing else"))
}
