//! `--nn-stats`: what each graph has taken, for people and for programs.

use crate::failure::complain;
use crate::stats::{Stats, in_micros};
use wasi_facade::nn::{GraphStats, Tally};
use wasi_facade::policy::Printable;

/// Characters of a graph's name in the table.
const NAME_WIDTH: usize = 32;

/// Columns of the table that have words, on the left.
const WORDS: usize = 4;

const HEADER: [&str; 8] = ["graph", "backend", "device", "what", "done", "failed", "reused", "time"];

/// Writes the statistics to standard error.
pub(crate) fn report(format: Stats, graphs: &[GraphStats]) {
    match format {
        Stats::Text => table(graphs).iter().for_each(complain),
        Stats::Json => {
            let graphs: Vec<_> = graphs.iter().map(object).collect();
            eprintln!("{{\"graphs\":[{}]}}", graphs.join(","));
        }
    }
}

fn table(graphs: &[GraphStats]) -> Vec<String> {
    let mut rows = vec![HEADER.map(str::to_owned)];
    rows.extend(graphs.iter().flat_map(lines));
    let mut widths = [0; HEADER.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; HEADER.len()]| {
        let cells = row.iter().zip(widths).enumerate().map(|(index, (cell, width))| match index {
            0..WORDS => format!("{cell:width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ")
    };
    rows.iter().map(line).collect()
}

/// A line each for loads, compilations and computations, and for what the backend counts itself.
fn lines(graph: &GraphStats) -> Vec<[String; HEADER.len()]> {
    let text = |text: &Option<String>, otherwise: &str| match text {
        Some(text) => Printable::at_most(text, NAME_WIDTH).to_string(),
        None => otherwise.to_owned(),
    };
    let numbers = |what: &str, Tally { done, failed, time, .. }: Tally, reused: Option<u64>| {
        let reused = reused.map_or_else(String::new, |reused| reused.to_string());
        [what.to_owned(), done.to_string(), failed.to_string(), reused, in_micros(time)]
    };
    let names = [text(&graph.name, "(of guests)"), text(&graph.backend, ""), text(&graph.device, "")];
    let rows = [
        (names, numbers("load", graph.loads, Some(graph.load_hits))),
        (Default::default(), numbers("compile", graph.compiles, Some(graph.compile_hits))),
        (Default::default(), numbers("compute", graph.computations, None)),
    ];
    let rows = rows.map(|([name, backend, device], [what, done, failed, reused, time])| {
        [name, backend, device, what, done, failed, reused, time]
    });
    let own = graph.counted.iter().map(|(what, count)| {
        let mut row: [String; HEADER.len()] = Default::default();
        (row[WORDS - 1], row[WORDS]) = ((*what).to_owned(), count.to_string());
        row
    });
    rows.into_iter().chain(own).collect()
}

/// A graph as JSON: names or null, counts, nanoseconds, and bytes or null.
fn object(graph: &GraphStats) -> String {
    let text = |text: &Option<String>| text.as_deref().map_or_else(|| "null".to_owned(), string);
    let tally = |Tally { done, failed, time, .. }: Tally| {
        format!("{{\"done\":{done},\"failed\":{failed},\"time\":{}}}", time.as_nanos())
    };
    let held = graph.held_bytes.map_or_else(|| "null".to_owned(), |bytes| bytes.to_string());
    let counted: Vec<_> =
        graph.counted.iter().map(|(what, count)| format!("{}:{count}", string(what))).collect();
    format!(
        "{{\"name\":{},\"backend\":{},\"device\":{},\"loads\":{},\"load_hits\":{},\"compiles\":{},\
         \"compile_hits\":{},\"computations\":{},\"held_bytes\":{held},\"counted\":{{{}}}}}",
        text(&graph.name),
        text(&graph.backend),
        text(&graph.device),
        tally(graph.loads),
        graph.load_hits,
        tally(graph.compiles),
        graph.compile_hits,
        tally(graph.computations),
        counted.join(","),
    )
}

/// A string of JSON in ASCII, so that no name acts on a terminal.
fn string(text: &str) -> String {
    let escaped = text.encode_utf16().map(|unit| match u8::try_from(unit) {
        Ok(byte @ (b'"' | b'\\')) => format!("\\{}", char::from(byte)),
        Ok(byte @ b' '..=b'~') => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::string;

    #[test]
    fn names_are_strings_of_json() {
        for (text, expected) in [
            ("cat", r#""cat""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("\u{1b}[31m\n", r#""\u001b[31m\u000a""#),
            ("ä\u{7f}", r#""\u00e4\u007f""#),
            ("\u{1f600}", r#""\ud83d\ude00""#),
        ] {
            assert_eq!(string(text), expected);
        }
    }
}
