//! Guests in the text format, for the tests of the command.

/// The imports that the guests below share, a memory, and `$print`, which writes a span to a descriptor.
const PRELUDE: &str = r#"
    (import "wasi_snapshot_preview1" "fd_write"
        (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read"
        (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get"
        (func $args_sizes_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get"
        (func $environ_sizes_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff"
        (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func $print (param $fd i32) (param $ptr i32) (param $len i32) (result i32)
        (i32.store (i32.const 64) (local.get $ptr))
        (i32.store (i32.const 68) (local.get $len))
        (call $fd_write (local.get $fd) (i32.const 64) (i32.const 1) (i32.const 72)))
"#;

/// A command whose `_start` is `body`, with `rest` beside it.
pub(crate) fn command(body: &str, rest: &str) -> String {
    format!("(module {PRELUDE} {rest} (func (export \"_start\") {body}))")
}

/// Prints `text`, which has no quotes.
pub(crate) fn says(text: &str) -> String {
    let (len, data) = (text.len(), text.escape_default());
    command(
        &format!("(drop (call $print (i32.const 1) (i32.const 1024) (i32.const {len})))"),
        &format!("(data (i32.const 1024) \"{data}\")"),
    )
}

/// What a guest does that does not end: it waits for input, or goes on.
pub(crate) const WAITS: &str = "(drop (call $read (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 20)))";
pub(crate) const LOOPS: &str = "(loop $again (br $again))";

/// Prints `on`, and then does something.
pub(crate) fn says_on_and(then: &str) -> String {
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\20\00\00\00\03\00\00\00" "\40\00\00\00\01\00\00\00")
            (data (i32.const 32) "on\n")
            (func (export "_start")
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20))) {then}))"#
    )
}

/// Exits with this code.
pub(crate) fn exits(code: u32) -> String {
    command(&format!("(call $exit (i32.const {code}))"), "")
}

/// Prints its arguments, each with a NUL at its end.
pub(crate) fn args() -> String {
    strings("args")
}

/// Prints its environment in the same way.
pub(crate) fn environ() -> String {
    strings("environ")
}

fn strings(kind: &str) -> String {
    command(
        &format!(
            "(drop (call ${kind}_sizes_get (i32.const 0) (i32.const 4)))
             (drop (call ${kind}_get (i32.const 1024) (i32.const 8192)))
             (drop (call $print (i32.const 1) (i32.const 8192) (i32.load (i32.const 4))))"
        ),
        "",
    )
}

/// Calls functions with names until one traps.
pub(crate) fn traps() -> String {
    let rest = "(func $inner unreachable) (func $outer call $inner)";
    command("(call $outer)", rest).replacen("(module", "(module $unlucky", 1)
}

/// Never ends.
pub(crate) fn spins() -> String {
    command("(loop $again (br $again))", "")
}

/// Sleeps for an hour.
pub(crate) fn sleeps() -> String {
    // A subscription to the monotonic clock: its number at 16, nanoseconds from now at 24.
    command(
        "(i32.store (i32.const 144) (i32.const 1))
         (i64.store (i32.const 152) (i64.const 3600000000000))
         (drop (call $poll (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 512)))",
        "",
    )
}

/// Copies one piece of standard input to standard output.
pub(crate) fn copies() -> String {
    command(
        "(i32.store (i32.const 0) (i32.const 1024))
         (i32.store (i32.const 4) (i32.const 1024))
         (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
         (drop (call $print (i32.const 1) (i32.const 1024) (i32.load (i32.const 8))))",
        "",
    )
}

/// Writes to standard output until it cannot, and says so on standard error, as programs do.
#[cfg(unix)]
pub(crate) fn floods() -> String {
    command(
        "(loop $again
            (br_if $again (i32.eqz (call $print (i32.const 1) (i32.const 1024) (i32.const 4096)))))
         (drop (call $print (i32.const 2) (i32.const 1024) (i32.const 6)))
         (call $exit (i32.const 1))",
        "(data (i32.const 1024) \"alas!\\n\")",
    )
}

/// Creates the file `made` in its first directory, and exits with the errno.
pub(crate) fn creates() -> String {
    command(
        "(call $exit (call $path_open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 4)
            (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 128)))",
        "(data (i32.const 1024) \"made\")",
    )
}

/// Exits with 0 if descriptor 3 is a directory and 4 is a socket.
pub(crate) fn looks_at_descriptors() -> String {
    command(
        "(if (call $prestat (i32.const 3) (i32.const 128)) (then (call $exit (i32.const 3))))
         (if (call $fdstat (i32.const 4) (i32.const 256)) (then (call $exit (i32.const 4))))
         (if (i32.ne (i32.load8_u (i32.const 256)) (i32.const 6)) (then (call $exit (i32.const 6))))",
        "",
    )
}

/// Calls itself until the stack is used up.
pub(crate) fn recurses() -> String {
    let rest = "(func $deep (param i32) (result i32)
        (i32.add (i32.const 1) (call $deep (i32.add (local.get 0) (i32.const 1)))))";
    command("(drop (call $deep (i32.const 0)))", rest)
}

/// Lets its memory grow by as many pages, and exits with 1 if that fails.
pub(crate) fn grows(pages: u32) -> String {
    let grow = format!("(i32.eq (memory.grow (i32.const {pages})) (i32.const -1))");
    command(&format!("(call $exit {grow})"), "")
}

/// A library of functions.
pub(crate) const LIBRARY: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
    (func (export "both") (param i64 f32) (result f32 i64) (local.get 1) (local.get 0))
    (func (export "secret") (param funcref)))"#;

/// A reactor that counts how often it was made ready, and how often it was called.
pub(crate) const REACTOR: &str = r#"(module
    (memory 1)
    (global $calls (mut i32) (i32.const 0))
    (func (export "count") (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (global.get $calls))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "crash") unreachable)
    (func (export "a name") (result i32) (i32.const 7))
    (global $ready (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $ready (i32.add (global.get $ready) (i32.const 1))))
    (func (export "ready") (result i32) (global.get $ready)))"#;
