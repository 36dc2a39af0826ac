//! `random_get`.

use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use wasi_policy::Memory;

/// A shared memory cannot be filled in place, so bytes go through a buffer of this size.
const CHUNK: u32 = 4096;

/// The bytes between two looks at the interrupt: a millisecond's worth.
const PIECE: usize = 256 << 10;

/// Fills a buffer with random bytes: cryptographic ones, unless the embedder gives others.
///
/// # Parameters
///
/// * `buf`: address of the buffer
/// * `buf_len`: bytes of the buffer
///
/// # Errors
///
/// * `inval`: more bytes than the limits allow
/// * `io`: the host has no entropy
///
/// # See also
///
/// * the witx: [`random_get`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#random_get)
/// * POSIX: [`getentropy`](https://pubs.opengroup.org/onlinepubs/9799919799/functions/getentropy.html), of 256 bytes
///   at most
#[doc(alias = "random_get")]
pub fn get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, buf: u32, buf_len: u32) -> Result {
    memory.check(buf, buf_len.into())?;
    if buf_len > ctx.limits.max_random {
        return Err(Errno::Inval.into());
    }
    if let Some(buffer) = memory.span_mut(buf, buf_len) {
        for (index, piece) in buffer.chunks_mut(PIECE).enumerate() {
            if index > 0 {
                ctx.interrupt.check()?;
            }
            ctx.random.fill(piece)?;
        }
        return Ok(());
    }
    let mut chunk = [0; 4096];
    let end = buf.saturating_add(buf_len);
    let (mut at, mut looked) = (buf, buf);
    while at < end {
        if usize::try_from(at - looked).unwrap_or(usize::MAX) >= PIECE {
            ctx.interrupt.check()?;
            looked = at;
        }
        ctx.random.fill(&mut chunk)?;
        let len = (end - at).min(CHUNK);
        let filled = usize::try_from(len).ok().and_then(|len| chunk.get(..len)).unwrap_or(&chunk);
        memory.write_slice(at, filled)?;
        at = at.saturating_add(len);
    }
    Ok(())
}
