//! Token streaming of another host: `compute_single`, `get_output_single`, `fini_single`.
//!
//! The functions are there so that modules which import them can be instantiated; most never call them.

use crate::Error;
use crate::ctx::NnCtx;
use crate::failure::Result;
use wasi_policy::Memory;

/// Would compute one token.
///
/// # Parameters
///
/// * `_context`: not looked at
///
/// # Errors
///
/// * `unsupported_operation`: always
///
/// # See also
///
/// * the witx: none; `compute_single` is [beyond it](super#beyond-the-witx)
/// * OpenVINO: none
/// * ONNX Runtime: none
pub fn compute_single(_: &mut NnCtx, _: &mut Memory<'_>, _context: u32) -> Result {
    refuse()
}

/// Would give the token that was computed last.
///
/// # Parameters
///
/// * `_context`, `_index`, `_buffer`, `_max_size`, `_bytes_written`: not looked at
///
/// # Errors
///
/// * `unsupported_operation`: always
///
/// # See also
///
/// * the witx: none; `get_output_single` is [beyond it](super#beyond-the-witx)
/// * OpenVINO: none
/// * ONNX Runtime: none
pub fn get_output_single(
    _: &mut NnCtx,
    _: &mut Memory<'_>,
    _context: u32,
    _index: u32,
    _buffer: u32,
    _max_size: u32,
    _bytes_written: u32,
) -> Result {
    refuse()
}

/// Would end a stream of tokens.
///
/// # Parameters
///
/// * `_context`: not looked at
///
/// # Errors
///
/// * `unsupported_operation`: always
///
/// # See also
///
/// * the witx: none; `fini_single` is [beyond it](super#beyond-the-witx)
/// * OpenVINO: none
/// * ONNX Runtime: none
pub fn fini_single(_: &mut NnCtx, _: &mut Memory<'_>, _context: u32) -> Result {
    refuse()
}

fn refuse() -> Result {
    Err(Error::unsupported("tokens cannot be computed one at a time; use `compute`").into())
}
