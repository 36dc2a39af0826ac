//! Calls that transfer data: `fd_read`, `fd_write`, `fd_pread`, `fd_pwrite`, `fd_seek`, `fd_tell`.

use super::iovec::{Greed, Iovecs};
use crate::abi::versions::Version;
use crate::abi::{Fdflags, Filetype, Rights, Whence};
use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use crate::sys::description::{At, FileDescription};
use crate::sys::poll::Wait;
use std::io::SeekFrom;
use wasi_policy::Memory;

/// Reads at the cursor into a list of buffers, and writes the number of bytes; zero means the end.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `iovs`: address of a list of buffers, each an address and a length in bytes, 8 bytes together
/// * `iovs_len`: number of buffers
/// * `nread`: address where the number of bytes read is written, u32
///
/// # Errors
///
/// * `badf`: it is not open, or not for reading
/// * `isdir`: it is a directory
/// * `notconn`: it is a listener
/// * `again`: it is non-blocking, and there is nothing yet
/// * whatever the host gives, such as `io`
///
/// # See also
///
/// * the witx: [`fd_read`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_read)
/// * POSIX: [`readv`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/readv.html)
#[doc(alias = "fd_read")]
pub fn read(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nread: u32,
) -> Result {
    fill(ctx, memory, fd, (iovs, iovs_len), At::Cursor, nread)
}

/// Reads at an offset into a list of buffers, and writes the number of bytes. The cursor stays.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `iovs`: address of a list of buffers, each an address and a length in bytes, 8 bytes together
/// * `iovs_len`: number of buffers
/// * `offset`: bytes from the start of the file
/// * `nread`: address where the number of bytes read is written, u32
///
/// # Errors
///
/// Those of [`read`], and
/// * `spipe`: it has no offsets, as streams have none
/// * `inval`: the offset is beyond what files can have
///
/// # See also
///
/// * the witx: [`fd_pread`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_pread)
/// * POSIX: [`pread`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/read.html), with the buffers of
///   `readv`
#[doc(alias = "fd_pread")]
pub fn pread(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    offset: u64,
    nread: u32,
) -> Result {
    fill(ctx, memory, fd, (iovs, iovs_len), At::Offset(offset), nread)
}

/// Writes a list of buffers at the cursor, or with `append` at the end, and writes the number of bytes.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `iovs`: address of a list of buffers, each an address and a length in bytes, 8 bytes together
/// * `iovs_len`: number of buffers
/// * `nwritten`: address where the number of bytes written is written, u32
///
/// # Errors
///
/// * `badf`: it is not open, not for writing, or a directory
/// * `notconn`: it is a listener
/// * `again`: it is non-blocking, and has no room yet
/// * `pipe`: nobody reads from it any more
/// * `nospc`: there is no room left, or none for the hole that it would leave in a file in memory
/// * `dquot`: the guest has written to files as much as its limits allow
/// * whatever the host gives, such as `io` or `fbig`
///
/// # See also
///
/// * the witx: [`fd_write`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_write)
/// * POSIX: [`writev`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/writev.html)
#[doc(alias = "fd_write")]
pub fn write(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nwritten: u32,
) -> Result {
    drain(ctx, memory, fd, (iovs, iovs_len), At::Cursor, nwritten)
}

/// Writes a list of buffers at an offset, and writes the number of bytes. The cursor stays. With `append`
/// the host decides, and Linux appends.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `iovs`: address of a list of buffers, each an address and a length in bytes, 8 bytes together
/// * `iovs_len`: number of buffers
/// * `offset`: bytes from the start of the file
/// * `nwritten`: address where the number of bytes written is written, u32
///
/// # Errors
///
/// Those of [`write`](fn@write), and
/// * `spipe`: it has no offsets, as streams have none
/// * `inval`: the offset is beyond what files can have
///
/// # See also
///
/// * the witx: [`fd_pwrite`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_pwrite)
/// * POSIX: [`pwrite`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/write.html), with the buffers of
///   `writev`
#[doc(alias = "fd_pwrite")]
pub fn pwrite(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    offset: u64,
    nwritten: u32,
) -> Result {
    drain(ctx, memory, fd, (iovs, iovs_len), At::Offset(offset), nwritten)
}

