//! The options of a session: threads, memory, devices, and what the library knows by keys.

use super::{Handle, Library, check, entry, pointers};
use ort_sys as sys;
use std::ffi::{CStr, CString, c_int};
use std::num::NonZeroU32;
use std::sync::Arc;
use wasi_nn::Error;

/// How far a model is rewritten before it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Optimization {
    Off,
    Basic,
    Extended,
    All,
}

/// A device, with what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Provider {
    /// The library's own name, as `CUDAExecutionProvider`.
    pub(crate) name: CString,
    pub(crate) options: Vec<(CString, CString)>,
}

/// What is said of a session before it is made.
pub(crate) struct SessionOptions {
    pub(super) library: Arc<Library>,
    pub(super) handle: Arc<Handle<sys::OrtSessionOptions>>,
    /// What the library reads when it makes the session (outlived).
    files: Vec<Vec<u8>>,
}

/// What the calls below are doing, for messages.
const DOING: &str = "setting options";

impl SessionOptions {
    pub(crate) fn new(library: &Arc<Library>) -> Result<Self, Error> {
        let api = library.api;
        // SAFETY: loaded; it writes an object for `ReleaseSessionOptions`.
        let handle = unsafe {
            let create = entry!(api, CreateSessionOptions);
            Handle::new(api, DOING, entry!(api, ReleaseSessionOptions), |options| create(options))
        }?;
        Ok(SessionOptions { library: Arc::clone(library), handle: Arc::new(handle), files: Vec::new() })
    }

    fn check(&self, status: sys::OrtStatusPtr) -> Result<(), Error> {
        check(self.library.api, DOING, status)
    }

    /// How many threads one operator uses, the caller's among them.
    pub(crate) fn threads(&self, count: NonZeroU32) -> Result<(), Error> {
        let count = c_int::try_from(count.get()).unwrap_or(c_int::MAX);
        // SAFETY: loaded.
        self.check(unsafe { entry!(self.library.api, SetIntraOpNumThreads)(self.handle.get(), count) })
    }

    /// How many operators run side by side.
    pub(crate) fn operators_at_once(&self, count: NonZeroU32) -> Result<(), Error> {
        let api = self.library.api;
        let mode = match count.get() {
            1 => sys::ExecutionMode::ORT_SEQUENTIAL,
            _ => sys::ExecutionMode::ORT_PARALLEL,
        };
        // SAFETY: loaded.
        self.check(unsafe { entry!(api, SetSessionExecutionMode)(self.handle.get(), mode) })?;
        let count = c_int::try_from(count.get()).unwrap_or(c_int::MAX);
        // SAFETY: loaded.
        self.check(unsafe { entry!(api, SetInterOpNumThreads)(self.handle.get(), count) })
    }

    pub(crate) fn optimization(&self, level: Optimization) -> Result<(), Error> {
        use sys::GraphOptimizationLevel as Level;
        let level = match level {
            Optimization::Off => Level::ORT_DISABLE_ALL,
            Optimization::Basic => Level::ORT_ENABLE_BASIC,
            Optimization::Extended => Level::ORT_ENABLE_EXTENDED,
            Optimization::All => Level::ORT_ENABLE_ALL,
        };
        let set = entry!(self.library.api, SetSessionGraphOptimizationLevel);
        // SAFETY: loaded.
        self.check(unsafe { set(self.handle.get(), level) })
    }

    /// Gives memory back after each computation, and keeps none for the next.
    pub(crate) fn without_arena(&self) -> Result<(), Error> {
        let api = self.library.api;
        // SAFETY: loaded.
        self.check(unsafe { entry!(api, DisableCpuMemArena)(self.handle.get()) })?;
        // SAFETY: loaded.
        self.check(unsafe { entry!(api, DisableMemPattern)(self.handle.get()) })
    }

    /// Sets what the library knows by a key. It does not say so if it knows none.
    pub(crate) fn set(&self, key: &CStr, value: &CStr) -> Result<(), Error> {
        let add = entry!(self.library.api, AddSessionConfigEntry);
        // SAFETY: loaded; the texts are copied.
        self.check(unsafe { add(self.handle.get(), key.as_ptr(), value.as_ptr()) })
    }

