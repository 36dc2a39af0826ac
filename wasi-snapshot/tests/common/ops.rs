//! Calls of a guest on files, in a line each, with results taken out of its memory.

use super::errno::{Errno, SUCCESS};
use super::guest::{DATA, Guest, OUT, PATH, PATH2, Slot, call};

pub(crate) const CREAT: u32 = 1;
pub(crate) const DIRECTORY: u32 = 1 << 1;
pub(crate) const EXCL: u32 = 1 << 2;
pub(crate) const TRUNC: u32 = 1 << 3;

pub(crate) const APPEND: u32 = 1;
pub(crate) const DSYNC: u32 = 1 << 1;
pub(crate) const NONBLOCK: u32 = 1 << 2;
pub(crate) const RSYNC: u32 = 1 << 3;
pub(crate) const SYNC: u32 = 1 << 4;

pub(crate) const READ: u64 = 1 << 1;
pub(crate) const WRITE: u64 = 1 << 6;

pub(crate) const FOLLOW: u32 = 1;
pub(crate) const NOFOLLOW: u32 = 0;

/// The numbers of `filetype`.
pub(crate) const UNKNOWN: u8 = 0;
pub(crate) const TYPE_DIRECTORY: u8 = 3;
pub(crate) const REGULAR_FILE: u8 = 4;
pub(crate) const SOCKET_STREAM: u8 = 6;
pub(crate) const SYMBOLIC_LINK: u8 = 7;

/// A `filestat` of preview1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filestat {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    pub(crate) filetype: u8,
    pub(crate) nlink: u64,
    pub(crate) size: u64,
    pub(crate) atim: u64,
    pub(crate) mtim: u64,
    pub(crate) ctim: u64,
}

/// A `dirent` with its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Dirent {
    pub(crate) name: Vec<u8>,
    pub(crate) next: u64,
    pub(crate) ino: u64,
    pub(crate) filetype: u8,
}

/// The size of a `dirent` without its name.
pub(crate) const DIRENT: u32 = 24;

fn ok<T>(errno: Errno, value: T) -> Result<T, Errno> {
    if errno == SUCCESS { Ok(value) } else { Err(errno) }
}

impl Guest {
    /// `path_open`: how to treat a symlink, `oflags`, base rights and `fdflags`.
    pub(crate) fn open(
        &mut self,
        dir: u32,
        path: impl AsRef<[u8]>,
        (lookup, oflags, rights, fdflags): (u32, u32, u64, u32),
    ) -> Result<u32, Errno> {
        let (ptr, len) = self.put(PATH, path);
        let errno = call!(self, path_open, dir, lookup, ptr, len, oflags, rights, 0, fdflags, OUT);
        ok(errno, self.u32(OUT))
    }

    /// Opens for reading what is there, following symlinks.
    pub(crate) fn open_read(&mut self, dir: u32, path: impl AsRef<[u8]>) -> Result<u32, Errno> {
        self.open(dir, path, (FOLLOW, 0, READ, 0))
    }

    /// Opens for writing, and creates or cuts.
    pub(crate) fn create(&mut self, dir: u32, path: impl AsRef<[u8]>) -> Result<u32, Errno> {
        self.open(dir, path, (NOFOLLOW, CREAT | TRUNC, READ | WRITE, 0))
    }

    /// A call that takes a directory and a path: all those whose name starts with `path_` and whose list
    /// of arguments is as short.
    pub(crate) fn at(&mut self, name: &str, dir: u32, path: impl AsRef<[u8]>) -> Errno {
        let (ptr, len) = self.put(PATH, path);
        self.call(name, &[dir.slot(), ptr.slot(), len.slot()])
    }

    pub(crate) fn rename(&mut self, from: (u32, impl AsRef<[u8]>), to: (u32, impl AsRef<[u8]>)) -> Errno {
        let (old, old_len) = self.put(PATH, from.1);
        let (new, new_len) = self.put(PATH2, to.1);
        call!(self, path_rename, from.0, old, old_len, to.0, new, new_len)
    }

    pub(crate) fn link(
        &mut self,
        lookup: u32,
        from: (u32, impl AsRef<[u8]>),
        to: (u32, impl AsRef<[u8]>),
    ) -> Errno {
        let (old, old_len) = self.put(PATH, from.1);
        let (new, new_len) = self.put(PATH2, to.1);
        call!(self, path_link, from.0, lookup, old, old_len, to.0, new, new_len)
    }

    pub(crate) fn symlink(&mut self, target: impl AsRef<[u8]>, dir: u32, path: impl AsRef<[u8]>) -> Errno {
        let (old, old_len) = self.put(PATH, target);
        let (new, new_len) = self.put(PATH2, path);
        call!(self, path_symlink, old, old_len, dir, new, new_len)
    }

    pub(crate) fn readlink(&mut self, dir: u32, path: impl AsRef<[u8]>) -> Result<Vec<u8>, Errno> {
        self.readlink_into(dir, path, 4096)
    }

    /// `path_readlink` with a buffer of a length.
    pub(crate) fn readlink_into(
        &mut self,
        dir: u32,
        path: impl AsRef<[u8]>,
        buf_len: u32,
    ) -> Result<Vec<u8>, Errno> {
        let (ptr, len) = self.put(PATH, path);
        let errno = call!(self, path_readlink, dir, ptr, len, DATA, buf_len, OUT);
        ok(errno, ())?;
        Ok(self.bytes(DATA, self.u32(OUT)).to_vec())
    }

