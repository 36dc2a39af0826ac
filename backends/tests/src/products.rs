//! Sums of products of integers of 8 bits, which libraries add up in 16 bits on some processors, where they saturate: an answer
//! is right, or there is none. And products with weights in blocks, for which libraries round the other factor.

use crate::run;
use nn_models::onnx::{DataType, GraphProto, Message, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor};
use std::sync::Arc;
use wasi_nn::backend::Graph;
use wasi_nn::{Control, Error};

/// Loads an ONNX model.
pub type Load<'a> = &'a dyn Fn(Vec<u8>) -> Result<Arc<dyn Graph>, Error>;

const SIGNED: DataType = DataType(3);
const UNSIGNED: DataType = DataType(2);
/// Products of a sum.
const TERMS: u8 = 64;
/// The step of results of 8 bits.
const STEP: f32 = 10_000.0;

/// Where the second factor, which has a sign, comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Second {
    Constant,
    /// A constant that is worked out.
    Moved,
    Input,
}

/// `y`, the sum of the products of `a` and `b`.
fn sums() -> Vec<(&'static str, Vec<NodeProto>)> {
    let to_floats = |from, step, zero, to| NodeProto::new("DequantizeLinear", &[from, step, zero], &[to]);
    let rounded = ["a", "one", "za", "b", "one", "zb", "step", "za"];
    let reshaped = |from, to| NodeProto::new("Reshape", &[from, "pixels"], &[to]);
    vec![
        (
            "integers",
            vec![
                NodeProto::new("MatMulInteger", &["a", "b"], &["sum"]),
                NodeProto::new("Cast", &["sum"], &["y"]).int("to", 1),
            ],
        ),
        (
            "rounded to integers",
            vec![NodeProto::new("QLinearMatMul", &rounded, &["sum"]), to_floats("sum", "step", "za", "y")],
        ),
        (
            "a convolution, rounded to integers",
            vec![
                reshaped("a", "a4"),
                reshaped("b", "b4"),
                NodeProto::new(
                    "QLinearConv",
                    &["a4", "one", "za", "b4", "one", "zb", "step", "za"],
                    &["sum"],
                ),
                NodeProto::new("Reshape", &["sum", "single"], &["flat"]),
                to_floats("flat", "step", "za", "y"),
            ],
        ),
        (
            "floats that are rounded",
            vec![
                to_floats("a", "one", "za", "fa"),
                to_floats("b", "one", "zb", "fb"),
                NodeProto::new("MatMul", &["fa", "fb"], &["y"]),
            ],
        ),
        (
            "floats that are rounded, to rounded ones",
            vec![
                to_floats("a", "one", "za", "fa"),
                to_floats("b", "one", "zb", "fb"),
                NodeProto::new("MatMul", &["fa", "fb"], &["product"]),
                NodeProto::new("QuantizeLinear", &["product", "step", "za"], &["sum"]),
                to_floats("sum", "step", "za", "y"),
            ],
        ),
    ]
}

