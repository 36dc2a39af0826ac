//! Tests of calls on files and directories, the same on every kind of directory: `GROUND` says which.

use super::GROUND;

mod data;
#[cfg(unix)]
pub(crate) mod ends;
mod fdstat;
mod filestat;
mod names;
mod nofollow;
mod quotas;
mod readdir;
mod readonly;
pub(crate) mod sandbox;
