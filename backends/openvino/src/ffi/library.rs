//! The loading of OpenVINO's library, after checks of its version and its functions.

use super::text_of;
use openvino_sys as sys;
use std::ffi::c_char;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::{Mutex, PoisonError};
use sys::ov_status_e as Status;
use sys::ov_version_t;
use wasi_nn::Error;

/// Before this release the numbers of the element types were others; see
/// <https://github.com/intel/openvino-rs/issues/167>.
const OLDEST: (u32, u32) = (2025, 1);

/// The release that the tests run on.
const TESTED: (u32, u32) = (2026, 4);

/// The functions that this module calls. `openvino-sys` would panic for want of one.
const NEEDED: &[&str] = &[
    "ov_available_devices_free",
    "ov_compiled_model_create_infer_request",
    "ov_compiled_model_free",
    "ov_compiled_model_get_property",
    "ov_compiled_model_input_by_index",
    "ov_compiled_model_inputs_size",
    "ov_compiled_model_output_by_index",
    "ov_compiled_model_outputs_size",
    "ov_core_compile_model",
    "ov_core_create",
    "ov_core_free",
    "ov_core_get_available_devices",
    "ov_core_read_model",
    "ov_core_read_model_from_memory_buffer",
    "ov_core_set_property",
    "ov_free",
    "ov_get_last_err_msg",
    "ov_get_openvino_version",
    "ov_infer_request_cancel",
    "ov_infer_request_free",
    "ov_infer_request_get_input_tensor_by_index",
    "ov_infer_request_get_output_tensor_by_index",
    "ov_infer_request_infer",
    "ov_infer_request_set_input_tensor_by_index",
    "ov_model_free",
    "ov_model_get_friendly_name",
    "ov_output_const_port_free",
    "ov_partial_shape_free",
    "ov_port_get_any_name",
    "ov_port_get_element_type",
    "ov_port_get_partial_shape",
    "ov_shape_create",
    "ov_shape_free",
    "ov_tensor_create_from_host_ptr",
    "ov_tensor_data",
    "ov_tensor_free",
    "ov_tensor_get_byte_size",
    "ov_tensor_get_element_type",
    "ov_tensor_get_shape",
    "ov_version_free",
];

/// Compiles a model for a device, with properties as so many texts, of keys and values in turns.
///
/// `openvino-sys` declares it without its variable arguments, which some platforms pass otherwise than
/// others, and the function that takes a list instead came with 2026.3.
pub(super) type CompileModel = unsafe extern "C" fn(
    *const sys::ov_core_t,
    *const sys::ov_model_t,
    *const c_char,
    usize,
    *mut *mut sys::ov_compiled_model_t,
    ...
) -> Status;

/// Sets a property of a device, by a key and a value; declared like the other.
pub(super) type SetProperty = unsafe extern "C" fn(*const sys::ov_core_t, *const c_char, ...) -> Status;

/// The functions with variable arguments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variadic {
    pub(super) compile_model: CompileModel,
    pub(super) set_property: SetProperty,
}

/// The proof that a library is loaded which has all that is needed.
#[derive(Clone, Debug)]
pub(crate) struct Library {
    file: PathBuf,
    pub(super) variadic: Variadic,
}

/// What `openvino-sys` holds. It holds one, for the process and for good.
static LOADED: Mutex<Option<Library>> = Mutex::new(None);

