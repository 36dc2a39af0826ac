//! Guests in each engine, for the tests of adapters and proposals, which are the same on every engine and on every line
//! of one.
//!
//! A test is generic over [`Engine`]; [`each`] makes it of every engine that is compiled in.
#![forbid(unsafe_code)]

mod engine;
#[cfg(feature = "wasmer")]
mod on_wasmer;
#[cfg(feature = "wasmi")]
mod on_wasmi;
#[cfg(feature = "wasmtime")]
mod on_wasmtime;

pub use engine::{Binding, End, Engine, Guest, Imports, Running, Started};
#[cfg(feature = "wasmer")]
pub use on_wasmer::Wasmer;
#[cfg(feature = "wasmi")]
pub use on_wasmi::Wasmi;
#[cfg(feature = "wasmtime")]
pub use on_wasmtime::Wasmtime;

/// Something that is made for one engine, usually a function.
pub trait Make {
    /// What is made.
    type Made;

    /// Makes it for the engine `E`.
    fn make<E: Engine>() -> Self::Made;
}

/// What `M` makes for each engine that is compiled in, with the engine's name.
pub fn each<M: Make>() -> Vec<(&'static str, M::Made)> {
    vec![
        #[cfg(feature = "wasmtime")]
        (Wasmtime::NAME, M::make::<Wasmtime>()),
        #[cfg(feature = "wasmi")]
        (Wasmi::NAME, M::make::<Wasmi>()),
        #[cfg(feature = "wasmer")]
        (Wasmer::NAME, M::make::<Wasmer>()),
    ]
}

/// Runs what `M` makes for the engine of that name, unless that is not compiled in: `cargo xtask lines` has a workspace for
/// each engine.
pub fn on<M: Make<Made = fn()>>(name: &str) {
    match each::<M>().into_iter().find(|(engine, _)| *engine == name) {
        Some((_, run)) => run(),
        None => println!("skipped: {name} is not compiled in; `cargo xtask lines` runs this with it"),
    }
}
