//! The native side, which makes the same call of the system in a twin of the guest's tree. Where paths lead is the
//! kernel's to say: `openat2` with `RESOLVE_BENEATH` knows what is inside.

use super::beneath::Beneath;
use super::call::{Call, Fdflags, Name, Oflags, Times};
use super::outcome::{Fdstat, Outcome, Stat, Value};
use super::sandboxed::written;
use crate::common::errno::{BADF, of_system};
use crate::common::ops::{
    APPEND, CREAT, DIRECTORY, DSYNC, EXCL, FOLLOW, Filestat, NONBLOCK, READ, REGULAR_FILE, RSYNC,
    SYMBOLIC_LINK, SYNC, TRUNC, TYPE_DIRECTORY, UNKNOWN, WRITE,
};
use rustix::fs::{
    Advice, AtFlags, Dir, FallocateFlags, FileType, Mode, OFlags, SeekFrom, Timespec, Timestamps,
};
use rustix::io::Errno as Os;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{IoSlice, IoSliceMut};
use std::num::NonZeroU64;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// What the system has open, by the guest's numbers.
pub(crate) struct Native {
    open: BTreeMap<u32, Handle>,
    pub(crate) beneath: Beneath,
}

/// What a descriptor stands for.
pub(crate) struct Handle {
    file: OwnedFd,
    pub(crate) is_dir: bool,
    pub(crate) access: (bool, bool),
    /// The flags of the guest that cannot be changed later.
    pub(crate) kept: u32,
}

/// The guest's flags that only opening sets.
pub(crate) const KEPT: u32 = DSYNC | RSYNC | SYNC;

/// The lowest number that an opened file gets; those below are the standard streams'.
const FIRST: u32 = 3;

impl Handle {
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Do writes go to the end?
    pub(crate) fn appends(&self) -> bool {
        rustix::fs::fcntl_getfl(&self.file).unwrap().contains(OFlags::APPEND)
    }

    pub(crate) fn size(&self) -> u64 {
        rustix::fs::fstat(&self.file).unwrap().st_size as u64
    }

    pub(crate) fn cursor(&self) -> u64 {
        rustix::fs::tell(&self.file).unwrap()
    }
}

impl Native {
    /// A system with one open directory, at the number that the guest's first preopen has.
    pub(crate) fn new(root: &Path, beneath: Beneath) -> Self {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let file = rustix::fs::open(root, flags, Mode::empty()).unwrap();
        let handle = Handle { file, is_dir: true, access: (true, false), kept: 0 };
        Native { open: BTreeMap::from([(FIRST, handle)]), beneath }
    }

    pub(crate) fn get(&self, fd: u32) -> Option<&Handle> {
        self.open.get(&fd)
    }

    /// The numbers of all that is open.
    pub(crate) fn fds(&self) -> Vec<u32> {
        self.open.keys().copied().collect()
    }

    /// Forgets a descriptor that the guest did not get.
    pub(crate) fn forget(&mut self, fd: u32) {
        self.open.remove(&fd);
    }

    pub(crate) fn perform(&mut self, call: &Call) -> Outcome {
        let unknown = call.fds().into_iter().chain(call.paths().into_iter().map(|(dir, _)| dir));
        if unknown.into_iter().any(|fd| !self.open.contains_key(&fd)) {
            return Err(BADF);
        }
        match call {
            Call::Open { dir, lookup, path, oflags, rights, fdflags } => {
                self.open(*dir, *lookup, path, *oflags, *rights, *fdflags)
            }
            Call::Close { fd } => {
                self.open.remove(fd);
                Ok(Value::Nothing)
            }
            Call::Renumber { fd, to } => {
                let handle = self.open.remove(fd).unwrap();
                self.open.insert(*to, handle);
                Ok(Value::Nothing)
            }
            call => self.system(call).map_err(of_system),
        }
    }

