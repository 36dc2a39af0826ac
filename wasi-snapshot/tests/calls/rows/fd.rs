//! The rows of errnos of calls on descriptors.

use super::rows;
use crate::common::errno::{Errno, SUCCESS};
use crate::common::fixture::{
    CLOSED, DIR, FILE, Fixture, LISTENER, READER, RO, RW, STDIN, STDOUT, STREAM, WRITER,
};
use crate::common::guest::{DATA, IOVS, OUT, call};
use crate::common::ops::{APPEND, DSYNC, NONBLOCK, READ};

const ATIM: u32 = 1;
const ATIM_NOW: u32 = 1 << 1;
const MTIM: u32 = 1 << 2;
const MTIM_NOW: u32 = 1 << 3;

/// Past what files can have.
const FAR: u64 = 1 << 63;

fn pread(f: &mut Fixture, fd: u32, offset: u64) -> Errno {
    let (iovs, len) = f.iovecs(&[(DATA, 4)]);
    call!(f, fd_pread, fd, iovs, len, offset, OUT)
}

fn pwrite(f: &mut Fixture, fd: u32, len: u32, offset: u64) -> Errno {
    let (iovs, count) = f.iovecs(&[(DATA, len)]);
    call!(f, fd_pwrite, fd, iovs, count, offset, OUT)
}

fn read(f: &mut Fixture, fd: u32) -> Errno {
    f.read(fd, 4).err().unwrap_or(SUCCESS)
}

fn write(f: &mut Fixture, fd: u32, bytes: &[u8]) -> Errno {
    f.write(fd, bytes).err().unwrap_or(SUCCESS)
}

/// Writes until it fails; how much fits the socket is the system's affair.
fn write_until_it_fails(f: &mut Fixture, fd: u32) -> Errno {
    loop {
        let errno = write(f, fd, &[0; 0x8000]);
        if errno != SUCCESS {
            return errno;
        }
    }
}

fn set_nonblock(f: &mut Fixture, fd: u32) {
    assert_eq!(call!(f, fd_fdstat_set_flags, fd, NONBLOCK), SUCCESS);
}

