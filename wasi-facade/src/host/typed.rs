//! Typed handles of an instance's functions, which are looked up once and called often.

use super::engine::typed::{Typed, Values};
use super::error::{Error, Reason};
use super::instance::Instance;
use super::outcome::Outcome;
use super::stopped::Stopped;
use crate::Suite;
use std::fmt;
use std::time::Duration;

/// A function of one [`Instance`], with parameters `P` and results `R`: the engine's own typed function, which calls without
/// looking anything up. [`Instance::func`] gives it.
///
/// Both are numbers, or tuples of up to ten, of `i32`, `u32`, `i64`, `u64`, `f32` and `f64`; `()` is none.
pub struct TypedFunc<P, R> {
    pub(super) typed: Typed<P, R>,
    /// The number of the instance that has it.
    pub(super) instance: u64,
    /// It is `_start`, whose return ends a guest.
    pub(super) is_start: bool,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        TypedFunc { typed: self.typed.clone(), instance: self.instance, is_start: self.is_start }
    }
}

impl<P, R> fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedFunc").field("instance", &self.instance).finish_non_exhaustive()
    }
}

impl<P: Values, R: Values> TypedFunc<P, R> {
    /// Calls the function, within the limits of the instance's program.
    ///
    /// ```
    /// # #[cfg(feature = "snapshot")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use wasi_facade::{CallError, Host, Outcome, WasiCtx};
    ///
    /// let module = wat::parse_str(r#"(module
    ///     (func (export "divide") (param i32 i32) (result i32)
    ///         (i32.div_s (local.get 0) (local.get 1))))"#)?;
    /// let mut instance = Host::new().compile(&module)?.start(WasiCtx::builder().build()?)?;
    /// let divide = instance.func::<(i32, i32), i32>("divide")?;
    /// assert_eq!(divide.call(&mut instance, (42, 6))?, 7);
    /// let error = divide.call(&mut instance, (42, 0)).unwrap_err();
    /// assert!(matches!(error, CallError::Ended(Outcome::Trapped(_))));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "snapshot"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError::Ended`] if the guest ends instead of returning; [`CallError::Error`] if it has ended before, or
    /// `instance` is another one than the function is of.
    #[inline]
    pub fn call<S: Suite>(&self, instance: &mut Instance<S>, params: P) -> Result<R, CallError> {
        let timeout = instance.limits().timeout;
        self.call_limited(instance, timeout, params)
    }

    /// The same with a time limit for this call, in place of the program's.
    ///
    /// # Errors
    ///
    /// See [`call`](Self::call) and [`Instance::call_within`].
    #[inline]
    pub fn call_within<S: Suite>(
        &self,
        timeout: Duration,
        instance: &mut Instance<S>,
        params: P,
    ) -> Result<R, CallError> {
        instance.check_timed()?;
        self.call_limited(instance, Some(timeout), params)
    }

    #[inline]
    fn call_limited<S: Suite>(
        &self,
        instance: &mut Instance<S>,
        timeout: Option<Duration>,
        params: P,
    ) -> Result<R, CallError> {
        // An engine panics on a function of another store's.
        let called = match instance.id() == self.instance {
            true => instance.step(timeout, |_, live| live.call_typed(&self.typed, params)),
            false => Err(Stopped::Refused(Reason::OtherInstance)),
        };
        if self.is_start && called.is_ok() {
            instance.end(Outcome::Exited(0));
        }
        called.map_err(|stopped| instance.call_error(stopped))
    }
}

/// Why a call of a [`TypedFunc`] gave no results.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The guest ended in the call.
    #[error("the guest {0}")]
    Ended(Outcome),
    /// The call could not be made.
    #[error(transparent)]
    Error(#[from] Error),
}
