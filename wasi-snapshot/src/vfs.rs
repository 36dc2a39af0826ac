//! The traits for directories and files that are the embedder's own, and the core's calls to them.

mod as_any;
mod dir;
mod file;
mod handle;
mod host_dir;
mod no_follow;
mod open_dir;
mod open_file;
mod own_file;

pub use dir::{Dir, DirEntry, Opened};
pub use file::{Access, File};
pub(crate) use handle::{DirHandle, Opening};
pub use host_dir::HostDir;
pub(crate) use open_dir::OpenDir;
pub(crate) use open_file::OpenFile;
pub(crate) use own_file::OwnFile;
