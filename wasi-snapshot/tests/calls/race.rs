//! Tests of names that change while they are resolved.
//!
//! A thread swaps a directory and a symlink that leads out, or moves a directory out of the tree and back,
//! as fast as it can, while a guest uses the name. How often the two meet in the middle of a call is up to
//! the scheduler; what may never happen is fixed: nothing outside is read, made, changed or removed.

use crate::common::errno::{Errno, SUCCESS};
use crate::common::guest::Guest;
use crate::common::ops::{CREAT, FOLLOW, NOFOLLOW, READ, TRUNC, WRITE};
use crate::common::tree;
use crate::on_host::files::sandbox::Site;
use rustix::fs::{CWD, RenameFlags};
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use wasi_snapshot::{Perms, WasiCtx};

/// How often the guest tries.
const ROUNDS: usize = 3000;

/// Runs `guest` while another thread repeats `disturb`, which is undone when it is repeated.
fn race(disturb: impl Fn() + Send + Sync, mut guest: impl FnMut()) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (disturb, done) = (&disturb, &done);
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                disturb();
                disturb();
            }
        });
        /// Ends the other thread even if the guest panics.
        struct Stop<'a>(&'a AtomicBool);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _stop = Stop(done);
        for _ in 0..ROUNDS {
            guest();
        }
    });
}

fn read_or_errno(guest: &mut Guest, path: &str, how: (u32, u32, u64, u32)) -> Option<Vec<u8>> {
    let fd = guest.open(3, path, how).ok()?;
    let contents = guest.read(fd, 100).ok();
    assert_eq!(guest.call("fd_close", &[fd.into()]), SUCCESS);
    contents
}

/// The link leads to a place inside, which only a guest that follows links may see.
#[test]
fn a_directory_that_turns_into_a_link_which_is_not_to_be_followed() {
    let site = Site::new();
    let inside = site.root.at("inside");
    inside.make_dir("spot");
    inside.make_dir("other");
    inside.make_file("spot/secret", "mine");
    inside.make_file("other/secret", "others'");
    inside.make_link("other", "evil");
    let mut guest = Guest::new(inside.preopen(WasiCtx::builder(), "/", Perms::read_write().no_follow()));
    let (spot, evil) = (inside.path().join("spot"), inside.path().join("evil"));
    let swap = || rustix::fs::renameat_with(CWD, &spot, CWD, &evil, RenameFlags::EXCHANGE).unwrap();
    race(swap, || {
        if let Some(contents) = read_or_errno(&mut guest, "spot/secret", (FOLLOW, 0, READ, 0)) {
            assert_eq!(contents, b"mine");
        }
        let _ = guest.set_times(3, "spot/secret", FOLLOW, (1, 1, 5));
        let _ = guest.symlink("f", 3, "spot/new");
        let _ = guest.at("path_unlink_file", 3, "spot/new");
    });
    let other = inside.at("other");
    assert_eq!(other.list().len(), 1);
    assert_ne!(other.stat("secret").unwrap().mtim, 1);
}

#[test]
fn a_directory_that_turns_into_a_link() {
    let site = Site::new();
    fs::create_dir(site.root.path().join("inside/spot")).unwrap();
    fs::write(site.root.path().join("inside/spot/secret"), "mine").unwrap();
    symlink("../outside/dir", site.root.path().join("inside/evil")).unwrap();
    let (spot, evil) = (site.root.path().join("inside/spot"), site.root.path().join("inside/evil"));
    let outside = tree::describe(&site.root.path().join("outside"));
    let mut guest = site.guest();
    let mut reached = 0;
    let swap = || rustix::fs::renameat_with(CWD, &spot, CWD, &evil, RenameFlags::EXCHANGE).unwrap();
    race(swap, || {
        if let Some(contents) = read_or_errno(&mut guest, "spot/secret", (FOLLOW, 0, READ, 0)) {
            assert_eq!(contents, b"mine");
            reached += 1;
        }
        let how = (NOFOLLOW, CREAT | TRUNC, READ | WRITE, 0);
        assert!(read_or_errno(&mut guest, "spot/new", how).unwrap_or_default().is_empty());
        let _: [Errno; 7] = [
            guest.at("path_unlink_file", 3, "spot/new"),
            guest.at("path_create_directory", 3, "spot/made"),
            guest.set_times(3, "spot/secret", FOLLOW, (1, 1, 5)),
            guest.set_times(3, "spot/secret", NOFOLLOW, (1, 1, 5)),
            guest.rename((3, "spot/made"), (3, "spot/renamed")),
            guest.link(0, (3, "f"), (3, "spot/linked")),
            guest.symlink("f", 3, "spot/symlinked"),
        ];
        for name in ["made", "renamed"] {
            guest.at("path_remove_directory", 3, format!("spot/{name}"));
        }
        for name in ["linked", "symlinked"] {
            guest.at("path_unlink_file", 3, format!("spot/{name}"));
        }
    });
    assert_eq!(tree::describe(&site.root.path().join("outside")), outside);
    assert!(reached > 0, "the guest never even reached its own file");
}

/// `..` out of a directory that has just been moved out of the tree would lead to where it is now.
#[test]
fn a_directory_that_is_moved_out_meanwhile() {
    let site = Site::new();
    let (inside, outside) = (site.root.path().join("inside/d/sub"), site.root.path().join("outside/moved"));
    let mut guest = site.guest();
    let held = guest.open_read(3, "d/sub").unwrap();
    fs::create_dir(site.root.path().join("inside/d/sub/deep")).unwrap();
    let moving = || {
        if fs::rename(&inside, &outside).is_err() {
            fs::rename(&outside, &inside).unwrap();
        }
    };
    let mut reached = 0;
    race(moving, || {
        for path in
            ["d/sub/../../outside/secret", "d/sub/deep/../../secret", "d/sub/deep/../../../outside/secret"]
        {
            assert_eq!(read_or_errno(&mut guest, path, (FOLLOW, 0, READ, 0)), None, "{path}");
        }
        if let Some(contents) = read_or_errno(&mut guest, "d/sub/deep/../../g", (FOLLOW, 0, READ, 0)) {
            assert_eq!(contents, b"mine");
            reached += 1;
        }
        for path in ["../secret", "deep/../../secret", "deep/../../dir/secret"] {
            assert!(guest.open_read(held, path).is_err(), "{path}");
        }
    });
    assert!(reached > 0, "the guest never even reached its own file");
}
