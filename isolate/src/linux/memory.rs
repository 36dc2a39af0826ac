//! Memory that a host and its worker map: each of the two writes one, in regions, and copies out of the other's.
//!
//! The blocks of unsafe code name three invariants:
//!
//! * *size*: a mapping is as long as its file. The file's size is sealed before the worker has it (`F_SEAL_SHRINK`), so that no
//!   byte is ever behind its end, where a look would end the process (mmap(2), `SIGBUS`).
//! * *one writer*: nobody else writes what this process writes. Of the host's, the file is sealed before the worker has it:
//!   no write and no further mapping changes it (fcntl(2), `F_SEAL_FUTURE_WRITE`, Linux 5.1). Of the worker's, the host maps it
//!   to read.
//! * *apart*: no byte is in two regions, see `spans.rs`.
#![expect(unsafe_code, reason = "no safe type has memory that another process maps")]

use super::spans::{Span, Spans};
use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::{
    FallocateFlags, MemfdFlags, SealFlags, fallocate, fcntl_add_seals, fstat, ftruncate, memfd_create,
};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use std::io::{self, ErrorKind};
use std::ops::{Deref, DerefMut};
use std::os::fd::{AsRawFd, OwnedFd};
use std::slice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes that a mapping has at most, whatever the limit of files: addresses, of which a process of 32 bits has few.
const MAX_MAPPED: u64 = if cfg!(target_pointer_width = "64") { 64 << 30 } else { 64 << 20 };

/// Memory that this process writes.
#[derive(Debug)]
pub(super) struct Outgoing {
    file: OwnedFd,
    map: MmapRaw,
    spans: Mutex<Spans>,
}

/// Memory that the other process writes, whenever it likes.
#[derive(Debug)]
pub(super) struct Incoming(MmapRaw);

/// Bytes that this process writes for the other, which knows them by where they [start](Region::start).
///
/// They are given back when this is dropped.
#[derive(Debug)]
pub struct Region {
    memory: Arc<Outgoing>,
    span: Span,
    len: usize,
}

impl Outgoing {
    /// Makes what the host writes, of up to `max` bytes, and the worker's descriptor of it.
    pub(super) fn new(max: u64) -> io::Result<(Self, OwnedFd)> {
        let (file, len) = sized("worker-inputs", max)?;
        let map = MmapOptions::new().len(len).map_raw(file.as_raw_fd())?;
        let seals = SealFlags::FUTURE_WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        fcntl_add_seals(&file, seals)?;
        let theirs = file.try_clone()?;
        Ok((Outgoing { file, map, spans: Mutex::new(Spans::new(len)) }, theirs))
    }

    /// Maps what the worker writes.
    pub(super) fn of(file: OwnedFd) -> io::Result<Self> {
        let len = len_of(&file)?;
        let map = MmapOptions::new().len(len).map_raw(file.as_raw_fd())?;
        Ok(Outgoing { file, map, spans: Mutex::new(Spans::new(len)) })
    }

    /// A region of `len` bytes; the `old` one if that has as many. What is in it, is not said.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::FileTooLarge`] if it has no room, and what the system says if that has none.
    pub(super) fn region(self: &Arc<Self>, old: Option<Region>, len: usize) -> io::Result<Region> {
        // Regions that grow step by step are moved seldom.
        let mut wanted = len;
        if let Some(mut old) = old {
            if old.span.len >= len {
                old.len = len;
                return Ok(old);
            }
            wanted = len.max(old.span.len.saturating_mul(2));
        }
        let span = self.spans().take(len, wanted, |span| self.reserve(span))?;
        Ok(Region { memory: Arc::clone(self), span, len })
    }

    /// Has the system find memory now, where it can say that it has none. Later, it would end the process.
    fn reserve(&self, span: Span) -> io::Result<()> {
        let number = |number| u64::try_from(number).map_err(|_| io::Error::from(ErrorKind::FileTooLarge));
        match fallocate(&self.file, FallocateFlags::empty(), number(span.start)?, number(span.len)?) {
            // A system that does not know how, gives it later.
            Err(Errno::NOSYS | Errno::OPNOTSUPP) => Ok(()),
            reserved => Ok(reserved?),
        }
    }

