//! Runs WebAssembly modules that use WASI.
//!
//! # A tour
//!
//! A [`Host`] knows which proposals guests may use, which engine runs them, and what they may spend. It
//! compiles a module to a [`Program`], which can be run many times, and each run ends with an [`Outcome`]:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let module = wat::parse_str(r#"(module
//! #     (import "wasi_snapshot_preview1" "fd_write"
//! #         (func $write (param i32 i32 i32 i32) (result i32)))
//! #     (memory (export "memory") 1)
//! #     (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
//! #     (func (export "_start")
//! #         (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))))"#)?;
//! use wasi_facade::snapshot::Sink;
//! use wasi_facade::{Host, Outcome, WasiCtx};
//!
//! let (stdout, captured) = Sink::capture(64 * 1024);
//! let ctx = WasiCtx::builder().args(["hello"]).stdout(stdout).build()?;
//! let outcome = Host::new().run(&module, ctx)?;
//! assert_eq!(outcome, Outcome::Exited(0));
//! assert_eq!(captured.bytes(), b"hello\n");
//! # Ok(())
//! # }
//! ```
//!
//! The guest sees what [`WasiCtx::builder`] was told: no files, no environment, no arguments beyond that. Clocks and
//! randomness are the host's unless the builder is given others. A module that imports from a proposal that the policy
//! refuses does not start, and the [`Error`] names the rule.
//!
//! Code that runs many guests compiles once: [`Host::compile`], then [`Program::run`] for each, and
//! [`Program::with_limits`] for tenants who may spend more or less. To end a guest from elsewhere, compile with
//! [`Host::interruptible`] and keep what [`Contexts::interrupt_handle`] gives: an [`InterruptHandle`] ends a run whatever
//! its guest does, and an async host drops one with its future. The folder `examples` has that, and programs for
//! other things that embedders do. A proposal of the embedder's own joins with [`Host::with`] and [`Contexts::with`], and a
//! function of its own with [`Host::func`].
//!
//! Plugins and interpreters are called again and again: [`Program::start`] gives an [`Instance`], which lives on between
//! calls. The host reaches its memory and its contexts meanwhile, and each call has the limits for itself:
//!
//! ```
//! # #[cfg(feature = "snapshot")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let module = wat::parse_str(r#"(module
//! #     (memory (export "memory") 1)
//! #     (global $free (mut i32) (i32.const 1024))
//! #     (func (export "malloc") (param i32) (result i32)
//! #         (global.get $free) (global.set $free (i32.add (global.get $free) (local.get 0))))
//! #     (func (export "upper") (param $at i32) (param $len i32) (local $end i32)
//! #         (local.set $end (i32.add (local.get $at) (local.get $len)))
//! #         (loop $next
//! #             (i32.store8 (local.get $at) (i32.and (i32.load8_u (local.get $at)) (i32.const 0xdf)))
//! #             (local.set $at (i32.add (local.get $at) (i32.const 1)))
//! #             (br_if $next (i32.lt_u (local.get $at) (local.get $end))))))"#)?;
//! use std::time::Duration;
//! use wasi_facade::{Host, WasiCtx};
//!
//! let program = Host::new().timeout(Duration::from_secs(1)).compile(&module)?;
//! let mut plugin = program.start(WasiCtx::builder().build()?)?;
//! let (malloc, upper) = (plugin.func::<u32, u32>("malloc")?, plugin.func::<(u32, u32), ()>("upper")?);
//! let at = malloc.call(&mut plugin, 5)?;
//! plugin.memory().write_slice(at, b"hello")?;
//! upper.call(&mut plugin, (at, 5))?;
//! assert_eq!(plugin.memory().text(at, 5)?, "HELLO");
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "snapshot"))]
//! # fn main() {}
//! ```
//!
//! # What is here
//!
//! | to                             | there is                                                                         |
//! |--------------------------------|----------------------------------------------------------------------------------|
//! | run guests                     | [`Host`], [`Engine`], [`Program`], [`Contexts`]                                  |
//! | keep them, and call them       | [`Instance`], [`TypedFunc`], [`Values`], [`CallError`], [`ContextOf`], [`Place`] |
//! | see how they ended             | [`Outcome`], [`Value`], [`ValueError`], [`Trapped`], [`TrapKind`], [`Usage`]     |
//! | end them                       | [`InterruptHandle`], [`InterruptOnDrop`]                                         |
//! | bound what they take           | [`RunLimits`], [`CompileLimits`], [`snapshot::Limits`], `nn::Limits`             |
//! | know what a module needs       | [`Host::needs`]: [`Needs`], [`Need`], [`Status`]; [`Signature`], [`Kind`]        |
//! | know why it does not run       | [`Error`], [`Reason`], [`Costly`]                                                |
//! | start it quickly               | [`Cache`], [`CacheError`], `Host::precompile`                                    |
//! | compile it in another process  | `CompileWorkers`, `Host::compile_in`; the module [`isolate`] has workers         |
//! | give it files, streams, clocks | [`WasiCtx`]; the module [`snapshot`] has all else of that proposal               |
//! | come from another crate        | [`snapshot::migrating`]                                                          |
//! | let it infer                   | [`NnCtx`]; the module [`nn`] has all else of that proposal, and [`backend`] the backends |
//! | decide what is linked          | [`policy`]; [`could_reach`] for what a guest may write                           |
//! | link an engine of one's own    | [`Suite`], [`Ours`], [`Member`], [`NeededError`]; the module [`engine`] has adapters |
//!
//! What has a name here is the facade's own, or the context of a proposal; [`Snapshot`] and [`Nn`] are the proposals as
//! types. Names that two proposals have, as `Limits` and `Source`, are in their modules.
//!
//! # Features
//!
//! | feature          | default | what is missing without it                                                       |
//! |------------------|---------|----------------------------------------------------------------------------------|
//! | `snapshot`       | yes     | `wasi_snapshot_preview1` and `wasi_unstable`: [`Snapshot`], [`WasiCtx`]          |
//! | `nn`             | no      | `wasi_ephemeral_nn`, inference, on backends of the embedder's: [`nn`], [`NnCtx`] |
//! | `nn-onnx`        | no      | the embedded ONNX engine, tract; takes `nn`                                      |
//! | `nn-openvino`    | no      | OpenVINO, a native library that is looked for when first used; takes `nn`        |
//! | `nn-onnxruntime` | no      | ONNX Runtime, another; takes `nn`                                                |
//! | `nn-remote`      | no      | models on servers that speak the Open Inference Protocol; takes `nn`             |
//! | `nn-remote-tls`  | no      | the same over https; takes `nn-remote`                                           |
//! | `nn-isolate`     | no      | guests' models in processes of their own: [`isolate`]; takes `nn`                |
//! | `wasmtime`       | yes     | the engine Wasmtime; with neither engine, [`Host`] and all that belongs to it    |
//! | `wasmi`          | no      | the engine wasmi, an interpreter                                                 |
//! | `wat`            | no      | modules in the text format                                                       |
//! | `cache`          | no      | compiled code on disk: [`Cache`]                                                 |
//! | `isolate`        | no      | compiling in processes of their own, on Linux: `CompileWorkers`                  |
//! | `cli`            | no      | the command `wasi`; takes all the others, and is of no use to a library          |
//!
//! The default proposals are those that the matrix in [`policy::matrix`] compiles in by default.
//!
//! # Differences between the engines
//!
//! Wasmtime compiles to native code and names the functions of a trap. wasmi interprets, starts at once
//! and knows no names; it lacks exceptions and shared memories, and does not tell that a memory has reached
//! its own maximum. Fuel counts differently. A timeout ends both in the middle of a loop.
//!
//! Only two engines run programs here, and a proposal of the embedder's own takes part in all of it; an engine of the
//! embedder's own links all proposals with [`Suite::register_needed`].
// What a feature brings is linked where it is absent, too.
#![cfg_attr(not(feature = "nn"), doc = "")]
#![cfg_attr(not(feature = "nn"), doc = "[`nn`]: https://docs.rs/wasi-facade/latest/wasi_facade/nn/")]
#![cfg_attr(
    not(feature = "nn"),
    doc = "[`NnCtx`]: https://docs.rs/wasi-facade/latest/wasi_facade/struct.NnCtx.html"
)]
#![cfg_attr(
    not(feature = "nn"),
    doc = "[`Nn`]: https://docs.rs/wasi-facade/latest/wasi_facade/struct.Nn.html"
)]
#![cfg_attr(
    not(any(
        feature = "nn-onnx",
        feature = "nn-openvino",
        feature = "nn-onnxruntime",
        feature = "nn-isolate",
        feature = "nn-remote"
    )),
    doc = "\n[`backend`]: https://docs.rs/wasi-facade/latest/wasi_facade/backend/"
)]
#![cfg_attr(
    not(any(feature = "isolate", feature = "nn-isolate")),
    doc = "\n[`isolate`]: https://docs.rs/wasi-facade/latest/wasi_facade/isolate/"
)]
#![cfg_attr(
    not(feature = "cache"),
    doc = "\n[`Cache`]: https://docs.rs/wasi-facade/latest/wasi_facade/struct.Cache.html\n[`CacheError`]: https://docs.rs/wasi-facade/latest/wasi_facade/enum.CacheError.html"
)]
#![cfg_attr(
    not(all(feature = "snapshot", any(feature = "wasmtime", feature = "wasmi"))),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "without what the tour is about, its links lead nowhere"
    )
)]
#![deny(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

