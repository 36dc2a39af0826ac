//! Tests of the descriptor table against a model: which numbers are open, what they stand for, which comes next.

use crate::common::errno::{BADF, NFILE, SUCCESS};
use crate::common::guest::{Guest, OUT, PATH, call};
use crate::common::ops::{FOLLOW, READ};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;
use test_support::same_cases;
use wasi_snapshot::{Limits, Perms, WasiCtx};

/// As many descriptors as a guest of these tests may have.
const MAX: usize = 12;

/// What an open number stands for: something of standard streams, a preopen by name, a file by contents.
#[derive(Clone, Debug, PartialEq)]
enum Thing {
    Stream,
    Preopen(&'static str),
    File(usize),
}

#[derive(Clone, Debug)]
enum Step {
    Open(usize),
    Close(u32),
    Renumber(u32, u32),
}

/// The rules in the plainest words: a map, and the lowest number that is free from three on.
#[derive(Debug)]
struct Model(BTreeMap<u32, Thing>);

impl Model {
    fn new() -> Self {
        let streams = (0..3).map(|fd| (fd, Thing::Stream));
        Model(streams.chain([(3, Thing::Preopen("/a")), (4, Thing::Preopen("/b"))]).collect())
    }

    /// A preopen that is still open, to open files through.
    fn any_dir(&self) -> Option<u32> {
        self.0.iter().find(|(_, thing)| matches!(thing, Thing::Preopen(_))).map(|(fd, _)| *fd)
    }

    fn open(&mut self, file: usize) -> Option<u32> {
        if self.0.len() >= MAX {
            return None;
        }
        let fd = (3..).find(|fd| !self.0.contains_key(fd)).unwrap();
        self.0.insert(fd, Thing::File(file));
        Some(fd)
    }

    fn close(&mut self, fd: u32) -> bool {
        self.0.remove(&fd).is_some()
    }

    fn renumber(&mut self, from: u32, to: u32) -> bool {
        if !self.0.contains_key(&from) || !self.0.contains_key(&to) {
            return false;
        }
        if from != to {
            let thing = self.0.remove(&from).unwrap();
            self.0.insert(to, thing);
        }
        true
    }
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![
        10 => 0..MAX as u32 + 2,
        1 => prop_oneof![Just(u32::MAX), Just(1 << 31), Just(-31337_i32 as u32), any::<u32>()],
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..4_usize).prop_map(Step::Open),
        2 => number().prop_map(Step::Close),
        2 => (number(), number()).prop_map(|(from, to)| Step::Renumber(from, to)),
    ]
}

fn contents(file: usize) -> String {
    format!("this is file {file}")
}

/// What the guest finds at a number.
fn find(guest: &mut Guest, fd: u32) -> Option<Thing> {
    if call!(guest, fd_fdstat_get, fd, OUT) == BADF {
        return None;
    }
    if call!(guest, fd_prestat_get, fd, OUT) == SUCCESS {
        let len = guest.u32(OUT + 4);
        assert_eq!(call!(guest, fd_prestat_dir_name, fd, PATH, len), SUCCESS);
        let name = guest.bytes(PATH, len);
        return Some(Thing::Preopen(
            ["/a", "/b"].into_iter().find(|known| known.as_bytes() == name).unwrap(),
        ));
    }
    let (iovs, count) = guest.iovecs(&[(PATH, 100)]);
    if call!(guest, fd_pread, fd, iovs, count, 0, OUT) == SUCCESS {
        let text = guest.bytes(PATH, guest.u32(OUT));
        return Some(Thing::File((0..4).find(|file| contents(*file).as_bytes() == text).unwrap()));
    }
    Some(Thing::Stream)
}

proptest! {
    #![proptest_config(same_cases(256))]

    #[test]
    fn the_table_behaves_like_its_model(steps in proptest::collection::vec(step(), 1..60)) {
        let root = TempDir::new().unwrap();
        for file in 0..4 {
            fs::write(root.path().join(file.to_string()), contents(file)).unwrap();
        }
        let mut limits = Limits::default();
        limits.max_fds = u32::try_from(MAX).unwrap();
        let mut guest = Guest::new(
            WasiCtx::builder()
                .preopen_dir(root.path(), "/a", Perms::read_only())
                .preopen_dir(root.path(), "/b", Perms::read_write())
                .limits(limits),
        );
        let mut model = Model::new();
        for step in steps {
            match step {
                Step::Open(file) => {
                    let Some(dir) = model.any_dir() else { continue };
                    let opened = guest.open(dir, file.to_string(), (FOLLOW, 0, READ, 0));
                    prop_assert_eq!(opened, model.open(file).ok_or(NFILE));
                }
                Step::Close(fd) => {
                    let expected = if model.close(fd) { SUCCESS } else { BADF };
                    prop_assert_eq!(call!(guest, fd_close, fd), expected);
                }
                Step::Renumber(from, to) => {
                    let expected = if model.renumber(from, to) { SUCCESS } else { BADF };
                    prop_assert_eq!(call!(guest, fd_renumber, from, to), expected);
                }
            }
            for fd in 0..MAX as u32 + 2 {
                prop_assert_eq!(find(&mut guest, fd), model.0.get(&fd).cloned(), "{} after {:?}", fd, step);
            }
        }
    }
}

/// The numbers of the standard streams are not given out again, or a guest's logs would go to its data.
#[test]
fn standard_numbers_are_never_reused() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("f"), "").unwrap();
    let mut guest = Guest::new(WasiCtx::builder().preopen_dir(root.path(), "/", Perms::read_only()));
    for fd in [1, 0, 2] {
        assert_eq!(call!(guest, fd_close, fd), SUCCESS);
        assert!(guest.open_read(3, "f").unwrap() > 3);
        assert_eq!(call!(guest, fd_close, fd), BADF);
    }
    // Closed, they cannot be the target of moving either.
    assert_eq!(call!(guest, fd_renumber, 4, 1), BADF);
}

#[test]
fn a_file_can_take_the_place_of_a_stream() {
    let root = TempDir::new().unwrap();
    let mut guest = Guest::new(WasiCtx::builder().preopen_dir(root.path(), "/", Perms::read_write()));
    let fd = guest.create(3, "log").unwrap();
    assert_eq!(call!(guest, fd_renumber, fd, 1), SUCCESS);
    assert_eq!(guest.write(1, "to the log"), Ok(10));
    assert_eq!(fs::read(root.path().join("log")).unwrap(), b"to the log");
    assert_eq!(guest.create(3, "next"), Ok(fd));
}

#[test]
fn moving_to_itself_is_nothing() {
    let root = TempDir::new().unwrap();
    let mut guest = Guest::new(WasiCtx::builder().preopen_dir(root.path(), "/a", Perms::read_write()));
    for fd in [0, 1, 2, 3] {
        let before = find(&mut guest, fd);
        assert_eq!(call!(guest, fd_renumber, fd, fd), SUCCESS);
        assert_eq!(find(&mut guest, fd), before);
    }
    assert_eq!(call!(guest, fd_renumber, 4, 4), BADF);
    assert_eq!(guest.create(3, "f"), Ok(4));
}
