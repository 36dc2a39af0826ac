//! The errors of a module before it runs. Each message is one sentence, and names the rule; what a program of the
//! embedder's has for a way out, as a flag, only that program knows.

use super::look::costly::Costly;
use super::outcome::Outcome;
use super::run_limits::RunLimits;
use super::signature::Signature;
use crate::NeededError;
use std::error::Error as StdError;
use std::fmt;
use wasi_policy::{FlagError, LinkError, Printable, Refusal, ValType};

/// A module that cannot be run as asked.
///
/// As text it is the whole sentence; [`source`](StdError::source) has only what the sentence does not tell.
#[derive(Debug)]
pub struct Error {
    module: String,
    reason: Reason,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Printable::new(&self.module), self.reason)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.reason.source()
    }
}

impl Error {
    pub(super) fn new(module: &str, reason: Reason) -> Self {
        Error { module: module.to_owned(), reason }
    }

    /// What is wrong.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }
}

/// What is wrong with a module; as text, the rest of a sentence that begins with its name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The file ends too early.
    #[error("is truncated: it ends in the middle of a section, after {size} bytes; fetch or build it again")]
    Truncated {
        /// How long it is.
        size: usize,
    },
    /// It is a component, not a core module.
    #[error(
        "is a component, and this host runs core modules; use a component runtime, or build it for \
         wasm32-wasip1"
    )]
    Component,
    /// It is neither a module nor the text of one.
    #[error("is no WebAssembly module, neither binary nor text; check that it is the right file")]
    NotAModule,
    /// The text format has a mistake.
    #[error("cannot be read as text: {0}")]
    Text(String),
    /// The text format needs a feature that this build lacks.
    #[error("is a module as text; translate it with `wat2wasm`, or rebuild with the Cargo feature `wat`")]
    TextNotCompiledIn,
    /// It does not follow the format, or the specification.
    #[error("is not a valid module: {0}")]
    Invalid(String),
    /// Compiling it could take more than the host gives.
    #[error("costs too much to compile: {0}")]
    Costly(Costly),
    /// The [worker](super::CompileWorkers) that was to compile it did not.
    #[cfg(feature = "isolate")]
    #[error("is not compiled: {0}")]
    Worker(wasi_isolate::Error),
    /// wasmi does not take it; it knows fewer features of WebAssembly than Wasmtime.
    #[error("is not valid for the interpreter: {0}")]
    NotForInterpreter(String),
    /// It has a shared memory, and the host wants to be able to end guests.
    #[error(
        "has a shared memory, in which a guest can wait where no timeout and no interrupt reaches it; build it \
         without threads"
    )]
    SharedMemory,
    /// It has a shared memory, and the host bounds what memories take.
    #[error(
        "has a shared memory, which grows without anybody being asked, so that no limit holds it; build it without threads"
    )]
    UnboundedMemory,
    /// It is compiled code where a module is expected.
    #[error("is compiled code, which is native and runs outside any sandbox")]
    Precompiled,
    /// It is compiled code that does not fit this host.
    #[error("is compiled code that does not fit here: {0}; compile the module again")]
    Mismatch(String),
    /// It is compiled code, and the host has a limit on fuel.
    #[error("is compiled code, which counts no fuel; run the module itself")]
    CannotCount,
    /// Its code has no checks for a time limit, which [`Program::with_limits`](super::Program::with_limits) was asked for.
    #[error(
        "was compiled without checks for a timeout; compile it with `Host::interruptible`, or with a timeout"
    )]
    NotInterruptible,
    /// Its code counts no fuel, of which [`Program::with_limits`](super::Program::with_limits) was asked for a limit.
    #[error("was compiled without counting fuel; compile it with `Host::fuel`, which may be `u64::MAX`")]
    NotMetered,
    /// Compiled code was asked of an interpreter.
    #[error("cannot be turned into compiled code, or run as such, by an interpreter")]
    NoCompiler,
    /// It imports from a proposal that the gate refuses.
    #[error("imports {import}; {refusal}")]
    Refused {
        /// The first such import.
        import: String,
        /// Why.
        refusal: Refusal,
    },
    /// It imports what no proposal offers.
    #[error("imports what nobody offers: {}; it needs another host, or another build", some(.imports))]
    Unknown {
        /// The imports, as `module.name`.
        imports: Vec<String>,
        /// All of them are functions, so that [`Host::trap_unknown_imports`](super::Host::trap_unknown_imports) would
        /// let the module run.
        callable: bool,
    },
    /// It imports a function with a type of its own.
    #[error("imports {import} as {wanted}, but it is {offered}; build it with a current toolchain")]
    WrongType {
        /// The import.
        import: String,
        /// The module's idea of it.
        wanted: String,
        /// The proposal's.
        offered: String,
    },
    /// Two proposals offer the same import.
    #[error("cannot be linked: {0}")]
    Link(LinkError),
    /// It exports no function of this name.
    #[error("exports no function `{}`; {}", Printable::new(.name), functions(.exports))]
    NoSuchExport {
        /// The name that was asked for.
        name: String,
        /// The functions it exports.
        exports: Vec<String>,
    },
    /// It has both `_start` and `_initialize`, so that it is neither a command nor a reactor.
    #[error(
        "exports both `_start` and `_initialize`, of which a command has the one and a reactor may have the other; \
         build it as one of the two"
    )]
    TwoEntries,
    /// `_start` or `_initialize` has parameters or results.
    #[error("exports `{name}` as something else than a function without parameters and results; rebuild it")]
    WrongEntry {
        /// Which of the two.
        name: &'static str,
    },
    /// The function takes or returns references.
    #[error(
        "exports `{}` with types other than i32, i64, f32, f64 and v128; call a function of numbers",
        Printable::new(.0)
    )]
    NotCallable(String),
    /// The function has other types than a handle of it was asked for.
    #[error("exports `{}` as {signature}; ask for it with these types, not as {asked}", Printable::new(.name))]
    WrongFunction {
        /// The function.
        name: String,
        /// Its type.
        signature: String,
        /// The type that was asked for.
        asked: String,
    },
    /// The guest of the instance has ended before; only what it leaves can be read.
    #[error("cannot be called any more in this instance, since its guest {0}; start another one")]
    Spent(Outcome),
    /// The function is of another instance.
    #[error(
        "cannot be called in this instance by a function of another one; look it up with `Instance::func`"
    )]
    OtherInstance,
    /// The arguments do not fit the function.
    #[error("exports `{}` as {signature}; pass arguments of these types, not ({})", Printable::new(.name), types(.given))]
    WrongArguments {
        /// The function.
        name: String,
        /// Its type.
        signature: Signature,
        /// The types of the arguments.
        given: Vec<ValType>,
    },
    /// The host's flags name a proposal that there is not.
    #[error("cannot run with these flags: {0}")]
    Flags(FlagError),
    /// It could not be set up to run.
    #[error("cannot start: {0}")]
    Start(String),
    /// It could not be set up to run with the memory it may have.
    #[error("cannot start within the memory that it may have: {0}")]
    Limits(String),
    /// It has a shared memory, and the host keeps a [pool](super::Host::pool).
    #[error(
        "has a shared memory, for which there is no room in a pool; build it without threads, or run it without `Host::pool`"
    )]
    SharedInPool,
    /// All of its [pool](super::Host::pool) is in use.
    #[error(
        "has {instances} live instances, which are all that its pool has room for; drop one, or have a larger one with \
         `Host::pool`"
    )]
    PoolInUse {
        /// How many there is room for.
        instances: u32,
    },
    /// The engine cannot be set up.
    #[error("cannot run: the engine says: {0}")]
    Engine(String),
    /// The system gives no thread for the guest, or for the watch over its time.
    #[error("cannot run: the system gives no thread")]
    Thread(#[source] std::io::Error),
}