impl Library {
    /// Loads the library in `file`, unless it is loaded already.
    ///
    /// The host vouches for the file: loading runs code of it.
    pub(crate) fn open(file: &Path) -> Result<Self, Error> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = file.display();
        if let Some(library) = &*loaded {
            if library.file == file {
                return Ok(library.clone());
            }
            let loaded = library.file.display();
            return Err(Error::runtime(format!(
                "cannot use OpenVINO from {shown}: the process has loaded {loaded}, and can hold one only"
            )));
        }
        // SAFETY: running the file's code is what the host asked for.
        let native = unsafe { libloading::Library::new(file) }
            .map_err(|error| Error::runtime(format!("cannot load OpenVINO from {shown}: {error}")))?;
        let probed = probe(&native).map_err(|problem| {
            Error::runtime(format!("cannot use OpenVINO from {shown}: {problem}; install another release"))
        });
        // Even a refused one has started threads and registered things, and must not be unloaded.
        std::mem::forget(native);
        let (version, variadic) = probed?;
        sys::load_from(file.to_owned()).map_err(Error::runtime)?;
        // SAFETY: a library is loaded, and each has had this function.
        let in_use = unsafe {
            read_version(
                |version| sys::ov_get_openvino_version(version),
                |version| sys::ov_version_free(version),
            )
        };
        if in_use.as_deref() != Ok(&version) {
            return Err(Error::runtime(format!(
                "the process has loaded another OpenVINO than {shown}; use that one's path"
            )));
        }
        tracing::debug!(file = %shown, version, "OpenVINO is loaded");
        Ok(loaded.insert(Library { file: file.to_owned(), variadic }).clone())
    }
}

/// Checks what can be checked before `openvino-sys` takes the library, which it would not let go of.
fn probe(native: &libloading::Library) -> Result<(String, Variadic), String> {
    // SAFETY: the C API declares these two so.
    let version = unsafe {
        let get =
            native.get::<unsafe extern "C" fn(*mut ov_version_t) -> Status>(b"ov_get_openvino_version\0");
        let free = native.get::<unsafe extern "C" fn(*mut ov_version_t)>(b"ov_version_free\0");
        match (get, free) {
            (Ok(get), Ok(free)) => read_version(|version| get(version), |version| free(version))?,
            _ => return Err("it is another library".to_owned()),
        }
    };
    let release =
        release(&version).ok_or_else(|| format!("its version `{version}` has no year and number"))?;
    if release < OLDEST {
        return Err(format!("its version {version} is older than {}.{}", OLDEST.0, OLDEST.1));
    }
    if release > TESTED {
        tracing::warn!(
            version,
            tested = format!("{}.{}", TESTED.0, TESTED.1),
            "this OpenVINO is newer than what was tested"
        );
    }
    // SAFETY: the address is looked at and not used.
    let lacks = |name: &&&str| unsafe { native.get::<*const ()>(name.as_bytes()) }.is_err();
    if let Some(name) = NEEDED.iter().find(lacks) {
        return Err(format!("its version {version} lacks {name}"));
    }
    // SAFETY: the C API declares them so, and the library is never unloaded.
    let found = unsafe {
        (
            native.get::<CompileModel>(b"ov_core_compile_model\0"),
            native.get::<SetProperty>(b"ov_core_set_property\0"),
        )
    };
    match found {
        (Ok(compile_model), Ok(set_property)) => {
            Ok((version, Variadic { compile_model: *compile_model, set_property: *set_property }))
        }
        (Err(error), _) | (_, Err(error)) => Err(error.to_string()),
    }
}

/// # Safety
///
/// The functions are those of one library's C API.
unsafe fn read_version(
    get: impl FnOnce(*mut ov_version_t) -> Status,
    free: impl FnOnce(*mut ov_version_t),
) -> Result<String, String> {
    let mut version = ov_version_t { buildNumber: ptr::null(), description: ptr::null() };
    let status = get(&raw mut version);
    if status != Status::OK {
        return Err(format!("it does not tell its version ({status:?})"));
    }
    // SAFETY: the library wrote null or a text, which stays until it is freed below.
    let text = unsafe { text_of(version.buildNumber) };
    free(&raw mut version);
    Ok(text)
}

/// The year and the number of a release, as of `2026.4.1-22982-0a1b2c3`.
fn release(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(['.', '-']).map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::{OLDEST, release};

    #[test]
    fn releases_are_compared_as_numbers() {
        assert_eq!(release("2026.4.1-22982-0a1b2c3"), Some((2026, 4)));
        assert_eq!(release("2025.10-1"), Some((2025, 10)));
        assert!(release("2025.0.0-17942").unwrap() < OLDEST && release("2025.10").unwrap() > OLDEST);
        assert_eq!(release("custom_master_0a1b2c3"), None);
        assert_eq!(release(""), None);
    }
}