    pub(crate) fn stat(&mut self, dir: u32, path: impl AsRef<[u8]>, lookup: u32) -> Result<Filestat, Errno> {
        let (ptr, len) = self.put(PATH, path);
        let errno = call!(self, path_filestat_get, dir, lookup, ptr, len, OUT);
        ok(errno, self.filestat(OUT))
    }

    pub(crate) fn fstat(&mut self, fd: u32) -> Result<Filestat, Errno> {
        let errno = call!(self, fd_filestat_get, fd, OUT);
        ok(errno, self.filestat(OUT))
    }

    fn filestat(&self, at: u32) -> Filestat {
        Filestat {
            dev: self.u64(at),
            ino: self.u64(at + 8),
            filetype: self.bytes(at + 16, 1)[0],
            nlink: self.u64(at + 24),
            size: self.u64(at + 32),
            atim: self.u64(at + 40),
            mtim: self.u64(at + 48),
            ctim: self.u64(at + 56),
        }
    }

    pub(crate) fn set_times(
        &mut self,
        dir: u32,
        path: impl AsRef<[u8]>,
        lookup: u32,
        times: (u64, u64, u32),
    ) -> Errno {
        let (ptr, len) = self.put(PATH, path);
        call!(self, path_filestat_set_times, dir, lookup, ptr, len, times.0, times.1, times.2)
    }

    /// Reads once, at most 16 KiB.
    pub(crate) fn read(&mut self, fd: u32, len: u32) -> Result<Vec<u8>, Errno> {
        let (iovs, count) = self.iovecs(&[(DATA, len)]);
        let errno = call!(self, fd_read, fd, iovs, count, OUT);
        ok(errno, ())?;
        Ok(self.bytes(DATA, self.u32(OUT)).to_vec())
    }

    /// Writes once.
    pub(crate) fn write(&mut self, fd: u32, bytes: impl AsRef<[u8]>) -> Result<u32, Errno> {
        let (ptr, len) = self.put(DATA, bytes);
        let (iovs, count) = self.iovecs(&[(ptr, len)]);
        let errno = call!(self, fd_write, fd, iovs, count, OUT);
        ok(errno, self.u32(OUT))
    }

    /// `sock_recv` once.
    pub(crate) fn recv(&mut self, fd: u32, len: u32, flags: u32) -> Result<Vec<u8>, Errno> {
        let (iovs, count) = self.iovecs(&[(DATA, len)]);
        let errno = call!(self, sock_recv, fd, iovs, count, flags, OUT, OUT + 4);
        ok(errno, ())?;
        Ok(self.bytes(DATA, self.u32(OUT)).to_vec())
    }

    /// `sock_send` once.
    pub(crate) fn send(&mut self, fd: u32, bytes: impl AsRef<[u8]>) -> Result<u32, Errno> {
        let (ptr, len) = self.put(DATA, bytes);
        let (iovs, count) = self.iovecs(&[(ptr, len)]);
        let errno = call!(self, sock_send, fd, iovs, count, 0, OUT);
        ok(errno, self.u32(OUT))
    }

    pub(crate) fn accept(&mut self, fd: u32, flags: u32) -> Result<u32, Errno> {
        let errno = call!(self, sock_accept, fd, flags, OUT);
        ok(errno, self.u32(OUT))
    }

    /// One `fd_readdir`: the bytes that it stored.
    pub(crate) fn readdir_bytes(&mut self, fd: u32, buf_len: u32, cookie: u64) -> Result<Vec<u8>, Errno> {
        let errno = call!(self, fd_readdir, fd, DATA, buf_len, cookie, OUT);
        ok(errno, ())?;
        let used = self.u32(OUT);
        assert!(used <= buf_len, "{used} bytes in a buffer of {buf_len}");
        Ok(self.bytes(DATA, used).to_vec())
    }

    /// One `fd_readdir`: the entries that came whole, and whether the buffer was filled.
    pub(crate) fn readdir(
        &mut self,
        fd: u32,
        buf_len: u32,
        cookie: u64,
    ) -> Result<(Vec<Dirent>, bool), Errno> {
        let bytes = self.readdir_bytes(fd, buf_len, cookie)?;
        let full = bytes.len() == buf_len as usize;
        let (mut rest, mut found) = (&bytes[..], Vec::new());
        while let Some((header, after)) = rest.split_at_checked(DIRENT as usize) {
            let len = u32::from_le_bytes(header[16..20].try_into().unwrap());
            assert_eq!(header[21..24], [0; 3], "padding must not show memory of the host");
            let Some((name, after)) = after.split_at_checked(len as usize) else { break };
            found.push(Dirent {
                name: name.to_vec(),
                next: u64::from_le_bytes(header[..8].try_into().unwrap()),
                ino: u64::from_le_bytes(header[8..16].try_into().unwrap()),
                filetype: header[20],
            });
            rest = after;
        }
        Ok((found, full))
    }

    /// The whole directory, read as libcs do it: again from the last whole entry until the buffer is not
    /// filled; and how many calls it took.
    pub(crate) fn list(&mut self, fd: u32, buf_len: u32) -> Result<(Vec<Dirent>, usize), Errno> {
        let (mut all, mut cookie, mut calls) = (Vec::<Dirent>::new(), 0, 0);
        loop {
            let (found, full) = self.readdir(fd, buf_len, cookie)?;
            calls += 1;
            assert!(!found.is_empty() || !full || buf_len < DIRENT + 255, "no entry fits {buf_len} bytes");
            all.extend(found);
            if !full {
                return Ok((all, calls));
            }
            cookie = all.last().map_or(0, |entry| entry.next);
        }
    }
}
