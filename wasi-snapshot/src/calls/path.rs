//! Names in directories: `path_create_directory`, `path_link`, `path_readlink`, `path_remove_directory`,
//! `path_rename`, `path_symlink`, `path_unlink_file`.
//!
//! Besides the errnos listed, every call gives `badf` for a descriptor that is not open, `notdir` for one
//! that is no directory, and for the path `noent` if it is empty or leads nowhere, `perm` if it is absolute
//! or leads out of the directory, `inval` with a NUL in it, `ilseq` if it is not UTF-8, `nametoolong`, and
//! `loop` through too many symlinks.

use super::path_arg;
use crate::abi::{Filetype, Lookupflags, flags};
use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use crate::guest::entry::Directory;
use crate::guest::quota::Created;
use crate::guest::table::Table;
use crate::path::{Last, PathRef};
use crate::perms::Perms;
use crate::vfs::OpenDir;
use wasi_policy::Memory;

/// The directory at `fd`, if its permissions hold all of `needed`.
///
/// # Errors
///
/// `perm` if they do not.
pub(super) fn allowed(table: &Table, fd: u32, needed: Perms) -> Result<&OpenDir, Errno> {
    let Directory { dir, perms, .. } = table.dir(fd)?;
    if perms.contains(needed) { Ok(dir) } else { Err(Errno::Perm) }
}

/// The directories of a call that takes two. Their permissions must be the same: what moves from one to
/// the other, or gets a name in both, would else be open to what one of them forbids.
///
/// # Errors
///
/// `perm` if one of them forbids the call, or they differ.
fn allowed_both(
    table: &Table,
    old_fd: u32,
    new_fd: u32,
    needed: Perms,
) -> Result<(&OpenDir, &OpenDir), Errno> {
    let old = allowed(table, old_fd, needed)?;
    let new = allowed(table, new_fd, needed)?;
    if table.dir(old_fd)?.perms == table.dir(new_fd)?.perms { Ok((old, new)) } else { Err(Errno::Perm) }
}

/// Creates a directory.
///
/// # Parameters
///
/// * `fd`: the descriptor of a directory
/// * `ptr`, `len`: address and bytes of the path, from the directory on
///
/// # Errors
///
/// Those that [every path](self) has, and
/// * `exist`: there is something of that name
/// * `perm`: the directory's permissions forbid it
/// * `dquot`: the guest has created as much as its limits allow
///
/// # See also
///
/// * the witx:
///   [`path_create_directory`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#path_create_directory)
/// * POSIX: [`mkdirat`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/mkdir.html)
#[doc(alias = "path_create_directory")]
pub fn create_directory(ctx: &mut WasiCtx, memory: &mut Memory<'_>, fd: u32, ptr: u32, len: u32) -> Result {
    let path = path_arg::read(memory, ptr, len, &ctx.limits)?;
    let path = PathRef::parse(&path)?;
    let dir = allowed(&ctx.table, fd, Perms::CREATE)?;
    match path.last() {
        Last::Name => Ok(ctx.quota.create(Created::Block, || dir.create_dir(&path))?),
        Last::Dot | Last::DotDot => Err(exists(dir, &path).into()),
    }
}

/// Creates a hard link; of a symlink, to the symlink itself.
///
/// # Parameters
///
/// * `old_fd`: the descriptor of the directory that the source is looked up in
/// * `old_flags`: bits: 1 follow a symlink at the end, which is refused
/// * `old_ptr`, `old_len`: address and bytes of the path of the source
/// * `new_fd`: the descriptor of the directory that the new name is looked up in
/// * `new_ptr`, `new_len`: address and bytes of the path of the new name
///
/// # Errors
///
/// Those that [every path](self) has, and
/// * `inval`: symlinks were to be followed, which the sandbox cannot do safely
/// * `exist`: there is something of the new name
/// * `perm`: the source is a directory, or the directories' permissions forbid it or differ
/// * `xdev`: the two directories are not on one file system
/// * `dquot`: the guest has created as much as its limits allow
///
/// # See also
///
/// * the witx: [`path_link`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#path_link)
/// * POSIX: [`linkat`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/link.html)
#[doc(alias = "path_link")]
#[expect(clippy::too_many_arguments, reason = "the ABI has as many")]
pub fn link(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    old_fd: u32,
    old_flags: u32,
    old_ptr: u32,
    old_len: u32,
    new_fd: u32,
    new_ptr: u32,
    new_len: u32,
) -> Result {
    let lookup: Lookupflags = flags(old_flags)?;
    let old = path_arg::read(memory, old_ptr, old_len, &ctx.limits)?;
    let new = path_arg::read(memory, new_ptr, new_len, &ctx.limits)?;
    if lookup.contains(Lookupflags::SYMLINK_FOLLOW) {
        return Err(Errno::Inval.into());
    }
    let (old, new) = (PathRef::parse(&old)?, PathRef::parse(&new)?);
    let (old_dir, new_dir) = allowed_both(&ctx.table, old_fd, new_fd, Perms::LINK)?;
    if old.must_be_dir() {
        return Err(require_dir(old_dir, &old, true).err().unwrap_or(Errno::Perm).into());
    }
    fresh(new_dir, &new)?;
    Ok(ctx.quota.create(Created::Name, || old_dir.link(&old, new_dir, &new))?)
}

