//! Products of integers of 8 bits, whose sums saturate on some processors.
//!
//! On x86 without VNNI, OpenVINO's plugin for processors adds the products of unsigned and signed integers up in 16 bits. Where a
//! model says that floats are rounded to integers, it computes with the integers unless a property tells it not to (its
//! `lp_transforms_mode`). The devices that are made of others, as `AUTO`, do not pass the property on. So the plugin is told for all
//! models, and told otherwise for one that may have fewer bits and is for the device `CPU`.

use super::ffi::Core;
use std::ffi::CStr;
use std::path::{Path, PathBuf};
use wasi_nn::Error;

/// The plugin, as a device.
const CPU: &CStr = c"CPU";
pub(super) const KEY: &CStr = c"LP_TRANSFORMS_MODE";
/// The value by which it computes with integers.
pub(super) const INTEGERS: &str = "YES";

/// Has products be computed in floats, where sums of integers would saturate.
pub(super) fn keep_sums_exact(core: &Core) -> Result<(), Error> {
    if !wasi_nn_native::sums_saturate() {
        return Ok(());
    }
    let set = core.set_property(CPU, KEY, c"NO");
    // A build without the plugin has nothing to be told.
    if set.is_err() && !core.devices()?.iter().any(|device| device.as_bytes() == CPU.to_bytes()) {
        return Ok(());
    }
    set
}

/// Whether a device knows the property, where it matters.
pub(super) fn applies_to(device: &CStr) -> bool {
    device == CPU && wasi_nn_native::sums_saturate()
}

/// The part of the cache for this processor, if it needs its own: OpenVINO does not note what it was told of integers, so what was
/// compiled by another release, or for another processor, would be taken.
pub(super) fn own_cache(cache: &Path) -> Option<PathBuf> {
    wasi_nn_native::sums_saturate().then(|| cache.join("exact"))
}
