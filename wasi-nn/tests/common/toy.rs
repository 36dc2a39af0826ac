//! A backend of an embedder's own, written against the public traits only: a model is a text, and computes.
//!
//! ```text
//! in x f32 [?, 3]                an input, whose first dimension is open; `[...]` leaves even their number open
//! in y f32 [?, 3]
//! out both f32 [?, 3] = sum x y  an output, added up element by element
//! out same f32 [?, 3] = copy x   an output as it came in
//! out big u8 [1000] = zeros 1000 an output of so many bytes
//! out z sequence [...] = nothing an output that is no tensor
//! holds 1000                     it says that it holds so many bytes
//! on compute panic               what goes wrong, and how
//! ```
//!
//! The stages at which something can go wrong are load, execution, input, again, check, compute, output and drop.

mod parse;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use wasi_nn::backend::{Backend, Execution, Graph, Port};
use wasi_nn::{
    Control, ElementType, Error, ErrorKind, GraphEncoding, LoadOptions, Model, Origin, Source, TensorType,
};

/// The backend. Clones share their counters.
#[derive(Clone, Default)]
pub(crate) struct Toy(Arc<Shared>);

#[derive(Default)]
struct Shared {
    graphs: AtomicUsize,
    executions: AtomicUsize,
    loads: AtomicUsize,
    made: AtomicUsize,
    stuck: AtomicUsize,
    begun: AtomicBool,
    gate: Mutex<bool>,
    opened: Condvar,
}

impl Toy {
    /// How many graphs live.
    pub(crate) fn graphs(&self) -> usize {
        self.0.graphs.load(Ordering::SeqCst)
    }

    /// Waits until a graph was made, whether anyone still wants it or not.
    pub(crate) fn wait_for_a_graph(&self) {
        while self.0.made.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
    }

    /// Waits until no graph lives: the thread that loaded one may hold it for a moment longer than its guest.
    pub(crate) fn wait_for_graphs_to_go(&self) {
        while self.graphs() > 0 {
            std::thread::yield_now();
        }
    }

    /// How many executions live.
    pub(crate) fn executions(&self) -> usize {
        self.0.executions.load(Ordering::SeqCst)
    }

    /// How many models were loaded, or began to be.
    pub(crate) fn loads(&self) -> usize {
        self.0.loads.load(Ordering::SeqCst)
    }

    /// Waits until something is stubborn.
    pub(crate) fn wait_until_stuck(&self) {
        while self.0.stuck.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
    }

    /// Lets everything go on that is stubborn.
    pub(crate) fn open_gate(&self) {
        *self.0.gate.lock().unwrap() = true;
        self.0.opened.notify_all();
    }
}

/// When something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Load,
    Execution,
    Input,
    /// Any input but the first that is set.
    Again,
    Check,
    Compute,
    Output,
    Drop,
}

/// How it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Fail,
    Panic,
    /// Waits until it is told to stop, by looking again and again.
    Wait,
    /// Waits until it is told to stop, from another thread.
    Deaf,
    /// Waits for the gate, whatever it is told.
    Stubborn,
    /// Fails unless nothing was made before.
    Once,
}

#[derive(Debug, Default)]
struct Program {
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    formulas: Vec<Formula>,
    acts: Vec<(Stage, Act)>,
    holds: u64,
}

/// What an output is; inputs by index.
#[derive(Clone, Copy, Debug)]
enum Formula {
    Copy(usize),
    Sum(ElementType, usize, usize),
    Zeros(usize),
    Nothing,
}

impl Program {
    fn act(&self, shared: &Shared, stage: Stage, control: Option<&Control>) -> Result<(), Error> {
        let Some((_, act)) = self.acts.iter().find(|(when, _)| *when == stage) else { return Ok(()) };
        let control = || control.expect("what may take long is bounded");
        match act {
            Act::Fail => Err(Error::runtime("the model says to fail")),
            Act::Panic => panic!("the model says to panic"),
            Act::Once if shared.begun.swap(true, Ordering::SeqCst) => {
                Err(Error::new(ErrorKind::Busy, "there was one execution"))
            }
            Act::Once => Ok(()),
            Act::Wait => loop {
                control().check()?;
                std::thread::yield_now();
            },
            Act::Deaf => {
                let (sender, cancelled) = mpsc::channel();
                let _guard =
                    control().cancel_with(&(Arc::new(move || sender.send(()).unwrap_or_default()) as _))?;
                cancelled.recv().unwrap();
                Err(control().check().unwrap_err())
            }
            Act::Stubborn => {
                shared.stuck.fetch_add(1, Ordering::SeqCst);
                let open = shared.gate.lock().unwrap();
                drop(shared.opened.wait_while(open, |open| !*open).unwrap());
                Ok(())
            }
        }
    }
}

impl Backend for Toy {
    fn name(&self) -> &str {
        "toy"
    }

    fn accepts(&self, _: GraphEncoding, _: Origin) -> bool {
        true
    }

