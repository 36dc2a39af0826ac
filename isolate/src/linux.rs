//! Workers on Linux: the host's side, and the worker's.

mod begin;
mod calls;
mod confine;
mod descriptors;
mod files;
mod memory;
mod passing;
mod pool;
mod process;
mod processor_time;
mod serve;
mod spans;
mod worker;

pub use files::Files;
pub use memory::Region;
pub use pool::Pool;
pub use process::Process;
pub use serve::serve;
pub use worker::Worker;
