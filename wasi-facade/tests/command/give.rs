//! What the command line gives the guest: directories, variables, sockets.

use crate::guests;
use crate::workplace::{ENGINES, Workplace};

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
