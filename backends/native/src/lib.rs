//! The parts that backends of `wasi-nn` on native libraries share: the search for the library, buffers whose address it is
//! given, ports made of its dimensions, and its texts made fit for a log.
//!
//! * [`Library::find`] looks for a library's file, at a path or where the environment points; [`Place`] remembers it.
//! * [`Pool`] has the requests that wait for the next guest.
//! * [`Buffer`] is memory that a library reads and writes by its address.
//! * [`ports`] turns what a library says of inputs and outputs into ports, and checks what guests set.
//! * [`tidy`] makes one short line of an error's text, and [`Shown`] a few words of a model.
#![deny(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod buffer;
mod message;
mod place;
mod pool;
pub mod ports;
mod search;

pub use buffer::Buffer;
pub use message::{Shown, tidy};
pub use place::Place;
pub use pool::Pool;
pub use search::{Library, Other, Search};
