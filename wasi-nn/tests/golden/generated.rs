//! Tests of models made at random, whose numbers are small integers: their outputs are worked out here, exactly, and
//! every backend has to come to the same, and so has ONNX Runtime.

use crate::guest::{Guest, Numbering, on, registry};
use nn_models::oracle::{Job, Model, Oracle, Runtime};
use nn_models::{Element, Op, Sketch, Tensor, packages};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use wasi_nn::Source;

const MODELS: usize = 60;

/// Beyond this an `f32` does not hold every integer.
const EXACT: i64 = 1 << 24;

const INPUTS: [&str; 3] = ["a", "b", "c"];

/// Square matrices go in, and come out of every step.
#[derive(Clone, Debug)]
struct Plan {
    element: Element,
    size: usize,
    /// The shape is only known when it runs.
    is_open: bool,
    inputs: Vec<Vec<i64>>,
    /// An operation, and the values that it takes: inputs first, then results of earlier steps.
    steps: Vec<(Op, prop::sample::Index, prop::sample::Index)>,
    outputs: usize,
}

fn plan() -> impl Strategy<Value = Plan> {
    let element = prop::sample::select(&[Element::F32, Element::F64, Element::I32, Element::I64][..]);
    (element, 1..4_usize, any::<bool>()).prop_flat_map(|(element, size, is_open)| {
        // ONNX Runtime has no `Relu` of integers, and tract no product of matrices of them.
        let all = [Op::Add, Op::Subtract, Op::Multiply, Op::MatMul, Op::Relu];
        let is_float = matches!(element, Element::F32 | Element::F64);
        let op = prop::sample::select(all[..if is_float { 5 } else { 3 }].to_vec());
        let inputs = prop::collection::vec(prop::collection::vec(-4..5_i64, size * size), 1..=INPUTS.len());
        let steps =
            prop::collection::vec((op, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..7);
        (inputs, steps, 1..4_usize).prop_map(move |(inputs, steps, outputs)| {
            let outputs = outputs.min(steps.len());
            Plan { element, size, is_open, inputs, steps, outputs }
        })
    })
}

/// A model, what goes in, and what has to come out.
struct Case {
    model: Sketch,
    inputs: Vec<Tensor>,
    outputs: Vec<Tensor>,
}

impl Plan {
    /// The case, unless its numbers grow beyond what is exact.
    fn case(&self) -> Option<Case> {
        let size = i64::try_from(self.size).unwrap();
        let shape = if self.is_open { [-1, size] } else { [size, size] };
        let mut model = Sketch::new("generated");
        for name in &INPUTS[..self.inputs.len()] {
            model = model.input(name, self.element, &shape);
        }
        let mut names: Vec<String> = INPUTS[..self.inputs.len()].iter().map(ToString::to_string).collect();
        let mut values = self.inputs.clone();
        for (step, (op, a, b)) in self.steps.iter().enumerate() {
            let (a, b) = (a.index(values.len()), b.index(values.len()));
            // tract makes a square of this, which it does not have for integers of 64 bits.
            if (*op, a, self.element) == (Op::Multiply, b, Element::I64) {
                return None;
            }
            let operands = if *op == Op::Relu { vec![&*names[a]] } else { vec![&*names[a], &*names[b]] };
            let name = format!("v{step}");
            model = model.step(*op, &operands, &name);
            values.push(self.compute(*op, &values[a], &values[b]));
            names.push(name);
        }
        let first = names.len() - self.outputs;
        for name in &names[first..] {
            model = model.output(name);
        }
        let tensors = |values: &[Vec<i64>]| values.iter().map(|value| self.tensor(value)).collect();
        let is_exact = values.iter().flatten().all(|value| value.abs() < EXACT);
        is_exact.then(|| Case { model, inputs: tensors(&self.inputs), outputs: tensors(&values[first..]) })
    }

    fn compute(&self, op: Op, a: &[i64], b: &[i64]) -> Vec<i64> {
        let pairs = || a.iter().zip(b);
        match op {
            Op::Add => pairs().map(|(a, b)| a + b).collect(),
            Op::Subtract => pairs().map(|(a, b)| a - b).collect(),
            Op::Multiply => pairs().map(|(a, b)| a.saturating_mul(*b)).collect(),
            Op::Relu => a.iter().map(|a| *a.max(&0)).collect(),
            Op::Cast(_) => unreachable!("no plan has one"),
            Op::MatMul => (0..a.len())
                .map(|at| {
                    let (row, column) = (at / self.size, at % self.size);
                    let terms = (0..self.size)
                        .map(|k| a[row * self.size + k].saturating_mul(b[k * self.size + column]));
                    terms.fold(0, i64::saturating_add)
                })
                .collect(),
        }
    }

    fn tensor(&self, values: &[i64]) -> Tensor {
        let encode = |value: &i64| match self.element {
            Element::F32 => (*value as f32).to_le_bytes().to_vec(),
            Element::F64 => (*value as f64).to_le_bytes().to_vec(),
            Element::I32 => (*value as i32).to_le_bytes().to_vec(),
            _ => value.to_le_bytes().to_vec(),
        };
        let dims = vec![u32::try_from(self.size).unwrap(); 2];
        Tensor { element: self.element, dims, bytes: values.iter().flat_map(encode).collect() }
    }
}

/// The same ones every time.
fn cases() -> Vec<Case> {
    let mut runner = TestRunner::deterministic();
    let plans = std::iter::repeat_with(|| plan().new_tree(&mut runner).unwrap().current());
    plans.filter_map(|plan| plan.case()).take(MODELS).collect()
}

/// Equal numbers; a zero has two signs.
fn equal(element: Element, ours: &[u8], theirs: &[u8]) -> bool {
    match element {
        Element::F32 => {
            let numbers = |bytes: &[u8]| {
                bytes
                    .chunks_exact(4)
                    .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
                    .collect::<Vec<_>>()
            };
            numbers(ours) == numbers(theirs)
        }
        Element::F64 => {
            let numbers = |bytes: &[u8]| {
                bytes
                    .chunks_exact(8)
                    .map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()))
                    .collect::<Vec<_>>()
            };
            numbers(ours) == numbers(theirs)
        }
        _ => ours == theirs,
    }
}

