//! The answers to computations: what the server says of each output is compared with its port before room is made for it.

use crate::bounded::Bounded;
use crate::client::Answer;
use crate::json as elements;
use crate::metadata::{MAX_PORTS, Place};
use crate::trouble::{Trouble, json};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use wasi_nn::{MAX_RANK, Printable};

/// Bytes of the JSON in front of tensors.
const MAX_JSON: u64 = 1 << 20;

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    outputs: Bounded<Output<'a>, MAX_PORTS>,
}

#[derive(Deserialize)]
struct Output<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    datatype: Cow<'a, str>,
    shape: Bounded<u64, MAX_RANK>,
    #[serde(default)]
    parameters: Option<Parameters>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Parameters {
    #[serde(default)]
    binary_data_size: Option<u64>,
}

/// Reads an answer into the buffers of the outputs. Gives whether tensors came as bytes.
///
/// * `max_response`: bytes of the answer, and of all outputs together
pub(crate) fn read(
    answer: &mut Answer<'_>,
    places: &[Place],
    outputs: &mut [Vec<u8>],
    scratch: &mut Vec<u8>,
    max_response: u64,
) -> Result<bool, Trouble> {
    let Answer { used, head, body } = answer;
    let connection = &mut used.connection;
    if body.len().is_some_and(|len| len > max_response) {
        return Err(Trouble::TooLarge(max_response));
    }
    let is_binary = match head.json_len {
        None => {
            *scratch = body.read_all(connection, max_response)?;
            false
        }
        Some(len) => {
            let len = usize::try_from(len)
                .ok()
                .filter(|_| len <= MAX_JSON && body.len().is_none_or(|all| len <= all));
            let len = len.ok_or_else(|| Trouble::protocol("the JSON in front of tensors is too long"))?;
            scratch.resize(len, 0);
            body.read_exact(connection, scratch)?;
            true
        }
    };
    let reply: Reply<'_> = serde_json::from_slice(scratch).map_err(|error| json(&error))?;
    let said = reply.outputs.0;
    if said.len() != places.len() {
        return Err(Trouble::protocol(format!(
            "there are {} outputs instead of {}",
            said.len(),
            places.len()
        )));
    }
    let (mut left, mut binary) = (max_response, 0_u64);
    let mut taken = vec![false; places.len()];
    let mut order = Vec::with_capacity(said.len());
    for (at, output) in said.iter().enumerate() {
        let named = |place: &Place| place.name == output.name;
        let is_at = places.get(at).is_some_and(named);
        let index = if is_at { Some(at) } else { places.iter().position(named) };
        let place = index.and_then(|index| Some((index, places.get(index)?, taken.get_mut(index)?)));
        let Some((index, place, is_taken @ false)) = place else {
            let name = Printable::at_most(&output.name, 64);
            return Err(Trouble::protocol(format!(
                "nobody asked for the output `{name}`, or it is there twice"
            )));
        };
        *is_taken = true;
        let len = output.check(place)?;
        left = left.checked_sub(len).ok_or(Trouble::TooLarge(max_response))?;
        if output.data.is_none() {
            binary = binary.saturating_add(len);
        }
        order.push((index, usize::try_from(len).map_err(|_| Trouble::TooLarge(max_response))?));
    }
    // Of a body whose length is known, no more is there than all that is said of it.
    if is_binary && body.len().is_some_and(|len| len != binary) {
        return Err(Trouble::protocol("its length is not that of its tensors"));
    }
    for (output, (index, len)) in said.iter().zip(order) {
        let (Some(place), Some(buffer)) = (places.get(index), outputs.get_mut(index)) else { continue };
        buffer.resize(len, 0);
        match output.data {
            None => body.read_exact(connection, buffer)?,
            Some(data) => elements::read(place.datatype, data.get(), buffer).map_err(|why| {
                let why = Printable::at_most(&why, 200);
                Trouble::protocol(format!("output `{}`: {why}", place.port.name))
            })?,
        }
    }
    Ok(is_binary)
}

impl Output<'_> {
    /// Compares it with its port, and gives how many bytes it has.
    fn check(&self, place: &Place) -> Result<u64, Trouble> {
        let name = &place.port.name;
        if self.datatype != place.datatype.name() {
            return Err(Trouble::protocol(format!(
                "output `{name}` has the type `{}`, and the model says `{}`",
                Printable::at_most(&self.datatype, 32),
                place.datatype.name()
            )));
        }
        let shape = &self.shape.0;
        let wanted = place.port.shape.as_deref().unwrap_or_default();
        let fits =
            |(wanted, size): (&Option<u32>, &u64)| wanted.is_none_or(|wanted| u64::from(wanted) == *size);
        if shape.len() != wanted.len() || !wanted.iter().zip(shape).all(fits) {
            return Err(Trouble::protocol(format!(
                "output `{name}` has the shape {shape:?}, and the model says {}",
                place.port.shape_text()
            )));
        }
        let size = u64::try_from(place.datatype.size()).unwrap_or(u64::MAX);
        let len = shape.iter().try_fold(size, |len, size| len.checked_mul(*size));
        let len = len.ok_or_else(|| Trouble::protocol(format!("output `{name}` is larger than anything")))?;
        let in_bytes = self.parameters.as_ref().and_then(|parameters| parameters.binary_data_size);
        match (self.data, in_bytes) {
            (None, Some(said)) if said == len => Ok(len),
            (None, Some(said)) => {
                Err(Trouble::protocol(format!("output `{name}` has {said} bytes, and {len} by its shape")))
            }
            // An element has a character at least, and a comma before the next one.
            (Some(data), None) => {
                let most = u64::try_from(data.get().len()).unwrap_or(u64::MAX).saturating_add(1) / 2;
                if len / size <= most {
                    return Ok(len);
                }
                Err(Trouble::protocol(format!("output `{name}` has fewer elements than its shape says")))
            }
            (None, None) | (Some(_), Some(_)) => {
                Err(Trouble::protocol(format!("output `{name}` has no elements, or has them twice")))
            }
        }
    }
}
