//! The plan of a run or a start: the functions of a module to call, and their order.

use super::error::Reason;
use super::outcome::Value;
use super::shape::Shape;
use super::signature::{Kind, Signature};

/// The function that a command runs.
const START: &str = "_start";

/// The function that makes a reactor ready, once, before any other.
const INITIALIZE: &str = "_initialize";

/// What an instance was asked to do first.
pub(super) enum EntryPoint<'a> {
    /// What the module is for: a command runs, a reactor becomes ready.
    Main,
    /// To become ready for calls.
    Ready,
    /// One function.
    Function { name: &'a str, args: &'a [Value] },
}

/// A call of an exported function, whose name and types have been checked.
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    /// Its place among the exports.
    pub(super) place: usize,
    pub(super) args: &'a [Value],
    /// How many results it has.
    pub(super) results: usize,
}

impl<'a> Call<'a> {
    /// The call of `name` with `args`.
    pub(super) fn new(shape: &Shape, name: &'a str, args: &'a [Value]) -> Result<Self, Reason> {
        let (place, signature) = function(shape, name)?;
        if args.iter().map(|arg| arg.ty()).eq(signature.params.iter().copied()) {
            return Ok(Call { name, place, args, results: signature.results.len() });
        }
        let given = args.iter().map(|arg| arg.ty()).collect();
        Err(Reason::WrongArguments { name: name.to_owned(), signature: signature.clone(), given })
    }

    /// The call of a function without parameters and results.
    fn nullary((place, name): (usize, &'static str)) -> Self {
        Call { name, place, args: &[], results: 0 }
    }

    /// Does it run a command, which has ended when it returns?
    pub(super) fn is_start(&self) -> bool {
        is_start(self.name)
    }
}

/// Does the function run a command?
pub(super) fn is_start(name: &str) -> bool {
    name == START
}

/// The calls that come first. All names and types have been checked.
pub(super) struct Plan<'a> {
    /// The function without parameters to call first.
    pub(super) first: Option<Call<'static>>,
    /// The function whose results count.
    pub(super) then: Option<Call<'a>>,
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
        let (first, then) = match entry {
            // A reactor may have nothing to make ready; the start section has run then, if there is one.
            EntryPoint::Main => (start.or(initialize), None),
            // A command readies itself in `_start`.
            EntryPoint::Ready => (initialize, None),
            EntryPoint::Function { name, args } => {
                let then = Call::new(shape, name, args)?;
                (initialize.filter(|(_, first)| *first != name), Some(then))
            }
        };
        Ok(Plan { first: first.map(Call::nullary), then })
    }
}

/// `name` and its place, if it is exported, and then as the function that it must be.
fn lifecycle(shape: &Shape, name: &'static str) -> Result<Option<(usize, &'static str)>, Reason> {
    match shape.exports.find(name) {
        None => Ok(None),
        Some((place, Kind::Func(signature))) if *signature == Signature::default() => Ok(Some((place, name))),
        Some(_) => Err(Reason::WrongEntry { name }),
    }
}

/// The type of the function `name`, if it can be called with numbers.
pub(super) fn signature<'s>(shape: &'s Shape, name: &str) -> Result<&'s Signature, Reason> {
    function(shape, name).map(|(_, signature)| signature)
}

/// The same, and its place among the exports.
fn function<'s>(shape: &'s Shape, name: &str) -> Result<(usize, &'s Signature), Reason> {
    match shape.exports.find(name) {
        Some((place, Kind::Func(signature))) => Ok((place, signature)),
        Some((_, Kind::OtherFunc)) => Err(Reason::NotCallable(name.to_owned())),
        Some((_, Kind::Other)) | None => {
            Err(Reason::NoSuchExport { name: name.to_owned(), exports: shape.exports.functions() })
        }
    }
}
