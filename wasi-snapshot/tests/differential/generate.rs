//! The generator of sequences: few names, few descriptors, and every boundary that has a meaning, so that calls meet.

use super::call::{Call, Fdflags, Name, Oflags, Times};
use crate::common::ops::{APPEND, CREAT, DIRECTORY, EXCL, FOLLOW, NOFOLLOW, NONBLOCK, READ, TRUNC, WRITE};
use proptest::prelude::*;
use proptest::sample::select;

/// The directory that the guest was given; it stays open.
pub(crate) const ROOT: u32 = 3;

/// What is open before a sequence starts: several descriptors of one file, which has two names, and directories.
pub(crate) fn opened() -> Vec<Call> {
    let open = |path: &str, oflags, rights, fdflags| Call::Open {
        dir: ROOT,
        lookup: NOFOLLOW,
        path: Name(path.into()),
        oflags: Oflags(oflags),
        rights,
        fdflags: Fdflags(fdflags),
    };
    vec![
        open("f", 0, READ | WRITE, 0),
        open("d", DIRECTORY, READ, 0),
        open("f", 0, READ | WRITE, APPEND),
        open("g", 0, READ, NONBLOCK),
        open("empty", DIRECTORY, READ, 0),
        open("d/h", 0, WRITE, 0),
    ]
}

pub(crate) fn sequences() -> impl Strategy<Value = Vec<Call>> {
    prop::collection::vec(call(), 1..25)
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![4 => on_names().boxed(), 3 => on_data().boxed(), 2 => on_descriptors().boxed()]
}

fn on_names() -> impl Strategy<Value = Call> {
    prop_oneof![
        6 => (dir(), lookup(), path(), oflags(), rights(), fdflags()).prop_map(
            |(dir, lookup, path, oflags, rights, fdflags)| {
                Call::Open { dir, lookup, path, oflags, rights, fdflags }
            }
        ).boxed(),
        2 => (dir(), path()).prop_map(|(dir, path)| Call::CreateDirectory { dir, path }).boxed(),
        2 => (dir(), path()).prop_map(|(dir, path)| Call::RemoveDirectory { dir, path }).boxed(),
        2 => (dir(), path()).prop_map(|(dir, path)| Call::Unlink { dir, path }).boxed(),
        3 => (dir(), path(), dir(), path()).prop_map(|(dir, path, to, new)| Call::Rename { dir, path, to, new }).boxed(),
        2 => (known(), known()).prop_map(|(path, new)| Call::Rename { dir: ROOT, path, to: ROOT, new }).boxed(),
        2 => (dir(), rarely(NOFOLLOW, Just(FOLLOW)), path(), dir(), path())
            .prop_map(|(dir, lookup, path, to, new)| Call::Link { dir, lookup, path, to, new }).boxed(),
        3 => (path(), dir(), path()).prop_map(|(target, dir, path)| Call::Symlink { target, dir, path }).boxed(),
        2 => (dir(), path(), select(vec![0, 1, 3, 255, 4096]))
            .prop_map(|(dir, path, buf_len)| Call::Readlink { dir, path, buf_len }).boxed(),
        3 => (dir(), lookup(), path()).prop_map(|(dir, lookup, path)| Call::PathStat { dir, lookup, path }).boxed(),
        2 => (dir(), lookup(), path(), times())
            .prop_map(|(dir, lookup, path, times)| Call::PathSetTimes { dir, lookup, path, times }).boxed(),
    ]
}

fn on_data() -> impl Strategy<Value = Call> {
    prop_oneof![
        3 => (fd(), buffers()).prop_map(|(fd, buffers)| Call::Read { fd, buffers }).boxed(),
        2 => (fd(), buffers(), offset()).prop_map(|(fd, buffers, offset)| Call::Pread { fd, buffers, offset }).boxed(),
        3 => (fd(), buffers()).prop_map(|(fd, buffers)| Call::Write { fd, buffers }).boxed(),
        2 => (fd(), buffers(), offset()).prop_map(|(fd, buffers, offset)| Call::Pwrite { fd, buffers, offset }).boxed(),
        3 => (fd(), delta(), rarely_of(0..3_u32, 3)).prop_map(|(fd, delta, whence)| Call::Seek { fd, delta, whence }).boxed(),
        1 => fd().prop_map(|fd| Call::Tell { fd }).boxed(),
        2 => (fd(), offset(), select(vec![0, 1, 10, 5000, 1 << 46, 1 << 63, u64::MAX]))
            .prop_map(|(fd, offset, len)| Call::Allocate { fd, offset, len }).boxed(),
        1 => (fd(), offset(), offset(), rarely_of(0..6_u32, 6))
            .prop_map(|(fd, offset, len, advice)| Call::Advise { fd, offset, len, advice }).boxed(),
        2 => (fd(), offset()).prop_map(|(fd, size)| Call::SetSize { fd, size }).boxed(),
    ]
}

