//! The tests of wasi-snapshot, a module for each theme.

#[path = "../common/mod.rs"]
mod common;

mod clocks;
mod data;
mod ends;
mod fdstat;
mod fifo;
mod filestat;
mod imports;
mod names;
mod pointers;
mod race;
mod readdir;
mod readonly;
mod rows;
mod sandbox;
mod strings;
mod table;
