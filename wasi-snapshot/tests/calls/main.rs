//! Tests of the calls of both modules, and of what an embedder gives a guest for them: a module for each theme.

#[path = "../common/helpers.rs"]
mod common;

mod builder;
mod clocks;
mod disk;
mod engines;
mod every_call;
mod fifo;
mod given_handles;
mod gone_readers;
mod host_times;
mod imports;
mod in_memory;
mod interrupts;
mod kinds;
mod layered;
mod listeners;
mod memory_dirs;
mod memory_files;
mod older_systems;
mod on_host;
mod own_clocks;
mod own_streams;
mod perms;
mod pointers;
mod poll;
mod process_limits;
mod race;
mod rows;
mod sockets;
mod start_flags;
mod stdio;
mod stdio_files;
mod streams;
mod strings;
mod sync;
mod table;
