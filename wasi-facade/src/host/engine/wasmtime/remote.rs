//! The conversation about a module with the worker that compiles it: settings and a module go there, code comes back.

use super::{config, say};
use crate::host::bounds::Checks;
use crate::host::compile_workers::CompileWorkers;
use crate::host::engine::contained;
use crate::host::error::{Reason, sentence};
use crate::host::options::Options;
use crate::host::run_limits::RunLimits;
use crate::host::shape::Shape;
use wasi_isolate::Files;
use wasi_isolate::wire::{Reader, Writer};

/// The bits of a request: which settings differ from those of a host without options.
mod settings {
    pub(super) const TIME: u8 = 1;
    pub(super) const FUEL: u8 = 2;
    pub(super) const MEMORY: u8 = 4;
    pub(super) const LINES: u8 = 8;
    pub(super) const STACK: u8 = 16;
    pub(super) const POOL: u8 = 32;
}

/// What came of a request: code, which is in the file; a module that is not valid; something else, which has no code.
const CODE: u8 = 0;
const INVALID: u8 = 1;
const FAILED: u8 = 2;

/// Bytes of a reason.
const MAX_REASON: usize = 2000;

/// Has a worker compile a module that was looked at, into code with these `checks`.
pub(super) fn compile(
    workers: &CompileWorkers,
    options: &Options,
    checks: Checks,
    module: &[u8],
) -> Result<Vec<u8>, Reason> {
    let (mut process, answer) = workers.ask(&request(options, checks, module.len()), module)?;
    let mut reader = Reader::new(&answer);
    let code = match (reader.u8(), reader.u64(), reader.text(MAX_REASON)) {
        (Some(CODE), Some(len), Some("")) if len <= process.files().max() => usize::try_from(len).ok(),
        (Some(INVALID), _, Some(reason)) => return Err(Reason::Invalid(sentence(reason))),
        (Some(FAILED), _, Some(reason)) => return Err(Reason::Engine(sentence(reason))),
        _ => None,
    };
    let Some(len) = code else { return Err(process.fail("its answer about a module cannot be read").into()) };
    let mut code = vec![0; len];
    match process.files().read(0, &mut code) {
        Ok(()) => Ok(code),
        Err(_) => Err(process.fail("it wrote less code than it said").into()),
    }
}

/// Answers a request, in the worker.
pub(in crate::host) fn answer(request: &[u8], files: &Files) -> Vec<u8> {
    let (kind, len, reason) = match compiled(request, files) {
        Ok(len) => (CODE, len, String::new()),
        Err(Reason::Invalid(reason)) => (INVALID, 0, reason),
        Err(Reason::Engine(reason)) => (FAILED, 0, reason),
        Err(other) => (FAILED, 0, other.to_string()),
    };
    let mut writer = Writer::new();
    writer.u8(kind).u64(len).text(&reason, MAX_REASON);
    writer.finish()
}

/// Compiles the module in the file, and writes its code there. Gives the length of the code.
fn compiled(request: &[u8], files: &Files) -> Result<u64, Reason> {
    let failed = |what: &str| Reason::Engine(what.to_owned());
    let (options, len) = read(request).ok_or_else(|| failed("the worker cannot read what it is asked"))?;
    let mut module = vec![0; len];
    files.read(0, &mut module).map_err(|_| failed("the worker has not got the whole module"))?;
    // A pool has room for a module of its shape, and its memories are addressed in another way.
    let shape = options.pool.map(|_| Shape::of(&module)).transpose()?;
    let engine = config::engine(&options, Checks::of(&options), shape.as_ref())?;
    let code = contained(|| engine.precompile_module(&module).map_err(|error| Reason::Invalid(say(&error))))?;
    files.write(0, &code).map_err(|_| failed("the code is larger than what a worker may write"))?;
    Ok(u64::try_from(code.len()).unwrap_or(u64::MAX))
}

/// What code depends on: the settings of the engine, and the length of the module in the file.
fn request(options: &Options, checks: Checks, len: usize) -> Vec<u8> {
    let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    let bits = bit(checks.time, settings::TIME)
        | bit(checks.fuel, settings::FUEL)
        | bit(options.limits.max_memory.is_some(), settings::MEMORY)
        | bit(options.source_lines, settings::LINES)
        | bit(options.stack.is_some(), settings::STACK)
        | bit(options.pool.is_some(), settings::POOL);
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let mut writer = Writer::new();
    writer.u8(bits).u64(number(options.stack.unwrap_or_default())).u32(options.pool.unwrap_or_default());
    writer.u64(number(len));
    writer.finish()
}

/// Reads a request.
fn read(request: &[u8]) -> Option<(Options, usize)> {
    let mut reader = Reader::new(request);
    let (bits, stack, pool, len) = (reader.u8()?, reader.u64()?, reader.u32()?, reader.u64()?);
    reader.end()?;
    let has = |bit: u8| bits & bit != 0;
    let options = Options {
        stack: has(settings::STACK).then(|| usize::try_from(stack).unwrap_or(usize::MAX)),
        pool: has(settings::POOL).then_some(pool),
        interruptible: has(settings::TIME),
        limits: RunLimits {
            timeout: None,
            fuel: has(settings::FUEL).then_some(u64::MAX),
            max_memory: has(settings::MEMORY).then_some(usize::MAX),
        },
        source_lines: has(settings::LINES),
        ..Options::default()
    };
    Some((options, usize::try_from(len).ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Checks, Options, RunLimits, config, read, request};
    use std::time::Duration;

    /// Code that one side compiles for its settings is taken by the other.
    #[test]
    fn settings_arrive() {
        let hash = |options: &Options, checks| {
            use std::hash::{DefaultHasher, Hash, Hasher};
            let mut hasher = DefaultHasher::new();
            let engine = config::engine(options, checks, None).unwrap();
            engine.precompile_compatibility_hash().hash(&mut hasher);
            hasher.finish()
        };
        let limits = RunLimits::default();
        for options in [
            Options::default(),
            Options { stack: Some(1 << 20), pool: Some(3), ..Options::default() },
            Options { interruptible: true, source_lines: true, ..Options::default() },
            Options { limits: limits.clone().timeout(Duration::from_secs(1)).fuel(7), ..Options::default() },
            Options { limits: limits.max_memory(1 << 20), ..Options::default() },
        ] {
            let checks = Checks::of(&options);
            let (arrived, len) = read(&request(&options, checks, 99)).unwrap();
            assert_eq!((arrived.stack, arrived.pool, len), (options.stack, options.pool, 99));
            assert_eq!(hash(&arrived, Checks::of(&arrived)), hash(&options, checks));
        }
        assert!(read(&[0; 3]).is_none());
    }
}
