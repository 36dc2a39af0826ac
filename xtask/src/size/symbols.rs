//! Bytes of each crate in the release command, from the names of its symbols.
//!
//! A symbol belongs to the first crate that its name mentions and that is not the standard library: an
//! instance of `core`'s function for a type of a crate is there for that crate. What this cannot see: constants,
//! tables for unwinding and relocations have no names of crates; a function that was inlined is counted where it went;
//! and what the linker folded is counted once.

use super::judge::{Share, Unit};
use anyhow::{Context, Result};
use object::{Object, ObjectSymbol, SymbolKind};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of functions and constants by the crate's name in code.
pub(super) type Bytes = BTreeMap<String, u64>;

const STANDARD: &[&str] = &["core", "alloc", "std", "compiler_builtins"];

/// Sums the symbols of an executable; it has to have kept them.
pub(super) fn of(executable: &[u8]) -> Result<Bytes> {
    let file = object::File::parse(executable).context("the command is no executable that is known here")?;
    let mut bytes = Bytes::new();
    let kinds = [SymbolKind::Text, SymbolKind::Data];
    for symbol in file.symbols().filter(|symbol| symbol.is_definition() && kinds.contains(&symbol.kind())) {
        let name = symbol.name().unwrap_or_default();
        let name = format!("{:#}", rustc_demangle::demangle(name));
        *bytes.entry(owner(&name).to_owned()).or_default() += symbol.size();
    }
    Ok(bytes)
}

/// The crate that a symbol is there for; `?` if it is none of Rust's.
fn owner(name: &str) -> &str {
    let mut standard = None;
    for (at, _) in name.match_indices("::") {
        let start = name[..at].rfind(|character: char| !(character.is_alphanumeric() || character == '_'));
        let word = &name[start.map_or(0, |before| before + 1)..at];
        // A path begins here unless another part of it comes before.
        let is_head = !name[..at - word.len()].ends_with("::") && !word.is_empty();
        let is_type = word.chars().next().is_some_and(char::is_uppercase);
        if is_head && !is_type {
            if !STANDARD.contains(&word) {
                return word;
            }
            standard = standard.or(Some(word));
        }
    }
    standard.unwrap_or("?")
}

/// The share of some packages in all bytes, with their bytes, and the largest of them.
///
/// Packages are `name version`, in which a `-` is a `_` in code.
pub(super) fn share(bytes: &Bytes, packages: &BTreeSet<&str>) -> Share {
    let names: BTreeSet<String> =
        packages.iter().filter_map(|package| Some(package.split(' ').next()?.replace('-', "_"))).collect();
    let all: u64 = bytes.values().sum();
    let mut own: Vec<_> = bytes.iter().filter(|(name, _)| names.contains(*name)).collect();
    own.sort_by_key(|(_, bytes)| std::cmp::Reverse(**bytes));
    let part: u64 = own.iter().map(|(_, bytes)| **bytes).sum();
    let largest = own.iter().map(|(name, bytes)| format!("{name} ({} KiB)", **bytes / 1024)).collect();
    let of_all = if all > 0 { part as f64 / all as f64 } else { 0.0 };
    Share { of_all, amount: Unit::Bytes.word(part as f64), largest }
}

#[cfg(test)]
mod tests {
    use super::{of, owner, share};

    #[test]
    fn a_symbol_belongs_to_whom_it_is_there_for() {
        for (name, crate_name) in [
            ("tract_core::plan::SimplePlan<F,O>::run", "tract_core"),
            ("<wasi::flags::Run as clap_builder::derive::Args>::augment_args", "wasi"),
            ("core::ptr::drop_in_place<alloc::vec::Vec<wasi_nn::tensor::Port>>", "wasi_nn"),
            ("<&T as core::fmt::Debug>::fmt", "core"),
            ("alloc::raw_vec::RawVec<T,A>::grow_one", "alloc"),
            ("memcpy", "?"),
        ] {
            assert_eq!(owner(name), crate_name, "{name}");
        }
    }

    #[test]
    fn this_program_has_symbols_of_its_own() {
        let executable = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let bytes = of(&executable).unwrap();
        assert!(bytes["xtask"] > 0 && bytes["serde_json"] > 0);
        assert!(of(b"#!/bin/sh").is_err());
    }

    #[test]
    fn the_largest_are_named_first() {
        let bytes = [("a_b".to_owned(), 1024), ("c".to_owned(), 2048), ("d".to_owned(), 1024)].into();
        let share = share(&bytes, &["a-b v1.0.0", "c v0.1.0"].into());
        assert_eq!((share.of_all, share.amount.as_str()), (0.75, "3.0 KiB"));
        assert_eq!(share.largest, ["c (2 KiB)", "a_b (1 KiB)"]);
    }
}
