//! The tests of files, on directories of the host below a layer of the embedder's.

pub(crate) const GROUND: crate::common::place::Ground = crate::common::place::Ground::Layered;

#[allow(clippy::duplicate_mod, reason = "the same tests run on another kind of directory")]
#[path = "files/tests.rs"]
mod files;
