//! `wasi run`: runs a module, and gives its exit code.

use crate::context::context;
use crate::ctrl_c::GRACE;
use crate::exit_code::{TIMED_OUT, TRAPPED};
use crate::failure::{Failure, complain, printable};
use crate::flags::Run;
use crate::invoke::invoke;
use crate::module::Origin;
use crate::progress::Progress;
use crate::{cache, directory, granted, limits, log, nn, signals, unsafe_calls};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use wasi_facade::policy::Flags;
use wasi_facade::{ContextOf, Contexts, Engine, Host, Nn, NnCtx, Outcome, Program};

/// Native programs get 8 MiB of stack, and so do guests.
const STACK: usize = 8 << 20;

/// Runs the module. Gives the exit code of the process.
pub(crate) fn run(flags: &Run) -> Result<u32, Failure> {
    log::show(&flags.verbosity);
    let last_word = Arc::new(Mutex::new(()));
    let ctrl_c = signals::take(&last_word);
    let (module, args) = flags.module.split_first().ok_or_else(|| Failure::usage("no module is given"))?;
    let module = Origin::of(Path::new(module));
    let name = printable(module.name());
    directory::check(&flags.dirs)?;
    let granted = granted::writable(&flags.dirs);
    let policy = flags.policy.parse()?;
    let host = host(flags, policy.clone(), &granted)?;
    let inference = inference(flags, &policy, &granted)?;
    let program = program(&host, &name, &module, flags, &granted)?;
    let contexts = Contexts::from((context(flags, &module, args)?, inference));
    ctrl_c.ends(contexts.interrupt_handle());
    if let Some(timeout) = flags.timeout {
        end_for_certain(&name, timeout, Arc::clone(&last_word));
    }
    let started = Instant::now();
    let (outcome, instance) = match &*flags.invoke {
        [] => program.run_to_instance(contexts)?,
        calls => invoke(&program, calls, args, contexts)?,
    };
    let (usage, time) = (instance.usage(), started.elapsed());
    // What the guest had of the host's is freed here, while its time still counts.
    let (failed_call, graphs) = {
        let inference = instance.into_context::<Nn>();
        (inference.last_error().map(str::to_owned), inference.registry().stats())
    };
    // Whoever has the last word keeps it until the process ends.
    std::mem::forget(last_word.lock());
    if ctrl_c.ended(&outcome) {
        unsafe_calls::end_by_ctrl_c();
    }
    let code = report(&name, &outcome, flags);
    if let Some(reason) = failed_call.filter(|_| is_failure(&outcome)) {
        nn::explain(&reason);
    }
    if let Some(stats) = flags.stats {
        stats.report(&usage, time);
    }
    if let Some(stats) = flags.inference.graph_stats {
        nn::stats::report(stats, &graphs);
    }
    Ok(code)
}

/// Gets the program in the quickest way: as compiled code, from the cache, or from the module.
fn program(
    host: &Host,
    name: &str,
    module: &Origin<'_>,
    flags: &Run,
    granted: &[&Path],
) -> Result<Program, Failure> {
    if let Origin::File(file) = module {
        if flags.allow_precompiled && module.is_precompiled()? {
            // Its pages are mapped: what is written to the file later is run.
            granted::protect(granted, file, "the compiled code in", "keep it elsewhere")?;
            return unsafe_calls::load_precompiled(host, name, file);
        }
        if let Some(program) = host.find_cached(name, file)? {
            return Ok(program);
        }
    }
    let bytes = module.read()?;
    module.refuse_precompiled(&bytes)?;
    compile(host, name, &bytes)
}

/// The context for inference, whose flags mean something only if the proposal is allowed.
fn inference(flags: &Run, policy: &Flags, granted: &[&Path]) -> Result<NnCtx, Failure> {
    let is_allowed = policy.get("nn") == Some(true);
    if let (false, Some(flag)) = (is_allowed, flags.inference.first()) {
        return Err(Failure::usage(format_args!("`{flag}` is of no use without `-S nn`; add that")));
    }
    if is_allowed { nn::context::context(&flags.inference, granted) } else { nn::context::none() }
}

fn host(flags: &Run, policy: Flags, granted: &[&Path]) -> Result<Host, Failure> {
    let compile_limits = limits::limits(&flags.compile_limits).map_err(Failure::usage)?;
    let mut host = Host::new().flags(policy).engine(flags.engine).stack(STACK);
    host = host.compile_limits(compile_limits);
    if let Some(workers) = flags.compiling.workers()? {
        if flags.engine != Engine::Wasmtime {
            return Err(Failure::usage("`--compile-worker` is of no use with an interpreter; leave it out"));
        }
        host = host.compile_in(workers);
    }
    if flags.source_lines {
        host = host.source_lines();
    }
    if flags.trap_unknown_imports {
        host = host.trap_unknown_imports();
    }
    if let Some(timeout) = flags.timeout {
        host = host.timeout(timeout);
    }
    if let Some(fuel) = flags.fuel {
        host = host.fuel(fuel);
    }
    if let Some(bytes) = flags.max_memory {
        host = host.max_memory(bytes);
    }
    if !flags.no_cache
        && flags.engine == Engine::Wasmtime
        && let Some(cache) = cache::cache(flags.code_cache.as_deref(), granted)?
    {
        host = host.cache(cache);
    }
    Ok(host)
}

fn compile(host: &Host, name: &str, bytes: &[u8]) -> Result<Program, Failure> {
    let _progress = Progress::compiling(name, bytes.len());
    Ok(host.compile_named(name, bytes)?)
}

/// Ends the process if an interruption does not: compiled code may lack the checks for it, and the system
/// may not wake a call up.
fn end_for_certain(name: &str, timeout: Duration, last_word: Arc<Mutex<()>>) {
    let message = timed_out(name, timeout);
    thread::spawn(move || {
        thread::sleep(timeout.saturating_add(GRACE));
        let _guard = last_word.lock();
        complain(message);
        std::process::exit(TIMED_OUT.cast_signed());
    });
}

fn timed_out(name: &str, timeout: Duration) -> String {
    let timeout = humantime::format_duration(timeout);
    format!("{name} did not end within {timeout}; give it more time with `--timeout`")
}

/// Whether the guest itself ended with an error, and was not ended by a limit or by the user.
fn is_failure(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Exited(1..) | Outcome::Trapped(_) | Outcome::OutOfMemory(_))
}

fn report(name: &str, outcome: &Outcome, flags: &Run) -> u32 {
    match outcome {
        Outcome::Exited(code) => *code,
        Outcome::Returned(_) => 0,
        Outcome::TimedOut => {
            complain(timed_out(name, flags.timeout.unwrap_or_default()));
            TIMED_OUT
        }
        Outcome::OutOfFuel => {
            let fuel = flags.fuel.unwrap_or_default();
            complain(format_args!("{name} used up its fuel of {fuel}; give it more with `--fuel`"));
            TRAPPED
        }
        Outcome::OutOfMemory(trap) => {
            let reason = &trap.reason;
            complain(format_args!(
                "{name} ran out of memory and trapped: {reason}; `--max-memory` limits it"
            ));
            TRAPPED
        }
        Outcome::Trapped(trap) => {
            let backtrace = trap.backtrace.as_ref().map(|trace| format!("\n{trace}")).unwrap_or_default();
            complain(format_args!("{name} trapped: {}{backtrace}", trap.reason));
            TRAPPED
        }
        other => {
            complain(format_args!("{name} ended in a way this command does not know: {other:?}"));
            1
        }
    }
}
