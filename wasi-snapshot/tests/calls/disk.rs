//! Tests of the disk space that a guest with a quota takes, measured by the blocks that the host counts.

use crate::common::errno::{DQUOT, Errno, SUCCESS};
use crate::common::guest::{DATA, Guest, OUT, call};
use crate::common::ops::{APPEND, CREAT, FOLLOW, READ, TRUNC, WRITE};
use proptest::prelude::*;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use tempfile::TempDir;
use wasi_snapshot::{Limits, Perms, WasiCtx};

const BLOCK: u64 = 4096;
/// What `Limits::max_written_bytes` says that nobody pays for.
const FREE: u64 = 64 << 10;

/// A guest with a quota over a directory, which is all that it can write.
struct Site {
    root: TempDir,
    guest: Guest,
    /// Every file that there has been, so that those without a name count, too.
    files: Vec<File>,
    /// What was there before the guest.
    before: u64,
}

impl Site {
    fn new(quota: u64) -> Self {
        let root = TempDir::new().unwrap();
        // A hole of the host's, which the guest can fill.
        let sparse = File::create_new(root.path().join("sparse")).unwrap();
        sparse.set_len(64 << 20).unwrap();
        let mut limits = Limits::default();
        limits.max_written_bytes = quota;
        let guest =
            Guest::new(WasiCtx::builder().limits(limits).preopen_dir(root.path(), "/", Perms::read_write()));
        let mut site = Site { root, guest, files: vec![sparse], before: 0 };
        site.before = site.used();
        site
    }

    /// What the guest has on the disk.
    fn used(&self) -> u64 {
        let files = self.files.iter().map(|file| file.metadata().unwrap());
        let all = files.chain([fs::metadata(self.root.path()).unwrap()]);
        all.map(|metadata| metadata.blocks() * 512).sum::<u64>() - self.before
    }

    fn open(&mut self, name: &str, oflags: u32, fdflags: u32) -> Result<u32, Errno> {
        let fd = self.guest.open(3, name, (FOLLOW, oflags, READ | WRITE, fdflags))?;
        let opened = File::open(self.root.path().join(name)).unwrap();
        let is_known = |known: &File| known.metadata().unwrap().ino() == opened.metadata().unwrap().ino();
        if !self.files.iter().any(is_known) {
            self.files.push(opened);
        }
        Ok(fd)
    }

    fn pwrite(&mut self, fd: u32, len: u64, offset: u64) -> Errno {
        let (iovs, count) = self.guest.iovecs(&[(DATA, u32::try_from(len).unwrap())]);
        call!(self.guest, fd_pwrite, fd, iovs, count, offset, OUT)
    }
}

/// Room for a range that begins with a hole costs the range.
#[test]
fn allocated_ranges_cost_their_length() {
    let mut site = Site::new(1 << 20);
    for name in ["sparse", "own"] {
        let fd = site.open(name, CREAT, 0).unwrap();
        assert_eq!(site.pwrite(fd, 1, (64 << 20) - 1), SUCCESS);
        assert_eq!(call!(site.guest, fd_allocate, fd, 0, 64_u64 << 20), DQUOT, "{name}");
        for n in 0..64 {
            call!(site.guest, fd_allocate, fd, n << 20, 256 << 10);
        }
    }
    assert!(site.used() <= (1 << 20) + FREE, "{}", site.used());
    // What has been written has its room.
    let mut site = Site::new(0x7000);
    let fd = site.open("own", CREAT, 0).unwrap();
    assert_eq!(site.guest.write(fd, [b'x'; 0x6000]), Ok(0x6000));
    for _ in 0..3 {
        assert_eq!(call!(site.guest, fd_allocate, fd, 0, 0x6000), SUCCESS);
    }
    assert_eq!(call!(site.guest, fd_allocate, fd, 0, 0x7001), DQUOT);
    assert_eq!(call!(site.guest, fd_allocate, fd, 0x1000, 0x6000), SUCCESS);
    assert_eq!(site.guest.write(fd, "x"), Err(DQUOT));
    // What is left of it can be had to the byte by whoever has done nothing odd.
    let mut site = Site::new(1 << 20);
    let fd = site.open("sane", CREAT, 0).unwrap();
    assert_eq!(call!(site.guest, fd_allocate, fd, 0, 512 << 10), SUCCESS);
    for _ in 0..16 {
        assert_eq!(site.guest.write(fd, [b'x'; 0x7000]), Ok(0x7000));
    }
    assert_eq!(call!(site.guest, fd_allocate, fd, 512 << 10, (512 << 10) - 16 * 0x7000), SUCCESS);
    assert_eq!(site.guest.write(fd, "x"), Err(DQUOT));
}

