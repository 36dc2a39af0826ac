//! The ratios that one bench writes, and the page of results reads.

pub mod ratios;
