//! The rules on which models ONNX Runtime is given, and from where it may read more of them.
//!
//! ONNX Runtime reads files that a model names, and for one location addresses in memory. So a model is looked at first, and
//! then given as the bytes that were looked at. One of a guest's has all of its data in itself.

use super::checks;
use super::claims::Claims;
use super::data::{Data, unreadable};
use super::integers::Sums;
use std::borrow::Cow;
use std::fs;
use wasi_nn::onnx_scan::view::Model as View;
use wasi_nn::{Error, ErrorKind, GraphEncoding, Model, Origin, Source, onnx_scan};
use wasi_nn_native::{GuestsOnnx, scan_guests_onnx};

/// A model that passed the checks.
pub(super) struct Checked<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// What it has in other files.
    pub(super) data: Option<Data>,
    /// Bytes that the session holds, if it is a guest's.
    pub(super) held: u64,
    /// What it declares of its outputs.
    pub(super) claims: Claims,
    /// What its sums of products of integers of 8 bits need.
    pub(super) sums: Sums,
}

/// What a guest's model may have: operators, as written and with its functions put in, and graphs inside each other.
const MAX_NODES: u64 = 100_000;
const MAX_GRAPHS: u32 = 16;

/// What a session holds by itself, and for each operator: twice what ONNX Runtime 1.32 takes.
const SESSION_BYTES: u64 = 256 << 10;
const OPERATOR_BYTES: u64 = 8 << 10;

/// Whether models of an encoding can be of use at all.
pub(super) fn accepts(encoding: GraphEncoding, origin: Origin, guest_onnx: bool) -> bool {
    encoding == GraphEncoding::Onnx && (origin == Origin::Host || guest_onnx)
}

/// Checks a model as far as that goes without ONNX Runtime.
///
/// * `sums`: what is known of sums of products of integers of 8 bits without the model
pub(super) fn check(model: &Model, guest_onnx: bool, sums: Sums) -> Result<Checked<'_>, Error> {
    let Model { encoding, source, origin } = model;
    if !accepts(*encoding, *origin, guest_onnx) {
        let whose = if *origin == Origin::Guest { "guests' " } else { "" };
        let text = format!("ONNX Runtime is not given {whose}models of the encoding {encoding}");
        return Err(Error::new(ErrorKind::InvalidEncoding, text));
    }
    let (bytes, file) = match source {
        Source::Served(_) => return Err(Error::invalid_argument("ONNX Runtime reads no models on servers")),
        Source::Bytes(parts) => (Cow::Borrowed(only(parts, "part")?.as_slice()), None),
        Source::Files(_) if *origin == Origin::Guest => {
            return Err(Error::invalid_argument("a guest's model cannot be a file"));
        }
        Source::Files(files) => {
            let file = only(files, "file")?;
            (Cow::Owned(fs::read(file).map_err(|error| unreadable(file, &error))?), Some(file))
        }
    };
    let held = match origin {
        Origin::Guest => held(scan_guests_onnx(&bytes, MAX_NODES, MAX_GRAPHS)?),
        Origin::Host => 0,
    };
    let locations = onnx_scan::locations(&bytes)?;
    let data = match file {
        _ if locations.is_empty() => None,
        Some(file) => Some(Data::find(file, &locations)?),
        None => {
            return Err(Error::unsupported(
                "the model has data outside of itself, and is given as bytes; give it as a file, beside which its data lies",
            ));
        }
    };
    let view = View::new(&bytes)?;
    let sums = checks::check(&view, *origin, sums)?;
    let claims = Claims::new(&view.graph);
    Ok(Checked { bytes, data, held, claims, sums })
}

/// What the session of a model holds: its operators, and the model as bytes and decoded. So its weights count twice, of which
/// some are kept in another order.
fn held(model: GuestsOnnx) -> u64 {
    model.operators.saturating_mul(OPERATOR_BYTES).saturating_add(SESSION_BYTES).saturating_add(model.held)
}

fn only<'a, T>(parts: &'a [T], what: &str) -> Result<&'a T, Error> {
    match parts {
        [part] => Ok(part),
        parts => Err(Error::invalid_argument(format!("an ONNX model has one {what}, not {}", parts.len()))),
    }
}