    /// Gives the bytes of files in which the model has data, by the names that it has for them.
    pub(crate) fn files(&mut self, files: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        let (names, mut files): (Vec<_>, Vec<_>) =
            files.into_iter().map(|(name, bytes)| (system_text(&name), bytes)).unzip();
        let addresses: Vec<_> = names.iter().map(Vec::as_ptr).collect();
        let lens: Vec<_> = files.iter().map(Vec::len).collect();
        let bytes: Vec<_> = files.iter_mut().map(|bytes| bytes.as_mut_ptr().cast()).collect();
        let add = entry!(self.library.api, AddExternalInitializersFromMemory);
        // SAFETY: loaded; the lists are as long as it is told, and the names are copied and end with a zero; the bytes are only
        // read, and kept with the options, without which no session is made (outlived).
        let status =
            unsafe { add(self.handle.get(), addresses.as_ptr(), bytes.as_ptr(), lens.as_ptr(), lens.len()) };
        self.files.append(&mut files);
        self.check(status)
    }

    /// Adds a device, which gets what those before it do not take. It must not be the processor, which is always last.
    pub(crate) fn append(&self, provider: &Provider) -> Result<(), Error> {
        match provider.name.as_bytes() {
            b"CUDAExecutionProvider" => self.append_cuda(&provider.options),
            b"TensorrtExecutionProvider" => self.append_tensorrt(&provider.options),
            _ => {
                let (keys, values) = pointers(&provider.options);
                let append = entry!(self.library.api, SessionOptionsAppendExecutionProvider);
                // SAFETY: loaded; the lists are as long as it is told, and all texts are copied.
                self.check(unsafe {
                    append(
                        self.handle.get(),
                        provider.name.as_ptr(),
                        keys.as_ptr(),
                        values.as_ptr(),
                        keys.len(),
                    )
                })
            }
        }
    }

    fn append_cuda(&self, options: &[(CString, CString)]) -> Result<(), Error> {
        let api = self.library.api;
        // SAFETY: loaded; it writes an object for `ReleaseCUDAProviderOptions`.
        let handle = unsafe {
            let create = entry!(api, CreateCUDAProviderOptions);
            Handle::new(api, DOING, entry!(api, ReleaseCUDAProviderOptions), |options| create(options))
        }?;
        let (keys, values) = pointers(options);
        // SAFETY: loaded; the lists are as long as it is told, and all texts are copied.
        self.check(unsafe {
            entry!(api, UpdateCUDAProviderOptions)(handle.get(), keys.as_ptr(), values.as_ptr(), keys.len())
        })?;
        let append = entry!(api, SessionOptionsAppendExecutionProvider_CUDA_V2);
        // SAFETY: loaded; the options are copied.
        self.check(unsafe { append(self.handle.get(), handle.get()) })
    }

    fn append_tensorrt(&self, options: &[(CString, CString)]) -> Result<(), Error> {
        let api = self.library.api;
        // SAFETY: loaded; it writes an object for `ReleaseTensorRTProviderOptions`.
        let handle = unsafe {
            let create = entry!(api, CreateTensorRTProviderOptions);
            Handle::new(api, DOING, entry!(api, ReleaseTensorRTProviderOptions), |options| create(options))
        }?;
        let (keys, values) = pointers(options);
        // SAFETY: loaded; the lists are as long as it is told, and all texts are copied.
        self.check(unsafe {
            entry!(api, UpdateTensorRTProviderOptions)(
                handle.get(),
                keys.as_ptr(),
                values.as_ptr(),
                keys.len(),
            )
        })?;
        let append = entry!(api, SessionOptionsAppendExecutionProvider_TensorRT_V2);
        // SAFETY: loaded; the options are copied.
        self.check(unsafe { append(self.handle.get(), handle.get()) })
    }
}

/// A text as the system has it in paths, with a zero at its end.
#[cfg(windows)]
fn system_text(text: &str) -> Vec<sys::os_char> {
    text.encode_utf16().chain([0]).collect()
}

/// A text as the system has it in paths, with a zero at its end.
#[cfg(not(windows))]
fn system_text(text: &str) -> Vec<sys::os_char> {
    text.bytes().chain([0]).map(|byte| sys::os_char::from_ne_bytes([byte])).collect()
}
