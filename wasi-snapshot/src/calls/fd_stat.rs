//! Attributes and storage of open files: `fd_filestat_*`, `fd_sync`, `fd_datasync`, `fd_advise`,
//! `fd_allocate`.

use crate::abi::versions::Version;
use crate::abi::{Advice, Filestat, Filetype, Fstflags, Rights, SetTime, flags};
use crate::errno::Errno;
use crate::error::Result;
use crate::file::File;
use crate::guest::ctx::WasiCtx;
use crate::guest::table::Object;
use crate::sys::interrupt::Interrupt;
use wasi_policy::Memory;

/// Writes the attributes of an open file or directory. Streams have a type and nothing else.
///
/// # Errors
///
/// * `badf`: it is not open
pub(crate) fn filestat_get<V: Version>(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    buf: u32,
) -> Result {
    let stat = match &ctx.table.get(fd)?.object {
        Object::Dir(dir) => dir.dir.filestat()?,
        Object::Host(file) => file.filestat()?,
        Object::File(file) => file.filestat()?,
        Object::Socket(_) => Filestat::new(Filetype::SocketStream),
    };
    Ok(V::write_filestat(memory, buf, &ctx.identity.disguise(stat))?)
}

/// Cuts or extends a file.
///
/// # Errors
///
/// * `badf`: it is not open, or a directory
/// * `inval`: it is not open for writing, it is a stream, or the size is beyond what files can have
/// * `dquot`: it would grow by more than the guest's limits allow
pub(crate) fn filestat_set_size(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32, size: u64) -> Result {
    let entry = ctx.table.get_mut(fd)?;
    let writable = entry.require(Rights::FD_FILESTAT_SET_SIZE, Errno::Inval);
    let mut file = entry.as_file(Errno::Badf)?;
    writable?;
    let file = file.as_dyn();
    i64::try_from(size).map_err(|_| Errno::Inval)?;
    Ok(ctx.quota.grow(file.filestat()?.size, size, || file.set_size(size))?)
}

/// Sets access and modification time of an open file or directory.
///
/// # Errors
///
/// * `badf`: it is not open, or a stream
/// * `inval`: unknown flags, or a time both given and `now`
/// * `perm`: it was opened through a directory whose permissions forbid it
pub(crate) fn filestat_set_times(
    ctx: &mut WasiCtx,
    _: &mut Memory<'_>,
    fd: u32,
    atim: u64,
    mtim: u64,
    fst_flags: u32,
) -> Result {
    let (atim, mtim) = times(atim, mtim, fst_flags)?;
    let entry = ctx.table.get_mut(fd)?;
    let allowed = entry.rights.contains(Rights::FD_FILESTAT_SET_TIMES);
    match &mut entry.object {
        // A stream has no times, whatever its rights.
        Object::Socket(_) => Err(Errno::Badf)?,
        Object::File(file) if file.filetype() != Filetype::RegularFile => Err(Errno::Badf)?,
        _ if !allowed => Err(Errno::Perm)?,
        Object::Dir(dir) => dir.dir.set_own_times(atim, mtim)?,
        Object::Host(file) => file.set_times(atim, mtim)?,
        Object::File(file) => file.set_times(atim, mtim)?,
    }
    Ok(())
}

/// What `fstflags` say about the two times.
pub(super) fn times(atim: u64, mtim: u64, fst_flags: u32) -> Result<(SetTime, SetTime), Errno> {
    let set: Fstflags = flags(fst_flags)?;
    let one = |time, given, now| match (set.contains(given), set.contains(now)) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(SetTime::At(time)),
        (false, true) => Ok(SetTime::Now),
        (false, false) => Ok(SetTime::Keep),
    };
    let atim = one(atim, Fstflags::ATIM, Fstflags::ATIM_NOW)?;
    Ok((atim, one(mtim, Fstflags::MTIM, Fstflags::MTIM_NOW)?))
}