fn on_descriptors() -> impl Strategy<Value = Call> {
    prop_oneof![
        2 => other_fd().prop_map(|fd| Call::Close { fd }).boxed(),
        2 => (other_fd(), other_fd()).prop_map(|(fd, to)| Call::Renumber { fd, to }).boxed(),
        1 => fd().prop_map(|fd| Call::Sync { fd }).boxed(),
        1 => fd().prop_map(|fd| Call::Datasync { fd }).boxed(),
        2 => fd().prop_map(|fd| Call::Stat { fd }).boxed(),
        2 => (fd(), times()).prop_map(|(fd, times)| Call::SetTimes { fd, times }).boxed(),
        2 => fd().prop_map(|fd| Call::Fdstat { fd }).boxed(),
        2 => (fd(), fdflags()).prop_map(|(fd, fdflags)| Call::SetFlags { fd, fdflags }).boxed(),
        // Any entry fits the smallest of these buffers.
        2 => (dir(), select(vec![280, 300, 1000, 4096])).prop_map(|(fd, buf_len)| Call::List { fd, buf_len }).boxed(),
        2 => (dir(), 0..8_u8, 0..120_u32)
            .prop_map(|(fd, entry, buf_len)| Call::ListFrom { fd, entry, buf_len }).boxed(),
        1 => (dir(), prop_oneof![0..60_u64, Just(u64::MAX), Just(1 << 63)], 0..120_u32)
            .prop_map(|(fd, cookie, buf_len)| Call::ListWild { fd, cookie, buf_len }).boxed(),
    ]
}

/// Mostly numbers that are open.
fn fd() -> impl Strategy<Value = u32> {
    prop_oneof![30 => ROOT..=10, 1 => Just(99), 1 => Just(u32::MAX)]
}

/// The root stays open, so that there is something to go on with.
fn other_fd() -> impl Strategy<Value = u32> {
    fd().prop_map(|fd| if fd == ROOT { ROOT + 1 } else { fd })
}

/// Mostly directories.
fn dir() -> impl Strategy<Value = u32> {
    prop_oneof![12 => Just(ROOT), 4 => Just(5_u32), 1 => Just(8_u32), 2 => fd()]
}

/// Names of what is there at first, of what may come, and of what leads elsewhere.
const NAMES: &[&str] = &[
    "f",
    "g",
    "d",
    "h",
    "e",
    "empty",
    "new",
    "n2",
    "link",
    "dirlink",
    "slashlink",
    "fileslash",
    "dangling",
    "loop",
    "a",
    "b",
    "out",
    "outdir",
    "back",
    "updown",
    "up",
    "here",
    "absolute",
    "root",
    "shut",
    "locked",
    "unread",
    "steps39",
    "steps40",
    "steps41",
    "é",
];

fn component() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => select(NAMES).prop_map(str::to_owned),
        8 => select(&["f", "d", "new", "n2", "e", "h"][..]).prop_map(str::to_owned),
        2 => Just(".".to_owned()),
        3 => Just("..".to_owned()),
        2 => select(&["d", "dirlink", "shut", "locked", "e", "out", "new"][..]).prop_map(|name| format!("{name}/..")),
    ]
}

/// Paths to what is there at first, most of it directories that are empty or not.
fn known() -> impl Strategy<Value = Name> {
    select(
        &[
            "d", "d/e", "empty", "f", "g", "d/f", "locked", "locked/e", "link", "d/", "d/e/", "empty/",
            "new", "d/new",
        ][..],
    )
    .prop_map(|path| Name(path.into()))
}

/// Boxed, as groups of calls are: a strategy of everything would not fit the stack of a test.
fn path() -> BoxedStrategy<Name> {
    let usual = (
        prop::collection::vec((component(), select(&["/", "/", "/", "//", "/./"][..])), 0..3),
        component(),
        rarely("", select(&["/", "/", "//", "/.", "/./", "/.."][..])),
    );
    let usual = usual.prop_map(|(before, last, end)| {
        let before: String = before.into_iter().map(|(name, slash)| name + slash).collect();
        Name(format!("{before}{last}{end}").into_bytes())
    });
    prop_oneof![40 => usual, 4 => odd_path()].boxed()
}

