//! Hostile modules, models and calls of guests, made from a grammar, each run as a host runs it and under a watch.
//!
//! A [`Recipe`] is a few lines of text: what a module, a model or a row of calls is made of, and not its bytes. It
//! is made at random, changed at random, made smaller, written down when it shows a fault, and read again by
//! `cargo test`.
//!
//! * [`module`], [`model`] and [`calls`] are the grammars, and what a host does with each.
//! * [`watch`] says what a run took, and whether that was within the bounds that the host's limits argue.
//! * [`worker`] runs recipes in a process of their own, since a stack that overflows takes the process with it.
//! * [`driver`] looks for recipes that break something, and changes first what came closest.
//! * [`planted`] has faults that everybody knows, to show that the watch sees them.
#![deny(unsafe_code)]

pub mod calls;
mod counting;
pub mod driver;
pub mod findings;
pub mod isolated;
pub mod lies;
pub mod model;
pub mod module;
mod number;
pub mod planted;
mod recipe;
pub mod target;
pub mod watch;
pub mod worker;

pub use recipe::{End, Recipe};
