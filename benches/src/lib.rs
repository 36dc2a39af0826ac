//! The ratios that one bench writes, and the page of results reads.
#![forbid(unsafe_code)]

pub mod ratios;
