//! What the compiled-in engines ask of values, as supertraits of the neutral [`Val`](crate::Val) and
//! [`Returns`](crate::Returns).
//!
//! With an engine's feature off, its half asks for nothing; no code elsewhere needs to know.

/// A value that every compiled-in engine can pass. Not public, which seals [`Val`](crate::Val).
pub trait Val: wasmtime_half::Val + wasmi_half::Val {}

/// A result that every compiled-in engine can return. Not public, which seals [`Returns`](crate::Returns).
pub trait Returns: Sized + wasmtime_half::Returns + wasmi_half::Returns {}

macro_rules! natives {
    ($($ty:ty)*) => {$(
        impl Val for $ty {}
        impl Returns for $ty {}
    )*};
}
natives!(i32 u32 i64 u64 f32 f64);
impl Returns for () {}

mod wasmtime_half {
    #[cfg(feature = "wasmtime")]
    pub(super) use wasmtime::{WasmRet as Returns, WasmTy as Val};

    #[cfg(not(feature = "wasmtime"))]
    pub(super) use super::anything::{Returns, Val};
}

mod wasmi_half {
    #[cfg(feature = "wasmi")]
    pub(super) use crate::engine::wasmi::Returns;
    #[cfg(feature = "wasmi")]
    pub(super) use wasmi::WasmTy as Val;

    #[cfg(not(feature = "wasmi"))]
    pub(super) use super::anything::{Returns, Val};
}

/// The half of an engine that is not compiled in.
#[cfg(not(all(feature = "wasmtime", feature = "wasmi")))]
mod anything {
    pub trait Val {}
    impl<T> Val for T {}

    pub trait Returns {}
    impl<T> Returns for T {}
}
