//! `path_open`.

use crate::abi::{Fdflags, Lookupflags, Oflags, Rights, flags};
use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use crate::guest::quota::{Created, Quota};
use crate::guest::table::Entry;
use crate::path::{self, PathRef};
use crate::perms::Perms;
use crate::vfs::{Found, OpenHow};
use wasi_policy::Memory;

/// Opens a file or a directory at the lowest free number above those of the standard streams, and writes
/// the number.
///
/// The rights ask for reading or writing; without any of both, it is opened for reading. Waiting is left
/// to later calls: opening a FIFO does not wait for its other end.
///
/// # Errors
///
/// Those that `calls/path.rs` lists for every path, and
/// * `exist`: it exists, and `creat` came with `excl`
/// * `isdir`: it is a directory, and was to be written or created
/// * `notdir`: it is none, and was to be one by a flag or a slash
/// * `loop`: it is a symlink that was not to be followed
/// * `inval`: unknown flags, or `creat` together with `directory`
/// * `perm`: it was to be created, cut or written, and the directory's permissions forbid it
/// * `nfile`: as many descriptors are open as the limits allow
/// * `dquot`: the guest has created as much as its limits allow
/// * whatever the host gives, such as `acces` or `nospc`
#[expect(clippy::too_many_arguments, reason = "the ABI has as many")]
pub(crate) fn open(
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
        let path = path::read(memory, ptr, len, &ctx.limits)?;
        let path = PathRef::parse(&path)?;
        let how = how(lookup, oflags, base, fdflags, &path)?;
        let dir = ctx.table.dir(fd)?;
        let perms = dir.perms;
        let wanted = [(how.write || how.truncate, Perms::WRITE), (how.create, Perms::CREATE)];
        if wanted.iter().any(|(wanted, needed)| *wanted && !perms.contains(*needed)) {
            return Err(Errno::Perm.into());
        }
        ctx.table.room(ctx.limits.max_fds)?;
        Entry::found(
            counted(&mut ctx.quota, how, |how| dir.dir.open(&path, how))?,
            perms,
            (how.read, how.write),
            fdflags,
        )
    };
    let fd = ctx.table.insert(entry, ctx.limits.max_fds)?;
    Ok(memory.write_u32(opened, fd)?)
}

/// Opens, and counts what that creates, which shows when it is tried without creating first.
fn counted(
    quota: &mut Quota,
    how: OpenHow,
    open: impl Fn(OpenHow) -> Result<Found, Errno>,
) -> Result<Found, Errno> {
    if !how.create {
        return open(how);
    }
    if !how.exclusive {
        match open(OpenHow { create: false, ..how }) {
            Err(Errno::Noent) => {}
            // Nobody creates one like this.
            Ok(Found::Dir(_)) => return Err(Errno::Isdir),
            outcome => return outcome,
        }
    }
    quota.create(Created::Name, || open(how))
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
