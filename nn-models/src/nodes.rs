//! The tests of single operations that the ONNX package has: models, inputs, outputs and tolerances.

use crate::Tensor;
use crate::oracle::Oracle;
use crate::packages::{self, Absent};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A test of one operation.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name, without the `test_` before it.
    pub name: String,
    /// The file of the model.
    pub model: PathBuf,
    /// How far a float may be from its expected value, as a part of that value.
    pub relative: f64,
    /// How far it may be beside that.
    pub absolute: f64,
    /// Whether an input has a type that `wasi_ephemeral_nn` does not name, and so goes in as `u8`.
    pub has_bytes: bool,
    /// One tensor an input, in the model's order.
    pub inputs: Vec<Tensor>,
    /// One tensor an output. Of types that `wasi_ephemeral_nn` does not name, the bytes are right and the type is `u8`.
    pub outputs: Vec<Tensor>,
}

/// An interpreter with the package, and what the package needs.
///
/// # Errors
///
/// [`Absent`] if `cargo xtask setup` did not bring a part of it.
pub fn oracle() -> Result<Oracle, Absent> {
    Ok(Oracle::find()?.with_packages(&packages::folder(packages::ONNX)?))
}

/// Writes the models of all cases whose tensors `wasi_ephemeral_nn` has into a folder, and reads the cases.
///
/// # Errors
///
/// If the interpreter does not start, or does not get to the end; or if files cannot be written or read.
pub fn cases(oracle: &Oracle, folder: &Path) -> io::Result<Vec<Case>> {
    let output = oracle.command(include_str!("nodes/write.py")).arg(folder).output()?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("the cases were not written, {}: {complaint}", output.status)));
    }
    let index = fs::read_to_string(folder.join("index"))?;
    read(&index, folder).ok_or_else(|| io::Error::other("the index of the cases has another form"))
}

/// Reads the index that `write.py` writes.
fn read(index: &str, folder: &Path) -> Option<Vec<Case>> {
    let mut cases: Vec<Case> = Vec::new();
    for line in index.lines() {
        let (word, rest) = line.split_once(' ')?;
        match word {
            "case" => cases.push(case(rest, folder)?),
            "input" => cases.last_mut()?.inputs.push(tensor(rest)?),
            "output" => cases.last_mut()?.outputs.push(tensor(rest)?),
            _ => return None,
        }
    }
    Some(cases)
}

fn case(text: &str, folder: &Path) -> Option<Case> {
    let words: Vec<&str> = text.split(' ').collect();
    let [name, relative, absolute, has_bytes] = words[..] else { return None };
    Some(Case {
        name: name.strip_prefix("test_")?.to_owned(),
        model: folder.join(format!("{name}.onnx")),
        relative: relative.parse().ok()?,
        absolute: absolute.parse().ok()?,
        has_bytes: has_bytes == "1",
        inputs: Vec::new(),
        outputs: Vec::new(),
    })
}

fn tensor(text: &str) -> Option<Tensor> {
    let words: Vec<&str> = text.split(' ').collect();
    let [element, dims, bytes] = words[..] else { return None };
    crate::oracle::tensor(element, dims, bytes)
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::{Element, Tensor};
    use std::path::Path;

    #[test]
    fn an_index_is_read() {
        let text =
            "case test_a 0.001 1e-07 0\ninput u8 2,1 0aff\ncase test_b 0.5 0.0 1\noutput i32  01000000\n";
        let cases = read(text, Path::new("f")).unwrap();
        let [a, b] = &cases[..] else { panic!("{cases:?}") };
        assert_eq!((a.name.as_str(), a.relative, a.absolute, a.has_bytes), ("a", 1e-3, 1e-7, false));
        assert_eq!(a.model, Path::new("f/test_a.onnx"));
        assert_eq!(
            (&a.inputs[..], &a.outputs[..]),
            (&[Tensor::small(Element::U8, &[2, 1], &[10, 255])][..], &[][..])
        );
        assert_eq!(b.outputs, [Tensor::small(Element::I32, &[], &[1])]);
        assert!(b.has_bytes && b.inputs.is_empty());
    }

    #[test]
    fn nonsense_is_no_index() {
        for text in
            ["what", "input u8 1 00", "case a 1 1 1", "case test_a 1 1", "case test_a 1 1 1\ninput u8 1 0x"]
        {
            assert!(read(text, Path::new("f")).is_none(), "{text}");
        }
    }
}
