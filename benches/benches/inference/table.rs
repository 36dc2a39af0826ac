//! The tables of results, as text.

use crate::Side;
use crate::rounds::Times;
use crate::statistics::{Median, fastest};
use std::io::{Write, stdout};

/// The ratios that a table has, as far as their sides were measured.
const RATIOS: [(&str, &str); 3] = [("ours", "native"), ("again", "native"), ("peer", "fast")];

/// The heading of a table.
pub(crate) fn head(group: &str, sides: &[Side]) {
    let times: String = sides.iter().map(|side| format!(" {} µs |", side.name)).collect();
    let ratios: String = ratios(sides).map(|(one, other)| format!(" {one}/{other} |")).collect();
    println!("\n| {group} |{times} ours − native µs |{ratios}");
    println!("|---|{}", "--:|".repeat(sides.len() + 1 + self::ratios(sides).count()));
}

/// The line of a case.
pub(crate) fn row(case: &str, sides: &[Side], times: &Times) {
    let pairs = |one: &str, other: &str, both: fn(f64, f64) -> f64| {
        let (one, other) = (&times[place(sides, one)?], &times[place(sides, other)?]);
        Some(Median::of(one.iter().zip(other).map(|(one, other)| both(*one, *other))))
    };
    let more = pairs("ours", "native", |ours, native| (ours - native) / 1e3).map(|more| more.show(2));
    let ratios =
        ratios(sides).filter_map(|(one, other)| Some(pairs(one, other, |one, other| one / other)?.show(3)));
    let cells = times.iter().map(|times| format!("{:.1}", fastest(times) / 1e3)).chain(more).chain(ratios);
    println!("| {case} | {} |", cells.collect::<Vec<_>>().join(" | "));
    stdout().flush().expect("somebody reads");
}

fn ratios(sides: &[Side]) -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_measured = |name| place(sides, name).is_some();
    RATIOS.into_iter().filter(move |(one, other)| is_measured(one) && is_measured(other))
}

fn place(sides: &[Side], name: &str) -> Option<usize> {
    sides.iter().position(|side| side.name == name)
}
