//! The tests of wasi-snapshot, a module for each theme.

#[path = "../common/mod.rs"]
mod common;

mod clocks;
mod data;
mod fdstat;
mod filestat;
mod imports;
mod names;
mod pointers;
mod rows;
mod sandbox;
mod strings;
