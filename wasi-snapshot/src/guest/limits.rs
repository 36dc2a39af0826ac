//! The limits on what a guest may make the host spend.

use std::time::Duration;

/// Bounds on resources, all finite by default.
///
/// A guest that reaches one gets an errno and goes on; nothing is lost.
///
/// ```
/// use wasi_snapshot::{Limits, WasiCtx};
///
/// let ctx = WasiCtx::builder().limits(Limits::default().max_written_bytes(1 << 20)).build()?;
/// # drop(ctx);
/// # Ok::<(), wasi_snapshot::BuildError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Open descriptors, preopens and standard streams included; with so many, opening gives `nfile`.
    ///
    /// The default is 1024: a process usually has as many on Unix, so ported programs live with it, and a host can run
    /// several guests before it runs out itself. Besides, and whatever this says, guests get `nfile` when a quarter of
    /// the process's own descriptors is left, or 256 if that is less: those are the host's.
    pub max_fds: u32,
    /// Bytes of a path or of a symlink's target; a longer one gives `nametoolong`.
    ///
    /// The default is 4095: Linux takes 4096 with a NUL, which guests' paths do not have; above 4095 it depends on the
    /// call whether the system sees the whole path.
    pub max_path_len: u32,
    /// Buffers of a list that one call looks at; more make a short transfer, which every guest must expect.
    ///
    /// The default is 1024, which is `IOV_MAX` on Linux and macOS.
    pub max_iovecs: u32,
    /// Bytes that one call reads or writes; more make a short transfer, which every guest must expect.
    ///
    /// The default is 16 MiB: a slow disk takes so much in a tenth of a second, interrupts are looked at every MiB, an
    /// engine's own only between calls, and what a call costs besides is nothing beside so much.
    pub max_transfer: u32,
    /// Subscriptions of one `poll_oneoff`; more give `inval`.
    ///
    /// The default is 2048, twice the descriptors: a guest may watch both directions of each.
    pub max_subscriptions: u32,
    /// Bytes of one `random_get`; more give `inval`.
    ///
    /// The default is 64 MiB, for which a call still takes only milliseconds.
    pub max_random: u32,
    /// Bytes of host memory for directory listings that are being read, over all descriptors; more give `nomem`.
    ///
    /// The default is 64 MiB, which hold about a million names.
    pub max_listing_bytes: usize,
    /// How long one `poll_oneoff` waits on the host; a longer wait gives `intr`, as after a signal. A
    /// [`Scheduler`](crate::Scheduler) of the embedder's has no such limit.
    ///
    /// The default is 24 hours: a thread of the host is taken all the while, so nothing should wait for days, and
    /// programs that serve others wait for hours in an idle night.
    pub max_sleep: Duration,
    /// Bytes that the guest writes to files over its life, that it allocates, and that it makes files grow by; more give
    /// `dquot`. Overwriting counts and removing gives nothing back, so that it bounds the work of the disk as well as its
    /// use; streams and sockets do not count.
    ///
    /// The default is 64 GiB: compilers and databases write some GiB, and so much fits most disks.
    ///
    /// What the disk takes besides the bytes counts, too, as soon as it is more than 64 KiB in all: a write that
    /// does not go on where the descriptor wrote before takes whole blocks of 4 KiB, a name or a renaming 1 KiB, a
    /// directory or a symlink another block. So the guest has at most this much on the disk, and 64 KiB, whatever it
    /// does; and what it writes to one place after the other counts to the byte. The hole that a write beyond the end
    /// leaves is counted where it takes room, in memory, and on the host when it is filled: on a file system that
    /// knows no holes, as FAT, `RLIMIT_FSIZE` bounds them.
    pub max_written_bytes: u64,
    /// Files, directories and links that the guest creates over its life; more give `dquot`.
    ///
    /// The default is 1,048,576: file systems have so many inodes for some GiB, and unpacking the largest source trees
    /// takes some hundred thousand.
    pub max_created_entries: u64,
}

wasi_policy::limit_setters!(Limits {
    max_fds: u32,
    max_path_len: u32,
    max_iovecs: u32,
    max_transfer: u32,
    max_subscriptions: u32,
    max_random: u32,
    max_listing_bytes: usize,
    max_sleep: Duration,
    max_written_bytes: u64,
    max_created_entries: u64,
});

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_fds: 1024,
            max_path_len: 4095,
            max_iovecs: 1024,
            max_transfer: 16 << 20,
            max_subscriptions: 2048,
            max_random: 64 << 20,
            max_listing_bytes: 64 << 20,
            max_sleep: Duration::from_secs(24 * 60 * 60),
            max_written_bytes: 64 << 30,
            max_created_entries: 1 << 20,
        }
    }
}

impl Limits {
    /// No bounds but those of the ABI's types and of the host itself: for guests that are trusted as much as
    /// the host's own code.
    ///
    /// ```
    /// use wasi_snapshot::Limits;
    ///
    /// assert_eq!(Limits::unlimited().max_written_bytes, u64::MAX);
    /// ```
    #[must_use]
    pub fn unlimited() -> Self {
        Limits {
            max_fds: u32::MAX,
            max_path_len: u32::MAX,
            max_iovecs: u32::MAX,
            max_transfer: u32::MAX,
            max_subscriptions: u32::MAX,
            max_random: u32::MAX,
            max_listing_bytes: usize::MAX,
            max_sleep: Duration::MAX,
            max_written_bytes: u64::MAX,
            max_created_entries: u64::MAX,
        }
    }
}