    fn open(
        &mut self,
        dir: u32,
        lookup: u32,
        path: &Name,
        oflags: Oflags,
        rights: u64,
        fdflags: Fdflags,
    ) -> Outcome {
        let access = (rights & READ != 0 || rights & WRITE == 0, rights & WRITE != 0);
        // As a host must, it never waits for the other end of a FIFO.
        let mut flags = OFlags::NOCTTY;
        flags |= match access {
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
            _ => OFlags::RDONLY,
        };
        for (given, bit, flag) in [
            (oflags.0, CREAT, OFlags::CREATE),
            (oflags.0, DIRECTORY, OFlags::DIRECTORY),
            (oflags.0, EXCL, OFlags::EXCL),
            (oflags.0, TRUNC, OFlags::TRUNC),
            (fdflags.0, APPEND, OFlags::APPEND),
            (fdflags.0, NONBLOCK, OFlags::NONBLOCK),
        ] {
            flags.set(flag, given & bit != 0);
        }
        flags.set(OFlags::NOFOLLOW, lookup & FOLLOW == 0);
        let mode = if oflags.0 & CREAT == 0 { Mode::empty() } else { Mode::from_raw_mode(0o666) };
        let opened = self.beneath.open(self.open[&dir].fd(), &path.0, flags, mode);
        let file = opened.map_err(of_system)?;
        let is_dir = filetype(&rustix::fs::fstat(&file).unwrap()) == TYPE_DIRECTORY;
        let fd = (FIRST..).find(|fd| !self.open.contains_key(fd)).unwrap();
        self.open.insert(fd, Handle { file, is_dir, access, kept: fdflags.0 & KEPT });
        Ok(Value::Fd(fd))
    }

