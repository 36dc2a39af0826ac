//! The resource limiter for wasmi, which asks the budget before anything grows.

use crate::host::engine::budget::{INSTANCES, RunBudget};
use wasmi::ResourceLimiter;
use wasmi_core::{LimiterError, MemoryError, TableError};

/// More memories or tables than any program has; their sizes are what counts.
const MANY: usize = 10_000;

impl ResourceLimiter for RunBudget {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        Ok(self.memory(current, desired, maximum))
    }

    fn memory_grow_failed(&mut self, _: &MemoryError) -> Result<(), LimiterError> {
        self.memory_failed();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        Ok(self.table(current, desired, maximum))
    }

    fn table_grow_failed(&mut self, _: &TableError) -> Result<(), LimiterError> {
        self.table_failed();
        Ok(())
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn memories(&self) -> usize {
        MANY
    }

    fn tables(&self) -> usize {
        MANY
    }
}
