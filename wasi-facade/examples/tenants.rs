//! A host of tenants: each has limits of its own on the same compiled code, and a thread; what it writes is passed on as it
//! comes, and what it took is read afterwards.
//!
//! [`Program::with_limits`](wasi_facade::Program::with_limits) compiles nothing. The code has to be compiled with checks for
//! the limits that some tenant has: [`Host::interruptible`] for time, and [`Host::fuel`].

use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use wasi_facade::snapshot::Sink;
use wasi_facade::{Host, Instance, Outcome, Program, RunLimits, Usage, Value, WasiCtx};

/// Shouts: turns text to upper case, tells its standard output, and returns where that is. It can also grow, and turn in
/// circles.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "allocate") (param $len i32) (result i32)
        (global.get $free)
        (global.set $free (i32.add (global.get $free) (local.get $len))))
    (func (export "shout") (param $text i32) (param $len i32) (result i32 i32) (local $at i32) (local $byte i32)
        (local.set $at (local.get $text))
        (loop $again
            (local.set $byte (i32.load8_u (local.get $at)))
            (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 97)) (i32.const 26))
                (then (i32.store8 (local.get $at) (i32.sub (local.get $byte) (i32.const 32)))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $at) (i32.add (local.get $text) (local.get $len)))))
        (i32.store (i32.const 0) (local.get $text))
        (i32.store (i32.const 4) (local.get $len))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (local.get $text) (local.get $len))
    (func (export "grow") (param $pages i32)
        (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then (unreachable))))
    (func (export "circle") (loop $again (br $again))))"#;

const PAGE: usize = 1 << 16;

/// Calls a function with what a guest writes, on the guest's thread.
struct Callback<F>(F);

impl<F: FnMut(&[u8])> Write for Callback<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Text through the guest's memory, there and back.
fn shout(guest: &mut Instance, text: &str) -> Result<String, Failure> {
    let len = u32::try_from(text.len())?;
    let allocate = guest.func::<u32, u32>("allocate")?;
    let shout = guest.func::<(u32, u32), (u32, u32)>("shout")?;
    let at = allocate.call(guest, len)?;
    guest.memory().write_slice(at, text.as_bytes())?;
    let (at, len) = shout.call(guest, (at, len))?;
    Ok(guest.memory().text(at, len)?.into_owned())
}

/// A tenant's session: two requests, and then one that may be too much for it.
fn session(
    program: &Program,
    written: impl FnMut(&[u8]) + Send + 'static,
    last: (&str, &[Value]),
) -> Result<(Outcome, Usage), Failure> {
    let stdout = Sink::writer(Callback(written));
    let mut guest = program.start(WasiCtx::builder().stdout(stdout).build()?)?;
    assert_eq!(shout(&mut guest, "hello")?, "HELLO");
    assert_eq!(shout(&mut guest, "good bye, größe")?, "GOOD BYE, GRößE");
    let outcome = guest.call(last.0, last.1)?;
    Ok((outcome, guest.usage()))
}

fn main() -> Result<(), Failure> {
    let host = Host::new().interruptible().fuel(u64::MAX);
    let program = host.compile(&wat::parse_str(GUEST)?)?;
    let small = RunLimits::default().fuel(10_000).max_memory(2 * PAGE);
    let quick = RunLimits::default().timeout(Duration::from_millis(500));
    let (sender, written) = mpsc::channel();
    let tenant = move |name: &'static str, limits: &RunLimits, last: (&'static str, &'static [Value])| {
        let program = program.with_limits(limits.clone())?;
        let sender = sender.clone();
        let pass_on = move |bytes: &[u8]| {
            // Nobody listens any more once the host has gone.
            let _ = sender.send((name, String::from_utf8_lossy(bytes).into_owned()));
        };
        Ok::<_, Failure>((name, thread::spawn(move || session(&program, pass_on, last))))
    };
    let tenants = [
        tenant("small", &small, ("grow", &[Value::I32(1)]))?,
        tenant("greedy", &small, ("grow", &[Value::I32(2)]))?,
        tenant("busy", &small, ("circle", &[]))?,
        tenant("endless", &quick, ("circle", &[]))?,
        tenant("large", &RunLimits::default(), ("grow", &[Value::I32(100)]))?,
    ];
    // With the last sender, so that the end of all tenants is the end of what they write.
    drop(tenant);

    // As it comes, until all tenants have gone.
    let mut lines = 0;
    for (name, text) in written {
        println!("{name}: {text}");
        lines += 1;
    }
    assert_eq!(lines, 2 * tenants.len());

    let mut outcomes = Vec::new();
    for (name, tenant) in tenants {
        let (outcome, usage) = tenant.join().map_err(|_| "a tenant's thread panicked")??;
        let (fuel, time) = (usage.fuel.ok_or("fuel counts")?, usage.time.ok_or("time counts")?);
        println!("{name} {outcome}: {fuel} instructions, {} bytes, {time:?}", usage.memory);
        assert!(fuel > 0 && time > Duration::ZERO);
        outcomes.push((outcome, usage.memory / PAGE));
    }
    let [small, greedy, busy, endless, large] = &outcomes[..] else { return Err("there are five".into()) };
    assert_eq!((small, large), (&(Outcome::Returned(vec![]), 2), &(Outcome::Returned(vec![]), 101)));
    assert!(matches!(greedy, (Outcome::OutOfMemory(_), 1)));
    assert_eq!((busy, endless), (&(Outcome::OutOfFuel, 1), &(Outcome::TimedOut, 1)));
    Ok(())
}
