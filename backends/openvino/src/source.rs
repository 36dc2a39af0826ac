//! The rules on which models OpenVINO is given, and in which form: encoding, origin, size.

use super::ir;
use super::onnx::{self, Claims};
use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use wasi_nn::backend::is_openvino;
use wasi_nn::{Error, ErrorKind, GraphEncoding, Model, Origin, Source};
use wasi_nn_native::scan_guests_onnx;

/// What a guest's ONNX may have, as its IR: operators, and graphs inside each other.
const MAX_NODES: u64 = 20_000;
const MAX_GRAPHS: u32 = 5;

/// What the host lets through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowed {
    /// Guests' models.
    pub(super) guest_ir: bool,
    pub(super) guest_onnx: bool,
    /// Loops with as many turns as guests want.
    pub(super) open_loops: bool,
}

/// Whether models of an encoding can be of use at all.
pub(super) fn accepts(encoding: GraphEncoding, origin: Origin, allowed: Allowed) -> bool {
    match (origin, encoding) {
        (Origin::Guest, GraphEncoding::OpenVino) => allowed.guest_ir,
        (Origin::Guest, GraphEncoding::Onnx) => allowed.guest_onnx,
        (Origin::Guest, _) => false,
        (Origin::Host, GraphEncoding::PyTorch | GraphEncoding::Autodetect) => false,
        (Origin::Host, _) => true,
    }
}

/// How a model that passed the checks is to be read.
pub(super) struct Checked {
    pub(super) place: ModelPlace,
    /// Whether it may keep values from one computation to the next.
    pub(super) has_state: bool,
    /// Bytes that the compiled model holds, if it is a guest's.
    pub(super) held: u64,
    /// What it declares of its inputs and outputs, if it is ONNX.
    pub(super) claims: Option<Claims>,
}

/// What a compiled model holds by itself, with its threads: 200 to 400 KiB on OpenVINO 2026.4.
const MODEL_BYTES: u64 = 512 << 10;

/// What it holds for each operator: some 20 KiB.
const OPERATOR_BYTES: u64 = 32 << 10;

/// Where a model is.
pub(super) enum ModelPlace {
    /// In a file, and perhaps one with weights.
    Files(CString, Option<CString>),
    /// In memory.
    Memory,
}

/// Checks a model as far as that goes without OpenVINO.
pub(super) fn check(model: &Model, allowed: Allowed) -> Result<Checked, Error> {
    let Model { encoding, source, origin } = model;
    if !accepts(*encoding, *origin, allowed) {
        let whose = if *origin == Origin::Guest { "guests' " } else { "" };
        let text = format!("OpenVINO is not given {whose}models of the encoding {encoding}");
        return Err(Error::new(ErrorKind::InvalidEncoding, text));
    }
    match (source, origin) {
        (Source::Served(_), _) => Err(Error::invalid_argument("OpenVINO reads no models on servers")),
        (Source::Files(_), Origin::Guest) => Err(Error::invalid_argument("a guest's model cannot be a file")),
        (Source::Files(files), Origin::Host) => check_files(*encoding, files, allowed.open_loops),
        (Source::Bytes(parts), _) => check_bytes(*encoding, parts, *origin, allowed.open_loops),
    }
}

fn check_files(encoding: GraphEncoding, files: &[PathBuf], open_loops: bool) -> Result<Checked, Error> {
    let (file, weights) = match (encoding, files) {
        (_, [file]) => (file, None),
        (GraphEncoding::OpenVino, [file, weights]) => (file, Some(file_name(weights)?)),
        _ => return Err(wrong_number(encoding, files.len(), "files")),
    };
    let place = ModelPlace::Files(file_name(file)?, weights);
    let mut claims = None;
    let has_state = match encoding {
        GraphEncoding::Onnx => {
            let bytes = fs::read(file).map_err(|error| unreadable(file, &error))?;
            claims = Some(onnx::check(&bytes, open_loops)?);
            false
        }
        GraphEncoding::OpenVino => match fs::read(file) {
            Ok(xml) if is_openvino(&xml) => {
                let weights = files.get(1).cloned().unwrap_or_else(|| file.with_extension("bin"));
                // OpenVINO says what is missing.
                if let Ok(mut weights) = File::open(weights) {
                    check_of_host(&xml, &mut weights, open_loops)?;
                }
                ir::has_state(&xml)
            }
            // OpenVINO reads other formats under this name too, of which nobody knows.
            _ => true,
        },
        _ => true,
    };
    Ok(Checked { place, has_state, held: 0, claims })
}

fn file_name(path: &Path) -> Result<CString, Error> {
    path.metadata().map_err(|error| unreadable(path, &error))?;
    let text = path.to_str().and_then(|path| CString::new(path).ok());
    text.ok_or_else(|| Error::runtime(format!("{} is not valid Unicode; rename it", path.display())))
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::runtime(format!("cannot read {}: {error}", path.display()))
}

fn check_bytes(
    encoding: GraphEncoding,
    parts: &[Vec<u8>],
    origin: Origin,
    open_loops: bool,
) -> Result<Checked, Error> {
    let mut claims = None;
    // The bytes themselves stay, and weights are copied into the order that operators want.
    let bytes = parts.iter().map(|part| u64::try_from(part.len()).unwrap_or(u64::MAX));
    let mut copies = bytes.fold(0, u64::saturating_add).saturating_mul(2);
    let (operators, has_state) = match (encoding, parts) {
        (GraphEncoding::OpenVino, [xml, weights]) => {
            if !is_openvino(xml) {
                return Err(Error::new(
                    ErrorKind::InvalidEncoding,
                    "the model does not begin as OpenVINO's XML does",
                ));
            }
            let operators = match origin {
                Origin::Guest => ir::check(xml, weights)?,
                Origin::Host => check_of_host(xml, &mut Cursor::new(weights), open_loops).map(|()| 0)?,
            };
            (operators, ir::has_state(xml))
        }
        (GraphEncoding::Onnx, [bytes]) => {
            let operators = match origin {
                // OpenVINO would follow what it names.
                Origin::Guest => {
                    let model = scan_guests_onnx(bytes, MAX_NODES, MAX_GRAPHS)?;
                    copies = copies.max(model.held);
                    model.operators
                }
                Origin::Host => 0,
            };
            claims = Some(onnx::check(bytes, open_loops)?);
            (operators, false)
        }
        (GraphEncoding::OpenVino | GraphEncoding::Onnx, _) => {
            return Err(wrong_number(encoding, parts.len(), "parts"));
        }
        _ => {
            let text = format!("OpenVINO reads models of the encoding {encoding} from files only");
            return Err(Error::new(ErrorKind::InvalidEncoding, text));
        }
    };
    let held = operators.saturating_mul(OPERATOR_BYTES).saturating_add(MODEL_BYTES).saturating_add(copies);
    let held = if origin == Origin::Guest { held } else { 0 };
    Ok(Checked { place: ModelPlace::Memory, has_state, held, claims })
}

/// Checks the host's XML, which is not refused for what only OpenVINO's own parser takes.
fn check_of_host(xml: &[u8], weights: &mut (impl Read + Seek), open_loops: bool) -> Result<(), Error> {
    if let Some(why) = ir::check_of_host(xml, weights, open_loops)? {
        tracing::warn!(
            why,
            "whether constants of the model fit the 32 bits in which OpenVINO computes, and its loops end, cannot be seen in \
             its XML"
        );
    }
    Ok(())
}

fn wrong_number(encoding: GraphEncoding, number: usize, what: &str) -> Error {
    Error::invalid_argument(format!("a model of the encoding {encoding} is not {number} {what}"))
}
