//! Models in OpenVINO's format: those whose results were worked out by hand, with changes of their numbers and bytes.

use nn_models::golden;
use serde::{Deserialize, Serialize};

/// A change of a model. Places are counted again from the first one beyond the last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Change {
    /// Another number in the place of one that is in the XML: a size, an offset, a number of a port or of a version.
    Number {
        /// Which one.
        at: u32,
        /// What it becomes.
        value: i64,
    },
    /// Another byte in the XML.
    Xml {
        /// Which one.
        at: u32,
        /// What it becomes.
        value: u8,
    },
    /// Another byte in the weights.
    Weight {
        /// Which one.
        at: u32,
        /// What it becomes.
        value: u8,
    },
}

/// The XML and the weights.
pub(super) fn build(case: u32, changes: &[Change]) -> Vec<Vec<u8>> {
    let cases = golden::cases();
    let files = cases[case as usize % cases.len()].model.ir();
    let (mut xml, mut weights) = (files.xml.into_bytes(), files.weights);
    for change in changes {
        match *change {
            Change::Number { at, value } => replace(&mut xml, at, value),
            Change::Xml { at, value } => set(&mut xml, at, value),
            Change::Weight { at, value } => set(&mut weights, at, value),
        }
    }
    vec![xml, weights]
}

fn set(bytes: &mut [u8], at: u32, value: u8) {
    if !bytes.is_empty() {
        let at = at as usize % bytes.len();
        bytes[at] = value;
    }
}

/// Puts a number in the place of another.
fn replace(xml: &mut Vec<u8>, at: u32, value: i64) {
    let is_digit = |at: usize| xml.get(at).is_some_and(u8::is_ascii_digit);
    let starts: Vec<_> = (1..xml.len()).filter(|at| is_digit(*at) && !is_digit(at - 1)).collect();
    if starts.is_empty() {
        return;
    }
    let start = starts[at as usize % starts.len()];
    let end = (start..).find(|at| !is_digit(*at)).unwrap_or(start);
    xml.splice(start..end, value.to_string().into_bytes());
}

#[cfg(test)]
mod tests {
    use super::{Change, build};

    #[test]
    fn numbers_are_put_in_the_place_of_others() {
        let plain = String::from_utf8(build(0, &[]).remove(0)).unwrap();
        let changed = String::from_utf8(build(0, &[Change::Number { at: 1, value: -7 }]).remove(0)).unwrap();
        assert!(plain != changed && changed.contains("-7"), "{changed}");
        let count = |text: &str| text.matches('<').count();
        assert_eq!(count(&plain), count(&changed));
    }
}
