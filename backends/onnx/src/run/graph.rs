//! The graph of a loaded model, with the plans that were compiled of it.

use crate::CPU;
use crate::OnnxLimits;
use crate::error::explain;
use crate::limits::bounds::Bounds;
use crate::limits::memory;
use crate::limits::pool::Pool;
use crate::load::compile::compile;
use crate::load::ports::are_fixed;
use crate::load::source::Parsed;
use crate::run::execution::OnnxExecution;
use crate::run::plan::Plan;
use crate::run::plans::{Plans, ROOM};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use tract_onnx::prelude::{InferenceModel, TVec};
use wasi_nn::backend::contained;
use wasi_nn::backend::{Execution, Graph, Port};
use wasi_nn::{Control, Error, ErrorKind};

/// The stack for compiling while a guest computes, whose thread may have a small one.
const STACK: usize = 16 << 20;

/// A loaded model.
#[derive(Debug)]
pub(crate) struct OnnxGraph {
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    /// What plans are made of, if inputs have open shapes.
    model: Option<InferenceModel>,
    limits: OnnxLimits,
    pool: Pool,
    plans: Mutex<Plans>,
    /// Bytes that it holds, with all plans that it may keep.
    held: u64,
}

impl OnnxGraph {
    /// Compiles the model if its shapes are known.
    pub(crate) fn new(parsed: Parsed, limits: OnnxLimits, pool: Pool) -> Result<Self, Error> {
        let Parsed { model, inputs, outputs, len } = parsed;
        let (model, plans, held) = if are_fixed(&inputs) {
            let shapes = inputs.iter().map(|port| {
                let dimensions = port.shape.iter().flatten().flatten();
                dimensions.map(|dimension| usize::try_from(*dimension).unwrap_or(usize::MAX)).collect()
            });
            let plan = Arc::new(compile(model, shapes.collect())?);
            let held = plan.bytes();
            (None, Plans::of(plan), held)
        } else {
            let bytes = memory::parsed(&model);
            let plans = bytes.saturating_mul(u64::try_from(limits.max_shapes).unwrap_or(u64::MAX));
            let held = bytes.saturating_add(plans.min(bytes.max(ROOM)));
            (Some(model), Plans::default(), held)
        };
        // Operations have attributes as long as trees, which came with the model.
        let held = held.saturating_add(len);
        Ok(OnnxGraph { inputs, outputs, model, limits, pool, plans: Mutex::new(plans), held })
    }

    pub(crate) fn limits(&self) -> &OnnxLimits {
        &self.limits
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The plan for inputs of these shapes, which is made unless it is there.
    pub(crate) fn plan(&self, shapes: &[&[usize]], control: &Control) -> Result<Arc<Plan>, Error> {
        if let Some(plan) = self.plans().recent(shapes) {
            return Ok(plan);
        }
        let plan = Arc::new(self.compile(shapes, control)?);
        let gone = self.plans().push(Arc::clone(&plan), self.limits.max_shapes.max(1));
        gone.iter().for_each(Plan::go);
        Ok(plan)
    }

    fn plans(&self) -> MutexGuard<'_, Plans> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compile(&self, shapes: &[&[usize]], control: &Control) -> Result<Plan, Error> {
        let Some(model) = &self.model else {
            return Err(Error::invalid_argument("the inputs have other shapes than the model"));
        };
        let shapes = shapes.iter().map(|shape| TVec::from_slice(shape)).collect();
        let bounds = Bounds::new(control, &self.limits, &self.pool.share()?);
        let work = || contained(|| bounds.apply(|| compile(model.clone(), shapes)));
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

    fn execution(self: Arc<Self>) -> Result<Box<dyn Execution>, Error> {
        Ok(Box::new(OnnxExecution::new(self)?))
    }
}

/// An error of the engine's while it computes.
pub(crate) fn computing(error: &tract_onnx::prelude::TractError) -> Error {
    explain("computing", error)
}