rows! {
    fd_close: "badf" "it is not open" => |f| call!(f, fd_close, CLOSED);
    fd_close: "badf" "it was closed before" => |f| {
        assert_eq!(call!(f, fd_close, FILE), SUCCESS);
        call!(f, fd_close, FILE)
    };
    fd_close: "badf" "no number is that high" => |f| call!(f, fd_close, u32::MAX);
    fd_close: "badf" "no number is negative" => |f| call!(f, fd_close, -31337_i32 as u32);

    fd_renumber: "badf" "the first is not open" => |f| call!(f, fd_renumber, CLOSED, FILE);
    fd_renumber: "badf" "the second is not open" => |f| call!(f, fd_renumber, FILE, CLOSED);
    fd_renumber: "badf" "neither is open" => |f| call!(f, fd_renumber, CLOSED, CLOSED);
    fd_renumber: "badf" "no number is that high" => |f| call!(f, fd_renumber, FILE, u32::MAX);

    fd_prestat_get: "badf" "it is not open" => |f| call!(f, fd_prestat_get, CLOSED, OUT);
    fd_prestat_get: "badf" "a stream" => |f| call!(f, fd_prestat_get, STDIN, OUT);
    fd_prestat_get: "badf" "a directory that the guest opened" => |f| call!(f, fd_prestat_get, DIR, OUT);
    fd_prestat_get: "badf" "a listener, though the host opened it" => |f| call!(f, fd_prestat_get, LISTENER, OUT);

    fd_prestat_dir_name: "badf" "it is not open" => |f| call!(f, fd_prestat_dir_name, CLOSED, OUT, 3);
    fd_prestat_dir_name: "badf" "a file" => |f| call!(f, fd_prestat_dir_name, FILE, OUT, 3);
    fd_prestat_dir_name: "badf" "a directory of the guest's" => |f| call!(f, fd_prestat_dir_name, DIR, OUT, 3);
    fd_prestat_dir_name: "nametoolong" "the buffer is short" => |f| call!(f, fd_prestat_dir_name, RW, OUT, 2);
    fd_prestat_dir_name: "nametoolong" "there is no buffer" => |f| call!(f, fd_prestat_dir_name, RW, OUT, 0);

    fd_fdstat_get: "badf" "it is not open" => |f| call!(f, fd_fdstat_get, CLOSED, OUT);

    fd_fdstat_set_flags: "badf" "it is not open" => |f| call!(f, fd_fdstat_set_flags, CLOSED, 0);
    fd_fdstat_set_flags: "inval" "only opening sets dsync" => |f| call!(f, fd_fdstat_set_flags, FILE, DSYNC);
    fd_fdstat_set_flags: "inval" "dsync and append" => |f| call!(f, fd_fdstat_set_flags, FILE, DSYNC | APPEND);
    fd_fdstat_set_flags: "inval" "an unknown bit" => |f| call!(f, fd_fdstat_set_flags, FILE, 1 << 5);
    fd_fdstat_set_flags: "inval" "more than 16 bits" => |f| call!(f, fd_fdstat_set_flags, FILE, 1 << 16);

    fd_fdstat_set_rights: "badf" "it is not open" => |f| call!(f, fd_fdstat_set_rights, CLOSED, 0, 0);
    fd_fdstat_set_rights: "inval" "an unknown base right" => |f| call!(f, fd_fdstat_set_rights, FILE, FAR, 0);
    fd_fdstat_set_rights: "inval" "an unknown inheriting right"
        => |f| call!(f, fd_fdstat_set_rights, FILE, 0, 1 << 30);
    fd_fdstat_set_rights: "notsup" "they follow from opening" => |f| call!(f, fd_fdstat_set_rights, FILE, READ, 0);
    fd_fdstat_set_rights: "notsup" "even for a directory" => |f| call!(f, fd_fdstat_set_rights, RW, 0, 0);

    fd_readdir: "badf" "it is not open" => |f| call!(f, fd_readdir, CLOSED, DATA, 64, 0, OUT);
    fd_readdir: "notdir" "a file" => |f| call!(f, fd_readdir, FILE, DATA, 64, 0, OUT);
    fd_readdir: "notdir" "a stream" => |f| call!(f, fd_readdir, STDIN, DATA, 64, 0, OUT);
    fd_readdir: "notdir" "a file, from the middle" => |f| call!(f, fd_readdir, FILE, DATA, 64, u64::MAX, OUT);

    fd_read: "badf" "it is not open" => |f| read(f, CLOSED);
    fd_read: "badf" "it is open for writing only" => |f| read(f, WRITER);
    fd_read: "badf" "standard output" => |f| read(f, STDOUT);
    fd_read: "isdir" "a directory" => |f| read(f, DIR);
    fd_read: "isdir" "a directory, and nothing to read" => |f| call!(f, fd_read, DIR, IOVS, 0, OUT);
    fd_read: "notconn" "a listener" => |f| read(f, LISTENER);
    fd_read: "notconn" "a listener, and nothing to read" => |f| call!(f, fd_read, LISTENER, IOVS, 0, OUT);
    fd_read: "again" "nothing has come" => |f| { set_nonblock(f, STREAM); read(f, STREAM) };
    fd_pread: "badf" "it is not open" => |f| pread(f, CLOSED, 0);
    fd_pread: "badf" "it is open for writing only" => |f| pread(f, WRITER, 0);
    fd_pread: "isdir" "a directory" => |f| pread(f, DIR, 0);
    fd_pread: "spipe" "a listener" => |f| pread(f, LISTENER, 0);
    fd_pread: "spipe" "a stream that is written" => |f| pread(f, STDOUT, 0);
    fd_pread: "spipe" "a stream" => |f| pread(f, STDIN, 0);
    fd_pread: "spipe" "a connection" => |f| pread(f, STREAM, 0);
    fd_pread: "inval" "no offset is that far" => |f| pread(f, FILE, FAR);
    fd_pread: "inval" "no offset is that far, and nothing to read" => |f| call!(f, fd_pread, FILE, IOVS, 0, FAR, OUT);

    fd_write: "badf" "it is not open" => |f| write(f, CLOSED, b"x");
    fd_write: "badf" "it is open for reading only" => |f| write(f, READER, b"x");
    fd_write: "badf" "standard input" => |f| write(f, STDIN, b"x");
    fd_write: "badf" "a directory" => |f| write(f, DIR, b"x");
    fd_write: "notconn" "a listener" => |f| write(f, LISTENER, b"x");
    fd_write: "badf" "read-only, and nothing to write" => |f| write(f, READER, b"");
    fd_write: "badf" "read-only, and no buffers" => |f| call!(f, fd_write, READER, IOVS, 0, OUT);
    fd_write: "again" "the connection is full" => |f| {
        set_nonblock(f, STREAM);
        write_until_it_fails(f, STREAM)
    };
    fd_write: "pipe" "the connection was shut down" => |f| {
        assert_eq!(call!(f, sock_shutdown, STREAM, 2), SUCCESS);
        write(f, STREAM, b"x")
    };
    fd_write: "nospc" "the capture is full" => |f| {
        assert_eq!(f.write(STDOUT, [0; 100]), Ok(16));
        write(f, STDOUT, b"x")
    };
    fd_pwrite: "badf" "it is not open" => |f| pwrite(f, CLOSED, 4, 0);
    fd_pwrite: "badf" "it is open for reading only" => |f| pwrite(f, READER, 4, 0);
    fd_pwrite: "badf" "read-only, and nothing to write" => |f| pwrite(f, READER, 0, 0);
    fd_pwrite: "badf" "a directory" => |f| pwrite(f, DIR, 4, 0);
    fd_pwrite: "spipe" "a listener" => |f| pwrite(f, LISTENER, 4, 0);
    fd_pwrite: "spipe" "a stream" => |f| pwrite(f, STDOUT, 4, 0);
    fd_pwrite: "inval" "no offset is that far" => |f| pwrite(f, FILE, 4, FAR);
    fd_pwrite: "inval" "no offset is that far, and nothing to write" => |f| pwrite(f, FILE, 0, u64::MAX);

    fd_seek: "badf" "it is not open" => |f| call!(f, fd_seek, CLOSED, 0, 0, OUT);
    fd_seek: "badf" "a directory" => |f| call!(f, fd_seek, DIR, 0, 0, OUT);
    fd_seek: "spipe" "a stream" => |f| call!(f, fd_seek, STDOUT, 0, 0, OUT);
    fd_seek: "spipe" "a connection" => |f| call!(f, fd_seek, STREAM, 0, 0, OUT);
    fd_seek: "inval" "there is no such whence" => |f| call!(f, fd_seek, FILE, 0, 3, OUT);
    fd_seek: "inval" "there is no such whence at all" => |f| call!(f, fd_seek, FILE, 0, u32::MAX, OUT);
    fd_seek: "inval" "before the start" => |f| {
        let from_start = if f.is_unstable() { 2 } else { 0 };
        call!(f, fd_seek, FILE, -1_i64, from_start, OUT)
    };
    fd_seek: "inval" "before the start, from the cursor" => |f| {
        let from_cursor = if f.is_unstable() { 0 } else { 1 };
        call!(f, fd_seek, FILE, i64::MIN, from_cursor, OUT)
    };
    fd_seek: "inval" "beyond 63 bits, from the end" => |f| {
        let from_end = if f.is_unstable() { 1 } else { 2 };
        call!(f, fd_seek, FILE, i64::MAX, from_end, OUT)
    };
    fd_tell: "badf" "it is not open" => |f| call!(f, fd_tell, CLOSED, OUT);
    fd_tell: "badf" "a directory" => |f| call!(f, fd_tell, DIR, OUT);
    fd_tell: "spipe" "a stream" => |f| call!(f, fd_tell, STDIN, OUT);

    fd_filestat_get: "badf" "it is not open" => |f| call!(f, fd_filestat_get, CLOSED, OUT);
    fd_filestat_set_size: "badf" "it is not open" => |f| call!(f, fd_filestat_set_size, CLOSED, 0);
    fd_filestat_set_size: "badf" "a directory" => |f| call!(f, fd_filestat_set_size, DIR, 0);
    fd_filestat_set_size: "inval" "it is open for reading only" => |f| call!(f, fd_filestat_set_size, READER, 0);
    fd_filestat_set_size: "inval" "a stream" => |f| call!(f, fd_filestat_set_size, STDOUT, 0);
    fd_filestat_set_size: "inval" "no file is that large" => |f| call!(f, fd_filestat_set_size, FILE, FAR);

    fd_filestat_set_times: "badf" "it is not open" => |f| call!(f, fd_filestat_set_times, CLOSED, 0, 0, ATIM);
    fd_filestat_set_times: "badf" "a stream" => |f| call!(f, fd_filestat_set_times, STDOUT, 0, 0, ATIM);
    fd_filestat_set_times: "badf" "a connection" => |f| call!(f, fd_filestat_set_times, STREAM, 0, 0, ATIM);
    fd_filestat_set_times: "inval" "two access times"
        => |f| call!(f, fd_filestat_set_times, FILE, 0, 0, ATIM | ATIM_NOW);
    fd_filestat_set_times: "inval" "two modification times"
        => |f| call!(f, fd_filestat_set_times, FILE, 0, 0, ATIM | MTIM | MTIM_NOW);
    fd_filestat_set_times: "inval" "an unknown bit" => |f| call!(f, fd_filestat_set_times, FILE, 0, 0, 1 << 4);
    fd_filestat_set_times: "perm" "a read-only directory" => |f| call!(f, fd_filestat_set_times, RO, 0, 0, MTIM_NOW);
    fd_filestat_set_times: "perm" "a file of a read-only directory" => |f| {
        let fd = f.open_read(RO, "f").unwrap();
        call!(f, fd_filestat_set_times, fd, 0, 0, MTIM)
    };

    fd_sync: "badf" "it is not open" => |f| call!(f, fd_sync, CLOSED);
    fd_sync: "inval" "a stream" => |f| call!(f, fd_sync, STDOUT);
    fd_datasync: "badf" "it is not open" => |f| call!(f, fd_datasync, CLOSED);
    fd_datasync: "inval" "a stream" => |f| call!(f, fd_datasync, STDOUT);

    fd_advise: "badf" "it is not open" => |f| call!(f, fd_advise, CLOSED, 0, 0, 0);
    fd_advise: "badf" "a directory" => |f| call!(f, fd_advise, DIR, 0, 0, 0);
    fd_advise: "spipe" "a stream" => |f| call!(f, fd_advise, STDIN, 0, 0, 0);
    fd_advise: "inval" "there is no such advice" => |f| call!(f, fd_advise, FILE, 0, 0, 6);
    fd_advise: "inval" "the range ends beyond 64 bits" => |f| call!(f, fd_advise, FILE, u64::MAX, 1, 0);

    fd_advise: "inval" "the range ends beyond 63 bits" => |f| call!(f, fd_advise, FILE, 1, FAR - 1, 0);

    fd_allocate: "badf" "it is not open" => |f| call!(f, fd_allocate, CLOSED, 0, 1);
    fd_allocate: "badf" "it is open for reading only" => |f| call!(f, fd_allocate, READER, 0, 1);
    fd_allocate: "badf" "a directory" => |f| call!(f, fd_allocate, DIR, 0, 1);
    fd_allocate: "spipe" "a stream" => |f| call!(f, fd_allocate, STDOUT, 0, 1);
    fd_allocate: "nodev" "a connection" => |f| call!(f, fd_allocate, STREAM, 0, 1);
    fd_allocate: "inval" "the range is empty" => |f| call!(f, fd_allocate, FILE, 0, 0);
    fd_allocate: "fbig" "the range ends beyond 63 bits" => |f| call!(f, fd_allocate, FILE, FAR - 1, 1);
    fd_allocate: "fbig" "the range ends beyond 64 bits" => |f| call!(f, fd_allocate, FILE, u64::MAX, u64::MAX);
}
