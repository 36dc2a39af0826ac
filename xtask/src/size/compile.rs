//! Seconds of compile time, from the report of `cargo build --timings`.
//!
//! A unit is one run of the compiler or of a build script. Its seconds depend on the machine and on what else that
//! does, so a proposal is judged by its share in all units.

use super::judge::Share;
use crate::tree::Graph;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Seconds of all units of a package, by `name version`.
pub(super) type Seconds = BTreeMap<String, f64>;

#[derive(Deserialize)]
struct Unit {
    name: String,
    version: String,
    duration: f64,
}

/// Reads the data inside the report, which is a page.
pub(super) fn parse(page: &str) -> Result<Seconds> {
    let (_, data) = page.split_once("const UNIT_DATA = ").context("the report of Cargo has no UNIT_DATA")?;
    let mut units = serde_json::Deserializer::from_str(data).into_iter::<Vec<Unit>>();
    let units = units.next().context("the report of Cargo ends early")??;
    let mut seconds = Seconds::new();
    for unit in units {
        *seconds.entry(format!("{} v{}", unit.name, unit.version)).or_default() += unit.duration;
    }
    Ok(seconds)
}

/// The packages that were not compiled, since an earlier build had left them.
pub(super) fn warm<'a>(seconds: &Seconds, graph: &'a Graph) -> Vec<&'a str> {
    graph.crates().filter(|package| !seconds.contains_key(*package)).collect()
}

/// The share of some packages in all seconds, with their seconds, and the slowest of them.
pub(super) fn share(seconds: &Seconds, packages: &BTreeSet<&str>) -> Share {
    let all: f64 = seconds.values().sum();
    let mut own: Vec<_> = seconds.iter().filter(|(package, _)| packages.contains(package.as_str())).collect();
    own.sort_by(|a, b| b.1.total_cmp(a.1));
    let part: f64 = own.iter().map(|(_, seconds)| **seconds).sum();
    let slowest = own.iter().map(|(package, seconds)| format!("{package} ({seconds:.1} s)")).collect();
    Share {
        of_all: if all > 0.0 { part / all } else { 0.0 },
        amount: format!("{part:.0} s"),
        largest: slowest,
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, share, warm};
    use crate::tree::Graph;

    const PAGE: &str = r#"<script>const UNIT_DATA = [
        {"i": 0, "name": "a", "version": "1.0.0", "mode": "todo", "target": "", "start": 0.1, "duration": 1.0},
        {"i": 1, "name": "a", "version": "1.0.0", "mode": "run-custom-build", "start": 0.1, "duration": 2.0},
        {"i": 2, "name": "b", "version": "0.1.0", "mode": "todo", "start": 0.1, "duration": 9.0}];
const CONCURRENCY_DATA = [];</script>"#;

    #[test]
    fn units_of_a_package_add_up() {
        let seconds = parse(PAGE).unwrap();
        assert_eq!((seconds["a v1.0.0"], seconds["b v0.1.0"]), (3.0, 9.0));
        assert!(parse("<html>").is_err());
        assert!(parse("const UNIT_DATA = ").is_err());
    }

    #[test]
    fn the_slowest_are_named_first() {
        let seconds = parse(PAGE).unwrap();
        let one = share(&seconds, &["a v1.0.0"].into());
        assert_eq!((one.of_all, one.amount.as_str()), (0.25, "3 s"));
        assert_eq!(one.largest, ["a v1.0.0 (3.0 s)"]);
        let both = share(&seconds, &["a v1.0.0", "b v0.1.0"].into());
        assert_eq!(both.largest, ["b v0.1.0 (9.0 s)", "a v1.0.0 (3.0 s)"]);
    }

    #[test]
    fn what_an_earlier_build_left_is_found() {
        let graph = Graph::parse("0b v0.1.0 (/b)\n1a v1.0.0\n1c v2.0.0\n");
        assert_eq!(warm(&parse(PAGE).unwrap(), &graph), ["c v2.0.0"]);
    }
}