    fn spans(&self) -> MutexGuard<'_, Spans> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Incoming {
    /// Makes what the worker writes, of up to `max` bytes, and the worker's descriptor of it.
    pub(super) fn new(max: u64) -> io::Result<(Self, OwnedFd)> {
        let (file, len) = sized("worker-outputs", max)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Ok((Incoming(MmapOptions::new().len(len).map_raw_read_only(file.as_raw_fd())?), file))
    }

    /// Maps what the host writes.
    pub(super) fn of(file: &OwnedFd) -> io::Result<Self> {
        let map = MmapOptions::new().len(len_of(file)?).map_raw_read_only(file.as_raw_fd())?;
        Ok(Incoming(map))
    }

    /// Copies the bytes from `at` on, whatever the other process makes of them meanwhile.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnexpectedEof`] behind the end.
    pub(super) fn copy(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        if start.checked_add(into.len()).is_none_or(|end| end > self.0.len()) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        // SAFETY: `start` is within the mapping.
        let from = unsafe { self.0.as_ptr().add(start) };
        // SAFETY: so are as many bytes as `into` has, which *size* keeps there.
        unsafe { copy(from, into) };
        Ok(())
    }
}

/// Copies bytes that another process may write meanwhile: each is read once, and believed to be anything.
///
/// The processor's own instruction is as fast as the copy of a library, and nothing that the compiler reasons about.
///
/// # Safety
///
/// As many bytes as `into` has are mapped at `from`.
#[cfg(target_arch = "x86_64")]
unsafe fn copy(from: *const u8, into: &mut [u8]) {
    // SAFETY: it reads the bytes that the caller says, upwards, and writes as many into a slice of this process's own.
    unsafe {
        std::arch::asm!(
            "rep movsb",
            inout("rcx") into.len() => _,
            inout("rsi") from => _,
            inout("rdi") into.as_mut_ptr() => _,
            options(nostack, preserves_flags)
        );
    }
}

#[cfg(not(target_arch = "x86_64"))]
use copy_words as copy;

/// The same by words that are read as volatile, which the compiler neither repeats nor leaves out.
///
/// # Safety
///
/// As many bytes as `into` has are mapped at `from`.
#[cfg(any(test, not(target_arch = "x86_64")))]
unsafe fn copy_words(from: *const u8, into: &mut [u8]) {
    let (head, rest) = into.split_at_mut(from.align_offset(align_of::<u64>()).min(into.len()));
    // SAFETY: these are within what the caller says.
    let aligned = unsafe { from.add(head.len()) };
    let (words, tail) = rest.as_chunks_mut();
    // SAFETY: likewise, as far as `head`, `words` and `tail` reach; `aligned` is, unless there are no words.
    unsafe {
        for (index, byte) in head.iter_mut().enumerate() {
            *byte = from.add(index).read_volatile();
        }
        for (index, word) in words.iter_mut().enumerate() {
            *word = aligned.cast::<u64>().add(index).read_volatile().to_ne_bytes();
        }
        let end = aligned.add(size_of_val(words));
        for (index, byte) in tail.iter_mut().enumerate() {
            *byte = end.add(index).read_volatile();
        }
    }
}

impl Region {
    /// Where it begins, as the other process knows it.
    #[must_use]
    pub fn start(&self) -> u64 {
        u64::try_from(self.span.start).unwrap_or(u64::MAX)
    }
}

impl Deref for Region {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the span is within the mapping, by *size*; nobody writes these bytes but the owner of the region, by
        // *one writer* and *apart*.
        unsafe { slice::from_raw_parts(self.memory.map.as_ptr().add(self.span.start), self.len) }
    }
}

impl DerefMut for Region {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and the region is borrowed for writing; nobody else in this process reads these bytes, by *apart*.
        unsafe { slice::from_raw_parts_mut(self.memory.map.as_mut_ptr().add(self.span.start), self.len) }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        self.memory.spans().release(self.span);
    }
}

/// A file in memory of `max` bytes, or of fewer where the system allows fewer. None of them takes memory yet.
fn sized(name: &str, max: u64) -> io::Result<(OwnedFd, usize)> {
    let file = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    // Beyond it, the system would end this process with a signal (setrlimit(2), RLIMIT_FSIZE).
    let own = getrlimit(Resource::Fsize).current.unwrap_or(u64::MAX);
    ftruncate(&file, max.min(own).min(MAX_MAPPED))?;
    let len = len_of(&file)?;
    Ok((file, len))
}

fn len_of(file: &OwnedFd) -> io::Result<usize> {
    usize::try_from(fstat(file)?.st_size).map_err(|_| ErrorKind::FileTooLarge.into())
}

