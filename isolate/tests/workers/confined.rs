//! Tests of what a worker has, and of what it may not do.

use crate::{limits, pool, program, taken, told};
use std::net::TcpListener;
use wasi_isolate::{Ending, Error, Limits, Pool};

#[test]
fn it_serves_and_has_been_told_how() {
    let mut worker = taken(&pool(limits()));
    assert_eq!(told(&mut worker, "echo hello").unwrap(), "hello");
    assert_eq!(told(&mut worker, "config").unwrap(), "config");
    assert_eq!(told(&mut worker, "thread").unwrap(), "done");
    assert!(worker.confinement().is_whole(), "this kernel lacks {:?}", worker.confinement().missing());
}

#[test]
fn it_has_no_environment_and_no_descriptors_of_its_host() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    // Unlike what the standard library opens, this stays open when a program is started.
    let leaky = rustix::fs::open(file.path(), rustix::fs::OFlags::RDONLY, rustix::fs::Mode::empty()).unwrap();
    let mut worker = taken(&pool(limits()));
    drop(leaky);
    assert_eq!(told(&mut worker, "environment").unwrap(), "0");
    let program = program("deeds::serves").env("ONE", "1").env("TWO", "2");
    let other = Pool::new(program, "deeds", b"config", limits()).unwrap();
    assert_eq!(told(&mut taken(&other), "environment").unwrap(), "2");
    let descriptors = told(&mut worker, "descriptors").unwrap();
    assert!(!descriptors.contains(&path), "{descriptors}");
    let kinds: Vec<_> = descriptors.lines().filter(|line| !line.starts_with("/dev/null")).collect();
    // The channel, the two files, the memory that it writes, and the directory that lists them.
    assert_eq!(kinds.len(), 5, "{descriptors}");
}

#[test]
fn it_reaches_no_files_no_network_and_no_programs() {
    let dir = tempfile::tempdir().unwrap();
    let (new, there) = (dir.path().join("new"), dir.path().join("there"));
    std::fs::write(&there, "").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let socket = dir.path().join("socket");
    let _unix = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let mut worker = taken(&pool(limits()));
    for deed in [
        "open /etc/passwd".to_owned(),
        "open /proc/self/maps".to_owned(),
        "list /".to_owned(),
        format!("create {}", new.display()),
        format!("remove {}", there.display()),
        format!("connect {address}"),
        "listen 127.0.0.1:0".to_owned(),
        "datagram 127.0.0.1:0".to_owned(),
        format!("unix {}", socket.display()),
        "run /bin/true".to_owned(),
        format!("kill {}", std::process::id()),
        format!("own {}", std::process::id()),
    ] {
        assert_eq!(told(&mut worker, &deed).unwrap(), "refused: permission denied", "{deed}");
    }
    assert!(there.exists() && !new.exists());
}

#[test]
fn it_reads_what_its_service_needs_and_nothing_else() {
    let pool = Pool::new(program("deeds::serves"), "deeds", b"hosts", limits()).unwrap();
    let mut worker = taken(&pool);
    assert_eq!(told(&mut worker, "open /etc/hosts").unwrap(), "done");
    for deed in ["open /etc/passwd", "create /etc/hosts", "list /etc", "connect 127.0.0.1:1", "run /bin/true"]
    {
        assert_eq!(told(&mut worker, deed).unwrap(), "refused: permission denied", "{deed}");
    }
}

#[test]
fn its_memory_is_limited() {
    let mut worker = taken(&pool(limits().memory(256 << 20)));
    assert_eq!(told(&mut worker, "allocate 67108864").unwrap(), "67108864");
    let error = told(&mut worker, "allocate 536870912").unwrap_err();
    assert_eq!(error, Error::Ended(Ending::Killed { signal: 6, memory: 256 << 20 }));
    assert!(error.to_string().contains("268435456 bytes"), "{error}");
}

#[test]
fn its_stack_is_as_large_as_the_host_says() {
    let deed = "overflow 8000";
    assert_eq!(told(&mut taken(&pool(limits())), deed).unwrap(), "8000");
    let error = told(&mut taken(&pool(limits().stack(1 << 20))), deed).unwrap_err();
    assert!(matches!(error, Error::Ended(Ending::Killed { .. })), "{error}");
}

