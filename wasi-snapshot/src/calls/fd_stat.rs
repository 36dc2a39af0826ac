//! Attributes and storage of open files: `fd_filestat_*`, `fd_sync`, `fd_datasync`, `fd_advise`,
//! `fd_allocate`.

use crate::abi::versions::Version;
use crate::abi::{Advice, Filetype, Fstflags, Rights, SetTime, flags};
use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use crate::guest::entry::Description;
use crate::sys::description::FileDescription;
use crate::sys::interrupt::Interrupt;
use crate::vfs::OpenFile;
use wasi_policy::Memory;

/// Writes the attributes of an open file or directory. Streams have a type and nothing else.
///
/// The record in `wasi_snapshot_preview1` has 64 bytes:
///
/// ```text
/// buf: device u64, inode u64, filetype u8, 7 bytes of padding, links u64, size u64,
///      accessed u64, modified u64, changed u64
/// ```
///
/// In `wasi_unstable` it has 56, as the number of links is a u32 after 3 bytes of padding; what does not fit is written
/// as the greatest number. Times are nanoseconds since 1970.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `buf`: address where the record is written
///
/// # Errors
///
/// * `badf`: it is not open
///
/// # See also
///
/// * the witx: [`fd_filestat_get`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_filestat_get)
/// * POSIX: [`fstat`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/fstat.html)
#[doc(alias = "fd_filestat_get")]
pub fn filestat_get<V: Version>(ctx: &mut WasiCtx, memory: &mut Memory<'_>, fd: u32, buf: u32) -> Result {
    let stat = match &ctx.table.get(fd)?.description {
        Description::Dir(dir) => dir.dir.itself().filestat()?,
        Description::File(file) => file.filestat()?,
    };
    Ok(V::write_filestat(memory, buf, &ctx.identity.disguise(stat))?)
}

/// Cuts or extends a file.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `size`: the new size in bytes
///
/// # Errors
///
/// * `badf`: it is not open, or a directory
/// * `inval`: it is not open for writing, it is a stream, or the size is beyond what files can have
/// * `dquot`: it would grow by more than the guest's limits allow
///
/// # See also
///
/// * the witx:
///   [`fd_filestat_set_size`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_filestat_set_size)
/// * POSIX: [`ftruncate`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/ftruncate.html)
#[doc(alias = "fd_filestat_set_size")]
pub fn filestat_set_size(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32, size: u64) -> Result {
    let entry = ctx.table.get_mut(fd)?;
    let writable = entry.require(Rights::FD_FILESTAT_SET_SIZE, Errno::Inval);
    let file = entry.as_file(Errno::Badf)?;
    writable?;
    i64::try_from(size).map_err(|_| Errno::Inval)?;
    Ok(ctx.quota.grow(file.filestat()?.size, size, || file.set_size(size))?)
}

