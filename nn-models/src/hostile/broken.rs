//! Damaged models, which a reader must refuse with an error.

use super::{Named, named};
use crate::ir::Files;
use crate::{Element, Op, Sketch, Tensor};

/// Every beginning of a model that is shorter than the whole.
pub fn beginnings(model: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..model.len()).filter_map(|length| model.get(..length))
}

/// Copies of a model in each of which one to four bytes are other ones, the same in every run for a seed.
pub fn mutants(model: &[u8], seed: u64) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random(seed);
    let model = model.to_vec();
    std::iter::repeat_with(move || {
        let mut mutant = model.clone();
        for _ in 0..=random.below(4) {
            let place = random.below(mutant.len());
            let [value, ..] = random.next().to_le_bytes();
            if let Some(byte) = mutant.get_mut(place) {
                *byte = value;
            }
        }
        mutant
    })
}

/// SplitMix64, by Sebastiano Vigna: a line of arithmetic a number, and good enough to hit anything.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a bound, or zero if the bound is.
    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % bound).unwrap_or_default()
    }
}

/// Models in OpenVINO's representation that are wrong in one thing each.
#[must_use]
pub fn ir_files() -> Vec<Named<Files>> {
    let mut all = bad_weights();
    all.extend(bad_graphs());
    all.extend(bad_texts());
    all
}

/// `y = x + [1, 2, 3, 4]`, which is fine before it is damaged.
fn whole() -> Files {
    Sketch::new("whole")
        .input("x", Element::F32, &[4])
        .constant("w", Tensor::f32(&[4], &[1.0, 2.0, 3.0, 4.0]))
        .step(Op::Add, &["x", "w"], "y")
        .output("y")
        .ir()
}

/// The whole model with one piece of its text replaced.
fn replaced(from: &str, to: &str) -> Files {
    let Files { xml, weights } = whole();
    Files { xml: xml.replace(from, to), weights }
}

fn bad_weights() -> Vec<Named<Files>> {
    const PLACE: &str = "offset=\"0\" size=\"16\"";
    let place = |text: &str| replaced(PLACE, text);
    let with = |weights: Vec<u8>| Files { weights, ..whole() };
    vec![
        named("no weights", with(Vec::new())),
        named("weights that are too short", with(vec![0; 15])),
        named("weights beyond the end", place("offset=\"1\" size=\"16\"")),
        named("weights far beyond the end", place("offset=\"1099511627776\" size=\"16\"")),
        named("weights that wrap around", place("offset=\"18446744073709551608\" size=\"16\"")),
        named("weights before the start", place("offset=\"-16\" size=\"16\"")),
        named("fewer bytes than the shape", place("offset=\"0\" size=\"8\"")),
        named("more bytes than there are", place("offset=\"0\" size=\"1099511627776\"")),
        named("bytes that are no number", place("offset=\"0\" size=\"many\"")),
        named("a larger shape than the bytes", replaced("shape=\"4\" offset", "shape=\"4000000000\" offset")),
        named("a shape that wraps around", {
            replaced("shape=\"4\" offset", "shape=\"4294967296,4294967296,4\" offset")
        }),
    ]
}

fn bad_graphs() -> Vec<Named<Files>> {
    const EDGE: &str = "from-layer=\"1\" from-port=\"0\" to-layer=\"2\"";
    vec![
        named("an edge from nowhere", replaced(EDGE, "from-layer=\"9\" from-port=\"0\" to-layer=\"2\"")),
        named("an edge to nowhere", replaced(EDGE, "from-layer=\"1\" from-port=\"0\" to-layer=\"9\"")),
        named("an edge from no port", replaced(EDGE, "from-layer=\"1\" from-port=\"7\" to-layer=\"2\"")),
        named("a circle", replaced(EDGE, "from-layer=\"2\" from-port=\"2\" to-layer=\"2\"")),
        named("two layers of one number", replaced("<layer id=\"1\"", "<layer id=\"0\"")),
        named("an unknown operation", replaced("type=\"Add\"", "type=\"Subvert\"")),
        named("an unknown set of operations", replaced("version=\"opset1\"", "version=\"opset999\"")),
        named("an unknown type of elements", replaced("element_type=\"f32\"", "element_type=\"f31\"")),
        named("shapes that do not fit", replaced("shape=\"4\" element_type", "shape=\"5\" element_type")),
        named("a missing attribute", replaced("shape=\"4\" element_type=\"f32\"", "shape=\"4\"")),
    ]
}

fn bad_texts() -> Vec<Named<Files>> {
    let text = |xml: &str| Files { xml: xml.to_owned(), weights: Vec::new() };
    let half = || {
        let xml: String = whole().xml.lines().take(8).collect();
        text(&xml)
    };
    vec![
        named("no text", text("")),
        named("another text", text("a model\n")),
        named("another document", text("<?xml version=\"1.0\"?>\n<html/>\n")),
        named("half a text", half()),
        named(
            "a thousand open elements",
            text(&format!("<?xml version=\"1.0\"?>\n{}", "<net>".repeat(1000))),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::{beginnings, ir_files, mutants, whole};
    use std::collections::BTreeSet;

    #[test]
    fn beginnings_are_all_there() {
        assert_eq!(beginnings(b"abc").collect::<Vec<_>>(), [b"".as_slice(), b"a", b"ab"]);
    }

    #[test]
    fn mutants_differ_and_come_again() {
        let some = |seed| mutants(&[0; 64], seed).take(100).collect::<BTreeSet<_>>();
        assert!(some(1).len() > 90, "{}", some(1).len());
        assert_eq!(some(1), some(1));
        assert_ne!(some(1), some(2));
        assert!(some(1).iter().all(|mutant| mutant.len() == 64));
        assert_eq!(mutants(b"", 1).next(), Some(Vec::new()));
    }

    #[test]
    fn every_damage_is_done() {
        let names: BTreeSet<_> = ir_files().iter().map(|damaged| damaged.name).collect();
        assert_eq!(names.len(), ir_files().len());
        for damaged in ir_files() {
            assert_ne!(damaged.model, whole(), "{}", damaged.name);
        }
    }
}
