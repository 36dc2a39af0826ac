//! The messages to the oracle and its answers, as lines of text. `answer.py` is the other end.
//!
//! A line is a word and its arguments, parted by single spaces; bytes are hexadecimal, and sizes are parted by commas.

use super::{Answer, Job, Model, Output, Runtime};
use crate::{Element, Tensor};
use std::fmt::Write;

/// The lines of jobs.
pub(super) fn ask(jobs: &[Job<'_>]) -> String {
    let mut lines = String::new();
    for job in jobs {
        let runtime = match job.runtime {
            Runtime::OnnxRuntime => "onnxruntime",
            Runtime::OpenVino => "openvino",
        };
        let (model, weights) = match job.model {
            Model::Onnx(bytes) => (bytes, [].as_slice()),
            Model::Ir(files) => (files.xml.as_bytes(), files.weights.as_slice()),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "job {runtime} {} {}", hex(model), hex(weights));
        for Tensor { element, dims, bytes } in job.inputs {
            let dims: Vec<String> = dims.iter().map(u32::to_string).collect();
            let _ = writeln!(lines, "input {element} {} {}", dims.join(","), hex(bytes));
        }
    }
    lines
}

/// The answers that lines are; `None` if they are something else.
pub(super) fn hear(lines: &str) -> Option<Vec<Answer>> {
    let mut answers: Vec<Answer> = Vec::new();
    for line in lines.lines() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "done" => answers.push(Ok(Vec::new())),
            "failed" => answers.push(Err(rest.to_owned())),
            "output" => answers.last_mut()?.as_mut().ok()?.push(output(rest)?),
            _ => return None,
        }
    }
    Some(answers)
}

fn output(text: &str) -> Option<Output> {
    let mut parts = text.rsplitn(4, ' ');
    let (bytes, dims, element, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(Output { name: name.to_owned(), tensor: tensor(element, dims, bytes)? })
}

/// The tensor of three words: the name of a type, sizes parted by commas, and bytes.
pub(crate) fn tensor(element: &str, dims: &str, bytes: &str) -> Option<Tensor> {
    let element = Element::ALL.into_iter().find(|known| known.name() == element)?;
    let sizes = dims.split(',').filter(|size| !size.is_empty());
    let dims = sizes.map(|size| size.parse().ok()).collect::<Option<_>>()?;
    Some(Tensor { element, dims, bytes: unhex(bytes)? })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{ask, hear};
    use crate::oracle::{Job, Model, Output, Runtime};
    use crate::{Element, Tensor};

    #[test]
    fn a_job_is_a_line_and_one_for_each_input() {
        let inputs = [Tensor::small(Element::U8, &[2, 1], &[10, 255]), Tensor::small(Element::U8, &[], &[1])];
        let job = Job { runtime: Runtime::OnnxRuntime, model: Model::Onnx(b"ab"), inputs: &inputs };
        assert_eq!(ask(&[job]), "job onnxruntime 6162 \ninput u8 2,1 0aff\ninput u8  01\n");
    }

    #[test]
    fn answers_are_heard() {
        let text = "done\noutput a b u8 2,1 0aff\noutput c u8  01\nfailed no such op\ndone\n";
        let named = |name: &str, tensor| Output { name: name.to_owned(), tensor };
        let two = Tensor::small(Element::U8, &[2, 1], &[10, 255]);
        let one = Tensor::small(Element::U8, &[], &[1]);
        let expected =
            vec![Ok(vec![named("a b", two), named("c", one)]), Err("no such op".to_owned()), Ok(vec![])];
        assert_eq!(hear(text), Some(expected));
    }

    #[test]
    fn nonsense_is_no_answer() {
        for text in [
            "what",
            "output a u8 1 00",
            "done\noutput a u9 1 00",
            "done\noutput a u8 1 0x",
            "failed\noutput a u8 1 00",
        ] {
            assert_eq!(hear(text), None, "{text}");
        }
    }
}