#[test]
fn a_byte_in_each_block_costs_the_blocks() {
    let far = |n: u64| n * BLOCK;
    let back = |n: u64| (64 << 20) - (n + 1) * BLOCK;
    let strewn = |n: u64| (n * 7919) % 16_384 * BLOCK + n % BLOCK;
    for place in [far, back, strewn] {
        for name in ["sparse", "own"] {
            let mut site = Site::new(1 << 20);
            let fd = site.open(name, CREAT, 0).unwrap();
            let written = (0..16_384).take_while(|n| site.pwrite(fd, 1, place(*n)) == SUCCESS).count() as u64;
            assert!((250..=272).contains(&written), "{name} {written}");
            assert!(site.used() <= (1 << 20) + FREE, "{name} {}", site.used());
        }
    }
}

/// Each new descriptor, and each change of place, starts anew, and none of that is for free.
#[test]
fn opening_and_seeking_again_gives_no_block() {
    let mut site = Site::new(1 << 20);
    let mut done = 0;
    for n in 0..4096_u64 {
        let Ok(fd) = site.open("sparse", 0, 0) else { break };
        assert_eq!(call!(site.guest, fd_seek, fd, n * BLOCK, 0, OUT), SUCCESS);
        done += u32::from(site.guest.write(fd, "x").is_ok());
        assert_eq!(call!(site.guest, fd_close, fd), SUCCESS);
    }
    assert!((250..=272).contains(&done), "{done}");
    assert!(site.used() <= (1 << 20) + FREE, "{}", site.used());
}

#[test]
fn what_is_written_on_and_on_is_counted_to_the_byte() {
    for (size, fdflags) in [(1_000, 0), (0x7000, 0), (4096, 0), (0x7000, APPEND)] {
        let mut site = Site::new(1 << 20);
        let fd = site.open("own", CREAT, fdflags).unwrap();
        let bytes = vec![b'x'; size];
        let mut written = 0;
        loop {
            match site.guest.write(fd, &bytes) {
                Ok(count) => written += count,
                Err(errno) => break assert_eq!(errno, DQUOT),
            }
            // A look at what is there, and the place of a header, change nothing.
            if written % 7 == 0 {
                assert_eq!(call!(site.guest, fd_tell, fd, OUT), SUCCESS);
            }
        }
        assert_eq!(written, 1 << 20);
    }
}

/// Small files of all kinds, and names that move on, count for more than the free room.
#[test]
fn names_take_room() {
    type Make = fn(&mut Guest, u32) -> Errno;
    let kinds: [(&str, u64, Make); 5] = [
        ("files of a byte", BLOCK, |guest, n| match guest.create(3, format!("f{n}")) {
            Ok(fd) => {
                let outcome = guest.write(fd, "x").err().unwrap_or(SUCCESS);
                assert_eq!(call!(guest, fd_close, fd), SUCCESS);
                outcome
            }
            Err(errno) => errno,
        }),
        ("directories", BLOCK, |guest, n| guest.at("path_create_directory", 3, format!("d{n}"))),
        ("symlinks", BLOCK, |guest, n| guest.symlink("x".repeat(2000), 3, format!("s{n}"))),
        ("hard links", 263, |guest, n| guest.link(0, (3, "sparse"), (3, &format!("{n:0>250}")))),
        ("renaming", 263, |guest, n| {
            let (old, new) = (format!("{n:0>250}"), format!("{:0>250}", n + 1));
            match n {
                0 => guest.rename((3, "sparse"), (3, &new)),
                _ => guest.rename((3, &old), (3, &new)),
            }
        }),
    ];
    for (kind, least, make) in kinds {
        let mut site = Site::new(256 << 10);
        let made = (0..10_000).take_while(|n| make(&mut site.guest, *n) == SUCCESS).count() as u64;
        assert!(made >= 16, "{kind}: {made}");
        assert!(made * least <= (256 << 10) + FREE, "{kind}: {made}");
        // With the usual quota, nobody notices.
        let mut site = Site::new(Limits::default().max_written_bytes);
        assert!((0..1000).all(|n| make(&mut site.guest, n) == SUCCESS), "{kind}");
    }
}

