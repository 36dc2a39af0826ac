//! The scan of an ONNX model's bytes before anything else parses them.
//!
//! A model can name files, and for some runtimes addresses in memory, from which its weights shall be read
//! (`TensorProto.external_data`). It can also be small and become large: an empty message of two bytes is
//! hundreds once it is decoded. So models of guests are walked first, on the wire format and with nothing but a
//! few counters, independently of the library that decodes them afterwards.
//!
//! Where decoders differ, the scan refuses: groups, fields of another wire type than declared, and numbers
//! that are longer than they may be. Whatever is external in any occurrence of a field is refused, since
//! occurrences are merged or the last one wins, depending on the field.
//!
//! Fields: <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>, wire format:
//! <https://protobuf.dev/programming-guides/encoding/>.

mod fields;
pub mod view;
mod wire;

use crate::{Error, ErrorKind};
use fields::{Content, Message, content};
use std::collections::BTreeSet;
use wire::{Reader, Value};

/// What one message is taken for in memory, beside the texts and numbers in it. The largest of the decoded
/// types have some 300 bytes, and vectors grow by doubling.
const MESSAGE_BYTES: u64 = 512;

/// What a byte of a small message, as the declaration of an input, can become: an unnamed dimension is two bytes
/// long and decodes to 56, and with the C++ library of protobuf to 74.
const PLAIN_FACTOR: u64 = 40;

/// A text in memory, beside its bytes, as the C++ library of protobuf has it.
const TEXT_BYTES: u64 = 64;

/// What a model may have.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Operations, over all graphs.
    pub nodes: u64,
    /// Graphs inside each other; a model without branches and loops has 1.
    pub depth: u32,
    /// Bytes that the decoded model takes, estimated generously.
    pub bytes: u64,
    /// The type that has fields `max_nodes`, `max_depth` and `max_total_bytes` for these, for errors; nothing if nobody can
    /// change them.
    pub owner: Option<&'static str>,
}

/// What a model has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Operations, over all graphs.
    pub nodes: u64,
    /// Graphs inside each other.
    pub depth: u32,
    /// Bytes that the decoded model takes, estimated generously.
    pub bytes: u64,
    /// Fields that are not known here. A reader of a newer version may know them, and find more tensors there.
    pub unknown: u64,
}

/// Looks at all of a model.
///
/// # Errors
///
/// [`ErrorKind::Unsupported`] for data outside of the model, [`ErrorKind::TooLarge`] beyond a limit, and
/// [`ErrorKind::Runtime`] for what is no model.
pub fn scan(bytes: &[u8], limits: &Limits) -> Result<Summary, Error> {
    let mut scanner = Scanner { limits, summary: Summary::default(), locations: None };
    scanner.message(Message::Model, bytes, 0)?;
    Ok(scanner.summary)
}

/// The files, relative to its own folder, in which a model of the host's has data.
///
/// # Errors
///
/// [`ErrorKind::Runtime`] for what is no model, and [`ErrorKind::TooLarge`] for graphs that lie too deep inside each
/// other.
pub fn locations(bytes: &[u8]) -> Result<BTreeSet<String>, Error> {
    // Trusted, so only the stack is bounded.
    let limits = Limits { nodes: u64::MAX, depth: 64, bytes: u64::MAX, owner: None };
    let locations = Some(BTreeSet::new());
    let mut scanner = Scanner { limits: &limits, summary: Summary::default(), locations };
    scanner.message(Message::Model, bytes, 0)?;
    Ok(scanner.locations.unwrap_or_default())
}

/// Whether `bytes` are, at their outermost level, a `ModelProto` of `onnx.proto`: every field that the format
/// defines has the type it should, and the version and the graph are there.
pub(crate) fn is_model(bytes: &[u8]) -> bool {
    /// `ir_version` and `graph`.
    const NEEDED: [u32; 2] = [1, 7];
    let mut reader = Reader::new(bytes);
    let mut found = [false; 2];
    while let Ok(next) = reader.next() {
        let Some((field, value)) = next else { return found == [true; 2] };
        let is_expected = match content(Message::Model, field) {
            Content::Unknown => true,
            Content::Varint => matches!(value, Value::Varint(_)),
            // All others are texts and messages.
            _ => matches!(value, Value::Bytes(_)),
        };
        if !is_expected {
            break;
        }
        NEEDED.iter().zip(&mut found).for_each(|(needed, found)| *found |= field == *needed);
    }
    false
}