/// Computes `y` with the largest numbers that the types of the factors have.
fn computed(
    load: Load<'_>,
    nodes: &[NodeProto],
    opset: u64,
    (first, largest): (DataType, u8),
    second: Second,
) -> Result<f32, Error> {
    let constant = |name: &str, element, dims: &[i64], bytes: Vec<u8>| {
        TensorProto::without_data(name, element, dims).raw(Message::new().bytes(9, bytes))
    };
    let (row, column) = ([1, i64::from(TERMS)], [i64::from(TERMS), 1]);
    let factor = |byte: u8| vec![byte; usize::from(TERMS)];
    let mut graph = GraphProto::new("sums")
        .input("a", first, &row)
        .initializer(TensorProto::new("one", &Tensor::f32(&[], &[1.0])))
        .initializer(TensorProto::new("step", &Tensor::f32(&[], &[STEP])))
        .initializer(TensorProto::new("pixels", &Tensor::i64(&[4], &[1, TERMS.into(), 1, 1])))
        .initializer(TensorProto::new("single", &Tensor::i64(&[2], &[1, 1])))
        .initializer(constant("za", first, &[], vec![0]))
        .initializer(constant("zb", SIGNED, &[], vec![0]))
        .output("y", Element::F32, &[1, 1]);
    graph =
        match second {
            Second::Constant => graph.initializer(constant("b", SIGNED, &column, factor(127))),
            Second::Moved => graph
                .initializer(constant("t", SIGNED, &row, factor(127)))
                .node(NodeProto::new("Transpose", &["t"], &["b"])),
            Second::Input => graph.input("b", SIGNED, &column),
        };
    let graph = nodes.iter().cloned().fold(graph, GraphProto::node);
    let model = ModelProto::with_opset(graph, opset).into_bytes();
    let mut execution = load(model)?.execution(&Control::unbounded())?;
    let bytes =
        |dims: &[u32], byte| Tensor { element: Element::U8, dims: dims.to_vec(), bytes: factor(byte) };
    let mut inputs = vec![bytes(&[1, TERMS.into()], largest)];
    if second == Second::Input {
        inputs.push(bytes(&[TERMS.into(), 1], 127));
    }
    let output = run(execution.as_mut(), &inputs, 1)?.remove(0);
    Ok(f32::from_le_bytes(output.try_into().unwrap()))
}

/// Computes sums whose factors come from everywhere, all of which have to be right, and gives the models that were refused.
pub fn refused(load: Load<'_>) -> Vec<(String, Error)> {
    let mut refused = Vec::new();
    for (what, nodes) in sums() {
        for (opset, second) in
            [(13, Second::Constant), (13, Second::Moved), (13, Second::Input), (21, Second::Constant)]
        {
            for (name, first, largest) in [("unsigned", UNSIGNED, 255), ("signed", SIGNED, 127)] {
                let right = f32::from(largest) * 127.0 * f32::from(TERMS);
                let case = format!("{what}, {name}, {second:?}, {opset}");
                match computed(load, &nodes, opset, (first, largest), second) {
                    Ok(sum) => assert!((sum - right).abs() <= STEP / 2.0, "{case}: {sum}"),
                    Err(error) => refused.push((case, error)),
                }
            }
        }
    }
    refused
}

/// Multiplies a matrix of floats with one that is integers of 8 bits in blocks of 32, with a factor each. It has to be right, unless
/// the model is refused.
pub fn check_blocks(load: Load<'_>) -> Result<(), Error> {
    const ROWS: u16 = 64;
    const COLUMNS: u16 = 16;
    const BLOCKS: u16 = ROWS / 32;
    let weights = Message::new().bytes(9, vec![100; usize::from(ROWS * COLUMNS)]);
    let factors = Tensor::f32(&[BLOCKS.into(), COLUMNS.into()], &[1.0; (BLOCKS * COLUMNS) as usize]);
    let floats = NodeProto::new("DequantizeLinear", &["w", "s"], &["f"]).int("axis", 0).int("block_size", 32);
    let graph = GraphProto::new("blocks")
        .input("x", Element::F32, &[1, ROWS.into()])
        .initializer(TensorProto::without_data("w", SIGNED, &[ROWS.into(), COLUMNS.into()]).raw(weights))
        .initializer(TensorProto::new("s", &factors))
        .node(floats)
        .node(NodeProto::new("MatMul", &["x", "f"], &["y"]))
        .output("y", Element::F32, &[1, COLUMNS.into()]);
    let graph = load(ModelProto::with_opset(graph, 21).into_bytes())?;
    let x: Vec<f32> = (0..ROWS).map(|row| 1.0 + f32::from(row) * 0.37).collect();
    let right: f64 = x.iter().map(|x| f64::from(*x) * 100.0).sum();
    let mut execution = graph.execution(&Control::unbounded())?;
    let output = run(execution.as_mut(), &[Tensor::f32(&[1, ROWS.into()], &x)], 1)?.remove(0);
    for bytes in output.as_chunks::<4>().0 {
        let sum = f64::from(f32::from_le_bytes(*bytes));
        assert!((sum - right).abs() < right * 1e-6, "{sum} is not {right}");
    }
    Ok(())
}
