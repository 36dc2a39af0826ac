//! A host of plugins: one compiled module, a plugin on each thread, and ten thousand calls of each.
//!
//! [`Program::start`](wasi_facade::Program::start) gives a plugin that lives from call to call, and
//! [`Instance::func`](wasi_facade::Instance::func) a handle that looks nothing up. Text goes in and out through its memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;
use wasi_facade::{Host, WasiCtx};

/// Greets who is named in its room, tells the host whom, and counts.
const PLUGIN: &str = r#"(module
    (import "host" "greeted" (func $greeted (param i32 i32)))
    (memory (export "memory") 1)
    (global $calls (mut i32) (i32.const 0))
    (data (i32.const 57) "hello, ")
    (func (export "room") (result i32) (i32.const 64))
    (func (export "greet") (param $len i32) (result i32 i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (call $greeted (i32.const 64) (local.get $len))
        (i32.const 57) (i32.add (local.get $len) (i32.const 7)))
    (func (export "calls") (result i32) (global.get $calls)))"#;

const CALLS: usize = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let greeted = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&greeted);
    let host = Host::new().func("host", "greeted", move |memory, (name, len): (u32, u32)| {
        seen.fetch_add(usize::from(memory.text(name, len)?.starts_with("caller ")), Ordering::Relaxed);
        Ok(())
    });
    let program = host.compile(&wat::parse_str(PLUGIN)?)?;
    let threads = thread::available_parallelism()?.get();
    let before = Instant::now();
    let call = || -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut plugin = program.start(WasiCtx::builder().build()?)?;
        let room = plugin.func::<(), u32>("room")?.call(&mut plugin, ())?;
        let greet = plugin.func::<u32, (u32, u32)>("greet")?;
        for number in 0..CALLS {
            let name = format!("caller {number}");
            plugin.memory().write_slice(room, name.as_bytes())?;
            let (text, len) = greet.call(&mut plugin, u32::try_from(name.len())?)?;
            assert_eq!(plugin.memory().text(text, len)?, format!("hello, {name}"));
        }
        // It has lived through all of them.
        assert_eq!(plugin.func::<(), u32>("calls")?.call(&mut plugin, ())?, u32::try_from(CALLS)?);
        Ok(())
    };
    thread::scope(|scope| {
        let plugins: Vec<_> = (0..threads).map(|_| scope.spawn(call)).collect();
        plugins.into_iter().try_for_each(|plugin| plugin.join().map_err(|_| "a plugin's thread panicked")?)
    })
    .map_err(|error| error.to_string())?;
    assert_eq!(greeted.load(Ordering::Relaxed), threads * CALLS);
    let rate = (threads * CALLS) as f64 / before.elapsed().as_secs_f64();
    println!("{CALLS} calls on each of {threads} threads: {rate:.0} a second");
    Ok(())
}
