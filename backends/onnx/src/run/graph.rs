//! The graph of a loaded model, with the plans that were compiled of it.

use crate::CPU;
use crate::OnnxLimits;
use crate::error::explain;
use crate::limits::bounds::Bounds;
use crate::limits::memory;
use crate::limits::pool::Pool;
use crate::load::compile::compile;
use crate::load::ports::{are_fixed, check_made};
use crate::load::source::Parsed;
use crate::run::execution::OnnxExecution;
use crate::run::key::Key;
use crate::run::opening::Opening;
use crate::run::plan::Plan;
use crate::run::plans::{Plans, ROOM};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use tract_onnx::prelude::{InferenceModel, TVec, Tensor};
use wasi_nn::backend::{Compiled, Counter, Execution, Graph, Port, contained};
use wasi_nn::{Control, Error, ErrorKind, TensorType};

/// The stack for compiling while a guest computes, whose thread may have a small one.
const STACK: usize = 16 << 20;

/// A loaded model.
#[derive(Debug)]
pub(crate) struct OnnxGraph {
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    /// What plans are made of, if inputs have open shapes, or decide shapes by their values.
    model: Option<InferenceModel>,
    /// Which inputs may decide shapes by their values.
    deciding: Vec<bool>,
    /// Whether plans were found to need such values.
    needs_values: AtomicBool,
    opening: Opening,
    limits: OnnxLimits,
    pool: Pool,
    plans: Mutex<Plans>,
    compiles: Counter,
    /// Computations that found a plan.
    hits: AtomicU64,
    /// Bytes that it holds, with all plans that it may keep.
    held: u64,
}

impl OnnxGraph {
    /// Compiles the model if its shapes are known.
    pub(crate) fn new(parsed: Parsed, limits: OnnxLimits, pool: Pool) -> Result<Self, Error> {
        let Parsed { model, inputs, outputs, deciding, len } = parsed;
        let shapes = inputs.iter().map(|port| shape(port.shape.iter().flatten().flatten().copied()));
        let decides = deciding.contains(&true);
        let compiles = Counter::default();
        let compile = || compiles.count(true, || compile(model.clone(), Key::of_shapes(shapes)));
        let plan = match are_fixed(&inputs).then(compile) {
            // What the engine lacks may be a value, which comes with the inputs.
            Some(Err(error)) if !decides || error.kind() != ErrorKind::Runtime => return Err(error),
            plan => plan.and_then(Result::ok),
        };
        let needs_values = AtomicBool::new(plan.is_none() && are_fixed(&inputs));
        let (model, plans, held) = if let Some(plan) = plan {
            let held = plan.bytes();
            // One that fails may do better with a value.
            let kept = if decides { memory::parsed(&model) } else { 0 };
            (decides.then_some(model), Plans::of(Arc::new(plan)), held.saturating_add(kept))
        } else {
            let bytes = memory::parsed(&model);
            let plans = bytes.saturating_mul(u64::try_from(limits.max_shapes).unwrap_or(u64::MAX));
            let held = bytes.saturating_add(plans.min(bytes.max(ROOM)));
            (Some(model), Plans::default(), held)
        };
        // Operations have attributes as long as trees, which came with the model.
        let held = held.saturating_add(len);
        let plans = Mutex::new(plans);
        let (opening, hits) = (Opening::default(), AtomicU64::new(0));
        Ok(OnnxGraph {
            inputs,
            outputs,
            model,
            deciding,
            needs_values,
            opening,
            limits,
            pool,
            plans,
            compiles,
            hits,
            held,
        })
    }