/// Paths at the boundaries.
fn odd_path() -> impl Strategy<Value = Name> {
    let padded = |len: usize, end: &str| {
        let dots = len - end.len();
        format!("{}{end}", "./".repeat(dots / 2) + &"/".repeat(dots % 2)).into_bytes()
    };
    let deep = |end: &str| format!("{}{end}", "d/../".repeat(30)).into_bytes();
    select(vec![
        b"".to_vec(),
        b"/".to_vec(),
        b"/f".to_vec(),
        b"//d".to_vec(),
        b"f\0".to_vec(),
        b"\0".to_vec(),
        b"\xff".to_vec(),
        b"d/\xfe\xff".to_vec(),
        b"f\xc3".to_vec(),
        "n".repeat(255).into_bytes(),
        "n".repeat(256).into_bytes(),
        "é".repeat(127).into_bytes(),
        "é".repeat(128).into_bytes(),
        format!("d/{}", "m".repeat(255)).into_bytes(),
        format!("{}/f", "n".repeat(256)).into_bytes(),
        format!("{}/", "n".repeat(255)).into_bytes(),
        padded(4094, "f"),
        padded(4095, "f"),
        padded(4095, "d/"),
        padded(4095, "new"),
        padded(4096, "f"),
        padded(4096, "d/"),
        padded(4096, "new"),
        padded(4097, "f"),
        deep("f"),
        deep("new"),
        deep(".."),
    ])
    .prop_map(Name)
}

fn lookup() -> impl Strategy<Value = u32> {
    prop_oneof![9 => NOFOLLOW..=FOLLOW, 1 => Just(2_u32)]
}

fn oflags() -> impl Strategy<Value = Oflags> {
    prop_oneof![
        4 => Just(0),
        4 => Just(CREAT),
        2 => Just(DIRECTORY),
        2 => Just(CREAT | TRUNC),
        2 => Just(CREAT | EXCL),
        2 => Just(TRUNC),
        2 => 0..16_u32,
        1 => Just(16_u32),
    ]
    .prop_map(Oflags)
}

fn rights() -> impl Strategy<Value = u64> {
    const SEEK: u64 = 1 << 2;
    const ALL: u64 = (1 << 30) - 1;
    prop_oneof![
        8 => Just(READ),
        8 => Just(READ | WRITE),
        4 => Just(WRITE),
        2 => Just(0),
        2 => Just(SEEK),
        1 => Just(ALL),
        1 => Just(ALL & !READ),
        1 => Just(1 << 30),
        1 => Just(u64::MAX),
    ]
}

fn fdflags() -> impl Strategy<Value = Fdflags> {
    prop_oneof![16 => Just(0), 8 => Just(APPEND), 4 => Just(NONBLOCK), 2 => 0..32_u32, 1 => Just(32_u32)]
        .prop_map(Fdflags)
}

fn buffers() -> impl Strategy<Value = Vec<u32>> {
    let len = prop_oneof![2 => Just(0_u32), 8 => 1..12_u32, 1 => Just(300_u32)];
    // More than eight go to the system in several calls.
    prop_oneof![
        6 => prop::collection::vec(len.clone(), 0..4),
        1 => prop::collection::vec(len, 7..20),
    ]
}

/// No size that a disk could hold and that a test should not: the next after these is beyond what ext4 can.
fn offset() -> impl Strategy<Value = u64> {
    prop_oneof![
        8 => 0..24_u64,
        2 => 0..6000_u64,
        2 => select(vec![(1 << 46), i64::MAX as u64 - 5, i64::MAX as u64, 1 << 63, u64::MAX - 5, u64::MAX]),
    ]
}

fn delta() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => -12..24_i64,
        2 => -6000..6000_i64,
        2 => select(vec![1 << 46, i64::MAX, i64::MAX - 12, i64::MIN, i64::MIN + 12]),
    ]
}

/// Times that are never near the present.
fn times() -> impl Strategy<Value = Times> {
    let time = select(vec![
        0,
        1,
        999_999_999,
        1_000_000_001,
        (1 << 31) * 1_000_000_000,
        (1 << 32) * 1_000_000_000 + 7,
        i64::MAX as u64,
        u64::MAX,
    ]);
    let flags = prop_oneof![3 => Just(0b0101_u32), 1 => Just(0b1010_u32), 3 => 0..16_u32, 1 => Just(16_u32)];
    (time.clone(), time, flags).prop_map(|(atim, mtim, flags)| Times { atim, mtim, flags })
}

/// One in six.
fn rarely<T: Clone + std::fmt::Debug + 'static>(
    usual: T,
    rare: impl Strategy<Value = T>,
) -> impl Strategy<Value = T> {
    prop_oneof![5 => Just(usual), 1 => rare]
}

fn rarely_of(usual: std::ops::Range<u32>, rare: u32) -> impl Strategy<Value = u32> {
    prop_oneof![12 => usual, 1 => Just(rare)]
}