struct Scanner<'a> {
    limits: &'a Limits,
    summary: Summary,
    /// Where data outside of the model is, unless that is refused.
    locations: Option<BTreeSet<String>>,
}

impl Scanner<'_> {
    /// Looks at a message, of which `graphs` graphs are around it. It calls itself for messages in it, which
    /// the limit on graphs bounds: no other message can contain itself.
    fn message(&mut self, message: Message, bytes: &[u8], graphs: u32) -> Result<(), Error> {
        self.charge(MESSAGE_BYTES)?;
        let graphs = self.enter(message, graphs)?;
        let mut reader = Reader::new(bytes);
        while let Some((field, value)) = reader.next()? {
            self.field(content(message, field), &value, graphs)?;
        }
        Ok(())
    }

    /// Counts a message, and says how many graphs are around what is in it.
    fn enter(&mut self, message: Message, graphs: u32) -> Result<u32, Error> {
        match message {
            Message::Node if self.summary.nodes >= self.limits.nodes => {
                Err(self.too_large(format!("more than {} operations", self.limits.nodes), "max_nodes"))
            }
            Message::Node => {
                self.summary.nodes += 1;
                Ok(graphs)
            }
            Message::Graph if graphs >= self.limits.depth => Err(self
                .too_large(format!("more than {} graphs inside each other", self.limits.depth), "max_depth")),
            Message::Graph => {
                self.summary.depth = self.summary.depth.max(graphs + 1);
                Ok(graphs + 1)
            }
            _ => Ok(graphs),
        }
    }

    fn field(&mut self, content: Content, value: &Value<'_>, graphs: u32) -> Result<(), Error> {
        match (content, value) {
            (Content::Message(message), Value::Bytes(bytes)) => self.message(message, bytes, graphs),
            (Content::Plain, Value::Bytes(bytes)) => {
                self.charge(MESSAGE_BYTES.saturating_add(length(bytes).saturating_mul(PLAIN_FACTOR)))
            }
            (Content::Text, Value::Bytes(bytes)) => self.charge(TEXT_BYTES.saturating_add(length(bytes))),
            (Content::Varints, Value::Bytes(bytes)) => self.charge(wire::count(bytes)?.saturating_mul(8)),
            (Content::Fixed32s | Content::Fixed64s, Value::Bytes(bytes)) => self.charge(length(bytes)),
            (Content::Varint | Content::Varints, Value::Varint(_))
            | (Content::Fixed32 | Content::Fixed32s, Value::Fixed32(_))
            | (Content::Fixed64s, Value::Fixed64(_)) => self.charge(8),
            // A decoder takes the lower 32 bits, and any number but zero for a place that we do not know.
            (Content::Location, Value::Varint(0)) => Ok(()),
            (Content::Location, _) if self.locations.is_some() => Ok(()),
            (Content::External, Value::Bytes(entry)) if self.locations.is_some() => self.locate(entry),
            (Content::Location | Content::External, _) => Err(Error::unsupported(
                "the model has data outside of itself, which guests cannot have loaded; \
                 put the data into the model, or let the host register it under a name",
            )),
            (Content::Unknown, _) => {
                self.summary.unknown = self.summary.unknown.saturating_add(1);
                Ok(())
            }
            _ => Err(wire::other_type()),
        }
    }

    /// Takes note of an entry (`StringStringEntryProto`) that says where data is.
    fn locate(&mut self, entry: &[u8]) -> Result<(), Error> {
        let (mut key, mut value) = (&b""[..], &b""[..]);
        let mut reader = Reader::new(entry);
        while let Some((field, text)) = reader.next()? {
            match (field, text) {
                (1, Value::Bytes(text)) => key = text,
                (2, Value::Bytes(text)) => value = text,
                _ => {}
            }
        }
        if let (b"location", Some(locations)) = (key, &mut self.locations) {
            locations.insert(String::from_utf8_lossy(value).into_owned());
        }
        Ok(())
    }

    fn charge(&mut self, bytes: u64) -> Result<(), Error> {
        self.summary.bytes = self.summary.bytes.saturating_add(bytes);
        if self.summary.bytes > self.limits.bytes {
            return Err(self.too_large(format!("more than {} bytes", self.limits.bytes), "max_total_bytes"));
        }
        Ok(())
    }

    #[cold]
    fn too_large(&self, what: String, field: &str) -> Error {
        let way_out = self.limits.owner.map(|owner| format!("; see `{owner}::{field}`")).unwrap_or_default();
        Error::new(ErrorKind::TooLarge, format!("the ONNX model has {what}{way_out}"))
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
