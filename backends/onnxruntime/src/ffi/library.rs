//! The loading of ONNX Runtime's library, after a check of its version, and the environment that all sessions share.

use super::{Api, Handle, check, entry, log, text_of};
use crate::NO_TELEMETRY;
use ort_sys as sys;
use std::ffi::{c_char, c_int};
use std::path::{Path, PathBuf};
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, PoisonError};
use wasi_nn::Error;

/// The version of the C API that is asked for: the first that tells which device runs which operator. A library has all
/// versions up to its own, whose number is that of its release after `1.`.
pub(super) const VERSION: u32 = 24;

/// The release that the tests run on.
const TESTED: u32 = 32;

/// The release from which on the makers' builds for Linux and macOS report to them.
const REPORTS: u32 = 29;

/// The name of the library in its log.
const LOG_ID: &std::ffi::CStr = c"wasi-nn";

/// A loaded library, with its environment.
pub(crate) struct Library {
    file: PathBuf,
    pub(super) api: Api,
    pub(super) env: NonNull<sys::OrtEnv>,
    /// The processor's memory, as values of ours name it.
    pub(super) memory: Handle<sys::OrtMemoryInfo>,
    /// The most bytes that sessions with a limit take together, once one was said.
    limit: Mutex<Option<usize>>,
}

// SAFETY: the environment may be used from any thread, and is never released.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

/// A process has one environment, so it has one library, for good.
static LOADED: Mutex<Option<Arc<Library>>> = Mutex::new(None);

type GetApiBase = unsafe extern "system" fn() -> *const sys::OrtApiBase;

