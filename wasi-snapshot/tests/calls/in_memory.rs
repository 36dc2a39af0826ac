//! The tests of files, on directories in memory.

pub(crate) const GROUND: crate::common::place::Ground = crate::common::place::Ground::Memory;

#[allow(clippy::duplicate_mod, reason = "the same tests run on another kind of directory")]
#[path = "files/tests.rs"]
mod files;
