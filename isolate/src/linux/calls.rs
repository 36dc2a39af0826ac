//! The system calls that a worker keeps, as a filter of the kernel's (seccomp).

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter_all_threads,
};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use std::collections::BTreeMap;

/// Keeps the calls of computing, for all threads of this process. Others fail with `EPERM`, so that libraries which try them
/// go on without.
///
/// Says whether the kernel does so. `opens`: whether files are opened to be read.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(super) fn filter(opens: bool) -> bool {
    // The C library starts a thread with `clone3`, whose flags no filter can see, and with `clone` where there is none.
    let no_clone3 =
        program(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), SeccompAction::Allow, libc::ENOSYS);
    let kept = rules(opens).and_then(|rules| {
        let action = SeccompAction::Errno(libc::EPERM.unsigned_abs());
        SeccompFilter::new(rules, action, SeccompAction::Allow, arch()?).and_then(BpfProgram::try_from)
    });
    let (Ok(no_clone3), Ok(kept)) = (no_clone3, kept) else { return false };
    apply_filter_all_threads(&no_clone3).is_ok() && apply_filter_all_threads(&kept).is_ok()
}

/// There is no filter for this processor.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn filter(opens: bool) -> bool {
    let _ = opens;
    false
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
type Rules = BTreeMap<libc::c_long, Vec<SeccompRule>>;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn arch() -> Result<seccompiler::TargetArch, BackendError> {
    std::env::consts::ARCH.try_into()
}

/// A filter that has `rules` fail, and all others be allowed.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn program(rules: Rules, otherwise: SeccompAction, errno: i32) -> Result<BpfProgram, BackendError> {
    SeccompFilter::new(rules, otherwise, SeccompAction::Errno(errno.unsigned_abs()), arch()?)
        .and_then(BpfProgram::try_from)
}

/// Calls without conditions.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
const PLAIN: &[libc::c_long] = &[
    // Memory.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    // Threads and their signals.
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_membarrier,
    libc::SYS_getcpu,
    libc::SYS_clone3,
    // Descriptors that it has.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_lseek,
    libc::SYS_ppoll,
    libc::SYS_ftruncate,
    // What time it is, and chance.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_sysinfo,
    libc::SYS_uname,
];

/// Calls that look at files, for services that open some.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
const LOOKING: &[libc::c_long] = &[
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_getdents64,
    libc::SYS_readlinkat,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_getcwd,
    // Older ones, which only x86-64 has.
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lstat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
];

/// The calls that are kept.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn rules(opens: bool) -> Result<Rules, BackendError> {
    let mut rules: Rules = PLAIN.iter().map(|call| (*call, Vec::new())).collect();
    let mask = |index, mask: i32, value: i32| {
        let bits = |number: i32| u64::from(number.unsigned_abs());
        SeccompCondition::new(index, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(bits(mask)), bits(value))
    };
    let only = |condition: SeccompCondition| SeccompRule::new(vec![condition]).map(|rule| vec![rule]);
    // Threads, and no processes.
    rules.insert(libc::SYS_clone, only(mask(0, libc::CLONE_THREAD, libc::CLONE_THREAD)?)?);
    // Memory that counts: what is shared is not part of `RLIMIT_DATA`.
    rules.insert(libc::SYS_mmap, only(mask(3, libc::MAP_SHARED, 0)?)?);
    // The host reads memory that this process maps, and what is taken out of its file may be missing then.
    let removes = u64::from(libc::MADV_REMOVE.unsigned_abs());
    rules.insert(
        libc::SYS_madvise,
        only(SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, removes)?)?,
    );
    // Room in a file, and no holes.
    rules.insert(
        libc::SYS_fallocate,
        only(SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, 0)?)?,
    );
    // Signals to itself, as `abort` sends one.
    let own = u64::from(std::process::id());
    let to_itself = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, own)?;
    rules.insert(libc::SYS_tgkill, only(to_itself)?);
    // Names of threads.
    let names = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::Eq,
        u64::from(libc::PR_SET_NAME.unsigned_abs()),
    )?;
    rules.insert(libc::SYS_prctl, only(names)?);
    // Limits of its own, which the C library reads for the stacks of threads.
    let of_itself = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, 0)?;
    rules.insert(libc::SYS_prlimit64, only(of_itself)?);
    // Flags of a descriptor, as the standard library reads them, and copies. Other commands reach further: the owner of a
    // descriptor is a process of the worker's choice that the kernel sends a signal of its choice (fcntl(2), `F_SETSIG`).
    let commands =
        [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_DUPFD, libc::F_DUPFD_CLOEXEC].map(|command| {
            let command = u64::from(command.unsigned_abs());
            let is_it = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, command)?;
            SeccompRule::new(vec![is_it])
        });
    rules.insert(libc::SYS_fcntl, commands.into_iter().collect::<Result<_, _>>()?);
    if opens {
        let changes = libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC;
        rules.insert(libc::SYS_openat, only(mask(2, changes, libc::O_RDONLY)?)?);
        // Whether there is such a file, and what it is like, Landlock does not hide.
        rules.extend(LOOKING.iter().map(|call| (*call, Vec::new())));
        #[cfg(target_arch = "x86_64")]
        rules.insert(libc::SYS_open, only(mask(1, changes, libc::O_RDONLY)?)?);
    } else {
        // By the C library for a descriptor that it has.
        rules.insert(libc::SYS_newfstatat, only(mask(3, libc::AT_EMPTY_PATH, libc::AT_EMPTY_PATH)?)?);
    }
    // Older calls for the same, which only x86-64 has.
    #[cfg(target_arch = "x86_64")]
    rules.extend([libc::SYS_poll, libc::SYS_time].map(|call| (call, Vec::new())));
    Ok(rules)
}
