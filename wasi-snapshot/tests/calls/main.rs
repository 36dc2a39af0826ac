//! Tests of the calls of both modules, and of what an embedder gives a guest for them: a module for each theme.

#[path = "../common/helpers.rs"]
mod common;

mod builder;
mod clocks;
mod engines;
mod every_call;
mod imports;
mod in_memory;
mod interrupts;
mod layered;
mod listeners;
mod memory_dirs;
mod memory_files;
mod on_host;
mod own_clocks;
mod own_streams;
mod perms;
mod pointers;
mod poll;
mod rows;
mod sockets;
mod stdio;
mod streams;
mod strings;
mod table;

// What these are about, or their oracle, is Unix's alone.
#[cfg(unix)]
mod disk;
#[cfg(unix)]
mod fifo;
#[cfg(unix)]
mod given_handles;
#[cfg(unix)]
mod host_times;
#[cfg(unix)]
mod kinds;
#[cfg(unix)]
mod process_limits;
#[cfg(unix)]
mod race;
#[cfg(unix)]
mod start_flags;
#[cfg(unix)]
mod stdio_files;

// These refuse calls by number, as Linux has them.
#[cfg(target_os = "linux")]
mod gone_readers;
#[cfg(target_os = "linux")]
mod older_systems;
#[cfg(target_os = "linux")]
mod sync;

// And these are about another system.
#[cfg(target_os = "macos")]
mod on_macos;
#[cfg(windows)]
mod on_windows;