impl Library {
    /// Loads the library in `file`, unless it is loaded already.
    ///
    /// The host vouches for the file: loading runs code of it.
    pub(crate) fn open(file: &Path) -> Result<Arc<Self>, Error> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = file.display();
        if let Some(library) = &*loaded {
            if library.file == file {
                return Ok(Arc::clone(library));
            }
            let loaded = library.file.display();
            return Err(Error::runtime(format!(
                "cannot use ONNX Runtime from {shown}: the process has loaded {loaded}, and can hold one only"
            )));
        }
        // SAFETY: running the file's code is what the host asked for.
        let native = unsafe { libloading::Library::new(file) }
            .map_err(|error| Error::runtime(format!("cannot load ONNX Runtime from {shown}: {error}")))?;
        let probed = probe(&native).map_err(|problem| {
            Error::runtime(format!(
                "cannot use ONNX Runtime from {shown}: {problem}; install another release"
            ))
        });
        // Even a refused one has registered things, and must not be unloaded.
        std::mem::forget(native);
        let (api, version) = probed?;
        let (name, value) = NO_TELEMETRY;
        if reports(&version, std::env::var_os(name).is_some()) {
            tracing::warn!(
                version,
                "this ONNX Runtime may report what it does to its maker, and keep an identity of this machine; set the \
                 environment variable {name}={value} at the start of the process"
            );
        }
        let library = Arc::new(Library::start(file.to_owned(), api)?);
        tracing::debug!(file = %shown, version, "ONNX Runtime is loaded");
        Ok(Arc::clone(loaded.insert(library)))
    }

    fn start(file: PathBuf, api: Api) -> Result<Self, Error> {
        // SAFETY: the two types differ in one parameter, whose type is an enumeration of the representation `i32` in the one,
        // and `i32` in the other.
        let logger: sys::OrtLoggingFunction = unsafe {
            std::mem::transmute::<
                extern "system" fn(
                    *mut std::ffi::c_void,
                    i32,
                    *const c_char,
                    *const c_char,
                    *const c_char,
                    *const c_char,
                ),
                sys::OrtLoggingFunction,
            >(log::take)
        };
        let mut env = ptr::null_mut();
        let level = sys::OrtLoggingLevel::ORT_LOGGING_LEVEL_WARNING;
        // SAFETY: loaded; the name is copied, and the function stays.
        let status = unsafe {
            let create = entry!(api, CreateEnvWithCustomLogger);
            create(logger, ptr::null_mut(), level, LOG_ID.as_ptr(), &raw mut env)
        };
        check(api, "starting", status)?;
        let env = NonNull::new(env).ok_or_else(|| Error::runtime("ONNX Runtime gave no environment"))?;
        // Some builds report what is done with them, and have begun when this can be called. That they cannot be told not to is
        // no reason to go without.
        // SAFETY: loaded, and the environment is there.
        let _ = check(api, "keeping to itself", unsafe { entry!(api, DisableTelemetryEvents)(env.as_ptr()) });
        // SAFETY: loaded; it writes an object for `ReleaseMemoryInfo`.
        let memory = unsafe {
            let create = entry!(api, CreateCpuMemoryInfo);
            Handle::new(api, "naming memory", entry!(api, ReleaseMemoryInfo), |memory| {
                create(sys::OrtAllocatorType::OrtDeviceAllocator, sys::OrtMemType::OrtMemTypeDefault, memory)
            })
        }?;
        Ok(Library { file, api, env, memory, limit: Mutex::default() })
    }

    /// The devices that the library has been built with, the preferred ones first, by their own names, as
    /// `CUDAExecutionProvider`.
    pub(crate) fn providers(&self) -> Result<Vec<String>, Error> {
        let (mut names, mut count): (*mut *mut c_char, c_int) = (ptr::null_mut(), 0);
        // SAFETY: loaded.
        let status = unsafe { entry!(self.api, GetAvailableProviders)(&raw mut names, &raw mut count) };
        check(self.api, "listing its devices", status)?;
        let len = usize::try_from(count).unwrap_or_default();
        // SAFETY: the library wrote a list of so many texts, which stays until it is released below.
        let list = (0..len).map(|at| unsafe { text_of(*names.add(at)) }).collect();
        // SAFETY: loaded; the list is the library's, and not used any more.
        let status = unsafe { entry!(self.api, ReleaseAvailableProviders)(names, count) };
        check(self.api, "listing its devices", status)?;
        Ok(list)
    }

    /// Has sessions that ask for it take memory from one arena of so many bytes. The environment has one, so that a second
    /// number is refused.
    pub(crate) fn limit_memory(&self, bytes: usize) -> Result<(), Error> {
        let mut limit = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        match *limit {
            Some(said) if said == bytes => return Ok(()),
            Some(said) => {
                return Err(Error::runtime(format!(
                    "the process has limited the memory of ONNX Runtime to {said} bytes, and can hold one limit only"
                )));
            }
            None => {}
        }
        // As much as is asked for, since doubling would come to the limit with half of it unused.
        let (keys, values) = ([c"max_mem", c"arena_extend_strategy"], [bytes, 1]);
        let keys = keys.map(std::ffi::CStr::as_ptr);
        // SAFETY: loaded; the lists are as long as it is told, and are copied; it writes an object for `ReleaseArenaCfg`.
        let config = unsafe {
            let create = entry!(self.api, CreateArenaCfgV2);
            Handle::new(self.api, "limiting its memory", entry!(self.api, ReleaseArenaCfg), |config| {
                create(keys.as_ptr(), values.as_ptr(), keys.len(), config)
            })
        }?;
        // SAFETY: loaded; it writes an object for `ReleaseMemoryInfo`.
        let memory = unsafe {
            let create = entry!(self.api, CreateCpuMemoryInfo);
            Handle::new(self.api, "naming memory", entry!(self.api, ReleaseMemoryInfo), |memory| {
                create(sys::OrtAllocatorType::OrtArenaAllocator, sys::OrtMemType::OrtMemTypeDefault, memory)
            })
        }?;
        // SAFETY: loaded, and all three are there.
        let status = unsafe {
            entry!(self.api, CreateAndRegisterAllocator)(self.env.as_ptr(), memory.get(), config.get())
        };
        check(self.api, "limiting its memory", status)?;
        *limit = Some(bytes);
        Ok(())
    }
}

/// Looks for the C API, and asks it for its functions.
fn probe(native: &libloading::Library) -> Result<(Api, String), String> {
    // SAFETY: the C API declares it so.
    let base = unsafe { native.get::<GetApiBase>(b"OrtGetApiBase\0") };
    let base = base.map_err(|_| "it is another library".to_owned())?;
    // SAFETY: it takes nothing, and gives null or a table that stays.
    unsafe { ask(base()) }
}

