//! The guest's side, which makes a call through the imports and takes the results out of memory.

use super::call::{Call, Times};
use super::outcome::{Fdstat, Outcome, Stat, Value};
use crate::common::errno::{Errno, SUCCESS};
use crate::common::guest::{DATA, Guest, IOVS, OUT, call};
use crate::common::ops::{APPEND, DIRENT, Dirent, NONBLOCK, READ, TYPE_DIRECTORY, WRITE};

/// Makes a call. What is written are the bytes that [`written`] gives.
pub(crate) fn perform(g: &mut Guest, call: &Call) -> Outcome {
    match call {
        Call::Open { dir, lookup, path, oflags, rights, fdflags } => {
            g.open(*dir, path, (*lookup, oflags.0, *rights, fdflags.0)).map(Value::Fd)
        }
        Call::Close { fd } => nothing(call!(g, fd_close, *fd)),
        Call::Renumber { fd, to } => nothing(call!(g, fd_renumber, *fd, *to)),
        Call::Read { fd, buffers } => {
            let count = lay(g, buffers, None);
            let errno = call!(g, fd_read, *fd, IOVS, count, OUT);
            bytes(g, errno)
        }
        Call::Pread { fd, buffers, offset } => {
            let count = lay(g, buffers, None);
            let errno = call!(g, fd_pread, *fd, IOVS, count, *offset, OUT);
            bytes(g, errno)
        }
        Call::Write { fd, buffers } => {
            let count = lay(g, buffers, Some(&written(buffers)));
            let errno = call!(g, fd_write, *fd, IOVS, count, OUT);
            number(g, errno, 4)
        }
        Call::Pwrite { fd, buffers, offset } => {
            let count = lay(g, buffers, Some(&written(buffers)));
            let errno = call!(g, fd_pwrite, *fd, IOVS, count, *offset, OUT);
            number(g, errno, 4)
        }
        Call::Seek { fd, delta, whence } => {
            let errno = call!(g, fd_seek, *fd, *delta, *whence, OUT);
            number(g, errno, 8)
        }
        Call::Tell { fd } => {
            let errno = call!(g, fd_tell, *fd, OUT);
            number(g, errno, 8)
        }
        Call::Allocate { fd, offset, len } => nothing(call!(g, fd_allocate, *fd, *offset, *len)),
        Call::Advise { fd, offset, len, advice } => nothing(call!(g, fd_advise, *fd, *offset, *len, *advice)),
        Call::Sync { fd } => nothing(call!(g, fd_sync, *fd)),
        Call::Datasync { fd } => nothing(call!(g, fd_datasync, *fd)),
        Call::Stat { fd } => g.fstat(*fd).map(|stat| Value::Stat(Stat::new(&stat))),
        Call::SetSize { fd, size } => nothing(call!(g, fd_filestat_set_size, *fd, *size)),
        Call::SetTimes { fd, times: Times { atim, mtim, flags } } => {
            nothing(call!(g, fd_filestat_set_times, *fd, *atim, *mtim, *flags))
        }
        Call::Fdstat { fd } => {
            let errno = call!(g, fd_fdstat_get, *fd, OUT);
            fdstat(g, errno)
        }
        Call::SetFlags { fd, fdflags } => nothing(call!(g, fd_fdstat_set_flags, *fd, fdflags.0)),
        Call::List { fd, buf_len } => {
            let (entries, _) = g.list(*fd, *buf_len)?;
            let count = entries.len();
            let set: std::collections::BTreeSet<_> =
                entries.into_iter().map(|entry| (entry.name, entry.filetype)).collect();
            assert_eq!(count, set.len(), "an entry came twice: {set:?}");
            Ok(Value::Entries(set))
        }
        Call::ListFrom { fd, entry, buf_len } => list_from(g, *fd, usize::from(*entry), *buf_len),
        Call::ListWild { fd, cookie, buf_len } => {
            g.readdir_bytes(*fd, *buf_len, *cookie).map(|_| Value::Nothing)
        }
        Call::CreateDirectory { dir, path } => nothing(g.at("path_create_directory", *dir, path)),
        Call::RemoveDirectory { dir, path } => nothing(g.at("path_remove_directory", *dir, path)),
        Call::Unlink { dir, path } => nothing(g.at("path_unlink_file", *dir, path)),
        Call::Rename { dir, path, to, new } => nothing(g.rename((*dir, path), (*to, new))),
        Call::Link { dir, lookup, path, to, new } => nothing(g.link(*lookup, (*dir, path), (*to, new))),
        Call::Symlink { target, dir, path } => nothing(g.symlink(target, *dir, path)),
        Call::Readlink { dir, path, buf_len } => g.readlink_into(*dir, path, *buf_len).map(Value::Bytes),
        Call::PathStat { dir, lookup, path } => {
            g.stat(*dir, path, *lookup).map(|stat| Value::Stat(Stat::new(&stat)))
        }
        Call::PathSetTimes { dir, lookup, path, times: Times { atim, mtim, flags } } => {
            nothing(g.set_times(*dir, path, *lookup, (*atim, *mtim, *flags)))
        }
    }
}

