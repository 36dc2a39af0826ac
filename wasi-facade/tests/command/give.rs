//! Tests of what the command line gives the guest: directories, variables, sockets.

use crate::guests;
#[cfg(unix)]
use crate::workplace::Ran;
use crate::workplace::{ENGINES, Workplace};
#[cfg(unix)]
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::Stdio;

#[test]
fn a_directory_can_be_written_unless_it_is_read_only() {
    for engine in ENGINES {
        let place = Workplace::with(&guests::creates());
        std::fs::create_dir(place.path("given")).unwrap();
        let ran = place.wasi(&format!("{engine} --dir given::/::ro guest.wat"));
        assert_ne!(ran.code, Some(0));
        assert!(!place.path("given/made").exists());
        place.wasi(&format!("{engine} --dir given guest.wat")).quiet(0);
        assert!(place.path("given/made").exists());
    }
}

#[test]
fn without_a_directory_there_is_none() {
    const BADF: i32 = 8;
    let place = Workplace::with(&guests::creates());
    place.wasi("guest.wat").quiet(BADF);
}

#[test]
fn a_directory_that_is_missing_is_named() {
    let place = Workplace::with(&guests::says("hello"));
    let ran = place.wasi("--dir nowhere guest.wat");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with("wasi: cannot preopen the directory nowhere: "), "{}", ran.stderr);
}

#[test]
fn the_guest_sees_the_variables_it_was_given() {
    let place = Workplace::with(&guests::environ());
    let environ = |args: &str| {
        let mut command = place.command(args);
        command.env_remove("XDG_CACHE_HOME").env("HERE", "value");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(environ("guest.wat"), "");
    assert_eq!(environ("--env A=1 --env B=x=y --env HERE guest.wat"), "A=1\0B=x=y\0HERE=value\0");
    assert_eq!(environ("--inherit-env guest.wat"), "HERE=value\0");
    assert_eq!(environ("--inherit-env --env HERE=other guest.wat"), "HERE=other\0");
}

#[test]
fn a_variable_that_is_not_set_is_a_mistake() {
    let place = Workplace::with(&guests::environ());
    let message = "the environment variable `MISSING` is not set here; write `--env MISSING=VALUE`";
    place.wasi("--env MISSING guest.wat").complains(2, message);
}

/// Values may be secrets: whatever is wrong with a variable, its name is what is said.
#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_named_and_left_out() {
    use std::os::unix::ffi::OsStrExt;
    let place = Workplace::with(&guests::environ());
    let ran = |args: &str| {
        let mut command = place.command(args);
        command.env_remove("XDG_CACHE_HOME").env("HERE", "value");
        command
            .env("SECRET", OsStr::from_bytes(b"hush\xff"))
            .env("\u{1b}[31m", OsStr::from_bytes(b"hush\xff"));
        command.env(OsStr::from_bytes(b"NA\xffME"), "hush");
        Ran::from(command.output().unwrap())
    };
    for engine in ENGINES {
        let all = ran(&format!("{engine} --inherit-env guest.wat"));
        assert_eq!((all.code, all.stdout.as_str()), (Some(0), "HERE=value\0"));
        let start = "wasi: the guest does not get the environment variables ";
        let end = ": they are not UTF-8, and guests get nothing else\n";
        let names = all.stderr.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
        let mut names: Vec<_> = names.expect(&all.stderr).split(", ").collect();
        names.sort_unstable();
        assert_eq!(names, ["`NA\u{fffd}ME`", "`SECRET`", r"`\u{1b}[31m`"]);
        assert_eq!(ran(&format!("{engine} --env HERE guest.wat")).quiet(0), "HERE=value\0");
    }
    ran("--env SECRET guest.wat").complains(
        2,
        "the environment variable `SECRET` is not UTF-8 here, and guests get nothing else; write `--env SECRET=VALUE`",
    );
    for wrong in ["=hush", "--env=="] {
        let ran = ran(&format!("--env {wrong} guest.wat"));
        assert_ne!(ran.code, Some(0));
        assert!(!ran.stderr.contains("hush"), "{}", ran.stderr);
    }
    let mut command = place.command("");
    command.args([OsStr::new("--env"), OsStr::from_bytes(b"SECRET=hush\xff"), OsStr::new("guest.wat")]);
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, Some(2));
    assert!(!ran.stderr.contains("hush"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_text_is_counted() {
    use std::os::unix::ffi::OsStrExt;
    let place = Workplace::with(&guests::args());
    let mut command = place.command("guest.wat -x");
    let ran = Ran::from(command.arg(OsStr::from_bytes(b"hush\xff")).output().unwrap());
    ran.complains(
        2,
        "argument 2 of the guest is not UTF-8, and guests get nothing else; leave it away, or encode it",
    );
}

/// A guest finds a directory by its name, so that it could find only one of them.
#[test]
fn two_directories_of_one_name_are_a_mistake() {
    let place = Workplace::with(&guests::says("hello"));
    place.wasi("--dir . --dir . guest.wat").complains(
        2,
        "the guest would know both `.` and `.` as `.`; leave one away, or name it with `--dir .::NAME`",
    );
    place.wasi("--dir .::/x --dir other::/x/::ro guest.wat").complains(
        2,
        "the guest would know both `.` and `other` as `/x/`; leave one away, or name it with `--dir other::NAME`",
    );
    assert_eq!(place.wasi("--dir .::a --dir .::b guest.wat").quiet(0), "hello");
}

#[test]
fn sockets_come_after_directories() {
    let place = Workplace::with(&guests::looks_at_descriptors());
    for engine in ENGINES {
        place.wasi(&format!("{engine} --tcplisten 127.0.0.1:0 --dir . guest.wat")).quiet(0);
    }
}

#[test]
fn an_address_that_cannot_be_had_is_named() {
    let place = Workplace::with(&guests::says("hello"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let ran = place.wasi(&format!("--tcplisten {address} guest.wat"));
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with(&format!("wasi: cannot listen on `{address}`: ")), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("; give a free address such as 127.0.0.1:8080\n"), "{}", ran.stderr);
}

/// Whoever asks for port 0 hears which one the system chose, and whoever connects there reaches the guest.
#[test]
fn a_port_that_the_system_chose_is_told() {
    let place = Workplace::with(
        r#"(module
            (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\20\00\00\00\05\00\00\00")
            (data (i32.const 32) "hello")
            (func (export "_start")
                (if (call $accept (i32.const 3) (i32.const 0) (i32.const 16)) (then (call $exit (i32.const 3))))
                (call $exit (call $write
                    (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 20)))))"#,
    );
    for engine in ENGINES {
        let mut command = place.command(&format!("{engine} -v --tcplisten 127.0.0.1:0 guest.wat"));
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let address =
            told.find_map(|line| line.strip_prefix("wasi: listening on ").map(str::to_owned)).unwrap();
        let mut said = String::new();
        TcpStream::connect(address).unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said, "hello");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}
