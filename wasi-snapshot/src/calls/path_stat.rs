//! Attributes by path: `path_filestat_get` and `path_filestat_set_times`.
//!
//! Both give the errnos that `calls/path.rs` lists for every path.

use super::fd_stat::times;
use super::path::allowed;
use super::path_arg;
use crate::abi::versions::Version;
use crate::abi::{Filetype, Lookupflags, flags};
use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use crate::path::PathRef;
use crate::perms::Perms;
use wasi_policy::Memory;

/// Writes the attributes of what a path leads to; of a symlink itself, unless it is to be followed.
///
/// # Errors
///
/// * `notdir`: the path ends with a slash or a dot, and it is no directory
/// * `inval`: unknown flags
pub(crate) fn filestat_get<V: Version>(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    lookup: u32,
    ptr: u32,
    len: u32,
    buf: u32,
) -> Result {
    let lookup: Lookupflags = flags(lookup)?;
    let stat = {
        let path = path_arg::read(memory, ptr, len, &ctx.limits)?;
        let path = PathRef::parse(&path)?;
        let follow = lookup.contains(Lookupflags::SYMLINK_FOLLOW) || path.must_be_dir();
        let stat = ctx.table.dir(fd)?.dir.stat(&path, follow)?;
        if path.must_be_dir() && stat.filetype != Filetype::Directory {
            return Err(Errno::Notdir.into());
        }
        stat
    };
    Ok(V::write_filestat(memory, buf, &ctx.identity.disguise(stat))?)
}

/// Sets access and modification time of what a path leads to; of a symlink itself, unless it is to be
/// followed.
///
/// # Errors
///
/// * `notdir`: the path ends with a slash or a dot, and it is no directory
/// * `inval`: unknown flags, or a time both given and `now`
/// * `perm`: the directory's permissions forbid it
#[expect(clippy::too_many_arguments, reason = "the ABI has as many")]
pub(crate) fn filestat_set_times(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    lookup: u32,
    ptr: u32,
    len: u32,
    atim: u64,
    mtim: u64,
    fst_flags: u32,
) -> Result {
    let lookup: Lookupflags = flags(lookup)?;
    let (atim, mtim) = times(atim, mtim, fst_flags)?;
    let path = path_arg::read(memory, ptr, len, &ctx.limits)?;
    let path = PathRef::parse(&path)?;
    let dir = allowed(&ctx.table, fd, Perms::SET_TIMES)?;
    if path.must_be_dir() && dir.stat(&path, true)?.filetype != Filetype::Directory {
        return Err(Errno::Notdir.into());
    }
    let follow = lookup.contains(Lookupflags::SYMLINK_FOLLOW) || path.must_be_dir();
    Ok(dir.set_times(&path, follow, atim, mtim)?)
}
