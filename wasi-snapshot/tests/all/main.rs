//! The tests of wasi-snapshot, a module for each theme.

#[path = "../common/mod.rs"]
mod common;

mod builder;
mod clocks;
mod data;
mod ends;
mod engines;
mod every_call;
mod fdstat;
mod fifo;
mod filestat;
mod imports;
mod interrupts;
mod memory;
mod names;
mod perms;
mod pointers;
mod poll;
mod quotas;
mod race;
mod readdir;
mod readonly;
mod rows;
mod sandbox;
mod sockets;
mod stdio;
mod streams;
mod strings;
mod table;
mod world;