/// What is written from buffers of these lengths: no two bytes that follow each other are alike.
pub(crate) fn written(buffers: &[u32]) -> Vec<u8> {
    let len: u32 = buffers.iter().sum();
    (b'!'..=b'~').cycle().skip(len as usize % 7).take(len as usize).collect()
}

/// Puts a list of buffers into memory, one behind the other and all of them full of `contents`, if there are some.
fn lay(g: &mut Guest, buffers: &[u32], contents: Option<&[u8]>) -> u32 {
    let mut at = DATA;
    let list: Vec<_> = buffers
        .iter()
        .map(|len| {
            let buffer = (at, *len);
            at += len;
            buffer
        })
        .collect();
    g.put(DATA, contents.unwrap_or_default());
    g.iovecs(&list).1
}

fn nothing(errno: Errno) -> Outcome {
    if errno == SUCCESS { Ok(Value::Nothing) } else { Err(errno) }
}

fn number(g: &Guest, errno: Errno, len: u32) -> Outcome {
    nothing(errno)?;
    Ok(Value::Number(if len == 4 { g.u32(OUT).into() } else { g.u64(OUT) }))
}

fn bytes(g: &Guest, errno: Errno) -> Outcome {
    nothing(errno)?;
    Ok(Value::Bytes(g.bytes(DATA, g.u32(OUT)).to_vec()))
}

fn fdstat(g: &Guest, errno: Errno) -> Outcome {
    nothing(errno)?;
    let (filetype, flags, rights) = (g.bytes(OUT, 1)[0], u32::from(g.u16(OUT + 2)), g.u64(OUT + 8));
    let access = (filetype != TYPE_DIRECTORY).then_some((rights & READ != 0, rights & WRITE != 0));
    Ok(Value::Fdstat(Fdstat {
        filetype,
        append: flags & APPEND != 0,
        nonblock: flags & NONBLOCK != 0,
        access,
    }))
}

/// Reads all of a directory, and then once more from behind its `entry`th entry: these must be the same bytes, as many
/// of them as fit. A system has no cookies to compare with; but the witx says what they are for.
fn list_from(g: &mut Guest, fd: u32, entry: usize, buf_len: u32) -> Outcome {
    let all = g.readdir_bytes(fd, 16 << 10, 0)?;
    let (entries, full) = g.readdir(fd, 16 << 10, 0)?;
    assert!(!full, "a directory of the test's is larger than the buffer");
    let before = &entries[..entry.min(entries.len())];
    let skipped: usize = before.iter().map(|Dirent { name, .. }| DIRENT as usize + name.len()).sum();
    let cookie = before.last().map_or(0, |entry| entry.next);
    let rest = &all[skipped..];
    let expected = &rest[..rest.len().min(buf_len as usize)];
    let again = g.readdir_bytes(fd, buf_len, cookie)?;
    assert_eq!(again.escape_ascii().to_string(), expected.escape_ascii().to_string(), "from {cookie}");
    Ok(Value::Entries(entries.into_iter().map(|entry| (entry.name, entry.filetype)).collect()))
}