fn check(case: &Case, who: &str, outputs: &[Vec<u8>]) {
    assert_eq!(outputs.len(), case.outputs.len());
    for (output, expected) in outputs.iter().zip(&case.outputs) {
        let is_right = equal(expected.element, output, &expected.bytes);
        assert!(is_right, "{who}: {output:?} and not {expected:?} from {:?}", case.model);
    }
}

#[test]
fn all_backends_compute_exactly() {
    for case in cases() {
        let graph = on("onnxruntime", "case", Source::Bytes(vec![case.model.onnx()]));
        let Some(registry) = registry([graph]) else { return };
        let mut named = Guest::new(&registry);
        named.load_by_name("case");
        let outputs = named.infer(&case.inputs, Numbering::New, case.outputs.len());
        check(&case, "ONNX Runtime", &outputs.unwrap_or_else(|reason| panic!("ONNX Runtime: {reason}")));
        let (onnx, ir) = (case.model.onnx(), case.model.ir());
        let loads: [(&str, u32, &[&[u8]]); 2] =
            [("tract", 1, &[&onnx]), ("OpenVINO", 0, &[ir.xml.as_bytes(), &ir.weights])];
        for (backend, encoding, parts) in loads {
            let mut guest = Guest::new(&registry);
            guest.load(encoding, parts);
            let outputs = guest.infer(&case.inputs, Numbering::New, case.outputs.len());
            check(&case, backend, &outputs.unwrap_or_else(|reason| panic!("{backend}: {reason}")));
        }
    }
}

#[test]
fn onnx_runtime_itself_computes_the_same() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let cases = cases();
    let models: Vec<Vec<u8>> = cases.iter().map(|case| case.model.onnx()).collect();
    let jobs: Vec<Job<'_>> = cases
        .iter()
        .zip(&models)
        .map(|(case, model)| Job {
            runtime: Runtime::OnnxRuntime,
            model: Model::Onnx(model),
            inputs: &case.inputs,
        })
        .collect();
    for (case, answer) in cases.iter().zip(oracle.run(&jobs).unwrap()) {
        let outputs: Vec<_> = answer.unwrap().into_iter().map(|output| output.tensor.bytes).collect();
        check(case, "ONNX Runtime", &outputs);
    }
}
