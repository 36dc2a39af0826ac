//! Calls on descriptors themselves: `fd_close`, `fd_renumber`, `fd_prestat_*`, `fd_fdstat_*`.

use crate::abi::{Fdflags, Rights, flags, words};
use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use crate::guest::table::Object;
use wasi_policy::Memory;

/// Closes a descriptor, and what it stands for, at once. Standard streams and preopens can be closed too.
///
/// # Errors
///
/// * `badf`: it is not open
pub(crate) fn close(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32) -> Result {
    ctx.table.remove(fd)?;
    Ok(())
}

/// Moves a descriptor to the number of another one, which is closed. A preopen keeps its name.
///
/// # Errors
///
/// * `badf`: one of them is not open
pub(crate) fn renumber(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32, to: u32) -> Result {
    ctx.table.renumber(fd, to)?;
    Ok(())
}

/// Writes that a descriptor is a preopened directory, and how long its name is.
///
/// ```text
/// buf: tag=0 (dir), 3 bytes of padding, length of the name as u32
/// ```
///
/// # Errors
///
/// * `badf`: it is no preopen. wasi-libc looks for preopens until it gets this one, and aborts on others.
pub(crate) fn prestat_get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, fd: u32, buf: u32) -> Result {
    let name = preopen_name(ctx, fd)?;
    let len = u64::try_from(name.len()).unwrap_or(u64::MAX);
    Ok(memory.write_u64(buf, len << 32)?)
}

/// Writes the name of a preopened directory, without a NUL.
///
/// # Errors
///
/// * `badf`: it is no preopen
/// * `nametoolong`: the buffer is smaller than the name
pub(crate) fn prestat_dir_name(
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
    match &ctx.table.get(fd)?.object {
        Object::Dir(dir) => dir.preopen.as_deref().ok_or(Errno::Badf),
        _ => Err(Errno::Badf),
    }
}

/// Writes type, flags and rights of a descriptor.
///
/// ```text
/// stat: filetype u8, 1 byte of padding, fdflags u16, 4 bytes of padding, rights u64, inheriting u64
/// ```
///
/// # Errors
///
/// * `badf`: it is not open
pub(crate) fn fdstat_get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, fd: u32, stat: u32) -> Result {
    let entry = ctx.table.get_mut(fd)?;
    if let Object::Socket(socket) = &mut entry.object {
        socket.ask();
    }
    let head = u64::from(entry.filetype().code()) | u64::from(entry.flags.bits()) << 16;
    let record = words([head, entry.rights.bits(), entry.inheriting.bits()]);
    Ok(memory.write::<24>(stat, &record)?)
}

/// Sets `append` and `nonblock` of a descriptor.
///
/// # Errors
///
/// * `badf`: it is not open
/// * `inval`: unknown flags, or a change of those that only opening can set; so it is with `append` of a file that the
///   embedder gave open to append to
pub(crate) fn fdstat_set_flags(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32, fdflags: u32) -> Result {
    let wanted: Fdflags = flags(fdflags)?;
    Ok(ctx.table.get_mut(fd)?.set_flags(wanted)?)
}

/// Would take rights away. Rights are reported, and follow from how a descriptor was opened.
///
/// # Errors
///
/// * `badf`: it is not open
/// * `inval`: unknown rights
/// * `notsup`: otherwise
pub(crate) fn fdstat_set_rights(
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