#[cfg(test)]
mod tests {
    use super::{Incoming, Outgoing, copy, copy_words};
    use memmap2::MmapOptions;
    use proptest::prelude::*;
    use rustix::fs::{FallocateFlags, fallocate, ftruncate};
    use rustix::io::{Errno, pwrite};
    use std::os::fd::AsRawFd;
    use std::sync::Arc;

    proptest! {
        #[test]
        fn what_one_side_writes_the_other_copies(
            regions in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..6), skip in 0..20_usize,
        ) {
            let (host, theirs) = Outgoing::new(1 << 16).unwrap();
            let (host, worker) = (Arc::new(host), Incoming::of(&theirs).unwrap());
            let mut taken = Vec::new();
            for bytes in &regions {
                let mut region = host.region(None, bytes.len()).unwrap();
                region.copy_from_slice(bytes);
                taken.push(region);
            }
            for (bytes, region) in regions.iter().zip(&taken) {
                let skip = skip.min(bytes.len());
                let mut copied = vec![0; bytes.len() - skip];
                worker.copy(region.start() + u64::try_from(skip).unwrap(), &mut copied).unwrap();
                prop_assert_eq!(&copied, &bytes[skip..]);
                prop_assert_eq!(&**region, bytes.as_slice());
            }
        }
    }

    /// Both ways of copying, from any beginning.
    #[test]
    fn bytes_are_copied_as_they_are() {
        let bytes: Vec<u8> = (0..100).collect();
        for start in 0..20 {
            for len in [0, 1, 7, 8, 9, 80] {
                let (mut one, mut other) = (vec![0; len], vec![0; len]);
                // SAFETY: the vector has as many bytes from there on.
                unsafe {
                    copy(bytes[start..].as_ptr(), &mut one);
                    copy_words(bytes[start..].as_ptr(), &mut other);
                }
                assert!(one == bytes[start..start + len] && other == one, "{len} bytes at {start}");
            }
        }
    }

    #[test]
    fn a_worker_cannot_change_what_the_host_writes() {
        let (host, theirs) = Outgoing::new(1 << 16).unwrap();
        let mut region = Arc::new(host).region(None, 100).unwrap();
        region.fill(7);
        assert_eq!(pwrite(&theirs, b"x", region.start()), Err(Errno::PERM));
        assert!(MmapOptions::new().len(100).map_raw(theirs.as_raw_fd()).is_err());
        for size in [0, 1 << 15, 1 << 20] {
            assert_eq!(ftruncate(&theirs, size), Err(Errno::PERM));
        }
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        assert_eq!(fallocate(&theirs, hole, 0, 1 << 15), Err(Errno::PERM));
        assert_eq!(*region, [7; 100]);
    }

    /// A look behind the end of a file ends the process.
    #[test]
    fn a_worker_cannot_cut_what_the_host_reads() {
        let (host, theirs) = Incoming::new(1 << 16).unwrap();
        for size in [0, 1 << 15, 1 << 20] {
            assert_eq!(ftruncate(&theirs, size), Err(Errno::PERM));
        }
        let worker = Arc::new(Outgoing::of(theirs).unwrap());
        let mut region = worker.region(None, 5).unwrap();
        region.copy_from_slice(b"hello");
        let mut copied = [0; 5];
        host.copy(region.start(), &mut copied).unwrap();
        assert_eq!(&copied, b"hello");
        // What nobody wrote is zeros, up to the end.
        host.copy((1 << 16) - 5, &mut copied).unwrap();
        assert_eq!(copied, [0; 5]);
        for at in [(1 << 16) - 4, 1 << 16, u64::MAX - 2] {
            assert!(host.copy(at, &mut copied).is_err());
        }
    }

    #[test]
    fn a_region_is_used_again_and_has_an_end() {
        let (host, _theirs) = Outgoing::new(1000).unwrap();
        let host = Arc::new(host);
        let region = host.region(None, 100).unwrap();
        let start = region.start();
        let smaller = host.region(Some(region), 90).unwrap();
        assert_eq!((smaller.start(), smaller.len()), (start, 90));
        let grown = host.region(Some(smaller), 101).unwrap();
        assert!(grown.len() == 101 && host.region(None, 60).unwrap().start() == start);
        let error = host.region(Some(grown), 1001).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
        // All of it was given back.
        assert!(host.region(None, 600).is_ok());
    }
}
