//! ONNX Runtime's C API as types that cannot be misused: the crate's one module with unsafe code.
//!
//! It stands on the declarations of `ort-sys` and not on the crate `ort`, which keeps no buffer of ours across runs, loads
//! the library for good at its first use, panicking where that fails, and has no way to refuse one of another release.
//!
//! What the unsafe blocks lean on, by the names they use:
//!
//! * **loaded**: an [`Api`] is a table of functions that a library gave for [`VERSION`](library::VERSION), and has that
//!   version's functions at least. A library is never unloaded. The table is read by address, entry by entry: what is
//!   declared of later versions may not be there.
//! * **owned**: the pointer of a [`Handle`] came from the call that makes such objects, is given to its release function
//!   once, when the handle is dropped, and to none after.
//! * **outlived**: what the library goes on reading after a call, as the buffers of values, and sessions of running requests,
//!   is kept beside the object that reads it, and dropped after it.
//! * **unshared**: the bytes of a tensor are reached through its [`Request`] only, as `&mut` or while nothing is `&mut`; a
//!   computation takes the request as `&mut`.
//!
//! Enumerations of which releases add more are read as numbers.
#![expect(unsafe_code, reason = "ONNX Runtime is a native library")]

mod library;
mod log;
mod options;
mod request;
mod session;
mod values;

pub(super) use library::Library;
pub(super) use options::{Optimization, Provider, SessionOptions};
pub(super) use request::{Fixed, Request, Shape};
pub(super) use session::{Kind, RawPort, Session};

use ort_sys as sys;
use std::ffi::{CStr, CString, c_char};
use std::ptr::{self, NonNull};
use wasi_nn::Error;
use wasi_nn_native::tidy;

/// The library's functions.
#[derive(Clone, Copy, Debug)]
struct Api(*const sys::OrtApi);

// SAFETY: the table is constant, and its functions may be called from any thread.
unsafe impl Send for Api {}
// SAFETY: as above.
unsafe impl Sync for Api {}

/// Reads an entry of the table.
macro_rules! entry {
    ($api:expr, $name:ident) => {{
        let api: $crate::ffi::Api = $api;
        #[allow(unused_unsafe, reason = "most calls stand in a block that is about the call itself")]
        // SAFETY: loaded.
        let function = unsafe { (*api.0).$name };
        function
    }};
}
use entry;

/// An object of the library's.
#[derive(Debug)]
struct Handle<T> {
    pointer: NonNull<T>,
    release: unsafe extern "system" fn(*mut T),
}

// SAFETY: the library's objects belong to no thread. What may be called from two threads at once is decided by the types
// around the handle.
unsafe impl<T> Send for Handle<T> {}
// SAFETY: as above; a shared handle gives out nothing but its pointer.
unsafe impl<T> Sync for Handle<T> {}

impl<T> Handle<T> {
    /// Has `make` write a new object's pointer, for `release` to end one day.
    ///
    /// # Safety
    ///
    /// If `make` gives success, it has written null or a pointer that is for `release` alone to end.
    unsafe fn new(
        api: Api,
        doing: &str,
        release: unsafe extern "system" fn(*mut T),
        make: impl FnOnce(*mut *mut T) -> sys::OrtStatusPtr,
    ) -> Result<Self, Error> {
        let mut pointer = ptr::null_mut();
        check(api, doing, make(&raw mut pointer))?;
        match NonNull::new(pointer) {
            Some(pointer) => Ok(Handle { pointer, release }),
            None => Err(Error::runtime(format!("ONNX Runtime gave nothing when {doing}"))),
        }
    }

    fn get(&self) -> *mut T {
        self.pointer.as_ptr()
    }
}

impl<T> Drop for Handle<T> {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { (self.release)(self.pointer.as_ptr()) };
    }
}

/// Turns a status into an error that says what was being done, and why it failed.
fn check(api: Api, doing: &str, status: sys::OrtStatusPtr) -> Result<(), Error> {
    if status.0.is_null() {
        return Ok(());
    }
    // SAFETY: loaded; the status is the library's, and its text stays until the status is released.
    let reason = unsafe { text_of(entry!(api, GetErrorMessage)(status.0)) };
    // SAFETY: loaded; nobody else has the status.
    unsafe { entry!(api, ReleaseStatus)(status.0) };
    Err(failed(doing, &reason))
}

#[cold]
fn failed(doing: &str, reason: &str) -> Error {
    let reason = tidy(reason);
    let colon = if reason.is_empty() { "" } else { ": " };
    Error::runtime(format!("ONNX Runtime failed when {doing}{colon}{reason}"))
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

/// The addresses of keys and of values, for a call that takes two lists.
fn pointers(pairs: &[(CString, CString)]) -> (Vec<*const c_char>, Vec<*const c_char>) {
    pairs.iter().map(|(key, value)| (key.as_ptr(), value.as_ptr())).unzip()
}
