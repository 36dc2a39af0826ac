//! What a guest may make the host spend.

/// Bounds on resources, all finite by default.
///
/// A guest that reaches one gets an errno and goes on; nothing is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Open descriptors, preopens and stdio included; beyond it opening gives `nfile`.
    ///
    /// 1024 is what a process usually has on Unix, so ported programs live with it, and a host can run
    /// several guests before it runs out itself.
    pub max_fds: u32,
    /// Bytes of a path or of a symlink's target; longer ones give `nametoolong`. 4096 is Linux's limit.
    pub max_path_len: u32,
    /// Entries of an iovec list that one call looks at; the rest is a short transfer, which every guest
    /// must expect. 1024 is `IOV_MAX` on Linux and macOS.
    pub max_iovecs: u32,
    /// Bytes that one call reads or writes; the rest is a short transfer. The default is what Linux
    /// transfers at most, so files behave as they do there.
    pub max_transfer: u32,
    /// Subscriptions of one `poll_oneoff`; more give `inval`. Twice the descriptors, to watch both
    /// directions of each.
    pub max_subscriptions: u32,
    /// Bytes of one `random_get`; more give `inval`. At 64 MiB a call still takes only milliseconds.
    pub max_random: u32,
    /// Bytes of host memory for directory listings that are being read, over all descriptors; more give
    /// `nomem`. 64 MiB hold about a million names.
    pub max_listing_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_fds: 1024,
            max_path_len: 4096,
            max_iovecs: 1024,
            max_transfer: 0x7fff_f000,
            max_subscriptions: 2048,
            max_random: 64 << 20,
            max_listing_bytes: 64 << 20,
        }
    }
}
