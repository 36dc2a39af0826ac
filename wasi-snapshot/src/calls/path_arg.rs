//! Paths as arguments of calls, read from guest memory.

use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::guest::limits::Limits;
use std::borrow::Cow;
use wasi_policy::Memory;

/// Reads a path, or another name, from guest memory.
///
/// # Errors
///
/// `nametoolong` beyond the limit, `ilseq` if it is not UTF-8; a trap if it leaves the memory.
pub(super) fn read<'m>(memory: &'m Memory<'_>, ptr: u32, len: u32, limits: &Limits) -> Result<Cow<'m, str>> {
    memory.check(ptr, len.into())?;
    if len > limits.max_path_len {
        return Err(Errno::Nametoolong.into());
    }
    match memory.bytes(ptr, len)? {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| Errno::Ilseq),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|_| Errno::Ilseq),
    }
    .map_err(Error::from)
}
