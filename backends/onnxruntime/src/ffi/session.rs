//! Sessions: models that were read and are ready to run, with their inputs and outputs, and what runs them.

use super::{Api, Handle, Library, SessionOptions, check, entry, text_of};
use ort_sys as sys;
use std::collections::HashSet;
use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::sync::Arc;
use wasi_nn::{Cancel, Control, Error, Printable};

/// A model that is ready to run, from any number of threads at once.
pub(crate) struct Session {
    pub(super) handle: Handle<sys::OrtSession>,
    pub(super) library: Arc<Library>,
    pub(super) inputs: Names,
    pub(super) outputs: Names,
}

/// The names of inputs or outputs, with the list of their addresses.
pub(super) struct Names {
    names: Vec<CString>,
    pointers: Vec<*const c_char>,
}

// SAFETY: the addresses are those of texts in the same object, which nobody changes.
unsafe impl Send for Names {}
// SAFETY: as above.
unsafe impl Sync for Names {}

/// An input or an output, as the library describes it.
pub(crate) struct RawPort {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// What goes through a port.
pub(crate) enum Kind {
    /// A tensor of the type with this number. Without a shape, the number of dimensions is open; an open dimension has no
    /// value.
    Tensor { element: i32, shape: Option<Vec<Option<i64>>> },
    /// Something else, by its name.
    Other(&'static str),
}

/// Numbers of the kinds of values (`ONNXType`).
const TENSOR: i32 = 1;
const KINDS: [&str; 7] = ["unknown", "tensor", "sequence", "map", "opaque", "sparse tensor", "optional"];

impl Session {
    /// Reads a model from its bytes, until `control` says to stop.
    pub(crate) fn new(options: &SessionOptions, bytes: &[u8], control: &Control) -> Result<Self, Error> {
        let (library, api) = (&options.library, options.library.api);
        let cancelled = Arc::clone(&options.handle);
        let set = entry!(api, SessionOptionsSetLoadCancellationFlag);
        let cancel: Cancel = Arc::new(move || {
            // SAFETY: loaded; the library lets the flag be set while another thread loads. Failing, it returns a status
            // that is released.
            let _ = check(api, "cancelling", unsafe { set(cancelled.get(), true) });
        });
        let guard = control.cancel_with(&cancel)?;
        // SAFETY: loaded; the bytes are as long as it is told, and are copied; it writes an object for `ReleaseSession`.
        let handle = unsafe {
            let create = entry!(api, CreateSessionFromArray);
            let (env, options) = (library.env.as_ptr(), options.handle.get());
            Handle::new(api, "reading the model", entry!(api, ReleaseSession), |session| {
                create(env, bytes.as_ptr().cast(), bytes.len(), options, session)
            })
        };
        drop(guard);
        if handle.is_err() {
            control.check()?;
        }
        let handle = handle?;
        let inputs =
            names(api, &handle, entry!(api, SessionGetInputCount), entry!(api, SessionGetInputName))?;
        let outputs =
            names(api, &handle, entry!(api, SessionGetOutputCount), entry!(api, SessionGetOutputName))?;
        Ok(Session { handle, library: Arc::clone(library), inputs, outputs })
    }

    pub(crate) fn inputs(&self) -> Result<Vec<RawPort>, Error> {
        self.ports(&self.inputs, entry!(self.library.api, SessionGetInputTypeInfo))
    }

    pub(crate) fn outputs(&self) -> Result<Vec<RawPort>, Error> {
        self.ports(&self.outputs, entry!(self.library.api, SessionGetOutputTypeInfo))
    }

    fn ports(&self, names: &Names, get: GetTypeInfo) -> Result<Vec<RawPort>, Error> {
        let api = self.library.api;
        let port = |(index, name): (usize, &CString)| {
            // SAFETY: loaded; it writes an object for `ReleaseTypeInfo`.
            let info = unsafe {
                Handle::new(api, "asking for a type", entry!(api, ReleaseTypeInfo), |info| {
                    get(self.handle.get(), index, info)
                })
            }?;
            Ok(RawPort { name: name.to_string_lossy().into_owned(), kind: kind(api, &info)? })
        };
        names.names.iter().enumerate().map(port).collect()
    }

    /// How many operators each device runs, by the devices' own names, in the order in which the library has them.
    pub(crate) fn assigned(&self) -> Result<Vec<(String, usize)>, Error> {
        let api = self.library.api;
        let (mut graphs, mut count) = (ptr::null(), 0);
        // SAFETY: loaded.
        let status = unsafe {
            entry!(api, Session_GetEpGraphAssignmentInfo)(self.handle.get(), &raw mut graphs, &raw mut count)
        };
        check(api, "asking what runs the model", status)?;
        let mut all: Vec<(String, usize)> = Vec::new();
        for at in 0..count {
            // SAFETY: the library wrote a list of so many objects, which stay as long as the session does.
            let graph = unsafe { *graphs.add(at) };
            let mut name = ptr::null();
            // SAFETY: loaded; the text stays as the object does.
            let status = unsafe { entry!(api, EpAssignedSubgraph_GetEpName)(graph, &raw mut name) };
            check(api, "asking what runs the model", status)?;
            let (mut nodes, mut operators) = (ptr::null(), 0);
            // SAFETY: loaded; nothing but the number is used.
            let status = unsafe {
                entry!(api, EpAssignedSubgraph_GetNodes)(graph, &raw mut nodes, &raw mut operators)
            };
            check(api, "asking what runs the model", status)?;
            // SAFETY: the library wrote a text.
            let name = unsafe { text_of(name) };
            match all.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count = count.saturating_add(operators),
                None => all.push((name, operators)),
            }
        }
        Ok(all)
    }
}

impl Names {
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }

    pub(super) fn get(&self, index: usize) -> &CStr {
        self.names.get(index).map(CString::as_c_str).unwrap_or_default()
    }
}

type Count = unsafe extern "system" fn(*const sys::OrtSession, *mut usize) -> sys::OrtStatusPtr;
type GetName = unsafe extern "system" fn(
    *const sys::OrtSession,
    usize,
    *mut sys::OrtAllocator,
    *mut *mut c_char,
) -> sys::OrtStatusPtr;
type GetTypeInfo =
    unsafe extern "system" fn(*const sys::OrtSession, usize, *mut *mut sys::OrtTypeInfo) -> sys::OrtStatusPtr;

fn names(api: Api, session: &Handle<sys::OrtSession>, count: Count, get: GetName) -> Result<Names, Error> {
    const DOING: &str = "asking for names";
    let mut allocator = ptr::null_mut();
    // SAFETY: loaded; the allocator is the library's own, and stays.
    let status = unsafe { entry!(api, GetAllocatorWithDefaultOptions)(&raw mut allocator) };
    check(api, DOING, status)?;
    let mut len = 0;
    // SAFETY: loaded.
    check(api, DOING, unsafe { count(session.get(), &raw mut len) })?;
    let mut names = Vec::new();
    for index in 0..len {
        let mut name = ptr::null_mut();
        // SAFETY: loaded.
        check(api, DOING, unsafe { get(session.get(), index, allocator, &raw mut name) })?;
        let text = if name.is_null() {
            CString::default()
        } else {
            // SAFETY: the library wrote a text that ends with a NUL, for the allocator to free.
            unsafe { CStr::from_ptr(name) }.to_owned()
        };
        // SAFETY: loaded; the text was allocated there, and is not used any more.
        check(api, DOING, unsafe { entry!(api, AllocatorFree)(allocator, name.cast()) })?;
        names.push(text);
    }
    // A computation takes tensors by their names, as texts that end with a NUL: of two, one would get the other's values.
    let mut known = HashSet::new();
    if let Some(name) = names.iter().find(|name| !known.insert(name.as_c_str())) {
        let name = name.to_string_lossy();
        let name = Printable::at_most(&name, 64);
        return Err(Error::unsupported(format!(
            "the model has two inputs or two outputs of the name `{name}`, up to a NUL; rename one"
        )));
    }
    let pointers = names.iter().map(|name| name.as_ptr()).collect();
    Ok(Names { names, pointers })
}

fn kind(api: Api, info: &Handle<sys::OrtTypeInfo>) -> Result<Kind, Error> {
    const DOING: &str = "asking for a type";
    let mut number = 0_i32;
    // SAFETY: loaded; the C enumeration is an `i32`, and is written to one, since it may have grown.
    let status = unsafe { entry!(api, GetOnnxTypeFromTypeInfo)(info.get(), (&raw mut number).cast()) };
    check(api, DOING, status)?;
    if number != TENSOR {
        let name = usize::try_from(number).ok().and_then(|number| KINDS.get(number));
        return Ok(Kind::Other(name.copied().unwrap_or("unknown")));
    }
    let mut tensor = ptr::null();
    // SAFETY: loaded; what is written belongs to the type.
    check(api, DOING, unsafe { entry!(api, CastTypeInfoToTensorInfo)(info.get(), &raw mut tensor) })?;
    if tensor.is_null() {
        return Ok(Kind::Other("unknown"));
    }
    let mut element = 0_i32;
    // SAFETY: loaded; the C enumeration is an `i32`, as above.
    check(api, DOING, unsafe { entry!(api, GetTensorElementType)(tensor, (&raw mut element).cast()) })?;
    // SAFETY: loaded.
    if !unsafe { entry!(api, TensorTypeAndShape_HasShape)(tensor) } {
        return Ok(Kind::Tensor { element, shape: None });
    }
    let mut rank = 0;
    // SAFETY: loaded.
    check(api, DOING, unsafe { entry!(api, GetDimensionsCount)(tensor, &raw mut rank) })?;
    let mut dimensions = vec![0_i64; rank];
    // SAFETY: loaded; the list has room for as many as it is told.
    let status = unsafe { entry!(api, GetDimensions)(tensor, dimensions.as_mut_ptr(), rank) };
    check(api, DOING, status)?;
    let shape = dimensions.into_iter().map(|size| (size >= 0).then_some(size)).collect();
    Ok(Kind::Tensor { element, shape: Some(shape) })
}