/// Writes the target of a symlink, cut off where the buffer ends and without a NUL, and the number of
/// bytes.
///
/// # Parameters
///
/// * `fd`: the descriptor of a directory
/// * `ptr`, `len`: address and bytes of the path, from the directory on
/// * `buf`: address of the buffer
/// * `buf_len`: bytes of the buffer
/// * `bufused`: address where the number of bytes in the buffer is written, u32
///
/// # Errors
///
/// Those that [every path](self) has, and
/// * `inval`: it is no symlink
/// * `perm`: its target is absolute, which would tell about the host
/// * `ilseq`: its target is not UTF-8
///
/// # See also
///
/// * the witx: [`path_readlink`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#path_readlink)
/// * POSIX: [`readlinkat`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/readlink.html)
#[doc(alias = "path_readlink")]
#[expect(clippy::too_many_arguments, reason = "the ABI has as many")]
pub fn readlink(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    fd: u32,
    ptr: u32,
    len: u32,
    buf: u32,
    buf_len: u32,
    bufused: u32,
) -> Result {
    memory.check(buf, buf_len.into())?;
    memory.check(bufused, 4)?;
    let target = {
        let path = path_arg::read(memory, ptr, len, &ctx.limits)?;
        let path = PathRef::parse(&path)?;
        let dir = &ctx.table.dir(fd)?.dir;
        if path.must_be_dir() {
            // The slash has the link followed, and what it leads to is none.
            return Err(require_dir(dir, &path, true).err().unwrap_or(Errno::Inval).into());
        }
        dir.readlink(&path)?
    };
    let room = usize::try_from(buf_len).unwrap_or(usize::MAX);
    let fits = target.as_bytes().get(..room).unwrap_or(target.as_bytes());
    memory.write_slice(buf, fits)?;
    Ok(memory.write_u32(bufused, u32::try_from(fits.len()).map_err(|_| Errno::Overflow)?)?)
}

/// Removes an empty directory.
///
/// # Parameters
///
/// * `fd`: the descriptor of a directory
/// * `ptr`, `len`: address and bytes of the path, from the directory on
///
/// # Errors
///
/// Those that [every path](self) has, and
/// * `notdir`: it is something else, or a symlink
/// * `notempty`: there is something in it
/// * `inval`: the path ends with a dot
/// * `perm`: the directory's permissions forbid it
///
/// # See also
///
/// * the witx:
///   [`path_remove_directory`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#path_remove_directory)
/// * POSIX: [`unlinkat`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/unlink.html) with `AT_REMOVEDIR`
#[doc(alias = "path_remove_directory")]
pub fn remove_directory(ctx: &mut WasiCtx, memory: &mut Memory<'_>, fd: u32, ptr: u32, len: u32) -> Result {
    let path = path_arg::read(memory, ptr, len, &ctx.limits)?;
    let path = PathRef::parse(&path)?;
    let dir = allowed(&ctx.table, fd, Perms::DELETE)?;
    match path.last() {
        Last::Name => Ok(dir.remove_dir(&path)?),
        Last::Dot => Err(require_dir(dir, &path, true).err().unwrap_or(Errno::Inval).into()),
        Last::DotDot => Err(require_dir(dir, &path, true).err().unwrap_or(Errno::Notempty).into()),
    }
}