impl From<NeededError> for Reason {
    fn from(error: NeededError) -> Self {
        match error {
            NeededError::Refused { import, refusal } => Reason::Refused { import, refusal },
            NeededError::Link(error) => Reason::Link(error),
        }
    }
}

impl From<Costly> for Reason {
    fn from(costly: Costly) -> Self {
        Reason::Costly(costly)
    }
}

impl Reason {
    /// What an engine says about a failure to start.
    pub(super) fn start(limits: &RunLimits, says: String) -> Self {
        if limits.max_memory.is_some() { Reason::Limits(says) } else { Reason::Start(says) }
    }

    /// The engines' and parsers' own words, on one line.
    pub(super) fn malformed(error: impl StdError + 'static) -> Self {
        Reason::Invalid(one_line(&error))
    }
}

/// The longest sentence of an engine's, in characters; with the names in it, which are a module's.
const SENTENCE: usize = 2048;

/// An error with its causes, on one line.
pub(super) fn one_line(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    sentence(&causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
}

/// Words of an engine's, or of a host function's, on one line; with names of a guest's in them, perhaps.
pub(super) fn sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Printable::at_most(&text, SENTENCE).to_string()
}

/// The first names of a list, and how many more there are.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = |name: &String| Printable::new(name).to_string();
    let shown = names.iter().take(SHOWN).map(shown).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn functions(names: &[String]) -> String {
    if names.is_empty() {
        return "it exports no functions, so there is nothing to run".to_owned();
    }
    format!("its functions are: {}", some(names))
}

fn types(given: &[ValType]) -> String {
    given.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Error, Reason};
    use std::error::Error as _;

    /// The one reason with a source does not say what that says; the others are whole sentences.
    #[test]
    fn no_text_repeats_its_source() {
        let error = Error::new("it", Reason::Thread(std::io::Error::other("the last one is taken")));
        let source = error.source().unwrap().to_string();
        assert_eq!(
            format!("{error}: {source}"),
            "it cannot run: the system gives no thread: the last one is taken"
        );
    }
}
