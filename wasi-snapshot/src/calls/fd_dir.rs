//! `fd_readdir`.

use crate::abi::words;
use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use crate::guest::entry::Description;
use crate::guest::listing::{LOOK, Listing, Named};
use wasi_policy::Memory;

/// Writes entries of a directory, from a cookie on, until the buffer is full: the last one is cut off
/// where the buffer ends. Fewer bytes than the buffer holds mean that there are no more entries.
///
/// A listing is a snapshot, taken when reading starts, and taken anew for cookie 0. Names that are not
/// UTF-8 do not appear. `.` and `..` come first.
///
/// ```text
/// buf: next cookie u64, inode u64, length of the name u32, filetype u8, 3 bytes of padding, name ...
/// ```
///
/// # Parameters
///
/// * `fd`: the descriptor of a directory
/// * `buf`: address of the buffer
/// * `buf_len`: bytes of the buffer
/// * `cookie`: where to go on: 0 at the start, or the cookie of an entry read before
/// * `bufused`: address where the number of bytes in the buffer is written, u32
///
/// # Errors
///
/// * `badf`: it is not open
/// * `notdir`: it is no directory
/// * `nomem`: the directories that are being listed hold more than the limits allow
///
/// # See also
///
/// * the witx: [`fd_readdir`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#fd_readdir)
/// * POSIX: [`readdir`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/readdir.html)
#[doc(alias = "fd_readdir")]
pub fn readdir(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    buf: u32,
    buf_len: u32,
    cookie: u64,
    bufused: u32,
) -> Result {
    memory.check(buf, buf_len.into())?;
    memory.check(bufused, 4)?;
    if cookie == 0 || ctx.table.dir(fd)?.listing.is_none() {
        take_listing(ctx, fd)?;
    }
    let WasiCtx { table, identity, interrupt, .. } = ctx;
    let listing = table.dir(fd)?.listing.as_ref().ok_or(Errno::Badf)?;
    let mut writer = Writer { at: buf, room: buf_len };
    let mut position = cookie;
    while writer.room > 0 {
        let Some(named) = listing.get(position) else { break };
        position = position.saturating_add(1);
        if position % LOOK == 0 {
            interrupt.check()?;
        }
        let ino = identity.ino(listing.dev(), named.ino);
        writer.push(memory, &header(position, ino, &named))?;
        writer.push(memory, named.name)?;
    }
    Ok(memory.write_u32(bufused, buf_len - writer.room)?)
}

/// Reads the directory, within what all listings may take together.
fn take_listing(ctx: &mut WasiCtx, fd: u32) -> Result {
    if let Description::Dir(dir) = &mut ctx.table.get_mut(fd)?.description {
        dir.listing = None;
    }
    let held: usize = ctx
        .table
        .entries()
        .filter_map(|entry| entry.as_dir().ok()?.listing.as_ref().map(Listing::bytes))
        .fold(0, usize::saturating_add);
    let room = ctx.limits.max_listing_bytes.saturating_sub(held);
    let sorted = ctx.identity.is_reproducible();
    let listing = Listing::read(ctx.table.dir(fd)?.dir.itself(), room, sorted, &ctx.interrupt)?;
    if let Description::Dir(dir) = &mut ctx.table.get_mut(fd)?.description {
        dir.listing = Some(listing);
    }
    Ok(())
}

fn header(next: u64, ino: u64, named: &Named<'_>) -> [u8; 24] {
    let name_len = u64::try_from(named.name.len()).unwrap_or(u64::MAX);
    let last = name_len | u64::from(named.filetype.code()) << 32;
    words([next, ino, last])
}

/// What is left of the guest's buffer.
struct Writer {
    at: u32,
    room: u32,
}

impl Writer {
    /// Writes as much of `bytes` as fits.
    fn push(&mut self, memory: &mut Memory<'_>, bytes: &[u8]) -> Result {
        let room = usize::try_from(self.room).unwrap_or(usize::MAX);
        let fits = bytes.get(..room).unwrap_or(bytes);
        memory.write_slice(self.at, fits)?;
        let written = u32::try_from(fits.len()).map_err(|_| Errno::Overflow)?;
        self.at = self.at.saturating_add(written);
        self.room -= written;
        Ok(())
    }
}
