//! Attributes by path: `path_filestat_get` and `path_filestat_set_times`.

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
/// # Parameters
///
/// * `fd`: the descriptor of a directory
/// * `lookup`: bits: 1 follow a symlink at the end
/// * `ptr`, `len`: address and bytes of the path, from the directory on
/// * `buf`: address where the record of [`fd_filestat_get`](super::fd_stat::filestat_get) is written
///
/// # Errors
///
/// Those that [every path](super::path) has, and
/// * `notdir`: the path ends with a slash or a dot, and it is no directory
/// * `inval`: unknown flags
///
/// # See also
///
/// * the witx:
///   [`path_filestat_get`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#path_filestat_get)
/// * POSIX: [`fstatat`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/fstatat.html)
#[doc(alias = "path_filestat_get")]
pub fn filestat_get<V: Version>(
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
/// # Parameters
///
/// * `fd`: the descriptor of a directory
/// * `lookup`: bits: 1 follow a symlink at the end
/// * `ptr`, `len`: address and bytes of the path, from the directory on
/// * `atim`: the time of access, nanoseconds since 1970
/// * `mtim`: the time of modification, nanoseconds since 1970
/// * `fst_flags`: bits: 1 set the first, 2 set it to now, 4 set the second, 8 set it to now
///
/// # Errors
///
/// Those that [every path](super::path) has, and
/// * `notdir`: the path ends with a slash or a dot, and it is no directory
/// * `inval`: unknown flags, or a time both given and `now`
/// * `perm`: the directory's permissions forbid it
///
/// # See also
///
/// * the witx:
///   [`path_filestat_set_times`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#path_filestat_set_times)
/// * POSIX: [`utimensat`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/futimens.html)
#[doc(alias = "path_filestat_set_times")]
#[expect(clippy::too_many_arguments, reason = "the ABI has as many")]
pub fn filestat_set_times(
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
