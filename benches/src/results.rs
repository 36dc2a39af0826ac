//! The last measurements of criterion, read from its files.
//!
//! Of each measurement the fastest sample counts: whatever else a machine does makes a sample longer, and
//! never shorter, so the fastest is the nearest to what the code itself costs.

use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

/// One side of a case.
#[derive(Clone, Copy)]
pub(crate) struct Measured {
    /// Nanoseconds of an iteration.
    pub(crate) ns: f64,
    /// How many things are done in one, if they are counted.
    pub(crate) elements: Option<f64>,
}

impl Measured {
    /// How many things are done a second, if they are counted.
    pub(crate) fn throughput(&self) -> Option<f64> {
        Some(self.elements? * 1e9 / self.ns)
    }
}

/// The sides of a case.
pub(crate) type Row = BTreeMap<String, Measured>;

/// The cases of a group.
pub(crate) type Group = BTreeMap<String, Row>;

/// All groups by name.
pub(crate) type Groups = BTreeMap<String, Group>;

/// Finds all measurements below `dir`: criterion keeps the last one of each in a folder `new`.
pub(crate) fn collect(dir: &Path, groups: &mut Groups) -> Result<(), Box<dyn Error>> {
    if dir.ends_with("new") {
        let read = |name| -> Result<Value, Box<dyn Error>> {
            Ok(serde_json::from_str(&fs::read_to_string(dir.join(name))?)?)
        };
        let (id, sample) = (read("benchmark.json")?, read("sample.json")?);
        let text = |key: &str| id[key].as_str().unwrap_or_default().to_owned();
        let measured = Measured { ns: fastest(&sample), elements: id["throughput"]["Elements"].as_f64() };
        let cases = groups.entry(text("group_id")).or_default();
        cases.entry(text("function_id")).or_default().insert(text("value_str"), measured);
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