#[derive(Clone, Debug)]
enum Op {
    Open { name: u8, truncate: bool, append: bool },
    Close,
    Write { len: u64 },
    Pwrite { len: u64, offset: u64 },
    Seek { offset: u64 },
    Allocate { offset: u64, len: u64 },
    SetSize { size: u64 },
    Append { on: bool },
    Unlink { name: u8 },
}

fn op() -> impl Strategy<Value = Op> {
    let offset = || prop_oneof![0..20_000_u64, (0..64_u64).prop_map(|n| n * BLOCK), 0..(8_u64 << 20)];
    let len = || prop_oneof![1..10_u64, 1..0x7000_u64, Just(BLOCK)];
    prop_oneof![
        2 => (0..4_u8, any::<bool>(), any::<bool>())
            .prop_map(|(name, truncate, append)| Op::Open { name, truncate, append }),
        1 => Just(Op::Close),
        4 => len().prop_map(|len| Op::Write { len }),
        4 => (len(), offset()).prop_map(|(len, offset)| Op::Pwrite { len, offset }),
        2 => offset().prop_map(|offset| Op::Seek { offset }),
        2 => (offset(), 1..60_000_u64).prop_map(|(offset, len)| Op::Allocate { offset, len }),
        2 => offset().prop_map(|size| Op::SetSize { size }),
        1 => any::<bool>().prop_map(|on| Op::Append { on }),
        1 => (0..4_u8).prop_map(|name| Op::Unlink { name }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_a_guest_does(ops in prop::collection::vec((0..3_usize, op()), 1..150)) {
        const QUOTA: u64 = 300_000;
        let mut site = Site::new(QUOTA);
        let mut open: [Option<u32>; 3] = [None; 3];
        let name = |n: u8| if n == 0 { "sparse".to_owned() } else { format!("own{n}") };
        for (which, op) in ops {
            let fd = open[which].unwrap_or(99);
            // Most of these fail somewhere, and a failure is as good a case.
            let _: Errno = match op {
                Op::Open { name: n, truncate, append } => {
                    let oflags = CREAT | if truncate { TRUNC } else { 0 };
                    open[which] = site.open(&name(n), oflags, if append { APPEND } else { 0 }).ok();
                    SUCCESS
                }
                Op::Close => call!(site.guest, fd_close, fd),
                Op::Write { len } => {
                    site.guest.write(fd, vec![b'x'; len as usize]).err().unwrap_or(SUCCESS)
                }
                Op::Pwrite { len, offset } => site.pwrite(fd, len, offset),
                Op::Seek { offset } => call!(site.guest, fd_seek, fd, offset, 0, OUT),
                Op::Allocate { offset, len } => call!(site.guest, fd_allocate, fd, offset, len),
                Op::SetSize { size } => call!(site.guest, fd_filestat_set_size, fd, size),
                Op::Append { on } => call!(site.guest, fd_fdstat_set_flags, fd, if on { APPEND } else { 0 }),
                Op::Unlink { name: n } => site.guest.at("path_unlink_file", 3, name(n)),
            };
            let used = site.used();
            prop_assert!(used <= QUOTA + FREE, "{used}");
        }
    }
}
