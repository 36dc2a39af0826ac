//! The traits for directories and files that are the embedder's own, and the core's calls to them.

mod dir;
mod file;
mod handle;
mod no_follow;
mod opened;

pub use dir::{Dir, DirEntry, OpenHow, Opened};
pub use file::{Access, File};
pub(crate) use handle::{DirHandle, Found};
pub(crate) use opened::OpenFile;