/// Renames a file or a directory, also into another directory, over what is there.
///
/// # Parameters
///
/// * `old_fd`: the descriptor of the directory that the old name is looked up in
/// * `old_ptr`, `old_len`: address and bytes of the path of the old name
/// * `new_fd`: the descriptor of the directory that the new name is looked up in
/// * `new_ptr`, `new_len`: address and bytes of the path of the new name
///
/// # Errors
///
/// Those that [every path](self) has, and
/// * `notdir`: a directory would replace something else, or a path to something else ends with a slash
/// * `isdir`: something else would replace a directory
/// * `notempty`: the directory to replace is not empty
/// * `busy`: one of the paths ends with a dot
/// * `inval`: a directory would become part of itself
/// * `perm`: the directories' permissions forbid it or differ
/// * `xdev`: the two directories are not on one file system
/// * `dquot`: the guest has written as much as its limits allow, which a longer directory counts for, too
///
/// # See also
///
/// * the witx: [`path_rename`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#path_rename)
/// * POSIX: [`renameat`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/rename.html)
#[doc(alias = "path_rename")]
#[expect(clippy::too_many_arguments, reason = "the ABI has as many")]
pub fn rename(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    old_fd: u32,
    old_ptr: u32,
    old_len: u32,
    new_fd: u32,
    new_ptr: u32,
    new_len: u32,
) -> Result {
    let old = path_arg::read(memory, old_ptr, old_len, &ctx.limits)?;
    let new = path_arg::read(memory, new_ptr, new_len, &ctx.limits)?;
    let (old, new) = (PathRef::parse(&old)?, PathRef::parse(&new)?);
    let (old_dir, new_dir) = allowed_both(&ctx.table, old_fd, new_fd, Perms::RENAME)?;
    for (dir, path) in [(old_dir, &old), (new_dir, &new)] {
        if path.last() != Last::Name {
            return Err(require_dir(dir, path, true).err().unwrap_or(Errno::Busy).into());
        }
    }
    if old.must_be_dir() || new.must_be_dir() {
        require_dir(old_dir, &old, false)?;
    }
    Ok(ctx.quota.rename(|| old_dir.rename(&old, new_dir, &new))?)
}

/// Creates a symlink.
///
/// # Parameters
///
/// * `target_ptr`, `target_len`: address and bytes of the target, which is not looked up
/// * `fd`: the descriptor of the directory that the new name is looked up in
/// * `ptr`, `len`: address and bytes of the path of the new name
///
/// # Errors
///
/// Those that [every path](self) has, and
/// * `noent`: the target is empty
/// * `perm`: the target is absolute, or the directory's permissions forbid it
/// * `exist`: there is something of the new name
/// * `dquot`: the guest has created as much as its limits allow
///
/// # See also
///
/// * the witx: [`path_symlink`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#path_symlink)
/// * POSIX: [`symlinkat`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/symlink.html)
#[doc(alias = "path_symlink")]
pub fn symlink(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    target_ptr: u32,
    target_len: u32,
    fd: u32,
    ptr: u32,
    len: u32,
) -> Result {
    let target = path_arg::read(memory, target_ptr, target_len, &ctx.limits)?;
    let path = path_arg::read(memory, ptr, len, &ctx.limits)?;
    // A target is no path yet, but what no path can be, no target should be.
    PathRef::parse(&target)?;
    let path = PathRef::parse(&path)?;
    let dir = allowed(&ctx.table, fd, Perms::SYMLINK)?;
    fresh(dir, &path)?;
    Ok(ctx.quota.create(Created::Block, || dir.symlink(&target, &path))?)
}

/// Removes a file or a symlink.
///
/// # Parameters
///
/// * `fd`: the descriptor of a directory
/// * `ptr`, `len`: address and bytes of the path, from the directory on
///
/// # Errors
///
/// Those that [every path](self) has, and
/// * `isdir`: it is a directory
/// * `notdir`: the path ends with a slash, and it is none
/// * `perm`: the directory's permissions forbid it
///
/// # See also
///
/// * the witx:
///   [`path_unlink_file`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#path_unlink_file)
/// * POSIX: [`unlinkat`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/unlink.html)
#[doc(alias = "path_unlink_file")]
pub fn unlink_file(ctx: &mut WasiCtx, memory: &mut Memory<'_>, fd: u32, ptr: u32, len: u32) -> Result {
    let path = path_arg::read(memory, ptr, len, &ctx.limits)?;
    let path = PathRef::parse(&path)?;
    let dir = allowed(&ctx.table, fd, Perms::DELETE)?;
    if path.must_be_dir() {
        // A slash leaves a symlink at the end as it is, a dot behind it does not.
        let follow = path.last() != Last::Name;
        return Err(require_dir(dir, &path, follow).err().unwrap_or(Errno::Isdir).into());
    }
    Ok(dir.unlink(&path)?)
}

/// # Errors
///
/// `notdir` if `path`, or with `follow` what it leads to, is no directory.
fn require_dir(dir: &OpenDir, path: &PathRef<'_>, follow: bool) -> Result<(), Errno> {
    match dir.stat(path, follow)?.filetype {
        Filetype::Directory => Ok(()),
        _ => Err(Errno::Notdir),
    }
}

/// Checks the end of a path at which a link is to appear, since no link is a directory.
///
/// # Errors
///
/// `exist` or `notdir` for a path that only fits a directory and leads to something, `noent` if it leads
/// to nothing.
fn fresh(dir: &OpenDir, path: &PathRef<'_>) -> Result<(), Errno> {
    if !path.must_be_dir() {
        return Ok(());
    }
    require_dir(dir, path, true)?;
    Err(Errno::Exist)
}

/// Why a path that ends with a dot cannot be created.
fn exists(dir: &OpenDir, path: &PathRef<'_>) -> Errno {
    require_dir(dir, path, true).err().unwrap_or(Errno::Exist)
}
