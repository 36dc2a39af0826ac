//! Sockets: `sock_accept`, `sock_recv`, `sock_send`, `sock_shutdown`.

use super::iovec::{Greed, Iovecs};
use crate::abi::{Fdflags, Riflags, Rights, Roflags, Sdflags, flags};
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::guest::ctx::WasiCtx;
use crate::guest::entry::{Description, Entry};
use crate::sys::connected::Connected;
use crate::sys::description::FileDescription;
use crate::sys::interrupt::Interrupt;
use crate::sys::poll::Wait;
use crate::vfs::OpenFile;
use wasi_policy::Memory;

/// Takes a connection from a listening socket, and writes its descriptor. It waits for one, unless the
/// listener is non-blocking; the flags are those of the connection. A listener that is so without the guest's having
/// asked for its flags, or polled it, waits all the same. `wasi_unstable` does not have this call.
///
/// # Parameters
///
/// * `fd`: the descriptor of a listening socket
/// * `fdflags`: bits: 4 nonblock, for the connection
/// * `accepted`: address where the new descriptor is written, u32
///
/// # Errors
///
/// * `badf`: it is not open
/// * `notsock`: it is no socket
/// * `inval`: it is not listening, or not handed over as a [`Listener`](crate::Listener), or the flags are others than
///   `nonblock`
/// * `again`: it is non-blocking, and there is no connection
/// * `nfile`: as many descriptors are open as the limits allow
///
/// # See also
///
/// * the witx: [`sock_accept`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#sock_accept)
/// * POSIX: [`accept`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/accept.html)
#[doc(alias = "sock_accept")]
pub fn accept(ctx: &mut WasiCtx, memory: &mut Memory<'_>, fd: u32, fdflags: u32, accepted: u32) -> Result {
    let fdflags: Fdflags = flags(fdflags)?;
    if !Fdflags::NONBLOCK.contains(fdflags) {
        return Err(Errno::Inval.into());
    }
    memory.check(accepted, 4)?;
    ctx.table.room(ctx.limits.max_fds)?;
    let entry = ctx.table.get_mut(fd)?;
    let Description::File(OpenFile::Socket(socket)) = &entry.description else {
        return Err(connected(entry).map_or_else(|errno| errno, |_| Errno::Inval).into());
    };
    let nonblock = entry.flags.contains(Fdflags::NONBLOCK) && !socket.is_unasked();
    let connection = socket.accept(Wait { nonblock, interrupt: &ctx.interrupt })?;
    let fd = ctx.table.insert(Entry::socket(connection, fdflags), ctx.limits.max_fds)?;
    Ok(memory.write_u32(accepted, fd)?)
}

/// Receives into a list of buffers; writes the number of bytes, zero at the end of the stream, and that
/// nothing was cut off, since a stream keeps what does not fit.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `ri_data`: address of a list of buffers, each an address and a length in bytes, 8 bytes together
/// * `ri_data_len`: number of buffers
/// * `ri_flags`: bits: 1 leave the bytes in the socket, 2 wait until all buffers are full
/// * `datalen`: address where the number of bytes received is written, u32
/// * `ro_flags`: address where 0 is written, u16: nothing was cut off
///
/// # Errors
///
/// * `badf`: it is not open, or not for reading
/// * `notsock`: it is no socket
/// * `notconn`: it is a listener
/// * `inval`: unknown flags
/// * `again`: it is non-blocking, and nothing has come
/// * whatever the host gives, such as `connreset`
///
/// # See also
///
/// * the witx: [`sock_recv`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#sock_recv)
/// * POSIX: [`recv`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/recv.html), with the buffers of `readv`
#[doc(alias = "sock_recv")]
#[expect(clippy::too_many_arguments, reason = "the ABI has as many")]
pub fn recv(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    ri_data: u32,
    ri_data_len: u32,
    ri_flags: u32,
    datalen: u32,
    ro_flags: u32,
) -> Result {
    let ri_flags: Riflags = flags(ri_flags)?;
    let iovecs = Iovecs::decode(memory, ri_data, ri_data_len, &ctx.limits, &ctx.interrupt)?;
    memory.check(datalen, 4)?;
    memory.check(ro_flags, 2)?;
    let (stream, wait) = transfer(ctx.table.get_mut(fd)?, Rights::FD_READ, &ctx.interrupt)?;
    let all = ri_flags.contains(Riflags::RECV_WAITALL) && !ri_flags.contains(Riflags::RECV_PEEK);
    let greed = if all { Greed::All } else { Greed::Some };
    let count = iovecs.fill(memory, greed, |buffers| {
        let mut total = 0;
        for buffer in buffers {
            let count = match stream.recv(buffer, ri_flags, wait) {
                Ok(count) => count,
                // What came before is not in the socket any more: the guest gets it now, and the errno next time.
                Err(Error::Errno(_)) if total > 0 => break,
                Err(error) => return Err(error),
            };
            total += count;
            if count < buffer.len() || !all {
                break;
            }
        }
        Ok(total)
    })?;
    memory.write_u32(datalen, count)?;
    Ok(memory.write_u16(ro_flags, Roflags::empty().bits())?)
}

