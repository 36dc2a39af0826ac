//! Tests of `--nn-stats`: what each graph has taken, as a table and as JSON.

#[cfg(target_os = "linux")]
use crate::infers::doubles_with;
use crate::infers::{doubles, fails_to_load};
use crate::workplace::{ENGINES, Workplace};
use nn_models::{Element, models};

const RUNTIME_ERROR: i32 = 5;

fn workplace() -> Workplace {
    let place = Workplace::with(&doubles("double"));
    place.write("model.onnx", models::double(Element::U8).onnx());
    place
}

/// The text with `T` for each number that stands behind `"time":`.
fn without_times(json: &str) -> String {
    let mut parts = json.split("\"time\":");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(|digit: char| digit.is_ascii_digit());
        assert_ne!(rest.len(), part.len(), "{json}");
        format!("{text}\"time\":T{rest}")
    })
}

fn tally(done: u32, failed: u32) -> String {
    format!("{{\"done\":{done},\"failed\":{failed},\"time\":T}}")
}

#[test]
fn programs_get_json() {
    let place = workplace();
    for engine in ENGINES {
        let graphs = "--nn-graph double=onnx:model.onnx --nn-graph idle=onnx:model.onnx";
        let ran = place.wasi(&format!("{engine} -S nn --nn-stats=json {graphs} guest.wat"));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "BDFHJL"), "{ran:?}");
        let (one, none) = (tally(1, 0), tally(0, 0));
        let text = without_times(&ran.stderr);
        let (before, after) = text.split_once("\"held_bytes\":").unwrap();
        assert_eq!(
            before,
            format!(
                "{{\"graphs\":[{{\"name\":\"double\",\"backend\":\"onnx\",\"device\":\"CPU\",\"loads\":{one},\
                 \"load_hits\":0,\"compiles\":{one},\"compile_hits\":1,\"computations\":{one},"
            )
        );
        let held: u64 = after.split_once(',').unwrap().0.parse().unwrap();
        assert!(held > 0);
        assert!(
            text.ends_with(&format!(
                ",{{\"name\":\"idle\",\"backend\":null,\"device\":null,\"loads\":{none},\"load_hits\":0,\
                 \"compiles\":{none},\"compile_hits\":0,\"computations\":{none},\"held_bytes\":null,\"counted\":{{}}}}]}}\n"
            )),
            "{text}"
        );
        assert!(!ran.stderr.contains("\"computations\":{\"done\":1,\"failed\":0,\"time\":0}"), "{ran:?}");
    }
}

#[test]
fn people_get_a_table() {
    let place = workplace();
    let ran = place.wasi("-S nn --stats --nn-stats --nn-graph double=onnx:model.onnx guest.wat");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "BDFHJL"), "{ran:?}");
    let lines: Vec<Vec<_>> = ran.stderr.lines().map(|line| line.split_whitespace().collect()).collect();
    let [took, header, load, compile, compute] = &lines[..] else { panic!("{ran:?}") };
    assert_eq!(took[..2], ["wasi:", "took"]);
    let columns = ["wasi:", "graph", "backend", "device", "what", "done", "failed", "reused", "time"];
    assert_eq!(header[..], columns);
    assert_eq!(load[..8], ["wasi:", "double", "onnx", "CPU", "load", "1", "0", "0"]);
    assert_eq!(compile[..5], ["wasi:", "compile", "1", "0", "1"]);
    assert_eq!(compute[..4], ["wasi:", "compute", "1", "0"]);
}

#[test]
fn a_guest_that_fails_has_statistics_too() {
    let place = workplace();
    place.write("broken.onnx", "no model");
    let run = "-S nn --nn-openvino nowhere --nn-stats=json --nn-graph double=onnx:broken.onnx guest.wat";
    let ran = place.wasi(run);
    assert_eq!(ran.code, Some(fails_to_load(RUNTIME_ERROR)), "{ran:?}");
    let json = without_times(ran.stderr.lines().last().unwrap());
    let begins = format!(
        "{{\"graphs\":[{{\"name\":\"double\",\"backend\":null,\"device\":null,\"loads\":{}",
        tally(0, 1)
    );
    assert!(json.starts_with(&begins), "{json}");
    let guests = workplace();
    assert_eq!(guests.wasi("-S nn=n --nn-stats guest.wat").code, Some(2));
    guests.wasi("-S nn --nn-stats=xml guest.wat").misused("--nn-stats");
}

/// They have one entry. Systems without workers take none.
#[cfg(target_os = "linux")]
#[test]
fn models_that_a_guest_brings_have_statistics() {
    let guests = Workplace::with(&doubles_with(&models::double(Element::U8).onnx(), 1));
    let ran = guests.wasi("-S nn --nn-stats=json guest.wat");
    let begins =
        format!("{{\"graphs\":[{{\"name\":null,\"backend\":null,\"device\":null,\"loads\":{}", tally(1, 0));
    assert!(without_times(&ran.stderr).starts_with(&begins), "{ran:?}");
}