#[cfg(any(feature = "wasmtime", feature = "wasmi"))]
mod host;
mod reach;
mod suite;

/// The backends of inference.
#[cfg(any(
    feature = "nn-onnx",
    feature = "nn-openvino",
    feature = "nn-onnxruntime",
    feature = "nn-isolate",
    feature = "nn-remote"
))]
pub mod backend {
    #[cfg(feature = "nn-isolate")]
    pub use wasi_nn_isolate as isolate;
    #[cfg(feature = "nn-onnx")]
    pub use wasi_nn_onnx as onnx;
    #[cfg(feature = "nn-onnxruntime")]
    pub use wasi_nn_onnxruntime as onnxruntime;
    #[cfg(feature = "nn-openvino")]
    pub use wasi_nn_openvino as openvino;
    #[cfg(feature = "nn-remote")]
    pub use wasi_nn_remote as remote;
}
/// Processes of their own for work on guests' bytes.
#[cfg(any(feature = "isolate", feature = "nn-isolate"))]
pub use wasi_isolate as isolate;
/// The adapters of engines, for embedders that keep their own engine and stores.
#[cfg(any(feature = "wasmtime", feature = "wasmi"))]
pub mod engine {
    #[cfg(feature = "wasmi")]
    pub use wasi_engine_wasmi as wasmi;
    #[cfg(feature = "wasmtime")]
    pub use wasi_engine_wasmtime as wasmtime;
}
#[cfg(any(feature = "wasmtime", feature = "wasmi"))]
pub use host::*;
pub use reach::could_reach;
#[cfg(any(feature = "wasmtime", feature = "wasmi"))]
pub use suite::Place;
pub use suite::{Member, NeededError, Ours, Status, Suite};
#[cfg(feature = "nn")]
pub use wasi_nn as nn;
#[cfg(feature = "nn")]
pub use wasi_nn::{Nn, NnCtx};
pub use wasi_policy as policy;
#[cfg(feature = "snapshot")]
pub use wasi_snapshot as snapshot;
#[cfg(feature = "snapshot")]
pub use wasi_snapshot::{Snapshot, WasiCtx};

// New proposals go here.
