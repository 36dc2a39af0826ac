//! The service of the tests: it does what it is told, harmful things among them.

use std::env;
use std::fs;
use std::hint::black_box;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::{self, Command};
use std::thread;
use wasi_isolate::{Files, Needs, Region, Service, serve};

struct Deeds {
    config: Vec<u8>,
    /// What it wrote last.
    region: Option<Region>,
    /// The descriptors that it had before it was confined, and what they were.
    descriptors: Vec<String>,
}

/// In a worker it serves, and never ends; otherwise it is a test that passes.
#[test]
fn serves() {
    serve(&|name| match name {
        "deeds" => Some(Box::new(Deeds { config: Vec::new(), region: None, descriptors: Vec::new() })),
        _ => None,
    });
}

impl Service for Deeds {
    fn prepare(&mut self, config: &[u8]) -> Result<Needs, String> {
        self.config = config.to_vec();
        let entries = fs::read_dir("/proc/self/fd").map_err(|error| error.to_string())?;
        let paths = entries.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
        self.descriptors = paths.map(|path| path.display().to_string()).collect();
        match config {
            b"refuse" => Err("it is\nunwell".to_owned()),
            b"hang" => loop {
                thread::park();
            },
            b"exit" => process::exit(3),
            b"hosts" => Ok(Needs { files: vec!["/etc/hosts".into()] }),
            _ => Ok(Needs::default()),
        }
    }

    fn answer(&mut self, request: &[u8], files: &Files) -> Vec<u8> {
        let request = String::from_utf8_lossy(request).into_owned();
        let (deed, rest) = request.split_once(' ').unwrap_or((&request, ""));
        let number = || rest.parse::<u64>().unwrap();
        let outcome = |result: std::io::Result<()>| match result {
            Ok(()) => "done".to_owned(),
            Err(error) => format!("refused: {}", error.kind()),
        };
        let answer = match deed {
            "echo" => rest.to_owned(),
            "config" => String::from_utf8_lossy(&self.config).into_owned(),
            "pid" => process::id().to_string(),
            "descriptors" => self.descriptors.join("\n"),
            "environment" => env::vars_os().count().to_string(),
            "directory" => outcome(env::current_dir().map(drop)),
            "abort" => process::abort(),
            "exit" => process::exit(i32::try_from(number()).unwrap()),
            "panic" => panic!("as told"),
            "hang" => loop {
                black_box(());
            },
            "spin" if rest == "on" => outcome(thread::Builder::new().spawn(|| spin(u64::MAX)).map(drop)),
            "spin" => {
                spin(number());
                "done".to_owned()
            }
            "overflow" => descend(number()).to_string(),
            "allocate" => {
                let bytes = vec![1_u8; usize::try_from(number()).unwrap()];
                black_box(&bytes).len().to_string()
            }
            "long" => "x".repeat(usize::try_from(number()).unwrap()),
            "open" => outcome(fs::read(rest).map(drop)),
            "create" => outcome(fs::write(rest, "x")),
            "remove" => outcome(fs::remove_file(rest)),
            "list" => outcome(fs::read_dir(rest).map(drop)),
            "connect" => outcome(TcpStream::connect(rest).map(drop)),
            "listen" => outcome(TcpListener::bind(rest).map(drop)),
            "datagram" => outcome(UdpSocket::bind(rest).map(drop)),
            "unix" => outcome(UnixStream::connect(rest).map(drop)),
            "kill" => outcome(
                rustix::process::kill_process(pid(rest), rustix::process::Signal::KILL).map_err(Into::into),
            ),
            "own" => outcome(own(pid(rest))),
            "run" => outcome(Command::new(rest).spawn().map(drop)),
            "thread" => outcome(thread::Builder::new().spawn(|| {}).map(|thread| thread.join().unwrap())),
            "copy" => {
                let mut bytes = vec![0; usize::try_from(number()).unwrap()];
                outcome(files.read(0, &mut bytes).and_then(|()| files.write(0, &bytes)))
            }
            "mirror" => match self.mirror(rest, files) {
                Ok(start) => start.to_string(),
                Err(error) => outcome(Err(error)),
            },
            "holes" => outcome(holes()),
            "write" => outcome(files.write(number(), b"x")),
            other => panic!("there is no deed {other}"),
        };
        answer.into_bytes()
    }
}

impl Deeds {
    /// Writes what the host wrote, of which `text` has the start and the length, and gives its own start.
    fn mirror(&mut self, text: &str, files: &Files) -> std::io::Result<u64> {
        let (start, len) = text.split_once(' ').unwrap();
        let mut bytes = vec![0; len.parse().unwrap()];
        files.copy(start.parse().unwrap(), &mut bytes)?;
        let mut region = files.region(self.region.take(), bytes.len())?;
        region.copy_from_slice(&bytes);
        Ok(self.region.insert(region).start())
    }
}

/// Has the system take memory out of a file.
#[expect(unsafe_code, reason = "safe mappings refuse it")]
fn holes() -> std::io::Result<()> {
    let mut map = memmap2::MmapMut::map_anon(1 << 16)?;
    // SAFETY: the bytes are mapped, and hold nothing but zeros before and after.
    match unsafe { libc::madvise(map.as_mut_ptr().cast(), map.len(), libc::MADV_REMOVE) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

fn pid(text: &str) -> rustix::process::Pid {
    rustix::process::Pid::from_raw(text.parse().unwrap()).unwrap()
}

/// Has the system signal a process about standard input.
#[expect(unsafe_code, reason = "rustix has no `F_SETOWN`")]
fn own(pid: rustix::process::Pid) -> std::io::Result<()> {
    // SAFETY: the call takes two numbers, and changes nothing in this process's memory.
    match unsafe { libc::fcntl(0, libc::F_SETOWN, pid.as_raw_nonzero().get()) } {
        -1 => Err(std::io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Computes until this process has taken so many milliseconds more of a processor.
fn spin(millis: u64) {
    let time = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        u64::try_from(time.tv_sec * 1000 + time.tv_nsec / 1_000_000).unwrap()
    };
    let end = time().saturating_add(millis);
    while time() < end {
        black_box(());
    }
}

/// Takes some stack for each of `levels`.
fn descend(levels: u64) -> u64 {
    let room = black_box([1_u8; 1000]);
    match levels {
        0 => 0,
        _ => descend(levels - 1) + u64::from(room[0]),
    }
}
