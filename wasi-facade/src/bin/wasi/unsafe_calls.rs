//! The unsafe calls of the command, for signals and for compiled code: the command's one module with unsafe code.
#![allow(unsafe_code, reason = "see each block")]

use crate::failure::Failure;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use wasi_facade::snapshot::Sink;
use wasi_facade::{Host, Program};

/// Loads compiled code that the user vouched for.
pub(crate) fn load_precompiled(host: &Host, name: &str, file: &Path) -> Result<Program, Failure> {
    // SAFETY: the user said `--allow-precompiled`, whose help asks for what this needs: that the file is
    // what `wasi compile` wrote. `wasi compile` replaces files and never changes one in place.
    Ok(unsafe { host.load_precompiled(name, file) }?)
}

/// The command's standard output, for the guest. A write that nobody reads any more ends the process without a word, as
/// it does for other commands: a guest cannot know the signal, and would complain. Where whoever started the command
/// ignores the signal, the guest is told, as other commands are. All other pipes and sockets are the guest's business.
pub(crate) fn stdout() -> Sink {
    if SIGPIPE_ENDS.load(Ordering::Relaxed) {
        Sink::inherit_with(end_by_closed_pipe)
    } else {
        Sink::inherit()
    }
}

/// Does the signal of closed pipes end processes that do nothing about it, as it was when the command was started?
static SIGPIPE_ENDS: AtomicBool = AtomicBool::new(false);

/// Has the loader look before Rust's runtime does, which ignores the signal.
#[cfg(unix)]
#[used]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static LOOK: extern "C" fn() = look;

#[cfg(unix)]
extern "C" fn look() {
    SIGPIPE_ENDS.store(is_ignored(libc::SIGPIPE) == Some(false), Ordering::Relaxed);
}

/// Does this process ignore a signal? `None` if the system does not say.
#[cfg(unix)]
fn is_ignored(signal: libc::c_int) -> Option<bool> {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: nothing is set, and the pointer is to a local, which is read only if the call filled it.
    let action = unsafe {
        match libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) {
            0 => action.assume_init(),
            _ => return None,
        }
    };
    Some(action.sa_sigaction == libc::SIG_IGN)
}

#[cfg(unix)]
fn end_by_closed_pipe() {
    // SAFETY: setting the default action installs no handler, and what else depends on the signal ends with it.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        libc::raise(libc::SIGPIPE);
    }
}

#[cfg(not(unix))]
fn end_by_closed_pipe() {}

/// Has a write beyond `ulimit -f` fail, as the guest can be told, rather than end the process by a signal.
#[cfg(unix)]
pub(crate) fn survive_large_writes() {
    // SAFETY: ignoring a signal installs no handler, and nothing here waits for this one.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

#[cfg(not(unix))]
pub(crate) fn survive_large_writes() {}

/// Calls `then` whenever the user presses Ctrl-C, on a thread of its own and not in a signal handler. It must
/// be called before other threads start, since they inherit that the signal is not theirs.
#[cfg(unix)]
pub(crate) fn on_ctrl_c(mut then: impl FnMut() + Send + 'static) {
    let mut signals = std::mem::MaybeUninit::uninit();
    // SAFETY: `sigemptyset` initialises the set that the other calls read, and all pointers are to locals.
    let signals = unsafe {
        libc::sigemptyset(signals.as_mut_ptr());
        libc::sigaddset(signals.as_mut_ptr(), libc::SIGINT);
        libc::pthread_sigmask(libc::SIG_BLOCK, signals.as_ptr(), std::ptr::null_mut());
        signals.assume_init()
    };
    std::thread::spawn(move || {
        let mut signal = 0;
        // SAFETY: both pointers are to locals, and the signal is blocked in this thread as in all others.
        while unsafe { libc::sigwait(&raw const signals, &raw mut signal) } == 0 {
            then();
        }
    });
}

/// Does the parent of this process ignore Ctrl-C? It then stays ignored in its children.
#[cfg(unix)]
pub(crate) fn is_ctrl_c_ignored() -> bool {
    is_ignored(libc::SIGINT) == Some(true)
}

#[cfg(not(unix))]
pub(crate) fn is_ctrl_c_ignored() -> bool {
    false
}

/// Ends the process as Ctrl-C would have ended it by itself, so that its parent can tell.
#[cfg(unix)]
pub(crate) fn end_by_ctrl_c() -> ! {
    let mut signals = std::mem::MaybeUninit::uninit();
    // SAFETY: setting the default action installs no handler, `sigemptyset` initialises the set, and all pointers are to
    // locals. The signal is for this thread, where it is not blocked any more.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
        libc::sigemptyset(signals.as_mut_ptr());
        libc::sigaddset(signals.as_mut_ptr(), libc::SIGINT);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, signals.as_ptr(), std::ptr::null_mut());
        libc::raise(libc::SIGINT);
    }
    std::process::exit(INTERRUPTED)
}

#[cfg(not(unix))]
pub(crate) fn end_by_ctrl_c() -> ! {
    std::process::exit(INTERRUPTED)
}

/// The exit code that shells give for a command that was ended so.
const INTERRUPTED: i32 = 130;

#[cfg(not(unix))]
pub(crate) fn on_ctrl_c(_: impl FnMut() + Send + 'static) {}
