//! The plan of a run: the functions of a module to call, and their order.

use super::error::Reason;
use super::outcome::Value;
use super::shape::Shape;
use super::signature::{Kind, Signature};

/// The function that a command runs.
const START: &str = "_start";

/// The function that makes a reactor ready, once, before any other.
const INITIALIZE: &str = "_initialize";

/// What a run was asked to do.
pub(super) enum EntryPoint<'a> {
    /// What the module is for: a command runs, a reactor becomes ready.
    Main,
    /// One function.
    Function { name: &'a str, args: &'a [Value] },
}

/// The calls that make up a run. All names and types have been checked.
pub(super) struct Plan<'a> {
    /// The function without parameters to call first.
    pub(super) first: Option<&'static str>,
    /// The function whose results count.
    pub(super) then: Option<(&'a str, &'a [Value])>,
}

impl<'a> Plan<'a> {
    /// The plan for `entry`.
    pub(super) fn new(shape: &Shape, entry: EntryPoint<'a>) -> Result<Self, Reason> {
        let start = lifecycle(shape, START)?;
        let initialize = lifecycle(shape, INITIALIZE)?;
        // "Instances of modules that export both are neither commands nor reactors" (the application ABI).
        if start.is_some() && initialize.is_some() {
            return Err(Reason::TwoEntries);
        }
        match entry {
            // A reactor may have nothing to make ready; the start section has run then, if there is one.
            EntryPoint::Main => Ok(Plan { first: start.or(initialize), then: None }),
            EntryPoint::Function { name, args } => {
                check_arguments(shape, name, args)?;
                // A command readies itself in `_start`, so only a reactor has something to run first.
                let first = if start.is_some() { None } else { initialize };
                Ok(Plan { first: first.filter(|first| *first != name), then: Some((name, args)) })
            }
        }
    }
}

/// `name`, if it is exported, and then as the function that it must be.
fn lifecycle(shape: &Shape, name: &'static str) -> Result<Option<&'static str>, Reason> {
    match shape.export(name) {
        None => Ok(None),
        Some(Kind::Func(signature)) if *signature == Signature::default() => Ok(Some(name)),
        Some(_) => Err(Reason::WrongEntry { name }),
    }
}

/// The type of the function `name`, if it can be called with numbers.
pub(super) fn signature<'s>(shape: &'s Shape, name: &str) -> Result<&'s Signature, Reason> {
    match shape.export(name) {
        Some(Kind::Func(signature)) => Ok(signature),
        Some(Kind::OtherFunc) => Err(Reason::NotCallable(name.to_owned())),
        Some(Kind::Other) | None => {
            Err(Reason::NoSuchExport { name: name.to_owned(), exports: shape.exported_functions() })
        }
    }
}

fn check_arguments(shape: &Shape, name: &str, args: &[Value]) -> Result<(), Reason> {
    let signature = signature(shape, name)?;
    let given: Vec<_> = args.iter().map(|value| value.ty()).collect();
    if given == signature.params {
        return Ok(());
    }
    Err(Reason::WrongArguments { name: name.to_owned(), signature: signature.clone(), given })
}
