//! Transfers on pipes, which wait in the system and are ended there.
//!
//! A pipe tells how much there is to read and not how much room there is to write, and has no transfer that is told not to
//! wait. So a transfer that somebody could interrupt is watched over: when the interrupt is raised, the system ends the
//! transfer of this thread, again and again, since the first time may have come before the transfer.

use super::calls::ThreadHandle;
use super::poll::OsHandle;
use crate::error::Result;
use crate::sys::poll::{self, Interest, Wait};
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::windows::io::AsHandle;
use std::sync::Arc;
use wasi_policy::Watch;
use windows_sys::Win32::Foundation::ERROR_OPERATION_ABORTED;

/// What polling takes to wait for a pipe.
pub(super) fn os_handle(pipe: &File) -> OsHandle<'_> {
    OsHandle::Pipe(pipe.as_handle())
}

/// Reads what is there.
pub(super) fn read(pipe: &File, buffers: &mut [IoSliceMut<'_>], wait: Wait<'_>) -> Result<usize> {
    poll::retry_when_ready(os_handle(pipe), Interest::Read, wait, || {
        // Another reader may have been faster since the pipe was looked at.
        watched(wait, || {
            ended(scatter(buffers, |buffer| { pipe }.read(buffer), || os_handle(pipe).available() > 0))
        })
    })
}

/// Writes all of the first buffer, however long that takes.
pub(super) fn write(pipe: &File, buffers: &[IoSlice<'_>], wait: Wait<'_>) -> Result<usize> {
    transfer(wait, || { pipe }.write_vectored(buffers))
}

/// Reads into one buffer after another while there is `more` and each is filled: the standard library's reads of several
/// buffers fill the first one only.
pub(super) fn scatter(
    buffers: &mut [IoSliceMut<'_>],
    mut read: impl FnMut(&mut [u8]) -> io::Result<usize>,
    more: impl Fn() -> bool,
) -> io::Result<usize> {
    let mut done = 0_usize;
    for buffer in buffers {
        if done > 0 && !more() {
            break;
        }
        match read(buffer) {
            Ok(count) => {
                done = done.saturating_add(count);
                if count < buffer.len() {
                    break;
                }
            }
            // What has been read is not lost.
            Err(_) if done > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Writes one buffer after another, while each is taken whole.
pub(super) fn gather(
    buffers: &[IoSlice<'_>],
    mut write: impl FnMut(&[u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut done = 0_usize;
    for buffer in buffers {
        match write(buffer) {
            Ok(count) => {
                done = done.saturating_add(count);
                if count < buffer.len() {
                    break;
                }
            }
            // What has been written is not lost.
            Err(_) if done > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Makes a transfer of what is not polled, for as long as that takes.
pub(super) fn transfer(wait: Wait<'_>, mut transfer: impl FnMut() -> io::Result<usize>) -> Result<usize> {
    poll::retry_when_ready(OsHandle::Always, Interest::Write, wait, || watched(wait, || ended(transfer())))
}

/// A transfer that was ended is one to make again, unless the guest was interrupted.
fn ended(outcome: io::Result<usize>) -> io::Result<usize> {
    match outcome {
        Err(error) if code(&error) == Some(ERROR_OPERATION_ABORTED) => Err(io::ErrorKind::Interrupted.into()),
        other => other,
    }
}

/// Runs a transfer that an interrupt ends. One that fails after that was ended, whatever its error says: Wine's reads of
/// consoles have that of a bad handle then, at times.
pub(super) fn watched(wait: Wait<'_>, transfer: impl FnOnce() -> io::Result<usize>) -> io::Result<usize> {
    let Some(handle) = wait.interrupt.armed() else { return transfer() };
    let thread = ThreadHandle::current()?;
    let watch = Watch::new(None, &handle, Arc::new(move || thread.cancel_transfer()))?;
    // One that was raised before has been seen by the watch, and ends the transfer soon.
    let outcome = transfer();
    drop(watch);
    if outcome.is_err() && handle.is_raised() { Err(io::ErrorKind::Interrupted.into()) } else { outcome }
}

/// The code of the system.
pub(super) fn code(error: &io::Error) -> Option<u32> {
    error.raw_os_error().map(|code| u32::from_ne_bytes(code.to_ne_bytes()))
}
