//! The plans of a model, one for each set of input shapes, and of values that decide shapes, that was used lately.

use crate::run::key::Key;
use crate::run::plan::Plan;
use std::sync::Arc;
use tract_onnx::prelude::Tensor;

/// The bytes that all plans of a model may have together. One may have more.
pub(crate) const ROOM: u64 = 64 << 20;

/// The plans, the most recently used one last.
#[derive(Debug, Default)]
pub(crate) struct Plans(Vec<Arc<Plan>>);

impl Plans {
    /// The one plan of a model whose shapes are known.
    pub(crate) fn of(plan: Arc<Plan>) -> Self {
        Plans(vec![plan])
    }

    /// The plan for these inputs, if it is there. One for their shapes is better than one that leaves sizes open, which is
    /// given if `may_be_open`.
    pub(crate) fn recent(&mut self, inputs: &[Arc<Tensor>], may_be_open: bool) -> Option<Arc<Plan>> {
        let find = |is_open: bool| {
            self.0.iter().position(|plan| plan.key().is_open() == is_open && plan.fits(inputs))
        };
        let at = find(false).or_else(|| find(true).filter(|_| may_be_open))?;
        let plan = self.0.remove(at);
        self.0.push(Arc::clone(&plan));
        Some(plan)
    }

    /// The plan that was used last.
    pub(crate) fn last(&self) -> Option<Arc<Plan>> {
        self.0.last().cloned()
    }

    /// The key that leaves the sizes open in which these inputs differ from those of the last plan for shapes.
    pub(crate) fn opened(&self, inputs: &[Arc<Tensor>]) -> Option<Key> {
        self.0.iter().rev().find(|plan| !plan.key().is_open())?.key().opened(inputs)
    }

    /// Gives all plans, which have to go.
    #[must_use = "whoever uses them has to hear of it"]
    pub(crate) fn clear(&mut self) -> Vec<Arc<Plan>> {
        std::mem::take(&mut self.0)
    }

    /// Adds a plan. Gives those that have to go, of which there are at most `max` without.
    #[must_use = "whoever uses them has to hear of it"]
    pub(crate) fn push(&mut self, plan: Arc<Plan>, max: usize) -> Vec<Arc<Plan>> {
        let mut gone = Vec::new();
        let bytes = |plans: &[Arc<Plan>]| plans.iter().map(|plan| plan.bytes()).fold(0, u64::saturating_add);
        while !self.0.is_empty()
            && (self.0.len() >= max || bytes(&self.0).saturating_add(plan.bytes()) > ROOM)
        {
            gone.push(self.0.remove(0));
        }
        self.0.push(plan);
        gone
    }
}
