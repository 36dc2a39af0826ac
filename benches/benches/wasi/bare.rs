//! Host functions written by hand for Wasmtime, which show the cost of a call without a linker of ours.

use crate::running::{ENGINE, Running};
use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng};
use rustix::fs::{SeekFrom, seek};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant, SystemTime};
use wasmtime::{Caller, Linker, Memory, Module, Store};

const WASI: &str = "wasi_snapshot_preview1";

struct Bare {
    /// Bound after instantiation, as ours is.
    memory: Option<Memory>,
    start: Instant,
    random: StdRng,
    /// The one file that there is, whatever number the guest names.
    file: File,
}

/// Starts the guest on the bare functions and `file`.
pub(crate) fn start(module: &[u8], file: File) -> impl FnMut(u64) -> Duration + use<> {
    let mut linker = Linker::new(&ENGINE);
    define(&mut linker).expect("the linker was empty");
    let module = Module::new(&ENGINE, module).expect("guests are valid");
    let random = StdRng::try_from_rng(&mut SysRng).expect("the system is up");
    let mut store = Store::new(&ENGINE, Bare { memory: None, start: Instant::now(), random, file });
    let instance = linker.instantiate(&mut store, &module).expect("all imports are here");
    store.data_mut().memory = instance.get_memory(&mut store, "memory");
    let mut running = Running::new(store, instance);
    move |n| running.run(n)
}

fn define(linker: &mut Linker<Bare>) -> wasmtime::Result<()> {
    linker.func_wrap(WASI, "args_sizes_get", |mut caller: Caller<'_, Bare>, count: u32, size: u32| {
        let (memory, _) = split(&mut caller);
        put(memory, count, [2, 0, 0, 0])?;
        put(memory, size, [9, 0, 0, 0])
    })?;
    linker.func_wrap(WASI, "clock_time_get", |mut caller: Caller<'_, Bare>, id: u32, _: u64, at: u32| {
        let (memory, state) = split(&mut caller);
        let time = match id {
            0 => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?,
            _ => state.start.elapsed(),
        };
        put(memory, at, u64::try_from(time.as_nanos())?.to_le_bytes())
    })?;
    linker.func_wrap(WASI, "random_get", |mut caller: Caller<'_, Bare>, at: u32, len: u32| {
        let (memory, state) = split(&mut caller);
        state.random.fill_bytes(span(memory, at, len)?);
        Ok(0)
    })?;
    linker.func_wrap(WASI, "fd_fdstat_get", |mut caller: Caller<'_, Bare>, _: u32, at: u32| {
        put(split(&mut caller).0, at, [4; 24])
    })?;
    linker.func_wrap(WASI, "fd_prestat_get", |mut caller: Caller<'_, Bare>, _: u32, at: u32| {
        put(split(&mut caller).0, at, [1; 8])
    })?;
    linker.func_wrap(WASI, "sched_yield", |_: Caller<'_, Bare>| {
        std::thread::yield_now();
        0
    })?;
    linker.func_wrap(WASI, "fd_tell", |mut caller: Caller<'_, Bare>, _: u32, at: u32| {
        let (memory, state) = split(&mut caller);
        put(memory, at, seek(&state.file, SeekFrom::Current(0))?.to_le_bytes())
    })?;
    linker.func_wrap(
        WASI,
        "fd_pread",
        |mut caller: Caller<'_, Bare>, _: u32, list: u32, _: u32, offset: u64, at: u32| {
            let (memory, state) = split(&mut caller);
            let count = state.file.read_at(first(memory, list)?, offset)?;
            put(memory, at, u32::try_from(count)?.to_le_bytes())
        },
    )?;
    linker.func_wrap(
        WASI,
        "fd_pwrite",
        |mut caller: Caller<'_, Bare>, _: u32, list: u32, _: u32, offset: u64, at: u32| {
            let (memory, state) = split(&mut caller);
            let count = state.file.write_at(first(memory, list)?, offset)?;
            put(memory, at, u32::try_from(count)?.to_le_bytes())
        },
    )?;
    Ok(())
}

/// The first buffer of a list.
fn first(memory: &mut [u8], list: u32) -> wasmtime::Result<&mut [u8]> {
    let word = |index: usize| -> wasmtime::Result<u32> {
        let bytes = memory.get(usize::try_from(list)? + 4 * index..).and_then(|rest| rest.first_chunk());
        Ok(u32::from_le_bytes(*bytes.ok_or_else(outside)?))
    };
    let (at, len) = (word(0)?, word(1)?);
    span(memory, at, len)
}

fn span(memory: &mut [u8], at: u32, len: u32) -> wasmtime::Result<&mut [u8]> {
    let at = usize::try_from(at)?;
    memory.get_mut(at..at + usize::try_from(len)?).ok_or_else(outside)
}

fn split<'c>(caller: &'c mut Caller<'_, Bare>) -> (&'c mut [u8], &'c mut Bare) {
    let memory = caller.data().memory.expect("it was bound before the first call");
    memory.data_and_store_mut(caller)
}

/// Writes a result, and gives the errno of success.
fn put<const N: usize>(memory: &mut [u8], at: u32, bytes: [u8; N]) -> wasmtime::Result<u32> {
    let place = memory.get_mut(usize::try_from(at)?..).and_then(|rest| rest.first_chunk_mut());
    *place.ok_or_else(outside)? = bytes;
    Ok(0)
}

fn outside() -> wasmtime::Error {
    wasmtime::Error::msg("the guest passed a pointer outside its memory")
}
