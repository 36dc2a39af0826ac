//! A worker that speaks the protocol by itself, and lies: it is written from its description, not with its code.

use std::env;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process;
use std::thread;
use wasi_isolate::wire::Writer;
use wasi_isolate::{Limits, Pool};

const LIE: &str = "lie:";

/// Workers that tell this lie.
pub(crate) fn pool(lie: &str) -> Pool {
    let worker = crate::program("liar::lies").arg(format!("{LIE}{lie}"));
    Pool::new(worker, "any", b"", Limits::default().ready(0)).unwrap()
}

/// In a worker it lies; otherwise it is a test that passes.
#[test]
fn lies() {
    let Some(lie) = env::args().find_map(|argument| argument.strip_prefix(LIE).map(str::to_owned)) else {
        return;
    };
    let mut channel = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned().unwrap());
    // The host may have killed it meanwhile, which is what the test is about.
    let _ = tell(&mut channel, &lie);
    process::exit(0);
}

fn tell(channel: &mut UnixStream, lie: &str) -> std::io::Result<()> {
    let mut hello = Writer::new();
    let version = if lie == "version" { 77 } else { 2 };
    let pid = if lie == "pid" { 1 } else { process::id() };
    hello.bytes(b"wasi-isolate").u32(version).u32(pid);
    match lie {
        "no hello" => return Ok(()),
        "mute" => loop {
            thread::park();
        },
        "greeting" => frame(channel, 1, b"good morning")?,
        _ => frame(channel, 1, &hello.finish())?,
    }
    // What carries the descriptors, which it leaves.
    channel.read_exact(&mut [0])?;
    receive(channel)?;
    frame(channel, 3, if lie == "ready" { &[1, 1, 1] } else { &[1, 1] })?;
    if lie == "early" {
        frame(channel, 6, b"")?;
    }
    receive(channel)?;
    match lie {
        "garbage" => channel.write_all(&[255; 100])?,
        "huge" => channel.write_all(&[6, 255, 255, 255, 255])?,
        "half" => channel.write_all(&[6, 9, 0, 0, 0, 1])?,
        "flood" => loop {
            channel.write_all(&[7; 4096])?;
        },
        "silence" => loop {
            thread::park();
        },
        // The number of the request, which is the first.
        "twice" => channel.write_all(&[[6, 4, 0, 0, 0, 1, 0, 0, 0], [6, 4, 0, 0, 0, 2, 0, 0, 0]].concat())?,
        _ => {}
    }
    if lie == "twice" { receive(channel) } else { Ok(()) }
}

fn frame(channel: &mut UnixStream, tag: u8, message: &[u8]) -> std::io::Result<()> {
    channel.write_all(&[tag])?;
    channel.write_all(&u32::try_from(message.len()).unwrap().to_le_bytes())?;
    channel.write_all(message)
}

fn receive(channel: &mut UnixStream) -> std::io::Result<()> {
    let mut header = [0; 5];
    channel.read_exact(&mut header)?;
    let len = u32::from_le_bytes([header[1], header[2], header[3], header[4]]);
    channel.read_exact(&mut vec![0; usize::try_from(len).unwrap()])
}
