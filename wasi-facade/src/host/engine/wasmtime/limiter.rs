//! The resource limiter for Wasmtime, which asks the budget before anything grows.

use crate::host::engine::budget::{INSTANCES, RunBudget};
use wasmtime::{Error, ResourceLimiter, Result};

impl ResourceLimiter for RunBudget {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        Ok(self.memory(current, desired, maximum))
    }

    fn memory_grow_failed(&mut self, _: Error) -> Result<()> {
        self.memory_failed();
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        Ok(self.table(current, desired, maximum))
    }

    fn table_grow_failed(&mut self, _: Error) -> Result<()> {
        self.table_failed();
        Ok(())
    }

    fn instances(&self) -> usize {
        INSTANCES
    }
}
