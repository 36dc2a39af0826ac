//! The trait that every proposal crate implements.

use crate::{Descriptor, LinkError, Linker, Permit};

/// A set of host functions that is developed, staged and switched on as one.
pub trait Proposal: Sized {
    /// What policy goes by; for proposals of this repository a row of [`matrix`](crate::matrix).
    const DESCRIPTOR: Descriptor;

    /// The version of the crate, `env!("CARGO_PKG_VERSION")`.
    const VERSION: &'static str;

    /// What one guest's calls work on. It lives in the engine's store.
    type Context;

    /// Defines all functions of the proposal in `linker`.
    ///
    /// `context` finds the proposal's context in the store's data; it is called once for each host call.
    ///
    /// # Errors
    ///
    /// [`LinkError`] if the linker refuses a function, as it does when the name is taken.
    fn register<T: 'static, L: Linker<T>>(
        permit: Permit<Self>,
        linker: &mut L,
        context: impl Fn(&mut T) -> &mut Self::Context + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError>;
}
