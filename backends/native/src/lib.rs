//! The parts that backends of `wasi-nn` on native libraries share: the search for the library, buffers whose address it is
//! given, ports made of its dimensions, and its texts made fit for a log.
//!
//! * [`Library::find`] looks for a library's file, at a path or where the environment points; [`Place`] remembers it.
//! * [`Pool`] has the requests that wait for the next guest.
//! * [`scan_guests_onnx`] refuses what a guest's model must not name.
//! * [`functions`] finds a model's own functions by name.
//! * [`Buffer`] is memory that a library reads and writes by its address.
//! * [`Targets`] has the device of each target.
//! * [`ports`] turns what a library says of inputs and outputs into ports, and checks what guests set.
//! * [`sums_saturate`] tells a processor on which libraries compute wrongly with small integers.
//! * [`tidy`] makes one short line of an error's text, and [`Shown`] a few words of a model.
#![deny(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod buffer;
mod expansion;
mod guests;
mod message;
mod place;
mod pool;
pub mod ports;
mod processor;
mod search;
mod targets;

pub use buffer::Buffer;
pub use expansion::{Functions, MOST_CALLS, functions};
pub use guests::{GuestsOnnx, scan_guests_onnx};
pub use message::{Shown, tidy};
pub use place::Place;
pub use pool::Pool;
pub use processor::sums_saturate;
pub use search::{Library, Other, Search};
pub use targets::Targets;