/// Brings a file's data and attributes to the disk, or a directory's entries: only then a new name lasts.
///
/// # Errors
///
/// * `badf`: it is not open
/// * `inval`: it is a stream, which has no disk
/// * whatever the host gives, such as `io` or `nospc`
pub(crate) fn sync(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32) -> Result {
    Ok(bring(ctx, fd, false)?)
}

/// Brings a file's data to the disk, or a directory's entries.
///
/// # Errors
///
/// Those of [`sync`].
pub(crate) fn datasync(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32) -> Result {
    Ok(bring(ctx, fd, true)?)
}

fn bring(ctx: &mut WasiCtx, fd: u32, data_only: bool) -> Result<(), Errno> {
    match &mut ctx.table.get_mut(fd)?.object {
        Object::Dir(dir) => dir.dir.sync(data_only),
        Object::Host(file) => file.sync(data_only),
        Object::File(file) => file.sync(data_only),
        Object::Socket(_) => Err(Errno::Inval),
    }
}

/// Takes advice on how a range of a file will be used; a length of zero means up to the end.
///
/// # Errors
///
/// * `badf`: it is not open, or a directory
/// * `spipe`: it is a stream, but neither a socket nor a terminal
/// * `inval`: there is no such advice, or the range ends beyond what files can have
pub(crate) fn advise(
    ctx: &mut WasiCtx,
    _: &mut Memory<'_>,
    fd: u32,
    offset: u64,
    len: u64,
    advice: u32,
) -> Result {
    let advice = Advice::try_from(advice)?;
    let mut file = ctx.table.get_mut(fd)?.as_file(Errno::Badf)?;
    offset.checked_add(len).and_then(|end| i64::try_from(end).ok()).ok_or(Errno::Inval)?;
    Ok(file.as_dyn().advise(offset, len, advice)?)
}

/// Makes sure that a range of a file has room on the disk. The file grows if it ends before, and never
/// shrinks.
///
/// # Errors
///
/// * `badf`: it is not open for writing, or a directory
/// * `spipe`: it is a stream
/// * `nodev`: it is a socket, a terminal or another device
/// * `inval`: the range is empty
/// * `fbig`: the range ends beyond what files can have
/// * `dquot`: the range is longer, or the file would grow by more, than the guest's limits allow
/// * `notsup`: the file system cannot do it
pub(crate) fn allocate(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32, offset: u64, len: u64) -> Result {
    let entry = ctx.table.get_mut(fd)?;
    // A socket is open for both, though a listener has nothing to read or write.
    let is_socket = matches!(entry.object, Object::Socket(_));
    let writable = if is_socket { Ok(()) } else { entry.require(Rights::FD_WRITE, Errno::Badf) };
    let (mut file, stretch) = entry.as_paid_file(Errno::Badf)?;
    if len == 0 {
        return Err(Errno::Inval.into());
    }
    writable?;
    if !matches!(file.filetype(), Filetype::RegularFile | Filetype::BlockDevice) {
        return Ok(file.as_dyn().allocate(offset, len)?);
    }
    offset.checked_add(len).and_then(|end| i64::try_from(end).ok()).ok_or(Errno::Fbig)?;
    let file = file.as_dyn();
    let size = file.filestat()?.size;
    ctx.quota.allocate(stretch, size, (offset, len), || in_pieces(file, offset, len, &ctx.interrupt))
}

/// Bytes that are allocated between two looks at the interrupt: in memory, as on a tmpfs, they take a tenth of a second.
const PIECE: u64 = 256 << 20;

/// Allocates a range, piece by piece if anybody could interrupt.
fn in_pieces(file: &mut dyn File, offset: u64, len: u64, interrupt: &Interrupt) -> Result {
    let piece = if interrupt.is_armed() { PIECE } else { len };
    let mut done = 0;
    while done < len {
        if done > 0 {
            interrupt.check()?;
        }
        let part = piece.min(len - done);
        file.allocate(offset.saturating_add(done), part)?;
        done += part;
    }
    Ok(())
}
