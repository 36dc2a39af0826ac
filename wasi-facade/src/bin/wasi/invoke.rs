//! The calls of `--invoke`, all on one instance, and their results as text.

use crate::failure::Failure;
use crate::output::print;
use std::ffi::OsString;
use wasi_facade::{Contexts, Instance, Outcome, Program, Value};

/// A function, and numbers of the types that it takes.
struct Call<'a> {
    name: &'a str,
    args: Vec<Value>,
}

/// Makes the calls in their order, and prints what each returns. The first that does not return is the last. Gives how it
/// ended, and the guest.
///
/// A call is the name of a function and its arguments, with spaces between. Where there is one call, its arguments may also
/// be `args`.
pub(crate) fn invoke(
    program: &Program,
    calls: &[String],
    args: &[OsString],
    contexts: impl Into<Contexts>,
) -> Result<(Outcome, Instance), Failure> {
    let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    let args = args.iter().map(AsRef::as_ref);
    let calls = match calls {
        // Then what follows MODULE is for the guest.
        [call] if program.signature(call).is_err() && call.contains(char::is_whitespace) => {
            vec![Call::parse(program, call, None.into_iter())?]
        }
        [call] => vec![Call::parse(program, call, args)?],
        calls => {
            let calls = calls.iter().map(|call| Call::parse(program, call, None.into_iter()));
            calls.collect::<Result<_, _>>()?
        }
    };
    let mut instance = program.start(contexts)?;
    let mut outcome = instance.ended().cloned().unwrap_or(Outcome::Exited(0));
    for Call { name, args } in calls {
        // Starting has made it ready.
        if instance.ended().is_some() || name == "_initialize" {
            continue;
        }
        outcome = instance.call(name, &args)?;
        if let Outcome::Returned(results) = &outcome {
            print(&results.iter().map(|value| format!("{value}\n")).collect::<String>())?;
        }
    }
    Ok((outcome, instance))
}

impl<'a> Call<'a> {
    /// Reads a call whose arguments follow its name, or are `args`; a name may have spaces of its own.
    fn parse<'t>(
        program: &Program,
        text: &'a str,
        args: impl Iterator<Item = &'t str>,
    ) -> Result<Self, Failure>
    where
        'a: 't,
    {
        let (name, inner) = match text.split_once(char::is_whitespace) {
            Some((name, inner)) if program.signature(text).is_err() => (name, inner),
            _ => (text, ""),
        };
        let types = &program.signature(name)?.params;
        let given: Vec<_> = inner.split_whitespace().chain(args).collect();
        if types.len() != given.len() {
            let (wanted, given) = (types.len(), given.len());
            return Err(Failure::usage(format_args!("`{name}` takes {wanted} arguments, not {given}")));
        }
        let value = |(ty, arg): (_, &str)| {
            Value::parse(ty, arg)
                .map_err(|error| Failure::usage(format_args!("in a call of `{name}`: {error}")))
        };
        let args = types.iter().copied().zip(given).map(value).collect::<Result<_, _>>()?;
        Ok(Call { name, args })
    }
}
