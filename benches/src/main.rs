//! Prints what the last run of the benches measured, as tables of nanoseconds and ratios.
//!
//! Of each measurement the fastest sample counts: whatever else a machine does makes a sample longer, and
//! never shorter, so the fastest is the nearest to what the code itself costs.

use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The columns, in order; a table has those that were measured for it.
const SIDES: [&str; 10] =
    ["ours", "plain", "memory", "wasmi", "lookup", "vals", "slots", "bare", "native", "peer"];

/// What ours is compared with.
const RIVALS: [&str; 3] = ["bare", "native", "peer"];

/// Nanoseconds for each case and side of a group.
type Table = BTreeMap<String, BTreeMap<String, f64>>;

fn main() -> Result<(), Box<dyn Error>> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let mut groups: BTreeMap<String, Table> = BTreeMap::new();
    collect(&target.join("criterion"), &mut groups)?;
    for (name, table) in &groups {
        print(name, table);
    }
    Ok(())
}

/// Finds all measurements below `dir`: criterion keeps the last one of each in a folder `new`.
fn collect(dir: &Path, groups: &mut BTreeMap<String, Table>) -> Result<(), Box<dyn Error>> {
    if dir.ends_with("new") {
        let read = |name| -> Result<Value, Box<dyn Error>> {
            Ok(serde_json::from_str(&fs::read_to_string(dir.join(name))?)?)
        };
        let (id, sample) = (read("benchmark.json")?, read("sample.json")?);
        let text = |key: &str| id[key].as_str().unwrap_or_default().to_owned();
        let cases = groups.entry(text("group_id")).or_default();
        cases.entry(text("function_id")).or_default().insert(text("value_str"), fastest(&sample));
        return Ok(());
    }
    let entries =
        fs::read_dir(dir).map_err(|error| format!("{}: {error}; run the benches first", dir.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), groups)?;
        }
    }
    Ok(())
}

/// Nanoseconds of one iteration in the fastest sample.
fn fastest(sample: &Value) -> f64 {
    let list = |key: &str| sample[key].as_array().into_iter().flatten().filter_map(Value::as_f64);
    list("times").zip(list("iters")).map(|(time, iters)| time / iters).fold(f64::INFINITY, f64::min)
}

fn print(group: &str, table: &Table) {
    let sides: Vec<_> =
        SIDES.into_iter().filter(|side| table.values().any(|row| row.contains_key(*side))).collect();
    let rivals: Vec<_> = RIVALS.into_iter().filter(|rival| sides.contains(rival)).collect();
    let ratios: String = rivals.iter().map(|rival| format!(" ours/{rival} |")).collect();
    println!("| {group} | {} |{ratios}", sides.join(" | "));
    println!("|---{}|", "|--:".repeat(sides.len() + rivals.len()));
    for (case, row) in table {
        let time = |side: &&str| row.get(*side).map_or_else(String::new, |ns| thousands(*ns));
        let ratio = |rival: &&str| match (row.get("ours"), row.get(*rival)) {
            (Some(ours), Some(theirs)) => format!("{:.2}", ours / theirs),
            _ => String::new(),
        };
        let cells: Vec<String> = sides.iter().map(time).chain(rivals.iter().map(ratio)).collect();
        println!("| {case} | {} |", cells.join(" | "));
    }
    println!();
}

/// Small numbers with a decimal, large ones in groups of three digits.
fn thousands(ns: f64) -> String {
    if ns < 100.0 {
        return format!("{ns:.1}");
    }
    let digits = format!("{ns:.0}");
    let first = digits.len() % 3;
    let groups: Vec<&str> = [&digits[..first]]
        .into_iter()
        .filter(|head| !head.is_empty())
        .chain((first..digits.len()).step_by(3).map(|at| &digits[at..at + 3]))
        .collect();
    groups.join(",")
}
