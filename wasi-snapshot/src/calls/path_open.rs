//! `path_open`.

use super::path_arg;
use crate::abi::{Fdflags, Lookupflags, Oflags, Rights, flags};
use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use crate::guest::entry::Entry;
use crate::guest::quota::Created;
use crate::open_how::OpenHow;
use crate::path::PathRef;
use crate::perms::Perms;
use crate::sys::found::Found;
use wasi_policy::Memory;

/// Opens a file or a directory at the lowest free number above those of the standard streams, and writes
/// the number.
///
/// The rights ask for reading or writing; without any of both, it is opened for reading. Waiting is left
/// to later calls: opening a FIFO does not wait for its other end.
///
/// # Parameters
///
/// * `fd`: the descriptor of a directory
/// * `dirflags`: bits: 1 follow a symlink at the end
/// * `ptr`, `len`: address and bytes of the path, from the directory on
/// * `oflags`: bits: 1 creat, 2 directory, 4 excl, 8 trunc
/// * `base`: bits of rights, of which 2 asks for reading and 64 for writing
/// * `inheriting`: bits of rights; only unknown ones matter
/// * `fdflags`: bits: 1 append, 2 dsync, 4 nonblock, 8 rsync, 16 sync
/// * `opened`: address where the new descriptor is written, u32
///
/// # Errors
///
/// Those that [every path](super::path) has, and
/// * `exist`: it exists, and `creat` came with `excl`
/// * `isdir`: it is a directory, and was to be written or created
/// * `notdir`: it is none, and was to be one by a flag or a slash
/// * `loop`: it is a symlink that was not to be followed
/// * `inval`: unknown flags, or `creat` together with `directory`
/// * `perm`: it was to be created, cut or written, and the directory's permissions forbid it
/// * `nfile`: as many descriptors are open as the limits allow
/// * `dquot`: the guest has created as much as its limits allow
/// * whatever the host gives, such as `acces` or `nospc`
///
/// # See also
///
/// * the witx: [`path_open`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#path_open)
/// * POSIX: [`openat`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/open.html)
#[doc(alias = "path_open")]
#[expect(clippy::too_many_arguments, reason = "the ABI has as many")]
pub fn open(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    dirflags: u32,
    ptr: u32,
    len: u32,
    oflags: u32,
    base: u64,
    inheriting: u64,
    fdflags: u32,
    opened: u32,
) -> Result {
    memory.check(opened, 4)?;
    let lookup: Lookupflags = flags(dirflags)?;
    let oflags: Oflags = flags(oflags)?;
    let fdflags: Fdflags = flags(fdflags)?;
    let base = Rights::from_bits(base).ok_or(Errno::Inval)?;
    Rights::from_bits(inheriting).ok_or(Errno::Inval)?;
    let entry = {
        let path = path_arg::read(memory, ptr, len, &ctx.limits)?;
        let path = PathRef::parse(&path)?;
        let how = how(lookup, oflags, base, fdflags, &path)?;
        let dir = ctx.table.dir(fd)?;
        let perms = dir.perms;
        let wanted = [(how.write || how.truncate, Perms::WRITE), (how.create, Perms::CREATE)];
        if wanted.iter().any(|(wanted, needed)| *wanted && !perms.contains(*needed)) {
            return Err(Errno::Perm.into());
        }
        ctx.table.room(ctx.limits.max_fds)?;
        let quota = &mut ctx.quota;
        let opening = dir.dir.at(&path, |last| {
            how.existing_or(|how| last.open(how), || quota.create(Created::Name, || last.open(how)))
        })?;
        if how.create && matches!(opening, Found::Dir(_)) {
            // It was there: nobody creates one like this.
            return Err(Errno::Isdir.into());
        }
        Entry::opened(opening, perms, (how.read, how.write), fdflags)
    };
    let fd = ctx.table.insert(entry, ctx.limits.max_fds)?;
    Ok(memory.write_u32(opened, fd)?)
}

fn how(
    lookup: Lookupflags,
    oflags: Oflags,
    base: Rights,
    flags: Fdflags,
    path: &PathRef<'_>,
) -> Result<OpenHow, Errno> {
    let create = oflags.contains(Oflags::CREAT);
    if create && oflags.contains(Oflags::DIRECTORY) {
        return Err(Errno::Inval);
    }
    if create && path.must_be_dir() {
        return Err(Errno::Isdir);
    }
    let write = base.contains(Rights::FD_WRITE);
    Ok(OpenHow {
        read: base.contains(Rights::FD_READ) || !write,
        write,
        create,
        exclusive: oflags.contains(Oflags::EXCL),
        truncate: oflags.contains(Oflags::TRUNC),
        directory: oflags.contains(Oflags::DIRECTORY) || path.must_be_dir(),
        // A slash or a dot behind a symlink has it followed, in POSIX as here; the sandbox holds either way.
        follow: lookup.contains(Lookupflags::SYMLINK_FOLLOW) || path.must_be_dir(),
        flags,
    })
}