/// Sets access and modification time of an open file or directory.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `atim`: the time of access, nanoseconds since 1970
/// * `mtim`: the time of modification, nanoseconds since 1970
/// * `fst_flags`: bits: 1 set the first, 2 set it to now, 4 set the second, 8 set it to now
///
/// # Errors
///
/// * `badf`: it is not open, or a stream
/// * `inval`: unknown flags, or a time both given and `now`
/// * `perm`: it was opened through a directory whose permissions forbid it
///
/// # See also
///
/// * the witx:
///   [`fd_filestat_set_times`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_filestat_set_times)
/// * POSIX: [`futimens`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/futimens.html)
#[doc(alias = "fd_filestat_set_times")]
pub fn filestat_set_times(
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
    let has_times = |file: &OpenFile| match file {
        OpenFile::Host(_) => true,
        file => file.filetype() == Filetype::RegularFile,
    };
    match &mut entry.description {
        // A stream has no times, whatever its rights.
        Description::File(file) if !has_times(file) => Err(Errno::Badf)?,
        _ if !allowed => Err(Errno::Perm)?,
        Description::Dir(dir) => dir.dir.itself().set_own_times(atim, mtim)?,
        Description::File(file) => file.set_times(atim, mtim)?,
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
/// # Parameters
///
/// * `fd`: the descriptor
///
/// # Errors
///
/// * `badf`: it is not open
/// * `inval`: it is a stream, which has no disk
/// * whatever the host gives, such as `io` or `nospc`
///
/// # See also
///
/// * the witx: [`fd_sync`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_sync)
/// * POSIX: [`fsync`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/fsync.html)
#[doc(alias = "fd_sync")]
pub fn sync(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32) -> Result {
    Ok(bring(ctx, fd, false)?)
}

/// Brings a file's data to the disk, or a directory's entries.
///
/// # Parameters
///
/// * `fd`: the descriptor
///
/// # Errors
///
/// Those of [`sync`].
///
/// # See also
///
/// * the witx: [`fd_datasync`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_datasync)
/// * POSIX: [`fdatasync`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/fdatasync.html)
#[doc(alias = "fd_datasync")]
pub fn datasync(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32) -> Result {
    Ok(bring(ctx, fd, true)?)
}

fn bring(ctx: &mut WasiCtx, fd: u32, data_only: bool) -> Result<(), Errno> {
    match &mut ctx.table.get_mut(fd)?.description {
        Description::Dir(dir) => dir.dir.itself().sync(data_only),
        Description::File(file) => file.sync(data_only),
    }
}

/// Takes advice on how a range of a file will be used; a length of zero means up to the end.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `offset`: bytes from the start of the file to the range
/// * `len`: bytes of the range
/// * `advice`: 0 normal, 1 sequential, 2 random, 3 needed, 4 not needed, 5 needed once
///
/// # Errors
///
/// * `badf`: it is not open, or a directory
/// * `spipe`: it is a stream, but neither a socket nor a terminal
/// * `inval`: there is no such advice, or the range ends beyond what files can have
///
/// # See also
///
/// * the witx: [`fd_advise`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_advise)
/// * POSIX: [`posix_fadvise`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/posix_fadvise.html)
#[doc(alias = "fd_advise")]
pub fn advise(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32, offset: u64, len: u64, advice: u32) -> Result {
    let advice = Advice::try_from(advice)?;
    let file = ctx.table.get_mut(fd)?.as_file(Errno::Badf)?;
    offset.checked_add(len).and_then(|end| i64::try_from(end).ok()).ok_or(Errno::Inval)?;
    Ok(file.advise(offset, len, advice)?)
}

/// Makes sure that a range of a file has room on the disk. The file grows if it ends before, and never
/// shrinks.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `offset`: bytes from the start of the file to the range
/// * `len`: bytes of the range
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
///
/// # See also
///
/// * the witx: [`fd_allocate`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_allocate)
/// * POSIX: [`posix_fallocate`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/posix_fallocate.html)
#[doc(alias = "fd_allocate")]
pub fn allocate(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32, offset: u64, len: u64) -> Result {
    let entry = ctx.table.get_mut(fd)?;
    // A socket is open for both, though a listener has nothing to read or write.
    let is_socket = matches!(entry.description, Description::File(OpenFile::Socket(_)));
    let writable = if is_socket { Ok(()) } else { entry.require(Rights::FD_WRITE, Errno::Badf) };
    let (file, stretch) = entry.as_paid_file(Errno::Badf)?;
    if len == 0 {
        return Err(Errno::Inval.into());
    }
    writable?;
    if !matches!(file.filetype(), Filetype::RegularFile | Filetype::BlockDevice) {
        return Ok(file.allocate(offset, len)?);
    }
    offset.checked_add(len).and_then(|end| i64::try_from(end).ok()).ok_or(Errno::Fbig)?;
    let size = file.filestat()?.size;
    ctx.quota.allocate(stretch, size, (offset, len), || in_pieces(file, offset, len, &ctx.interrupt))
}

/// Bytes that are allocated between two looks at the interrupt: in memory, as on a tmpfs, they take a tenth of a second.
const PIECE: u64 = 256 << 20;

/// Allocates a range, piece by piece if anybody could interrupt.
fn in_pieces(file: &mut OpenFile, offset: u64, len: u64, interrupt: &Interrupt) -> Result {
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