    fn load(
        &self,
        model: Arc<Model>,
        options: &LoadOptions,
        control: &Control,
    ) -> Result<Arc<dyn Graph>, Error> {
        self.0.loads.fetch_add(1, Ordering::SeqCst);
        let Source::Bytes(parts) = &model.source else { return Err(Error::runtime("a toy has no files")) };
        let text = parts.iter().map(|part| String::from_utf8_lossy(part)).collect::<Vec<_>>().join("\n");
        let program = parse::program(&text)?;
        program.act(&self.0, Stage::Load, Some(control))?;
        if options.device.to_string() == "tpu" {
            return Err(Error::unsupported("a toy has no tpu"));
        }
        self.0.graphs.fetch_add(1, Ordering::SeqCst);
        self.0.made.fetch_add(1, Ordering::SeqCst);
        Ok(Arc::new(ToyGraph { program, shared: Arc::clone(&self.0) }))
    }
}

struct ToyGraph {
    program: Program,
    shared: Arc<Shared>,
}

impl Drop for ToyGraph {
    fn drop(&mut self) {
        self.shared.graphs.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Graph for ToyGraph {
    fn inputs(&self) -> &[Port] {
        &self.program.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.program.outputs
    }

    fn device(&self) -> &str {
        "paper"
    }

    fn held_bytes(&self) -> u64 {
        self.program.holds
    }

    fn execution(self: Arc<Self>, control: &Control) -> Result<Box<dyn Execution>, Error> {
        self.program.act(&self.shared, Stage::Execution, Some(control))?;
        self.shared.executions.fetch_add(1, Ordering::SeqCst);
        let inputs = vec![Vec::new(); self.program.inputs.len()];
        let outputs = vec![Vec::new(); self.program.outputs.len()];
        Ok(Box::new(ToyExecution { graph: self, inputs, outputs, has_input: false }))
    }
}

struct ToyExecution {
    graph: Arc<ToyGraph>,
    inputs: Vec<Vec<u8>>,
    outputs: Vec<Vec<u8>>,
    has_input: bool,
}

impl ToyExecution {
    fn act(&self, stage: Stage, control: Option<&Control>) -> Result<(), Error> {
        self.graph.program.act(&self.graph.shared, stage, control)
    }
}

impl Drop for ToyExecution {
    fn drop(&mut self) {
        self.graph.shared.executions.fetch_sub(1, Ordering::SeqCst);
        let _ = self.act(Stage::Drop, None);
    }
}

impl Execution for ToyExecution {
    fn input(&mut self, index: usize, tensor: TensorType<'_>) -> Result<&mut [u8], Error> {
        self.act(Stage::Input, None)?;
        if std::mem::replace(&mut self.has_input, true) {
            self.act(Stage::Again, None)?;
        }
        let buffer = &mut self.inputs[index];
        buffer.resize(tensor.byte_len() as usize, 0);
        Ok(buffer)
    }

    fn check_input(&self, _: usize, control: &Control) -> Result<(), Error> {
        self.act(Stage::Check, Some(control))
    }

    fn compute(&mut self, control: &Control) -> Result<(), Error> {
        self.act(Stage::Compute, Some(control))?;
        for (formula, output) in self.graph.program.formulas.iter().zip(&mut self.outputs) {
            output.clear();
            match *formula {
                Formula::Copy(from) => output.extend_from_slice(&self.inputs[from]),
                Formula::Zeros(len) => output.resize(len, 0),
                Formula::Nothing => {}
                Formula::Sum(element, a, b) => {
                    if self.inputs[a].len() != self.inputs[b].len() {
                        return Err(Error::runtime("only tensors of one size can be added"));
                    }
                    output.extend_from_slice(&self.inputs[a]);
                    add(element, output, &self.inputs[b]);
                }
            }
        }
        Ok(())
    }

    fn output(&self, index: usize) -> Result<&[u8], Error> {
        self.act(Stage::Output, None)?;
        if matches!(self.graph.program.formulas[index], Formula::Nothing) {
            return Err(Error::unsupported("the output is no tensor"));
        }
        Ok(&self.outputs[index])
    }
}

/// Adds `from` to `to`, element by element; integers wrap.
fn add(element: ElementType, to: &mut [u8], from: &[u8]) {
    macro_rules! add {
        ($ty:ident, $sum:expr) => {{
            let to = to.chunks_exact_mut(size_of::<$ty>()).filter_map(<[u8]>::first_chunk_mut);
            let from = from.chunks_exact(size_of::<$ty>()).filter_map(<[u8]>::first_chunk);
            for (to, from) in to.zip(from) {
                let sum: fn($ty, $ty) -> $ty = $sum;
                *to = sum($ty::from_le_bytes(*to), $ty::from_le_bytes(*from)).to_le_bytes();
            }
        }};
    }
    match element {
        ElementType::F16 => unreachable!("the parser refuses it"),
        ElementType::F32 => add!(f32, |a, b| a + b),
        ElementType::F64 => add!(f64, |a, b| a + b),
        ElementType::U8 => add!(u8, u8::wrapping_add),
        ElementType::I32 => add!(i32, i32::wrapping_add),
        ElementType::I64 => add!(i64, i64::wrapping_add),
    }
}