    /// A call that changes no numbers, of descriptors that are open.
    fn system(&self, call: &Call) -> Result<Value, Os> {
        let file = |fd: &u32| self.open[fd].fd();
        let beneath = &self.beneath;
        Ok(match call {
            Call::Read { fd, buffers } => scatter(buffers, |buffers| rustix::io::readv(file(fd), buffers))?,
            Call::Pread { fd, buffers, offset } => {
                scatter(buffers, |buffers| rustix::io::preadv(file(fd), buffers, *offset))?
            }
            Call::Write { fd, buffers } => gather(buffers, |buffers| rustix::io::writev(file(fd), buffers))?,
            Call::Pwrite { fd, buffers, offset } => {
                gather(buffers, |buffers| rustix::io::pwritev(file(fd), buffers, *offset))?
            }
            Call::Seek { fd, delta, whence } => {
                let to = match whence {
                    0 => SeekFrom::Start(u64::try_from(*delta).unwrap()),
                    1 => SeekFrom::Current(*delta),
                    _ => SeekFrom::End(*delta),
                };
                Value::Number(rustix::fs::seek(file(fd), to)?)
            }
            Call::Tell { fd } => Value::Number(rustix::fs::tell(file(fd))?),
            Call::Allocate { fd, offset, len } => {
                nothing(rustix::fs::fallocate(file(fd), FallocateFlags::empty(), *offset, *len))?
            }
            Call::Advise { fd, offset, len, advice } => {
                let advice = [
                    Advice::Normal,
                    Advice::Sequential,
                    Advice::Random,
                    Advice::WillNeed,
                    Advice::DontNeed,
                    Advice::NoReuse,
                ][*advice as usize];
                nothing(rustix::fs::fadvise(file(fd), *offset, NonZeroU64::new(*len), advice))?
            }
            Call::Sync { fd } => nothing(rustix::fs::fsync(file(fd)))?,
            Call::Datasync { fd } => nothing(rustix::fs::fdatasync(file(fd)))?,
            Call::Stat { fd } => stat(&rustix::fs::fstat(file(fd))?),
            Call::SetSize { fd, size } => nothing(rustix::fs::ftruncate(file(fd), *size))?,
            Call::SetTimes { fd, times } => nothing(rustix::fs::futimens(file(fd), &timestamps(*times)))?,
            Call::Fdstat { fd } => self.fdstat(*fd)?,
            Call::SetFlags { fd, fdflags } => {
                let mut flags = OFlags::empty();
                flags.set(OFlags::APPEND, fdflags.0 & APPEND != 0);
                flags.set(OFlags::NONBLOCK, fdflags.0 & NONBLOCK != 0);
                nothing(rustix::fs::fcntl_setfl(file(fd), flags))?
            }
            Call::List { fd, .. } | Call::ListFrom { fd, .. } => list(file(fd))?,
            Call::ListWild { fd, .. } => list(file(fd)).map(|_| Value::Nothing)?,
            Call::CreateDirectory { dir, path } => {
                let (parent, last) = beneath.parent(file(dir), &path.0)?;
                nothing(rustix::fs::mkdirat(parent, &*last, Mode::from_raw_mode(0o777)))?
            }
            Call::RemoveDirectory { dir, path } => {
                let (parent, last) = beneath.parent(file(dir), &path.0)?;
                nothing(rustix::fs::unlinkat(parent, &*last, AtFlags::REMOVEDIR))?
            }
            Call::Unlink { dir, path } => {
                let (parent, last) = beneath.parent(file(dir), &path.0)?;
                nothing(rustix::fs::unlinkat(parent, &*last, AtFlags::empty()))?
            }
            Call::Rename { dir, path, to, new } => {
                let (old, last) = beneath.parent(file(dir), &path.0)?;
                let (new, new_last) = beneath.parent(file(to), &new.0)?;
                nothing(rustix::fs::renameat(old, &*last, new, &*new_last))?
            }
            Call::Link { dir, path, to, new, .. } => {
                let (old, last) = if path.must_be_dir() {
                    // What ends like this is a directory, which has no second name.
                    let flags = OFlags::PATH | OFlags::DIRECTORY;
                    (beneath.open(file(dir), &path.0, flags, Mode::empty())?, b".".to_vec())
                } else {
                    beneath.parent(file(dir), &path.0)?
                };
                let (new, new_last) = beneath.parent(file(to), &new.0)?;
                nothing(rustix::fs::linkat(old, &*last, new, &*new_last, AtFlags::empty()))?
            }
            Call::Symlink { target, dir, path } => {
                let (parent, last) = beneath.parent(file(dir), &path.0)?;
                nothing(rustix::fs::symlinkat(&target.0[..], parent, &*last))?
            }
            Call::Readlink { dir, path, buf_len } => {
                let named = beneath.name(file(dir), &path.0, false)?;
                if filetype(&rustix::fs::fstat(&named)?) != SYMBOLIC_LINK {
                    return Err(Os::INVAL);
                }
                let mut target = rustix::fs::readlinkat(named, c"", Vec::new())?.into_bytes();
                target.truncate(*buf_len as usize);
                Value::Bytes(target)
            }
            Call::PathStat { dir, lookup, path } => {
                let named = beneath.name(file(dir), &path.0, lookup & FOLLOW != 0)?;
                stat(&rustix::fs::fstat(named)?)
            }
            Call::PathSetTimes { dir, lookup, path, times } => {
                let named = beneath.name(file(dir), &path.0, lookup & FOLLOW != 0)?;
                nothing(rustix::fs::utimensat(named, c"", &timestamps(*times), AtFlags::EMPTY_PATH))?
            }
            Call::Open { .. } | Call::Close { .. } | Call::Renumber { .. } => unreachable!(),
        })
    }

    fn fdstat(&self, fd: u32) -> Result<Value, Os> {
        let handle = &self.open[&fd];
        let flags = rustix::fs::fcntl_getfl(&handle.file)?;
        let access = match flags & OFlags::RWMODE {
            OFlags::RDWR => (true, true),
            OFlags::WRONLY => (false, true),
            _ => (true, false),
        };
        Ok(Value::Fdstat(Fdstat {
            filetype: filetype(&rustix::fs::fstat(&handle.file)?),
            append: flags.contains(OFlags::APPEND),
            nonblock: flags.contains(OFlags::NONBLOCK),
            access: (!handle.is_dir).then_some(access),
        }))
    }
}

