//! The calls for signals, as POSIX has them.

use crate::exit_code::INTERRUPTED;
use std::sync::atomic::{AtomicBool, Ordering};
use wasi_facade::snapshot::Sink;

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
#[used]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static LOOK: extern "C" fn() = look;

extern "C" fn look() {
    SIGPIPE_ENDS.store(is_ignored(libc::SIGPIPE) == Some(false), Ordering::Relaxed);
}

/// Does this process ignore a signal? `None` if the system does not say.
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

fn end_by_closed_pipe() {
    // SAFETY: setting the default action installs no handler, and what else depends on the signal ends with it.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        libc::raise(libc::SIGPIPE);
    }
}

/// Has a write beyond `ulimit -f` fail, as the guest can be told, rather than end the process by a signal.
pub(crate) fn survive_large_writes() {
    // SAFETY: ignoring a signal installs no handler, and nothing here waits for this one.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Calls `then` whenever the user presses Ctrl-C, on a thread of its own and not in a signal handler. It must
/// be called before other threads start, since they inherit that the signal is not theirs.
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
pub(crate) fn is_ctrl_c_ignored() -> bool {
    is_ignored(libc::SIGINT) == Some(true)
}

/// Ends the process as Ctrl-C would have ended it by itself, so that its parent can tell.
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
    std::process::exit(INTERRUPTED.cast_signed())
}
