//! Inference on a library of your own: a backend, the graph it loads, and what one guest computes with.
//!
//! The models here are weights, and a guest gets the weighted sum of what it sends. All that can be checked without the
//! library was checked before it is called: indices, types, shapes, lengths and the order of calls.

use std::sync::Arc;
use wasi_facade::nn::backend::{Backend, Execution, Graph, Port, PortType};
use wasi_facade::nn::{
    Control, ElementType, Error, GraphEncoding, LoadOptions, Model, NamedGraph, Origin, Registry, Source,
    TensorType,
};
use wasi_facade::policy::Flags;
use wasi_facade::{Contexts, Host, NnCtx, Outcome, Value, WasiCtx};

/// Loads the graph `score`, sends it 1, 2 and 3, and returns its answer.
const GUEST: &str = r#"(module
    (import "wasi_ephemeral_nn" "load_by_name" (func $load (param i32 i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "set_input" (func $set (param i32 i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
    (import "wasi_ephemeral_nn" "get_output" (func $get (param i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "score")
    ;; A tensor: one dimension, f32, and where its twelve bytes are; then the dimension and the numbers.
    (data (i32.const 16) "\40\00\00\00\01\00\00\00\01\00\00\00\44\00\00\00\0c\00\00\00")
    (data (i32.const 64) "\03\00\00\00\00\00\80\3f\00\00\00\40\00\00\40\40")
    (func $ok (param $errno i32) (if (local.get $errno) (then unreachable)))
    (func (export "score") (result f32)
        (call $ok (call $load (i32.const 0) (i32.const 5) (i32.const 100)))
        (call $ok (call $init (i32.load (i32.const 100)) (i32.const 104)))
        (call $ok (call $set (i32.load (i32.const 104)) (i32.const 0) (i32.const 16)))
        (call $ok (call $compute (i32.load (i32.const 104))))
        (call $ok (call $get (i32.load (i32.const 104)) (i32.const 0) (i32.const 112) (i32.const 4) (i32.const 108)))
        (f32.load (i32.const 112))))"#;

/// The witx has five encodings, and a library takes those that it can read. Nobody else here takes this one.
const ENCODING: GraphEncoding = GraphEncoding::PyTorch;

/// The library.
struct WeightedSums;

/// A loaded model, which all guests share.
struct Weights {
    inputs: [Port; 1],
    outputs: [Port; 1],
    weights: Vec<f32>,
}

/// What one guest computes with.
struct Sum {
    graph: Arc<Weights>,
    input: Vec<u8>,
    output: [u8; 4],
}

impl Backend for WeightedSums {
    fn name(&self) -> &str {
        "weighted-sums"
    }

    /// Models that guests bring are bytes of an attacker's; this library takes the host's alone.
    fn accepts(&self, encoding: GraphEncoding, origin: Origin) -> bool {
        encoding == ENCODING && origin == Origin::Host
    }

    fn load(&self, model: Arc<Model>, _: &LoadOptions, _: &Control) -> Result<Arc<dyn Graph>, Error> {
        let Source::Bytes(parts) = &model.source else {
            return Err(Error::unsupported("weights are in memory, not in files"));
        };
        let [bytes] = parts.as_slice() else { return Err(Error::invalid_argument("a model is one part")) };
        let (weights, []) = bytes.as_chunks() else {
            return Err(Error::runtime(format!("{} bytes are no list of f32", bytes.len())));
        };
        let weights: Vec<_> = weights.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let count = u32::try_from(weights.len()).map_err(|_| Error::runtime("these are too many weights"))?;
        let port = |name, count| Port::new(name, PortType::Known(ElementType::F32), Some(vec![Some(count)]));
        Ok(Arc::new(Weights { inputs: [port("x", count)], outputs: [port("score", 1)], weights }))
    }
}

impl Graph for Weights {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn device(&self) -> &str {
        "CPU"
    }

    fn execution(self: Arc<Self>, _: &Control) -> Result<Box<dyn Execution>, Error> {
        let input = vec![0; self.weights.len() * 4];
        Ok(Box::new(Sum { graph: self, input, output: [0; 4] }))
    }
}

impl Execution for Sum {
    /// The caller copies the guest's tensor in here, once. It is as long as the port says.
    fn input(&mut self, _: usize, _: TensorType<'_>) -> Result<&mut [u8], Error> {
        Ok(&mut self.input)
    }

    /// A longer computation asks `control` now and then whether it should end.
    fn compute(&mut self, control: &Control) -> Result<(), Error> {
        control.check()?;
        let (values, _) = self.input.as_chunks();
        let values = values.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let sum: f32 = self.graph.weights.iter().zip(values).map(|(weight, value)| weight * value).sum();
        self.output = sum.to_le_bytes();
        Ok(())
    }

    fn output(&self, _: usize) -> Result<&[u8], Error> {
        Ok(&self.output)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let weights: Vec<u8> = [0.5f32, 0.25, 2.0].into_iter().flat_map(f32::to_le_bytes).collect();
    let graph = NamedGraph::new("score", ENCODING, Source::Bytes(vec![weights]));
    let registry = Registry::builder().backend(WeightedSums).graph(graph).build()?;

    // Inference asks for a flag.
    let host = Host::new().flags(Flags::none().allow("nn"));
    let program = host.compile(&wat::parse_str(GUEST)?)?;
    for _ in 0..2 {
        // One for each guest; the graph is loaded once.
        let inference = NnCtx::builder(registry.clone()).build();
        let contexts = Contexts::from((WasiCtx::builder().build()?, inference));
        let outcome = program.invoke("score", &[], contexts)?;
        assert_eq!(outcome, Outcome::Returned(vec![Value::from(0.5 * 1.0 + 0.25 * 2.0 + 2.0 * 3.0f32)]));
        println!("{outcome:?}");
    }
    Ok(())
}
