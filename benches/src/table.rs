//! Tables of results, as Markdown.

use crate::results::Group;
use benches::ratios::Ratios;

/// The sides, in the order of columns and of legends.
pub(crate) const SIDES: [&str; 13] = [
    "ours", "plain", "memory", "wasmi", "lookup", "vals", "slots", "worker", "copies", "bare", "native",
    "fast", "peer",
];

/// What ours is compared with, where criterion alone measures.
const RIVALS: [&str; 3] = ["bare", "native", "peer"];

/// The sides that were measured in a group.
pub(crate) fn sides(group: &Group) -> Vec<&'static str> {
    SIDES.into_iter().filter(|side| group.values().any(|row| row.contains_key(*side))).collect()
}

/// Nanoseconds and their ratios; of things that are counted, how many are done a second.
pub(crate) fn of_group(name: &str, group: &Group) -> String {
    let sides = sides(group);
    let is_counted = group.values().flat_map(|row| row.values()).any(|side| side.throughput().is_some());
    let rivals: Vec<_> = RIVALS.into_iter().filter(|rival| !is_counted && sides.contains(rival)).collect();
    let ratios = rivals.iter().map(|rival| format!("ours/{rival}"));
    let head = sides.iter().map(|side| (*side).to_owned()).chain(ratios).collect();
    let rows = group.iter().map(|(case, row)| {
        let value = |side: &&str| {
            let side = row.get(*side);
            side.map_or_else(String::new, |side| thousands(side.throughput().unwrap_or(side.ns)))
        };
        let ratio = |rival: &&str| match (row.get("ours"), row.get(*rival)) {
            (Some(ours), Some(theirs)) => format!("{:.2}", ours.ns / theirs.ns),
            _ => String::new(),
        };
        (case.clone(), sides.iter().map(value).chain(rivals.iter().map(ratio)).collect())
    });
    let unit = if is_counted { "inferences a second" } else { "ns" };
    markdown(&format!("{name}, {unit}"), head, rows)
}

/// Ratios of paired rounds, with their confidence.
pub(crate) fn of_ratios(ratios: &Ratios, pairs: &[&str]) -> String {
    let rows = ratios.cases().map(|case| {
        let digits = |pair: &str| if pair.contains('/') { 3 } else { 2 };
        let cell =
            |pair: &&str| ratios.get(case, pair).map_or_else(String::new, |ratio| ratio.show(digits(pair)));
        (case.to_owned(), pairs.iter().map(cell).collect())
    });
    markdown("backend/guests/model", pairs.iter().map(|pair| (*pair).to_owned()).collect(), rows)
}

fn markdown(corner: &str, head: Vec<String>, rows: impl Iterator<Item = (String, Vec<String>)>) -> String {
    let mut text = format!("| {corner} | {} |\n|---{}|\n", head.join(" | "), "|--:".repeat(head.len()));
    for (name, cells) in rows {
        text += &format!("| {name} | {} |\n", cells.join(" | "));
    }
    text
}

/// Small numbers with a decimal, large ones in groups of three digits.
pub(crate) fn thousands(number: f64) -> String {
    if number < 100.0 {
        return format!("{number:.1}");
    }
    let digits = format!("{number:.0}");
    let first = digits.len() % 3;
    let groups: Vec<&str> = [&digits[..first]]
        .into_iter()
        .filter(|head| !head.is_empty())
        .chain((first..digits.len()).step_by(3).map(|at| &digits[at..at + 3]))
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::{of_group, thousands};
    use crate::results::{Group, Measured};

    fn group(ns: [f64; 2], elements: Option<f64>) -> Group {
        let sides = [("ours", ns[0]), ("native", ns[1])];
        let row = sides.map(|(side, ns)| (side.to_owned(), Measured { ns, elements }));
        [("read".to_owned(), row.into_iter().collect())].into_iter().collect()
    }

    #[test]
    fn times_have_ratios_and_throughput_has_none() {
        let expected = "| data, ns | ours | native | ours/native |\n|---|--:|--:|--:|\n| read | 1,500 | 50.0 | 30.00 |\n";
        assert_eq!(of_group("data", &group([1500.0, 50.0], None)), expected);
        let expected =
            "| onnx/2, inferences a second | ours | native |\n|---|--:|--:|\n| read | 2,000 | 1,000 |\n";
        assert_eq!(of_group("onnx/2", &group([1e6, 2e6], Some(2.0))), expected);
    }

    #[test]
    fn digits_are_in_groups_of_three() {
        let texts = [99.94, 100.0, 1_000.0, 1_234_567.8].map(thousands);
        assert_eq!(texts, ["99.9", "100", "1,000", "1,234,568"]);
    }
}