fn fill(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    (iovs, iovs_len): (u32, u32),
    at: At,
    nread: u32,
) -> Result {
    let iovecs = Iovecs::decode(memory, iovs, iovs_len, &ctx.limits, &ctx.interrupt)?;
    memory.check(nread, 4)?;
    let entry = ctx.table.get_mut(fd)?;
    let wait = Wait { nonblock: entry.flags.contains(Fdflags::NONBLOCK), interrupt: &ctx.interrupt };
    let readable = entry.require_open(Rights::FD_READ);
    let seekable = entry.rights.contains(Rights::FD_SEEK);
    let file = entry.as_file(Errno::Isdir)?;
    check_offset(seekable, at)?;
    readable?;
    let greed = if file.filetype() == Filetype::RegularFile { Greed::All } else { Greed::Some };
    let mut done = 0;
    let count = iovecs.fill(memory, greed, |buffers| {
        let count = file.read(buffers, advance(at, done), wait)?;
        done += count;
        Ok(count)
    })?;
    Ok(memory.write_u32(nread, count)?)
}

fn drain(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    (iovs, iovs_len): (u32, u32),
    at: At,
    nwritten: u32,
) -> Result {
    let iovecs = Iovecs::decode(memory, iovs, iovs_len, &ctx.limits, &ctx.interrupt)?;
    memory.check(nwritten, 4)?;
    let entry = ctx.table.get_mut(fd)?;
    let wait = Wait { nonblock: entry.flags.contains(Fdflags::NONBLOCK), interrupt: &ctx.interrupt };
    let writable = entry.require_open(Rights::FD_WRITE);
    let seekable = entry.rights.contains(Rights::FD_SEEK);
    let (file, stretch) = entry.as_paid_file(Errno::Badf)?;
    check_offset(seekable, at)?;
    writable?;
    let is_file = file.filetype() == Filetype::RegularFile;
    let (mut start, mut hole, mut iovecs) = (0, 0, iovecs);
    if is_file {
        start = file.start(at)?;
        if !stretch.reaches(start) {
            hole = file.hole(start)?;
        }
        iovecs = iovecs.cap(ctx.quota.room(stretch, start, hole)?);
    }
    let mut done = 0;
    let count = iovecs.drain(memory, |buffers| {
        let count = file.write(buffers, advance(at, done), wait)?;
        done += count;
        Ok(count)
    })?;
    if is_file {
        ctx.quota.spend(stretch, start, hole, count.into());
    }
    Ok(memory.write_u32(nwritten, count)?)
}

/// Offsets are checked even if there is nothing to transfer.
fn check_offset(seekable: bool, at: At) -> Result<(), Errno> {
    match at {
        At::Cursor => Ok(()),
        At::Offset(_) if !seekable => Err(Errno::Spipe),
        At::Offset(offset) if i64::try_from(offset).is_err() => Err(Errno::Inval),
        At::Offset(_) => Ok(()),
    }
}

/// Where a transfer goes on after `done` bytes.
fn advance(at: At, done: usize) -> At {
    match at {
        At::Cursor => At::Cursor,
        At::Offset(offset) => At::Offset(offset.saturating_add(u64::try_from(done).unwrap_or(u64::MAX))),
    }
}

/// Moves the cursor, and writes where it is then.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `offset`: bytes to move by, from where `whence` says
/// * `whence`: 0 from the start, 1 from the cursor, 2 from the end; in `wasi_unstable` 0 from the cursor, 1 from the
///   end, 2 from the start
/// * `newoffset`: address where the new place is written, bytes from the start, u64
///
/// # Errors
///
/// * `badf`: it is not open, or a directory
/// * `spipe`: it is a stream
/// * `inval`: there is no such `whence`, or the place would be before the start or beyond 63 bits
///
/// # See also
///
/// * the witx: [`fd_seek`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_seek)
/// * POSIX: [`lseek`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/lseek.html)
#[doc(alias = "fd_seek")]
pub fn seek<V: Version>(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    offset: i64,
    whence: u32,
    newoffset: u32,
) -> Result {
    let to = match V::whence(whence)? {
        Whence::Set => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
        Whence::Cur => SeekFrom::Current(offset),
        Whence::End => SeekFrom::End(offset),
    };
    memory.check(newoffset, 8)?;
    let place = ctx.table.get_mut(fd)?.as_file(Errno::Badf)?.seek(to)?;
    Ok(memory.write_u64(newoffset, place)?)
}

/// Writes where the cursor is.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `offset`: address where the place is written, bytes from the start, u64
///
/// # Errors
///
/// * `badf`: it is not open, or a directory
/// * `spipe`: it is a stream
///
/// # See also
///
/// * the witx: [`fd_tell`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_tell)
/// * POSIX: [`lseek`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/lseek.html) with `SEEK_CUR`
#[doc(alias = "fd_tell")]
pub fn tell(ctx: &mut WasiCtx, memory: &mut Memory<'_>, fd: u32, offset: u32) -> Result {
    let place = ctx.table.get_mut(fd)?.as_file(Errno::Badf)?.seek(SeekFrom::Current(0))?;
    Ok(memory.write_u64(offset, place)?)
}