/// Sends a list of buffers, and writes the number of bytes.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `si_data`: address of a list of buffers, each an address and a length in bytes, 8 bytes together
/// * `si_data_len`: number of buffers
/// * `si_flags`: 0
/// * `datalen`: address where the number of bytes sent is written, u32
///
/// # Errors
///
/// * `badf`: it is not open, or not for writing
/// * `notsock`: it is no socket
/// * `notconn`: it is a listener
/// * `inval`: any flags, since none is defined
/// * `again`: it is non-blocking, and has no room yet
/// * `pipe`: the connection is shut down
/// * whatever the host gives, such as `connreset`
///
/// # See also
///
/// * the witx: [`sock_send`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#sock_send)
/// * POSIX: [`send`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/send.html), with the buffers of
///   `writev`
#[doc(alias = "sock_send")]
pub fn send(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    si_data: u32,
    si_data_len: u32,
    si_flags: u32,
    datalen: u32,
) -> Result {
    if si_flags != 0 {
        return Err(Errno::Inval.into());
    }
    let iovecs = Iovecs::decode(memory, si_data, si_data_len, &ctx.limits, &ctx.interrupt)?;
    memory.check(datalen, 4)?;
    let (stream, wait) = transfer(ctx.table.get_mut(fd)?, Rights::FD_WRITE, &ctx.interrupt)?;
    let count = iovecs.drain(memory, |buffers| stream.send(buffers, wait))?;
    Ok(memory.write_u32(datalen, count)?)
}

/// Ends receiving, sending, or both.
///
/// # Parameters
///
/// * `fd`: the descriptor
/// * `how`: bits: 1 receiving, 2 sending
///
/// # Errors
///
/// * `badf`: it is not open
/// * `notsock`: it is no socket
/// * `notconn`: it is a listener, or not connected any more
/// * `inval`: neither direction, or unknown flags
///
/// # See also
///
/// * the witx: [`sock_shutdown`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#sock_shutdown)
/// * POSIX: [`shutdown`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/shutdown.html)
#[doc(alias = "sock_shutdown")]
pub fn shutdown(ctx: &mut WasiCtx, _: &mut Memory<'_>, fd: u32, how: u32) -> Result {
    let socket = connected(ctx.table.get(fd)?)?;
    let how: Sdflags = flags(how)?;
    Ok(socket.shutdown(how)?)
}

/// The connected socket behind a descriptor, to be read or written, and how it may wait.
fn transfer<'a>(
    entry: &'a Entry,
    right: Rights,
    interrupt: &'a Interrupt,
) -> Result<(Connected<'a>, Wait<'a>), Errno> {
    let socket = connected(entry)?;
    entry.require(right, Errno::Badf)?;
    Ok((socket, Wait { nonblock: entry.flags.contains(Fdflags::NONBLOCK), interrupt }))
}

/// The connected socket behind a descriptor: one that the guest accepted, or that the embedder gave as a handle or has as a
/// standard stream.
///
/// # Errors
///
/// `notsock` if it is something else; `notconn` for a listener.
fn connected(entry: &Entry) -> Result<Connected<'_>, Errno> {
    match &entry.description {
        Description::File(OpenFile::Socket(socket)) => socket.connected(),
        Description::File(file) => file.socket().ok_or(Errno::Notsock),
        Description::Dir(_) => Err(Errno::Notsock),
    }
}