/// Asks for the functions of [`VERSION`].
///
/// # Safety
///
/// `base` is null or a library's table, which has had the same two functions since its first release, and stays.
unsafe fn ask(base: *const sys::OrtApiBase) -> Result<(Api, String), String> {
    if base.is_null() {
        return Err("it has no C API".to_owned());
    }
    // SAFETY: what this function asks of its caller; the text stays.
    let version = unsafe { text_of(((*base).GetVersionString)()) };
    let release = release(&version).ok_or_else(|| format!("its version `{version}` has no number"))?;
    if release < VERSION {
        return Err(format!("its version {version} is older than 1.{VERSION}"));
    }
    if release > TESTED {
        let tested = format!("1.{TESTED}");
        tracing::warn!(version, tested, "this ONNX Runtime is newer than what was tested");
    }
    // SAFETY: as above.
    let api = unsafe { ((*base).GetApi)(VERSION) };
    if api.is_null() {
        return Err(format!("its version {version} is too new: it has no version {VERSION} of the C API"));
    }
    Ok((Api(api), version))
}

/// Whether a release may report to its maker what is done with it. Windows asks its user.
///
/// * `is_told`: whether somebody has said something about that
fn reports(version: &str, is_told: bool) -> bool {
    !cfg!(windows) && !is_told && release(version).is_some_and(|release| release >= REPORTS)
}

/// The number of a release, as of `1.32.0`; one of another first number is as new as can be.
fn release(version: &str) -> Option<u32> {
    let mut parts = version.split(['.', '-', '+']).map(str::parse);
    match parts.next()?.ok()? {
        0 => Some(0),
        1 => parts.next()?.ok(),
        _ => Some(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::{VERSION, ask, release, reports};
    use ort_sys as sys;
    use std::ffi::{CStr, c_char};

    /// A library that says it is of a release, and has no functions.
    macro_rules! library {
        ($version:literal) => {{
            extern "system" fn version() -> *const c_char {
                const VERSION: &CStr = $version;
                VERSION.as_ptr()
            }
            extern "system" fn api(_: u32) -> *const sys::OrtApi {
                std::ptr::null()
            }
            sys::OrtApiBase { GetApi: api, GetVersionString: version }
        }};
    }

    #[test]
    fn a_library_that_is_too_old_or_too_new_says_so() {
        let refused = |library: &sys::OrtApiBase| {
            // SAFETY: a table as a library has it.
            unsafe { ask(library) }.map(|_| ()).unwrap_err()
        };
        assert_eq!(refused(&library!(c"1.23.2")), "its version 1.23.2 is older than 1.24");
        assert_eq!(
            refused(&library!(c"2.0.0")),
            "its version 2.0.0 is too new: it has no version 24 of the C API"
        );
        assert_eq!(refused(&library!(c"nightly")), "its version `nightly` has no number");
        // SAFETY: null is let pass.
        assert_eq!(unsafe { ask(std::ptr::null()) }.map(|_| ()).unwrap_err(), "it has no C API");
    }

    #[test]
    fn releases_are_compared_as_numbers() {
        assert_eq!(release("1.32.0"), Some(32));
        assert!(release("1.9.1").unwrap() < VERSION && release("1.100.0").unwrap() > VERSION);
        assert_eq!(release("1.33.0-dev+20261130"), Some(33));
        assert_eq!(release("0.5.0"), Some(0));
        assert_eq!(release("2.0.0"), Some(u32::MAX));
        assert_eq!(release("master"), None);
        assert_eq!(release(""), None);
    }

    #[test]
    fn a_release_that_reports_is_known() {
        let all = ["1.28.2", "1.29.0", "1.32.0", "2.0.0", "master"].map(|version| reports(version, false));
        assert_eq!(all, [false, true, true, true, false].map(|reports| reports && !cfg!(windows)));
        assert!(!reports("1.32.0", true));
    }
}
