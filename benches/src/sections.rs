//! The sections of the page: an overview, inference in ratios and in throughput, and the groups of WASI calls.

use crate::chart::Chart;
use crate::results::{Group, Groups, Measured, Row};
use crate::table::{self, SIDES};
use benches::ratios::{Interval, Ratios};

/// A plot with a text above it, and tables below.
pub(crate) struct Section {
    /// The plot's file.
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) chart: Chart,
    pub(crate) tables: Vec<String>,
}

/// The groups of WASI calls, with a heading and a text.
const CALLS: [(&str, &str, &str); 10] = [
    ("calls", "Calls", "Calls that move no file data."),
    ("data", "File data", "Reading and writing, by one buffer or by eight."),
    ("files", "Files by name", "Attributes, opening and closing, creating and removing."),
    ("listing", "Directories", "Whole directories, with a buffer of 4 KiB."),
    (
        "startup",
        "Startup",
        "Making a linker with all imports, and starting an instance of a compiled module.",
    ),
    (
        "instances",
        "Live instances",
        "Calling an instance that a host keeps, and starting one; `bare` is the engine's own instance of the same module.",
    ),
    (
        "compile",
        "Compiling",
        "A module of some functions, compiled by the host and by a worker that is started for it.",
    ),
    (
        "load",
        "Loading models",
        "A guest's model on the embedded engine, loaded by the host and by a worker that is ready.",
    ),
    (
        "remote",
        "Models on servers",
        "A tensor to a server and the same back, from a server that does nothing else; `native` is the same bytes over a \
         raw socket.",
    ),
    (
        "shapes",
        "Shapes of a linker",
        "One host function that touches memory, attached to engines in several ways.",
    ),
];

/// Pairs of sides in paired rounds; the first three are drawn, which are ratios near to 1.
const PAIRS: [&str; 7] = [
    "ours/native",
    "again/native",
    "peer/fast",
    "worker/ours",
    "ours − native µs",
    "worker − ours µs",
    "copies µs",
];

/// What the overview has: a label, and the group and the case behind it.
const OVERVIEW: [(&str, &str, &str); 10] = [
    ("args_sizes_get", "calls", "args_sizes_get"),
    ("clock_time_get", "calls", "clock_time_get monotonic"),
    ("fd_fdstat_get", "calls", "fd_fdstat_get"),
    ("fd_pread, 4 KiB", "data", "fd_pread 4 KiB"),
    ("open and close a file", "files", "open + close shallow"),
    ("list 1,000 entries", "listing", "1000 entries"),
    ("start an instance", "startup", "start"),
    ("infer: one operation, 64 B", "openvino/1", "Relu 64 B"),
    ("infer: one operation, 588 KiB", "openvino/1", "Relu 588 KiB"),
    ("infer: Magika", "openvino/1", "Magika"),
];

/// All sections for which something was measured.
pub(crate) fn all(groups: &Groups, ratios: &Ratios) -> Vec<Section> {
    let calls = CALLS
        .into_iter()
        .filter_map(|(name, title, text)| Some(of_calls(name, title, text, groups.get(name)?)));
    let sections = [overview(groups), paired(ratios), throughput(groups)].into_iter().chain(calls);
    sections.filter(|section| !section.chart.rows.is_empty()).collect()
}

fn overview(groups: &Groups) -> Section {
    let relative = |row: &Row| {
        let ours = row.get("ours")?.ns;
        // The peer computes as fast as it can, and is compared with ours doing the same.
        let fast = row.get("fast").map_or(ours, |fast| fast.ns);
        let times = |side, ours| Some((side, point(row.get(side)?.ns / ours)));
        Some(vec![
            Some(("ours", point(1.0))),
            times("bare", ours),
            times("native", ours),
            times("peer", fast),
        ])
    };
    let rows = OVERVIEW.into_iter().filter_map(|(label, group, case)| {
        let dots = relative(groups.get(group)?.get(case)?)?;
        Some((label.to_owned(), dots.into_iter().flatten().collect()))
    });
    Section {
        name: "overview",
        text: "`native` is the same work without a guest, `bare` a host function made for the engine by hand, which does \
               nothing but that, and `peer` the implementation of Wasmtime's project.",
        chart: Chart {
            title: "How long others take where ours takes 1",
            axis: "times as long as ours; left of 1 is faster, right of 1 slower",
            series: vec!["ours", "bare", "native", "peer"],
            rows: rows.collect(),
        },
        tables: Vec::new(),
    }
}

fn paired(ratios: &Ratios) -> Section {
    let series = &PAIRS[..3];
    let dots = |case: &str| {
        series.iter().filter_map(|pair| Some((*pair, ratios.get(case, pair)?))).collect::<Vec<_>>()
    };
    Section {
        name: "ratios",
        text: "The time of one side by that of another, in turns of milliseconds that all sides have in each round: the \
               median, and in brackets where it is with a confidence of 95 %. `again` is `native` once more: believe \
               nothing that is finer than its distance from 1. `fast` is ours with the lower precision of the peer. \
               `worker` is ours with the model in a process of its own, and `copies` one copy of each tensor.",
        chart: Chart {
            title: "Inference in paired rounds",
            axis: "ratio of times; left of 1 the first of both is faster",
            series: series.to_vec(),
            rows: ratios.cases().map(|case| (case.to_owned(), dots(case))).collect(),
        },
        tables: vec![table::of_ratios(ratios, &PAIRS)],
    }
}

fn throughput(groups: &Groups) -> Section {
    let is_inference = |name: &str| {
        ["openvino/", "onnxruntime/", "onnx/", "remote/", "lengths"]
            .iter()
            .any(|backend| name.starts_with(backend))
    };
    let measured: Vec<_> = groups.iter().filter(|(name, _)| is_inference(name)).collect();
    let rows = measured.iter().flat_map(|(name, group)| {
        rows(group, Measured::throughput)
            .into_iter()
            .map(move |(case, dots)| (format!("{name}/{case}"), dots))
    });
    Section {
        name: "throughput",
        text: "What all guests of a case infer together in a second, which criterion measured one side after the other; \
               more is better.",
        chart: Chart {
            title: "Throughput of inference",
            axis: "inferences a second",
            series: vec!["ours", "worker", "native", "fast", "peer"],
            rows: rows.collect(),
        },
        tables: measured.iter().map(|(name, group)| table::of_group(name, group)).collect(),
    }
}

fn of_calls(name: &'static str, title: &'static str, text: &'static str, group: &Group) -> Section {
    let rows = rows(group, |side| Some(side.ns));
    let chart = Chart { title, axis: "nanoseconds", series: table::sides(group), rows };
    Section { name, text, chart, tables: vec![table::of_group(name, group)] }
}

/// The cases of a group with a value for each side.
fn rows(group: &Group, value: fn(&Measured) -> Option<f64>) -> Vec<(String, Vec<(&'static str, Interval)>)> {
    let dots =
        |row: &Row| SIDES.iter().filter_map(|side| Some((*side, point(value(row.get(*side)?)?)))).collect();
    group.iter().map(|(case, row)| (case.clone(), dots(row))).collect()
}

fn point(value: f64) -> Interval {
    Interval { value, low: value, high: value }
}
