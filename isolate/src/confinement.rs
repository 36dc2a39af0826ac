//! The report of a worker about what confines it.

/// What the system has taken from a worker, as that says before it sees a byte of a guest's. Limits of memory, descriptors,
/// files and time are always there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Confinement {
    /// It opens no files but those that its service has named, read-only (Landlock, Linux 5.13).
    pub files: bool,
    /// It has no system calls but those of computing: no sockets, programs or processes (seccomp, on x86-64 and AArch64).
    pub calls: bool,
}

impl Confinement {
    /// Whether nothing is missing.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.files && self.calls
    }

    /// What is missing, in words.
    #[must_use]
    pub fn missing(self) -> Vec<&'static str> {
        let files = (!self.files).then_some("Landlock, which keeps it from files");
        let calls = (!self.calls).then_some("seccomp, which keeps it from system calls");
        files.into_iter().chain(calls).collect()
    }
}
