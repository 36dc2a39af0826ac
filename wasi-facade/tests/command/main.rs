//! Tests of the command `wasi`, run as users run it: every promise of its help and of the documentation.
#![cfg(feature = "cli")]

mod cache;
mod choices;
#[cfg(windows)]
mod console;
mod endings;
mod give;
mod granted;
mod graph_stats;
mod graphs;
mod guests;
mod infers;
mod inspect;
#[cfg(target_os = "linux")]
mod isolated;
mod limits;
#[cfg(target_os = "linux")]
mod listeners;
mod modules;
mod policy;
mod reasons;
mod run;
mod servers;
mod shells;
#[cfg(unix)]
mod signals;
mod spending;
mod threads;
mod unknown;
#[cfg(target_os = "linux")]
mod workers;
mod workplace;
