//! OpenVINO's C API as types that cannot be misused: the crate's one module with unsafe code.
//!
//! It stands on `openvino-sys` alone, since the safe crate `openvino` cannot stop a computation from another
//! thread, reads types of elements into a Rust `enum` that later releases extend, keeps every error text for
//! good, zeroes tensors that are overwritten anyway, and gives no properties to compilation.
//!
//! What the unsafe blocks lean on, by the names they use:
//!
//! * **loaded**: the functions of `openvino-sys` panic unless a library is loaded that has them. A
//!   [`Library`] exists only if that is so, a [`Core`] is made from one only, and everything else from a
//!   `Core`. It is never unloaded.
//! * **owned**: the pointer of a [`Handle`] came from the call that makes such objects, is given to its
//!   `free` function once, when the handle is dropped, and to none after.
//! * **outlived**: what the library goes on reading after a call, weights and bound inputs, is kept beside
//!   the object that reads it, and dropped after it.
//! * **unshared**: the bytes of a tensor are reached through its [`Request`] only, as `&mut` or while nothing
//!   is `&mut`; a computation takes the request as `&mut`.
//!
//! Statuses are taken as `openvino-sys` declares them, which has had the same since 2022; types of elements,
//! of which releases add more, are read as numbers.
#![expect(unsafe_code, reason = "OpenVINO is a native library")]

mod library;
mod model;
mod request;

pub(super) use library::Library;
pub(super) use model::{CompiledModel, Core, MAX_PROPERTIES, RawPort, ReadModel};
pub(super) use request::{Fixed, Request};

use openvino_sys as sys;
use std::ffi::{CStr, c_char};
use std::ptr::{self, NonNull};
use std::sync::{Mutex, PoisonError, RwLock};
use sys::ov_status_e as Status;
use wasi_nn::Error;

/// An object of the library's.
struct Handle<T> {
    pointer: NonNull<T>,
    free: unsafe fn(*mut T),
}

// SAFETY: the library's objects belong to no thread: they are counted references to C++ objects, whose counts
// are atomic. What may be called from two threads at once is decided by the types around the handle.
unsafe impl<T> Send for Handle<T> {}
// SAFETY: as above; a shared handle gives out nothing but its pointer.
unsafe impl<T> Sync for Handle<T> {}

impl<T> Handle<T> {
    /// Has `make` write a new object's pointer, for `free` to end one day.
    ///
    /// # Safety
    ///
    /// If `make` returns success, it has written a pointer that is for `free` alone to release.
    unsafe fn new(
        doing: &str,
        free: unsafe fn(*mut T),
        make: impl FnOnce(*mut *mut T) -> Status,
    ) -> Result<Self, Error> {
        let mut pointer = ptr::null_mut();
        check(doing, make(&raw mut pointer))?;
        match NonNull::new(pointer) {
            Some(pointer) => Ok(Handle { pointer, free }),
            None => Err(Error::runtime(format!("OpenVINO gave nothing when {doing}"))),
        }
    }

    fn get(&self) -> *mut T {
        self.pointer.as_ptr()
    }
}

impl<T> Drop for Handle<T> {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { (self.free)(self.pointer.as_ptr()) };
    }
}

/// A text of the library's, which is copied and given back.
///
/// # Safety
///
/// A library is loaded. If `make` returns success, it has written null or a text for `ov_free` to release.
unsafe fn text(doing: &str, make: impl FnOnce(*mut *mut c_char) -> Status) -> Result<String, Error> {
    let mut pointer = ptr::null_mut();
    check(doing, make(&raw mut pointer))?;
    // SAFETY: what this function asks of its caller.
    Ok(unsafe { take_text(pointer) })
}

/// # Safety
///
/// A library is loaded, and `pointer` is null or a text that nobody else releases.
unsafe fn take_text(pointer: *const c_char) -> String {
    // SAFETY: what this function asks of its caller.
    let text = unsafe { text_of(pointer) };
    // SAFETY: loaded, and the caller hands the text over; null is let pass.
    unsafe { sys::ov_free(pointer) };
    text
}

/// # Safety
///
/// `pointer` is null or a text of the library's that stays during the call.
unsafe fn text_of(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: the library ends its texts with a NUL.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// Turns a status into an error that says what was being done, and why it failed.
fn check(doing: &str, status: Status) -> Result<(), Error> {
    let reason = match status {
        Status::OK => return Ok(()),
        // These come from the C API itself, which leaves the text of an earlier failure in place.
        Status::INVALID_C_PARAM | Status::NOT_IMPLEMENT_C_METHOD | Status::RESULT_NOT_READY => String::new(),
        _ => last_error(),
    };
    let reason = wasi_nn_native::tidy(&reason);
    let colon = if reason.is_empty() { "" } else { ": " };
    Err(Error::runtime(format!("OpenVINO failed when {doing} ({status:?}){colon}{reason}")))
}

/// Calls what reads or compiles a model, and again if it fails, with no other such call beside it.
///
/// The library keeps one text about the last failure of all threads, so that of the first call may be about another's
/// model. Calls that succeed wait for nothing but the second call of one that failed.
fn with_its_own_text<T>(call: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    static CALLS: RwLock<()> = RwLock::new(());
    let beside_others = {
        let _shared = CALLS.read().unwrap_or_else(PoisonError::into_inner);
        call()
    };
    beside_others.or_else(|_| {
        let _alone = CALLS.write().unwrap_or_else(PoisonError::into_inner);
        call()
    })
}

/// The library's text about its last failure. It may be about the failure of another thread's computation; the lock at
/// least has every reader see a whole one.
fn last_error() -> String {
    static LAST_ERROR: Mutex<()> = Mutex::new(());
    let _guard = LAST_ERROR.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: loaded, since a call has failed; the text is a copy made for the caller.
    unsafe { take_text(sys::ov_get_last_err_msg()) }
}
