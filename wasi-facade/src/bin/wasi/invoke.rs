//! Arguments and results of `--invoke`, as text.

use crate::failure::Failure;
use crate::output::print;
use std::ffi::OsString;
use wasi_facade::{Contexts, Outcome, Program, Value};

/// Calls the export `name` with `args` as numbers of the types it takes, and prints what it returns.
pub(crate) fn invoke(
    program: &Program,
    name: &str,
    args: &[OsString],
    contexts: impl Into<Contexts>,
) -> Result<Outcome, Failure> {
    let types = &program.signature(name)?.params;
    if types.len() != args.len() {
        let (wanted, given) = (types.len(), args.len());
        return Err(Failure::usage(format_args!("`{name}` takes {wanted} arguments, not {given}")));
    }
    let mut values = Vec::new();
    for (ty, arg) in types.iter().zip(args) {
        let value = Value::parse(*ty, &arg.to_string_lossy());
        values.push(value.map_err(|error| Failure::usage(format_args!("in a call of `{name}`: {error}")))?);
    }
    let outcome = program.invoke(name, &values, contexts)?;
    if let Outcome::Returned(results) = &outcome {
        print(&results.iter().map(|value| format!("{value}\n")).collect::<String>())?;
    }
    Ok(outcome)
}
