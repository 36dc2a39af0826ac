//! The builder of a guest's context.

use crate::Registry;
use crate::ctx::NnCtx;
use crate::limits::Limits;

/// Builds an [`NnCtx`], or one after another with the same settings.
#[derive(Clone, Debug)]
pub struct NnCtxBuilder {
    registry: Registry,
    limits: Limits,
    legacy_types: bool,
}

impl NnCtxBuilder {
    pub(crate) fn new(registry: Registry) -> Self {
        NnCtxBuilder { registry, limits: Limits::default(), legacy_types: true }
    }

    /// What the guest may make the host spend.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether to understand guests that number tensor types as the bindings did before their version 0.6: `u8` is
    /// 2 there, and `i32` is 3. The size of the data tells the two numberings apart, so the default is to
    /// understand both.
    #[must_use]
    pub fn legacy_types(mut self, understand: bool) -> Self {
        self.legacy_types = understand;
        self
    }

    /// Builds a context.
    #[must_use]
    pub fn build(&self) -> NnCtx {
        NnCtx::new(self.registry.clone(), self.limits.clone(), self.legacy_types)
    }
}
