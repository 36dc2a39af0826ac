//! A directory in memory, unpacked from a tar archive, that nobody can change.
//!
//! Whatever lists files and gives their bytes becomes a directory so: an archive, a table of `include_bytes!`, rows of
//! a database.

use std::io::Read;
use std::sync::Arc;
use wasi_facade::snapshot::{MemDir, Perms, Sink};
use wasi_facade::{Host, Outcome, WasiCtx};

/// Prints `etc/motd`, and traps if it can be opened to be written.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "etc/motd")
    (data (i32.const 16) "\00\01\00\00\00\01\00\00") ;; an iovec: 256 bytes at 256
    (func $open (param $rights i64) (result i32)
        (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 0)
            (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 32)))
    (func (export "_start")
        (if (i32.eqz (call $open (i64.const 64))) (then unreachable))
        (if (call $open (i64.const 2)) (then unreachable))
        (if (call $fd_read (i32.load (i32.const 32)) (i32.const 16) (i32.const 1) (i32.const 20))
            (then unreachable))
        (if (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 40)) (then unreachable))))"#;

/// The files of an archive. Names that a guest could not use are errors, and so is a file that comes twice.
fn unpack(archive: impl Read) -> Result<MemDir, Box<dyn std::error::Error>> {
    let mut files = Vec::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        if entry.header().entry_type().is_file() {
            let name = String::from_utf8(entry.path_bytes().into_owned())?;
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            files.push((name, Arc::<[u8]>::from(bytes)));
        }
    }
    Ok(MemDir::read_only(files)?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, text) in [("etc/motd", "be kind\n"), ("etc/hosts", "127.0.0.1 here\n")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len().try_into()?);
        archive.append_data(&mut header, name, text.as_bytes())?;
    }
    let image = unpack(archive.into_inner()?.as_slice())?;

    let (stdout, captured) = Sink::capture(1024);
    let ctx = WasiCtx::builder().preopen(image, "/", Perms::read_only()).stdout(stdout).build()?;
    assert_eq!(Host::new().run(&wat::parse_str(GUEST)?, ctx)?, Outcome::Exited(0));
    assert_eq!(captured.bytes(), b"be kind\n");
    print!("{}", String::from_utf8(captured.bytes())?);
    Ok(())
}
