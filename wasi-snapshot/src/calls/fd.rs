//! Calls on descriptors themselves: `fd_close`, `fd_renumber`, `fd_prestat_*`, `fd_fdstat_*`.

use crate::abi::{Fdflags, Rights, flags, words};
use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use crate::guest::entry::Description;
use crate::vfs::OpenFile;
use wasi_policy::Memory;

/// Closes a descriptor, and what it stands for, at once. Standard streams and preopens can be closed too.
///
/// # Parameters
///
/// * `fd`: the descriptor
///
/// # Errors
///
/// * `badf`: it is not open
///
/// # See also
///
/// * the witx: [`fd_close`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_close)
/// * POSIX: [`close`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/close.html)
#[doc(alias = "fd_close")]
pub fn close(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32) -> Result {
    ctx.table.remove(fd)?;
    Ok(())
}

/// Moves a descriptor to the number of another one, which is closed. A preopen keeps its name.
///
/// # Parameters
///
/// * `fd`: the descriptor that moves
/// * `to`: the number that it gets, of a descriptor that is open
///
/// # Errors
///
/// * `badf`: one of them is not open
///
/// # See also
///
/// * the witx: [`fd_renumber`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_renumber)
/// * POSIX: [`dup2`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/dup.html), which copies and does not
///   move
#[doc(alias = "fd_renumber")]
pub fn renumber(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32, to: u32) -> Result {
    ctx.table.renumber(fd, to)?;
    Ok(())
}

/// Writes that a descriptor is a preopened directory, and how long its name is.
///
/// ```text
/// buf: tag=0 (dir), 3 bytes of padding, length of the name as u32
/// ```
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `buf`: address where the record is written, 8 bytes
///
/// # Errors
///
/// * `badf`: it is no preopen. wasi-libc looks for preopens until it gets this one, and aborts on others.
///
/// # See also
///
/// * the witx: [`fd_prestat_get`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_prestat_get)
/// * POSIX: none
#[doc(alias = "fd_prestat_get")]
pub fn prestat_get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, fd: u32, buf: u32) -> Result {
    let name = preopen_name(ctx, fd)?;
    let len = u64::try_from(name.len()).unwrap_or(u64::MAX);
    Ok(memory.write_u64(buf, len << 32)?)
}

/// Writes the name of a preopened directory, without a NUL.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `path`: address where the name is written
/// * `path_len`: bytes of room there, at least those of the name
///
/// # Errors
///
/// * `badf`: it is no preopen
/// * `nametoolong`: the buffer is smaller than the name
///
/// # See also
///
/// * the witx:
///   [`fd_prestat_dir_name`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_prestat_dir_name)
/// * POSIX: none
#[doc(alias = "fd_prestat_dir_name")]
pub fn prestat_dir_name(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result {
    let name = preopen_name(ctx, fd)?;
    memory.check(path, path_len.into())?;
    if u32::try_from(name.len()).is_ok_and(|len| len <= path_len) {
        return Ok(memory.write_slice(path, name.as_bytes())?);
    }
    Err(Errno::Nametoolong.into())
}

fn preopen_name(ctx: &WasiCtx, fd: u32) -> Result<&str, Errno> {
    match &ctx.table.get(fd)?.description {
        Description::Dir(dir) => dir.preopen.as_deref().ok_or(Errno::Badf),
        Description::File(_) => Err(Errno::Badf),
    }
}

/// Writes type, flags and rights of a descriptor.
///
/// ```text
/// stat: filetype u8, 1 byte of padding, fdflags u16, 4 bytes of padding, rights u64, inheriting u64
/// ```
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `stat`: address where the record is written, 24 bytes
///
/// # Errors
///
/// * `badf`: it is not open
///
/// # See also
///
/// * the witx: [`fd_fdstat_get`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_fdstat_get)
/// * POSIX: [`fcntl`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/fcntl.html) with `F_GETFL`
#[doc(alias = "fd_fdstat_get")]
pub fn fdstat_get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, fd: u32, stat: u32) -> Result {
    let entry = ctx.table.get_mut(fd)?;
    if let Description::File(OpenFile::Socket(socket)) = &mut entry.description {
        socket.ask();
    }
    let head = u64::from(entry.filetype().code()) | u64::from(entry.flags.bits()) << 16;
    let record = words([head, entry.rights.bits(), entry.inheriting.bits()]);
    Ok(memory.write::<24>(stat, &record)?)
}

/// Sets `append` and `nonblock` of a descriptor.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `fdflags`: bits: 1 append, 2 dsync, 4 nonblock, 8 rsync, 16 sync
///
/// # Errors
///
/// * `badf`: it is not open
/// * `inval`: unknown flags, or a change of those that only opening can set; so it is with `append` of a file that the
///   embedder gave open to append to
///
/// # See also
///
/// * the witx:
///   [`fd_fdstat_set_flags`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_fdstat_set_flags)
/// * POSIX: [`fcntl`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/fcntl.html) with `F_SETFL`
#[doc(alias = "fd_fdstat_set_flags")]
pub fn fdstat_set_flags(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32, fdflags: u32) -> Result {
    let wanted: Fdflags = flags(fdflags)?;
    Ok(ctx.table.get_mut(fd)?.set_flags(wanted)?)
}

/// Would take rights away. Rights are reported, and follow from how a descriptor was opened.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `base`: bits of the rights that it would keep
/// * `inheriting`: bits of the rights that what is opened through it would have
///
/// # Errors
///
/// * `badf`: it is not open
/// * `inval`: unknown rights
/// * `notsup`: otherwise
///
/// # See also
///
/// * the witx:
///   [`fd_fdstat_set_rights`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_fdstat_set_rights)
/// * POSIX: none
#[doc(alias = "fd_fdstat_set_rights")]
pub fn fdstat_set_rights(
    ctx: &mut WasiCtx,
    _: &mut Memory<'_>,
    fd: u32,
    base: u64,
    inheriting: u64,
) -> Result {
    ctx.table.get(fd)?;
    for rights in [base, inheriting] {
        Rights::from_bits(rights).ok_or(Errno::Inval)?;
    }
    Err(Errno::Notsup.into())
}
