//! The tests of files, on directories of the host.

pub(crate) const GROUND: crate::common::place::Ground = crate::common::place::Ground::Host;

#[path = "files/tests.rs"]
pub(crate) mod files;
