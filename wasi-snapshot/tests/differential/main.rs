//! Tests of sequences of calls on files, made by a guest and by the system itself: what they give, and what is there in
//! the end, has to be the same. What is meant to differ is a row of the table in `meant.rs`.
//!
//! The same sequences run every time. With `WASI_DIFFERENTIAL=SECONDS` there are others, for that long.
#![cfg(target_os = "linux")]

#[path = "../common/helpers.rs"]
mod common;

mod beneath;
mod call;
mod compare;
mod engines;
mod generate;
mod meant;
mod native;
mod outcome;
mod run;
mod sandboxed;
mod several;
mod site;

use beneath::Beneath;
use common::guest::Guest;
use common::older::refuse;
use common::place::{Ground, Place};
use compare::compare;
use nix::libc;
use site::World;
use test_support::copy::{copy, finish, mode};
use wasi_snapshot::{Perms, WasiCtx};

const HOST: World = World {
    name: "a directory of the host",
    ground: Ground::Host,
    perms: Perms::read_write(),
    beneath: Beneath::FOLLOWING,
    openat2: true,
};

#[test]
fn a_directory_of_the_host_is_one() {
    compare(HOST);
}

#[test]
fn without_openat2_nothing_changes() {
    if mode().is_none() {
        let output = finish(copy("without_openat2_nothing_changes", "no openat2"));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    // The sandbox asks once in the life of a process, so it is enough that a thread lacks it which does nothing else.
    let asking = std::thread::spawn(|| {
        refuse(libc::SYS_openat2, libc::ENOSYS);
        let place = Place::new(Ground::Host);
        let mut guest = Guest::new(place.preopen(WasiCtx::builder(), "/", Perms::read_only()));
        guest.open_read(generate::ROOT, ".").unwrap();
    });
    asking.join().unwrap();
    compare(World { name: "a host without openat2", openat2: false, ..HOST });
}

#[test]
fn a_directory_without_following_is_one() {
    let perms = Perms::read_write().no_follow();
    compare(World { name: "without following", perms, beneath: Beneath::PLAIN, ..HOST });
}

#[test]
fn a_directory_in_memory_is_one() {
    compare(World { name: "in memory", ground: Ground::Memory, ..HOST });
}