    pub(crate) fn limits(&self) -> &OnnxLimits {
        &self.limits
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The plan for these inputs, which is made unless it is there; and then the key of another one, with open sizes, that
    /// may do for the next inputs too.
    pub(crate) fn plan(
        &self,
        inputs: &[Arc<Tensor>],
        control: &Control,
    ) -> Result<(Arc<Plan>, Option<Key>), Error> {
        if let Some(plan) = self.plans().recent(inputs, self.opening.is_allowed()) {
            self.hit();
            return Ok((plan, None));
        }
        let plan = Arc::new(self.make(inputs, control)?);
        let opened = || self.plans().opened(inputs).filter(|_| self.opening.try_one());
        let opened = if self.needs_values.load(Ordering::Relaxed) { None } else { opened() };
        self.keep(&plan);
        Ok((plan, opened))
    }

    /// Keeps a plan for the next computations.
    pub(crate) fn keep(&self, plan: &Arc<Plan>) {
        let gone = self.plans().push(Arc::clone(plan), self.limits.max_shapes.max(1));
        gone.iter().for_each(Plan::go);
    }

    /// Whether a plan is one for these inputs, and may be used.
    pub(crate) fn may_use(&self, plan: &Plan, inputs: &[Arc<Tensor>]) -> bool {
        plan.fits(inputs) && (self.opening.is_allowed() || !plan.key().is_open())
    }

    /// What says whether plans with open sizes are used.
    pub(crate) fn opening(&self) -> &Opening {
        &self.opening
    }

    /// Counts a computation that found its plan.
    pub(crate) fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    /// Makes a plan for the shapes of the inputs; or for the values of those that decide, if it does not go without.
    fn make(&self, inputs: &[Arc<Tensor>], control: &Control) -> Result<Plan, Error> {
        let decides = |index: usize| self.deciding.get(index).copied().unwrap_or_default();
        let with_values = || Key::new(inputs, decides);
        if self.needs_values.load(Ordering::Relaxed) {
            return self.compile(with_values(), control);
        }
        match self.compile(Key::new(inputs, |_| false), control) {
            Err(error) if error.kind() == ErrorKind::Runtime && with_values().has_values() => {
                let plan = self.compile(with_values(), control)?;
                self.needs_values.store(true, Ordering::Relaxed);
                Ok(plan)
            }
            plan => plan,
        }
    }

    /// Whether a plan without values failed, and one for the values of these inputs may do better. From then on they are
    /// made so.
    pub(crate) fn wants_values(&self, inputs: &[Arc<Tensor>]) -> bool {
        let decides = |index: usize| self.deciding.get(index).copied().unwrap_or_default();
        let can = self.model.is_some() && Key::new(inputs, decides).has_values();
        let wants = can && !self.needs_values.swap(true, Ordering::Relaxed);
        if wants {
            self.plans().clear().iter().for_each(Plan::go);
        }
        wants
    }

    /// Has plans made for shapes alone again, as values did no better.
    pub(crate) fn forgo_values(&self) {
        self.needs_values.store(false, Ordering::Relaxed);
    }

    fn plans(&self) -> MutexGuard<'_, Plans> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a plan.
    pub(crate) fn compile(&self, key: Key, control: &Control) -> Result<Plan, Error> {
        let Some(model) = &self.model else {
            return Err(Error::invalid_argument("the inputs have other shapes than the model"));
        };
        let bounds = Bounds::new(control, &self.limits, &self.pool.share()?);
        let make = || {
            let plan = contained(|| bounds.apply(|| compile(model.clone(), key)))?;
            check_made(&self.outputs, plan.model())?;
            Ok(plan)
        };
        let work = || self.compiles.count(true, make);
        thread::scope(|scope| {
            let builder = thread::Builder::new().name("wasi-nn onnx".to_owned()).stack_size(STACK);
            let thread = builder.spawn_scoped(scope, work).map_err(|error| {
                Error::new(ErrorKind::Busy, format!("no thread to compile the model on: {error}"))
            })?;
            // A panic is an error by now, which does the execution no harm: it has no plan of it.
            thread.join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    }
}

impl Graph for OnnxGraph {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn device(&self) -> &str {
        CPU
    }

    fn held_bytes(&self) -> u64 {
        self.held
    }

    fn compiled(&self) -> Compiled {
        let mut compiled = Compiled::default();
        compiled.compiles = self.compiles.tally();
        compiled.hits = self.hits.load(Ordering::Relaxed);
        compiled
    }

    /// Compiles the model for the shapes, as a computation would, and computes nothing.
    fn outputs_for(
        self: Arc<Self>,
        inputs: &[TensorType<'_>],
        control: &Control,
    ) -> Result<Vec<Port>, Error> {
        let shapes = inputs.iter().map(|input| shape(input.dimensions().iter().copied()));
        let plan = match &self.model {
            Some(_) => Arc::new(self.compile(Key::of_shapes(shapes), control)?),
            None => self.plans().last().ok_or_else(|| Error::runtime("there is no plan"))?,
        };
        let output = |(index, port): (usize, &Port)| {
            let shape = plan.output_shape(index).map_err(|error| explain("compiling the model", &error))?;
            Ok(Port::new(&*port.name, port.element.clone(), Some(shape)))
        };
        self.outputs.iter().enumerate().map(output).collect()
    }

    fn execution(self: Arc<Self>, _: &Control) -> Result<Box<dyn Execution>, Error> {
        Ok(Box::new(OnnxExecution::new(self)?))
    }
}

fn shape(dimensions: impl Iterator<Item = u32>) -> TVec<usize> {
    dimensions.map(|dimension| usize::try_from(dimension).unwrap_or(usize::MAX)).collect()
}

/// An error of the engine's while it computes.
pub(crate) fn computing(error: &tract_onnx::prelude::TractError) -> Error {
    explain("computing", error)
}