fn nothing(done: Result<(), Os>) -> Result<Value, Os> {
    done.map(|()| Value::Nothing)
}

fn scatter(lens: &[u32], read: impl FnOnce(&mut [IoSliceMut<'_>]) -> Result<usize, Os>) -> Result<Value, Os> {
    let mut buffers: Vec<_> = lens.iter().map(|len| vec![0; *len as usize]).collect();
    let count = read(&mut buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect::<Vec<_>>())?;
    Ok(Value::Bytes(buffers.concat()[..count].to_vec()))
}

fn gather(lens: &[u32], write: impl FnOnce(&[IoSlice<'_>]) -> Result<usize, Os>) -> Result<Value, Os> {
    let bytes = written(lens);
    let mut rest = &bytes[..];
    let slices = lens.iter().map(|len| {
        let (slice, after) = rest.split_at(*len as usize);
        rest = after;
        IoSlice::new(slice)
    });
    Ok(Value::Number(write(&slices.collect::<Vec<_>>())? as u64))
}

/// All entries, but those whose names no path of the ABI could have, as they are not UTF-8 (RATIONALE.md). A guest finds
/// `.` and `..` in each (preview1.md, call 22); Linux lists nothing of a directory that was removed.
fn list(dir: BorrowedFd<'_>) -> Result<Value, Os> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut found = BTreeSet::from([b".", &b".."[..]].map(|name| (name.to_vec(), TYPE_DIRECTORY)));
    for entry in Dir::new(rustix::fs::openat(dir, c".", flags, Mode::empty())?)? {
        let entry = entry?;
        if entry.file_name().to_str().is_ok() {
            found.insert((entry.file_name().to_bytes().to_vec(), number(entry.file_type())));
        }
    }
    Ok(Value::Entries(found))
}

fn filetype(stat: &rustix::fs::Stat) -> u8 {
    number(FileType::from_raw_mode(stat.st_mode))
}

fn number(filetype: FileType) -> u8 {
    match filetype {
        FileType::Directory => TYPE_DIRECTORY,
        FileType::RegularFile => REGULAR_FILE,
        FileType::Symlink => SYMBOLIC_LINK,
        _ => UNKNOWN,
    }
}

fn stat(stat: &rustix::fs::Stat) -> Value {
    // These numbers have other types on other processors.
    let unsigned = |number: i128| u64::try_from(number).unwrap();
    let time = |seconds: i128, nanos: i128| unsigned(seconds * 1_000_000_000 + nanos);
    Value::Stat(Stat::new(&Filestat {
        dev: stat.st_dev,
        ino: stat.st_ino,
        filetype: filetype(stat),
        nlink: unsigned(stat.st_nlink.into()),
        size: u64::try_from(stat.st_size).unwrap(),
        atim: time(stat.st_atime.into(), stat.st_atime_nsec.into()),
        mtim: time(stat.st_mtime.into(), stat.st_mtime_nsec.into()),
        ctim: time(stat.st_ctime.into(), stat.st_ctime_nsec.into()),
    }))
}

/// What the `fstflags` of the witx mean: a time as it is given, or now.
fn timestamps(Times { atim, mtim, flags }: Times) -> Timestamps {
    let one = |time: u64, given: u32, now: u32| Timespec {
        tv_sec: i64::try_from(time / 1_000_000_000).unwrap(),
        tv_nsec: match (flags & given != 0, flags & now != 0) {
            (true, _) => i64::try_from(time % 1_000_000_000).unwrap(),
            (_, true) => rustix::fs::UTIME_NOW,
            _ => rustix::fs::UTIME_OMIT,
        },
    };
    Timestamps { last_access: one(atim, 1, 2), last_modification: one(mtim, 4, 8) }
}
