//! A loaded model, and the plans that were made of it.

use super::bounds::Bounds;
use super::compile::compile;
use super::execution::OnnxExecution;
use super::plan::Plan;
use super::ports::are_fixed;
use super::source::Parsed;
use super::words::explain;
use super::{CPU, OnnxLimits};
use crate::backend::{Execution, Graph, Port};
use crate::contain::contained;
use crate::{Control, Error, ErrorKind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tract_onnx::prelude::{InferenceModel, TVec};

/// The stack for compiling while a guest computes, whose thread may have a small one.
const STACK: usize = 16 << 20;

/// A loaded model.
#[derive(Debug)]
pub(super) struct OnnxGraph {
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    model: InferenceModel,
    limits: OnnxLimits,
    /// The plans, the most recently used one last.
    plans: Mutex<Vec<Arc<Plan>>>,
}

impl OnnxGraph {
    /// Compiles the model if its shapes are known.
    pub(super) fn new(parsed: Parsed, limits: OnnxLimits) -> Result<Self, Error> {
        let Parsed { model, inputs, outputs } = parsed;
        let mut plans = Vec::new();
        if are_fixed(&inputs) {
            let shapes = inputs.iter().map(|port| {
                let dimensions = port.shape.iter().flatten().flatten();
                dimensions.map(|dimension| usize::try_from(*dimension).unwrap_or(usize::MAX)).collect()
            });
            plans.push(Arc::new(compile(model.clone(), shapes.collect())?));
        }
        Ok(OnnxGraph { inputs, outputs, model, limits, plans: Mutex::new(plans) })
    }

    pub(super) fn limits(&self) -> &OnnxLimits {
        &self.limits
    }

    /// The plan for inputs of these shapes, which is made unless it is there.
    pub(super) fn plan(&self, shapes: &[&[usize]], control: &Control) -> Result<Arc<Plan>, Error> {
        if let Some(plan) = self.recent(shapes) {
            return Ok(plan);
        }
        let plan = Arc::new(self.compile(shapes, control)?);
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.len() >= self.limits.max_shapes.max(1) {
            plans.remove(0);
        }
        plans.push(Arc::clone(&plan));
        Ok(plan)
    }

    fn recent(&self, shapes: &[&[usize]]) -> Option<Arc<Plan>> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let at = plans.iter().position(|plan| plan.fits(shapes))?;
        let plan = plans.remove(at);
        plans.push(Arc::clone(&plan));
        Some(plan)
    }

    fn compile(&self, shapes: &[&[usize]], control: &Control) -> Result<Plan, Error> {
        let shapes = shapes.iter().map(|shape| TVec::from_slice(shape)).collect();
        let bounds = Bounds::new(control, &self.limits);
        let work = || contained(|| bounds.apply(|| compile(self.model.clone(), shapes)));
        thread::scope(|scope| {
            let builder = thread::Builder::new().name("wasi-nn onnx".to_owned()).stack_size(STACK);
            let thread = builder.spawn_scoped(scope, work).map_err(|error| {
                Error::new(ErrorKind::Busy, format!("no thread to compile the model on: {error}"))
            })?;
            thread.join().unwrap_or_else(|_| Err(Error::runtime("the ONNX engine panicked while compiling")))
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

    fn execution(self: Arc<Self>) -> Result<Box<dyn Execution>, Error> {
        Ok(Box::new(OnnxExecution::new(self)))
    }
}

/// An error of the engine's while it computes.
pub(super) fn computing(error: &tract_onnx::prelude::TractError) -> Error {
    explain("computing", error)
}
