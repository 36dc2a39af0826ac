//! Tests of directories that others exchange for junctions while a guest uses them.

use super::escapes::junction;
use crate::common::errno::SUCCESS;
use crate::common::guest::Guest;
use crate::common::ops::{CREAT, FOLLOW, NOFOLLOW, READ, TRUNC, WRITE};
use crate::common::system::open_dir;
use crate::on_host::files::sandbox::Site;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use wasi_snapshot::{HostDir, Perms, WasiCtx};

/// How often the guest tries.
const ROUNDS: usize = 1000;

/// The name is now a directory, now a junction that leads out, and sometimes nothing.
#[test]
fn a_directory_that_turns_into_a_junction() {
    let site = Site::new();
    let inside = site.root.path().join("inside");
    let path = |name: &str| inside.join(name);
    fs::create_dir(path("spot")).unwrap();
    fs::write(path("spot/secret"), "mine").unwrap();
    junction(&site.root.path().join("outside/dir"), &path("evil"));
    let (before, done) = (site.outside(), AtomicBool::new(false));
    let mut guest = site.guest();
    let mut reached = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for (from, to) in [("spot", "away"), ("evil", "spot"), ("spot", "evil"), ("away", "spot")] {
                    // What the guest has open cannot be renamed; that is tried again.
                    while fs::rename(path(from), path(to)).is_err() && !done.load(Ordering::Relaxed) {
                        thread::yield_now();
                    }
                }
            }
        });
        for _ in 0..ROUNDS {
            for how in [(FOLLOW, 0, READ, 0), (NOFOLLOW, 0, READ | WRITE, 0)] {
                if let Ok(fd) = guest.open(3, "spot/secret", how) {
                    if let Ok(contents) = guest.read(fd, 100) {
                        assert_eq!(contents, b"mine");
                        reached += 1;
                    }
                    assert_eq!(guest.call("fd_close", &[fd.into()]), SUCCESS);
                }
            }
            if let Ok(fd) = guest.open(3, "spot/new", (NOFOLLOW, CREAT | TRUNC, READ | WRITE, 0)) {
                assert_eq!(guest.call("fd_close", &[fd.into()]), SUCCESS);
            }
            let _ = guest.at("path_unlink_file", 3, "spot/new");
            let _ = guest.at("path_create_directory", 3, "spot/made");
            let _ = guest.at("path_remove_directory", 3, "spot/made");
            let _ = guest.set_times(3, "spot/secret", FOLLOW, (1, 1, 5));
            let _ = guest.link(0, (3, "f"), (3, "spot/linked"));
            let _ = guest.at("path_unlink_file", 3, "spot/linked");
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(site.outside(), before);
    assert!(reached > 0, "the guest never even reached its own file");
}

/// The sandbox rests on this: a directory that a guest has open stays where it is.
#[test]
fn a_directory_that_is_open_stays_where_it_is() {
    let site = Site::new();
    let path = |name: &str| site.root.path().join(name);
    let mut guest = site.guest();
    let held = guest.open_read(3, "d/sub").unwrap();
    assert!(fs::rename(path("inside/d/sub"), path("outside/sub")).is_err());
    assert!(fs::remove_dir(path("inside/d/sub")).is_err());
    assert!(path("inside/d/sub").is_dir());
    assert_eq!(guest.call("fd_close", &[held.into()]), SUCCESS);
    fs::rename(path("inside/d/sub"), path("outside/sub")).unwrap();
}

/// Whatever the handle of the embedder's lets others do, such as one of the standard library.
#[test]
fn a_directory_that_is_given_by_its_handle_stays_where_it_is() {
    let site = Site::new();
    let path = |name: &str| site.root.path().join(name);
    let handle = open_dir(&path("inside/d"));
    let dir = HostDir::from_handle(handle).unwrap();
    let guest = Guest::new(WasiCtx::builder().preopen(dir, "/", Perms::read_write()));
    assert!(fs::rename(path("inside/d"), path("outside/d")).is_err());
    drop(guest);
    fs::rename(path("inside/d"), path("outside/d")).unwrap();
}

/// So do those that it lies in.
#[test]
fn a_directory_with_an_open_one_in_it_stays_where_it_is() {
    let site = Site::new();
    let path = |name: &str| site.root.path().join(name);
    let mut guest = site.guest();
    let _held = guest.open_read(3, "d/sub").unwrap();
    assert!(fs::rename(path("inside/d"), path("outside/d")).is_err());
    assert!(fs::rename(path("inside"), path("elsewhere")).is_err());
}
