//! The requests for computations.

use crate::datatype::Datatype;
use crate::http::JSON_LEN;
use crate::json;
use crate::metadata::Place;
use std::io::Write;
use wasi_nn::Error;

/// Inputs up to so many bytes are copied behind the head, which costs less than another call of the system.
const SMALL: usize = 16 << 10;

/// An input as a guest has set it.
#[derive(Default)]
pub(crate) struct Input {
    pub(crate) dimensions: Vec<u32>,
    pub(crate) bytes: Vec<u8>,
}

/// A request, whose memory serves the next one too.
#[derive(Default)]
pub(crate) struct Request {
    json: Vec<u8>,
    start: Vec<u8>,
}

impl Request {
    /// Writes the request but for large inputs.
    ///
    /// * `head`: the head but for lengths
    /// * `outputs`: what is asked for, in JSON
    /// * `is_binary`: whether inputs follow the JSON as bytes, or are in it
    pub(crate) fn write(
        &mut self,
        head: &[u8],
        places: &[Place],
        inputs: &[Input],
        outputs: &[u8],
        is_binary: bool,
    ) -> Result<(), Error> {
        let Request { json, start } = self;
        json.clear();
        json.extend_from_slice(br#"{"inputs":["#);
        for (at, (place, input)) in places.iter().zip(inputs).enumerate() {
            if at > 0 {
                json.push(b',');
            }
            tensor(json, place, input, is_binary)?;
        }
        json.extend_from_slice(b"],");
        json.extend_from_slice(outputs);
        json.push(b'}');
        let tensors: usize = if is_binary { inputs.iter().map(|input| input.bytes.len()).sum() } else { 0 };
        let (len, kind) =
            (json.len().saturating_add(tensors), if is_binary { "octet-stream" } else { "json" });
        start.clear();
        start.extend_from_slice(head);
        // Writing to memory does not fail.
        let _ = write!(start, "Content-Type: application/{kind}\r\nContent-Length: {len}\r\n");
        if is_binary {
            let _ = write!(start, "{JSON_LEN}: {}\r\n", json.len());
        }
        start.extend_from_slice(b"\r\n");
        start.extend_from_slice(json);
        if is_binary && tensors <= SMALL {
            inputs.iter().for_each(|input| start.extend_from_slice(&input.bytes));
        }
        Ok(())
    }

    /// The parts of the request, in order.
    pub(crate) fn parts<'a>(&'a self, inputs: &'a [Input], is_binary: bool) -> Vec<&'a [u8]> {
        let len: usize = inputs.iter().map(|input| input.bytes.len()).sum();
        let large = if is_binary && len > SMALL { inputs } else { &[] };
        let large = large.iter().map(|input| input.bytes.as_slice());
        std::iter::once(self.start.as_slice()).chain(large).collect()
    }
}

/// The outputs that are asked for: all of them, as bytes where a server has that.
pub(crate) fn outputs(places: &[Place]) -> Vec<u8> {
    let mut json = br#""outputs":["#.to_vec();
    for (at, place) in places.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        json.extend_from_slice(br#"{"name":"#);
        text(&mut json, &place.name);
        json.extend_from_slice(br#","parameters":{"binary_data":true}}"#);
    }
    json.push(b']');
    json
}

fn tensor(json: &mut Vec<u8>, place: &Place, input: &Input, is_binary: bool) -> Result<(), Error> {
    json.extend_from_slice(br#"{"name":"#);
    text(json, &place.name);
    json.extend_from_slice(br#","shape":["#);
    for (at, size) in input.dimensions.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        // Writing to memory does not fail.
        let _ = write!(json, "{comma}{size}");
    }
    let _ = write!(json, r#"],"datatype":"{}","#, place.datatype.name());
    if is_binary {
        let _ = write!(json, r#""parameters":{{"binary_data_size":{}}}}}"#, input.bytes.len());
    } else {
        json.extend_from_slice(br#""data":"#);
        json::write(place.datatype, &input.bytes, &place.port.name, json)?;
        json.push(b'}');
    }
    Ok(())
}

/// Writes a text of JSON.
fn text(json: &mut Vec<u8>, text: &str) {
    // A text can always be written, and so can memory.
    let _ = serde_json::to_writer(json, text);
}

/// The first input that cannot be in JSON, if there is one.
pub(crate) fn not_in_json(places: &[Place]) -> Option<&Place> {
    places.iter().find(|place| !Datatype::is_in_json(place.datatype))
}
