//! Tests of handles that the embedder gives, and of standard streams that are files and devices.

use crate::common::errno::{PIPE, SPIPE, SUCCESS};
use crate::common::guest::{DATA, Guest, OUT, call};
use crate::common::ops::{APPEND, REGULAR_FILE, UNKNOWN};
use crate::common::system::pipe;
use crate::poll::{NEVER, Subscription, poll};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::thread;
use test_support::copy::{command, finish, mode};
use test_support::pty::terminal;
use wasi_policy::Trap;
use wasi_snapshot::{Access, Perms, PreopenFile, WasiCtx};

const FD: u32 = 7;
const CHARACTER_DEVICE: u8 = 2;

fn guest(handle: File, access: Access) -> Guest {
    Guest::new(WasiCtx::builder().preopen_file(PreopenFile::from(handle).at(FD), access))
}

fn filetype(guest: &mut Guest, fd: u32) -> u8 {
    assert_eq!(call!(guest, fd_fdstat_get, fd, OUT), SUCCESS);
    guest.bytes(OUT, 1)[0]
}

#[test]
fn bytes_go_through_given_pipes() {
    for armed in [false, true] {
        let (reader, mut writer) = pipe();
        let mut g = guest(reader, Access::Read);
        let _handle = armed.then(|| g.ctx.interrupt_handle());
        assert_eq!(filetype(&mut g, FD), UNKNOWN);
        writer.write_all(b"to the guest").unwrap();
        assert_eq!(g.read(FD, 6), Ok(b"to the".to_vec()));
        assert_eq!(g.read(FD, 100), Ok(b" guest".to_vec()));
        assert_eq!(call!(g, fd_seek, FD, 0, 0, OUT), SPIPE);
        drop(writer);
        assert_eq!(g.read(FD, 100), Ok(Vec::new()));

        let (mut reader, writer) = pipe();
        let mut g = guest(writer, Access::Write);
        let _handle = armed.then(|| g.ctx.interrupt_handle());
        assert_eq!(g.write(FD, "from the guest"), Ok(14));
        let mut buffer = [0; 14];
        reader.read_exact(&mut buffer).unwrap();
        assert_eq!(&buffer, b"from the guest");
        drop(reader);
        assert_eq!(g.write(FD, "x"), Err(PIPE));
    }
}

#[test]
fn waiting_for_given_pipes_is_interrupted() {
    for reads in [true, false] {
        let (reader, writer) = pipe();
        let (end, peer, access, name) = match reads {
            true => (reader, writer, Access::Read, "fd_read"),
            false => (writer, reader, Access::Write, "fd_write"),
        };
        let mut g = guest(end, access);
        let handle = g.ctx.interrupt_handle();
        let interrupter = thread::spawn(move || handle.interrupt());
        let (iovs, len) = g.iovecs(&[(DATA, 0x7000), (DATA, 0x7000)]);
        let trap = loop {
            match g.outcome(name, &[FD, iovs, len, OUT].map(u64::from)) {
                Ok(errno) => assert_eq!(errno, SUCCESS),
                Err(trap) => break trap,
            }
        };
        assert!(matches!(trap, Trap::Interrupted), "{name}: {trap}");
        interrupter.join().unwrap();
        drop(peer);
    }
}

/// The cursor is the one that the embedder shares, and transfers at offsets leave it where it is.
#[test]
fn the_cursor_of_a_given_file_is_shared() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    fs::write(&path, "0123456789").unwrap();
    let mut host = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let mut g = guest(host.try_clone().unwrap(), Access::ReadWrite);
    assert_eq!(filetype(&mut g, FD), REGULAR_FILE);
    host.seek(SeekFrom::Start(2)).unwrap();
    assert_eq!(g.read(FD, 2), Ok(b"23".to_vec()));
    assert_eq!(host.stream_position().unwrap(), 4);
    let (iovs, len) = g.iovecs(&[(DATA, 3)]);
    assert_eq!(call!(g, fd_pread, FD, iovs, len, 7, OUT), SUCCESS);
    assert_eq!(g.bytes(DATA, 3), b"789");
    assert_eq!(host.stream_position().unwrap(), 4);
    assert_eq!(call!(g, fd_pwrite, FD, iovs, len, 0, OUT), SUCCESS);
    assert_eq!(host.stream_position().unwrap(), 4);
    assert_eq!(call!(g, fd_fdstat_set_flags, FD, APPEND), SUCCESS);
    assert_eq!(g.write(FD, "ab"), Ok(2));
    assert_eq!(fs::read(&path).unwrap(), b"7893456789ab");
    // As with the host's own flag on Unix, the cursor goes along.
    assert_eq!(host.stream_position().unwrap(), 12);
}

