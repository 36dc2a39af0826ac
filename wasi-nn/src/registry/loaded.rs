//! A loaded graph, with the charge for its bytes, kept as long as an execution uses it.

use super::order::Refusal;
use super::stats::{Counts, compiled};
use crate::backend::{Compiled, Execution, Graph, Port};
use crate::budget::Charge;
use crate::contain::contained;
use crate::{Control, Error, GraphEncoding, TensorType};
use std::sync::Arc;

/// A backend's graph, with what the registry knows about it.
///
/// Executions keep it alive too, so that the graph counts, and is shared, until the last one ends.
pub(super) struct LoadedGraph {
    pub(super) graph: Arc<dyn Graph>,
    pub(super) backend: Arc<str>,
    pub(super) encoding: GraphEncoding,
    /// What the backends before it said.
    pub(super) refusals: Vec<Refusal>,
    pub(super) counts: Arc<Counts>,
    /// Whether the time of computations counts.
    pub(super) is_timed: bool,
    /// The bytes of a guest's model, and of what is held for it.
    pub(super) _bytes: Option<Charge>,
}

/// An execution that keeps its graph counted and shared, whoever has it: a guest's context, which has the graph as
/// well, for its ports, or a host that computes without a guest.
struct Held {
    execution: Box<dyn Execution>,
    /// Dropped after the execution.
    loaded: Arc<LoadedGraph>,
}

impl Graph for LoadedGraph {
    fn inputs(&self) -> &[Port] {
        self.graph.inputs()
    }

    fn outputs(&self) -> &[Port] {
        self.graph.outputs()
    }

    fn device(&self) -> &str {
        self.graph.device()
    }

    fn held_bytes(&self) -> u64 {
        self.graph.held_bytes()
    }

    fn compiled(&self) -> Compiled {
        self.graph.compiled()
    }

    fn counted(&self) -> Vec<(&'static str, u64)> {
        self.graph.counted()
    }

    fn checks_input(&self, index: usize) -> bool {
        self.graph.checks_input(index)
    }

    fn outputs_for(
        self: Arc<Self>,
        inputs: &[TensorType<'_>],
        control: &Control,
    ) -> Result<Vec<Port>, Error> {
        let ports = self.inputs();
        if ports.len() != inputs.len() {
            let message = format!("the graph has {} inputs, not {}", ports.len(), inputs.len());
            return Err(Error::invalid_argument(message));
        }
        let inputs = ports.iter().zip(inputs).map(|(port, input)| port.fit(*input));
        let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
        contained(|| self.graph.clone().outputs_for(&inputs, control))
    }

    fn execution(self: Arc<Self>, control: &Control) -> Result<Box<dyn Execution>, Error> {
        let execution = self.graph.clone().execution(control)?;
        Ok(Box::new(Held { execution, loaded: self }))
    }
}

impl Drop for LoadedGraph {
    fn drop(&mut self) {
        self.counts.keep(compiled(&*self.graph));
    }
}

impl Execution for Held {
    fn input(&mut self, index: usize, tensor: TensorType<'_>) -> Result<&mut [u8], Error> {
        self.execution.input(index, tensor)
    }

    fn check_input(&self, index: usize, control: &Control) -> Result<(), Error> {
        self.execution.check_input(index, control)
    }

    fn write_input(
        &mut self,
        index: usize,
        tensor: TensorType<'_>,
        bytes: &[u8],
        control: &Control,
    ) -> Result<(), Error> {
        self.execution.write_input(index, tensor, bytes, control)
    }

    fn compute(&mut self, control: &Control) -> Result<(), Error> {
        let loaded = &self.loaded;
        loaded.counts.computations.count(loaded.is_timed, || self.execution.compute(control))
    }

    fn output(&self, index: usize) -> Result<&[u8], Error> {
        self.execution.output(index)
    }

    fn output_len(&self, index: usize) -> Result<usize, Error> {
        self.execution.output_len(index)
    }

    fn read_output(&self, index: usize, into: &mut [u8]) -> Result<(), Error> {
        self.execution.read_output(index, into)
    }
}
