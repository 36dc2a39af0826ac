//! The policy on which WASI proposals a host may link, and the traits by which their functions reach an engine.
//!
//! The crate has two halves that meet in [`Proposal::register`]:
//!
//! * **What** may be linked. Every proposal has a [`Descriptor`] with a [`Stage`]; the table of ours is
//!   [`matrix::PROPOSALS`]. A [`Gate`] weighs a descriptor against the runtime [`Flags`] and answers with a
//!   typed [`Permit`] or with a [`Refusal`] that names the rule and the way out.
//! * **How** it is linked. A proposal registers plain Rust functions in a [`Linker`]; an adapter, which is a crate of
//!   its own, attaches them to an engine, and [`recording`] to a list. The functions see guest memory as a [`Memory`]
//!   and end a guest with a [`Trap`].
//!
//! A whole proposal, gated and linked:
//!
//! ```
//! use wasi_policy::{Descriptor, Flags, Gate, LinkError, Linker, Permit, Proposal, Stage, Trap};
//! use wasi_policy::recording::Recording;
//!
//! struct Answer;
//!
//! impl Proposal for Answer {
//!     const DESCRIPTOR: Descriptor = Descriptor::new("answer", Stage::One).with_modules(&["wasi_answer"]);
//!     const VERSION: &'static str = "0.1.0";
//!     type Context = u32;
//!
//!     fn register<T: 'static, L: Linker<T>>(
//!         _permit: Permit<Self>,
//!         linker: &mut L,
//!         context: impl Fn(&mut T) -> &mut u32 + Copy + Send + Sync + 'static,
//!     ) -> Result<(), LinkError> {
//!         linker.func("wasi_answer", "get", move |state, mut memory, (result,): (u32,)| {
//!             memory.write_u32(result, *context(state)).map_err(Trap::Memory)?;
//!             Ok(0u32)
//!         })
//!     }
//! }
//!
//! // A stage-1 proposal asks for a flag.
//! let refusal = Gate::new(Flags::none()).permit::<Answer>().unwrap_err();
//! assert_eq!(refusal.to_string(), "the proposal `answer` is off: a proposal at stage 1 needs a flag");
//!
//! let gate = Gate::new(Flags::none().allow("answer"));
//! let mut linker = Recording::new();
//! Answer::register(gate.permit()?, &mut linker, |state: &mut u32| state)?;
//! assert_eq!(linker.imports()[0].to_string(), "wasi_answer.get(i32) -> i32");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod descriptor;
mod flags;
mod gate;
mod interrupt;
mod limits;
mod linker;
pub mod matrix;
mod memory;
mod printable;
mod proposal;
pub mod recording;
mod signature;
mod slot;
mod stage;
mod trap;
mod typed;
mod unknown;
mod watch;

pub use descriptor::{Descriptor, Platform};
pub use flags::{FlagError, Flags};
pub use gate::{Gate, Permit, Refusal, Rule};
pub use interrupt::{InterruptHandle, InterruptOnDrop, OnInterrupt};
pub use linker::{LinkError, Linker, MAX_PARAMS, Params, Returns, Signature, Signatures, Val};
pub use memory::{LinearMemory, Memory, MemoryFault};
pub use printable::Printable;
pub use proposal::Proposal;
pub use signature::{Import, ValType};
pub use slot::{BindError, MEMORY_EXPORT, MemorySlot};
pub use stage::Stage;
pub use trap::{Trap, panic_message};
pub use watch::Watch;
