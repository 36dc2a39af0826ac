//! The types that typed functions have, and such functions of each engine.

use wasi_policy::{Val, ValType, for_each_arity};

/// The parameters or the results of a [`TypedFunc`](crate::TypedFunc): a number, or a tuple of up to ten. Sealed.
pub trait Values: sealed::Values {}

impl<T: sealed::Values> Values for T {}

mod sealed {
    use super::ValType;

    /// Parameters and results in both engines.
    pub trait Values: OnWasmtime + OnWasmi + Send + 'static {
        const TYPES: &'static [ValType];
    }

    /// A list of types of Wasmtime's.
    #[cfg(feature = "wasmtime")]
    pub trait OnWasmtime: wasmtime::WasmParams + wasmtime::WasmResults {}
    #[cfg(feature = "wasmtime")]
    impl<T: wasmtime::WasmParams + wasmtime::WasmResults> OnWasmtime for T {}
    #[cfg(not(feature = "wasmtime"))]
    pub trait OnWasmtime {}
    #[cfg(not(feature = "wasmtime"))]
    impl<T> OnWasmtime for T {}

    /// A list of types of wasmi's.
    #[cfg(feature = "wasmi")]
    pub trait OnWasmi: wasmi::WasmParams + wasmi::WasmResults {}
    #[cfg(feature = "wasmi")]
    impl<T: wasmi::WasmParams + wasmi::WasmResults> OnWasmi for T {}
    #[cfg(not(feature = "wasmi"))]
    pub trait OnWasmi {}
    #[cfg(not(feature = "wasmi"))]
    impl<T> OnWasmi for T {}
}

/// A number of which engines know that it is one, so that tuples of it are lists of theirs.
trait Number: Val + NumberOnWasmtime + NumberOnWasmi {}

#[cfg(feature = "wasmtime")]
trait NumberOnWasmtime: wasmtime::WasmTy {}
#[cfg(feature = "wasmtime")]
impl<T: wasmtime::WasmTy> NumberOnWasmtime for T {}
#[cfg(not(feature = "wasmtime"))]
trait NumberOnWasmtime {}
#[cfg(not(feature = "wasmtime"))]
impl<T> NumberOnWasmtime for T {}

#[cfg(feature = "wasmi")]
trait NumberOnWasmi: wasmi::WasmTy {}
#[cfg(feature = "wasmi")]
impl<T: wasmi::WasmTy> NumberOnWasmi for T {}
#[cfg(not(feature = "wasmi"))]
trait NumberOnWasmi {}
#[cfg(not(feature = "wasmi"))]
impl<T> NumberOnWasmi for T {}

macro_rules! numbers {
    ($($ty:ty)*) => {$(
        impl Number for $ty {}

        impl sealed::Values for $ty {
            const TYPES: &'static [ValType] = &[<$ty as Val>::TYPE];
        }
    )*};
}
numbers!(i32 u32 i64 u64 f32 f64);

macro_rules! tuples {
    ($([$($value:ident)*];)*) => {$(
        impl<$($value: Number),*> sealed::Values for ($($value,)*) {
            const TYPES: &'static [ValType] = &[$($value::TYPE),*];
        }
    )*};
}
for_each_arity!(tuples);

/// A typed function of one instance.
pub(in crate::host) enum Typed<P, R> {
    #[cfg(feature = "wasmtime")]
    Wasmtime(wasmtime::TypedFunc<P, R>),
    #[cfg(feature = "wasmi")]
    Wasmi(wasmi::TypedFunc<P, R>),
}

impl<P, R> Clone for Typed<P, R> {
    fn clone(&self) -> Self {
        match self {
            #[cfg(feature = "wasmtime")]
            Typed::Wasmtime(function) => Typed::Wasmtime(function.clone()),
            #[cfg(feature = "wasmi")]
            Typed::Wasmi(function) => Typed::Wasmi(*function),
        }
    }
}