#[test]
fn standard_streams_that_are_files_stay_files() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    if mode().is_none() {
        fs::write(path("in"), "0123456789").unwrap();
        let mut copy = command("on_windows::handles::standard_streams_that_are_files_stay_files", "files");
        copy.stdin(File::open(path("in")).unwrap()).stdout(File::create(path("out")).unwrap());
        assert!(copy.status().unwrap().success());
        // What the program of tests itself prints comes first.
        assert!(fs::read_to_string(path("out")).unwrap().contains("from the guest"));
        return;
    }
    let mut g = Guest::new(WasiCtx::builder().inherit_stdio());
    for fd in 0..2 {
        assert_eq!(filetype(&mut g, fd), REGULAR_FILE);
    }
    assert_eq!(g.fstat(0).unwrap().size, 10);
    assert_eq!(g.read(0, 2), Ok(b"01".to_vec()));
    assert_eq!(call!(g, fd_seek, 0, -1, 2, OUT), SUCCESS);
    assert_eq!(g.read(0, 5), Ok(b"9".to_vec()));
    assert_eq!(call!(g, fd_seek, 1, 0, 2, OUT), SUCCESS);
    assert_eq!(g.write(1, "from the guest"), Ok(14));
    std::process::exit(0);
}

/// The null device is a character device, and no terminal.
#[test]
fn standard_streams_that_are_the_null_device() {
    if mode().is_none() {
        let mut copy = command("on_windows::handles::standard_streams_that_are_the_null_device", "null");
        let null = || OpenOptions::new().read(true).write(true).open("NUL").unwrap();
        copy.stdin(null()).stdout(null());
        assert!(copy.status().unwrap().success());
        return;
    }
    let mut g = Guest::new(WasiCtx::builder().inherit_stdio());
    assert_eq!(filetype(&mut g, 0), CHARACTER_DEVICE);
    assert_eq!(g.read(0, 5), Ok(Vec::new()));
    assert_eq!(g.write(1, "gone"), Ok(4));
    std::process::exit(0);
}

/// It looks like a terminal to the guest, and is read and written as the pipe that it is.
#[test]
fn standard_streams_that_are_a_terminal_of_git() {
    if mode().is_none() {
        let ((mut keys, input), (mut screen, output)) = (terminal("from-master"), terminal("to-master"));
        keys.write_all(b"typed\n").unwrap();
        let mut copy = command("on_windows::handles::standard_streams_that_are_a_terminal_of_git", "git");
        finish(copy.stdin(input).stdout(output).spawn().unwrap());
        drop(copy);
        let mut shown = String::new();
        // The pipe ends by an error.
        let _ = screen.read_to_string(&mut shown);
        assert!(shown.contains("from the guest: ä"), "{shown}");
        return;
    }
    let mut g = Guest::new(WasiCtx::builder().inherit_stdio());
    for fd in 0..2 {
        assert_eq!(filetype(&mut g, fd), CHARACTER_DEVICE);
    }
    assert_eq!(poll(&mut g, &[NEVER, Subscription::Read(0)])[0].index, 1);
    assert_eq!(g.read(0, 100), Ok(b"typed\n".to_vec()));
    assert_eq!(g.write(1, "from the guest: ä"), Ok(18));
    std::process::exit(0);
}

/// A process without a console and without streams runs all the same.
#[test]
fn without_standard_streams_there_are_none() {
    use std::os::windows::process::CommandExt;
    const DETACHED_PROCESS: u32 = 8;
    if mode().is_none() {
        let mut copy = command("on_windows::handles::without_standard_streams_there_are_none", "none");
        finish(copy.creation_flags(DETACHED_PROCESS).spawn().unwrap());
        return;
    }
    let mut g = Guest::new(WasiCtx::builder().inherit_stdio());
    assert_eq!(g.write(1, "still there"), Ok(11));
}

/// A hole is neither filled with zeros nor given room, however far a guest writes.
#[test]
fn holes_take_no_room() {
    use std::os::windows::fs::MetadataExt;
    const SPARSE: u32 = 0x200;
    let dir = tempfile::tempdir().unwrap();
    let mut g = Guest::new(WasiCtx::builder().preopen_dir(dir.path(), "/", Perms::read_write()));
    for (name, far) in [("written", true), ("grown", true), ("dense", false)] {
        let fd = g.create(3, name).unwrap();
        let (iovs, len) = g.iovecs(&[(DATA, 1)]);
        let errno = match name {
            "written" => call!(g, fd_pwrite, fd, iovs, len, 1_u64 << 40, OUT),
            "grown" => call!(g, fd_filestat_set_size, fd, 1_u64 << 40),
            _ => call!(g, fd_write, fd, iovs, len, OUT),
        };
        assert_eq!(errno, SUCCESS, "{name}");
        let attributes = fs::metadata(dir.path().join(name)).unwrap().file_attributes();
        assert_eq!(attributes & SPARSE != 0, far, "{name}");
    }
}