#[test]
fn its_files_carry_what_is_large_and_no_more_than_they_may() {
    let mut worker = taken(&pool(limits().file_bytes(1 << 20)));
    let bytes: Vec<u8> = (0..1_u32 << 20).map(|index| u8::try_from(index % 251).unwrap()).collect();
    worker.files().write(0, &bytes).unwrap();
    assert_eq!(told(&mut worker, "copy 1048576").unwrap(), "done");
    let mut copied = vec![0; bytes.len()];
    worker.files().read(0, &mut copied).unwrap();
    assert!(bytes == copied);
    assert_eq!(worker.files().write(1 << 20, b"x").unwrap_err().kind(), std::io::ErrorKind::FileTooLarge);
    assert!(worker.files().read(1, &mut copied).is_err());
    assert_eq!(told(&mut worker, "write 1048576").unwrap(), "refused: file too large");
    worker.files().clear().unwrap();
    assert_eq!(told(&mut worker, "copy 1").unwrap(), "refused: unexpected end of file");
}

#[test]
fn its_memories_carry_what_comes_again_and_again() {
    let mut worker = taken(&pool(limits().file_bytes(1 << 20)));
    let mut region = None;
    for round in 0..3_u8 {
        let bytes: Vec<u8> =
            (0..900_000_u32).map(|index| u8::try_from(index % 251).unwrap() ^ round).collect();
        let mut filled = worker.files().region(region.take(), bytes.len()).unwrap();
        filled.copy_from_slice(&bytes);
        let at = told(&mut worker, &format!("mirror {} {}", filled.start(), bytes.len())).unwrap();
        let mut copied = vec![0; bytes.len()];
        worker.files().copy(at.parse().unwrap(), &mut copied).unwrap();
        assert!(bytes == copied);
        region = Some(filled);
    }
    let too_large = std::io::ErrorKind::FileTooLarge;
    assert_eq!(worker.files().region(region, (1 << 20) + 1).unwrap_err().kind(), too_large);
    assert_eq!(told(&mut worker, "mirror 0 1048577").unwrap(), "refused: unexpected end of file");
    // What would leave the host without the memory that it reads, or go beyond the limit of the worker's own.
    assert_eq!(told(&mut worker, "holes").unwrap(), "refused: permission denied");
}

#[test]
fn its_processor_time_is_limited_without_a_deadline() {
    let second = std::time::Duration::from_secs(1);
    let mut worker = taken(&pool(limits().processor_time(second)));
    let ended = told(&mut worker, "hang").unwrap_err();
    assert!(matches!(ended, Error::Ended(Ending::Killed { signal: 24, .. })), "{ended}");
    assert!(ended.to_string().contains("`Limits::processor_time`"), "{ended}");
    // At the hard limit, the system kills.
    let mut worker = taken(&pool(limits().total_processor_time(second)));
    let ended = told(&mut worker, "hang").unwrap_err();
    assert!(matches!(ended, Error::Ended(Ending::Killed { signal: 9 | 24, .. })), "{ended}");
}

#[test]
fn its_processor_time_begins_anew_with_each_request() {
    let mut worker = taken(&pool(limits().processor_time(std::time::Duration::from_secs(2))));
    for _ in 0..3 {
        assert_eq!(told(&mut worker, "spin 1100").unwrap(), "done");
    }
    // Without a request, it goes on with what is left.
    assert_eq!(told(&mut worker, "spin on").unwrap(), "done");
    let pid =
        told(&mut worker, "pid").unwrap().parse().ok().and_then(rustix::process::Pid::from_raw).unwrap();
    let process = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).unwrap();
    assert!(crate::hosts::ends(&process), "it spins on");
    let ended = told(&mut worker, "echo").unwrap_err();
    assert!(matches!(ended, Error::Ended(Ending::Killed { signal: 24, .. })), "{ended}");
}

#[test]
fn messages_have_a_limit() {
    let mut worker = taken(&pool(Limits::default()));
    let most = wasi_isolate::MAX_MESSAGE;
    assert_eq!(told(&mut worker, &format!("long {most}")).unwrap().len(), most);
    let error = worker.ask(&vec![0; most + 1], None, &wasi_policy::InterruptHandle::default()).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    // Nothing was sent, and it goes on.
    assert_eq!(told(&mut worker, "echo on").unwrap(), "on");
    assert_eq!(told(&mut worker, &format!("long {}", most + 1)), Err(Error::Ended(Ending::Exited(1))));
}
