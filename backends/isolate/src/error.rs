//! The errors of a worker's model, as they cross the wire, and as its guest's host sees them.

use wasi_isolate::Error as WorkerError;
use wasi_isolate::wire::{Reader, Writer};
use wasi_nn::{Error, ErrorKind, Printable};

/// Bytes of a message, and characters that are shown of it.
const MAX_MESSAGE: usize = 1024;

/// The kinds that a worker may say, by their numbers. That the guest is interrupted is for the host to say.
const KINDS: [ErrorKind; 7] = [
    ErrorKind::Runtime,
    ErrorKind::InvalidArgument,
    ErrorKind::InvalidEncoding,
    ErrorKind::Busy,
    ErrorKind::TimedOut,
    ErrorKind::Unsupported,
    ErrorKind::TooLarge,
];

/// What became of a worker, as an error of its model.
pub(crate) fn of_worker(error: WorkerError) -> Error {
    let kind = match error {
        WorkerError::Unsupported => ErrorKind::Unsupported,
        WorkerError::Busy(_) => ErrorKind::Busy,
        WorkerError::TooLarge { .. } => ErrorKind::TooLarge,
        WorkerError::TimedOut => ErrorKind::TimedOut,
        WorkerError::Interrupted => ErrorKind::Interrupted,
        _ => ErrorKind::Runtime,
    };
    // There are limits of inference, too.
    let text = error.to_string().replace("`Limits::", "`isolate::Limits::");
    Error::new(kind, format!("in a process of its own: {text}"))
}

/// Writes an error.
pub(crate) fn encode(error: &Error, writer: &mut Writer) {
    let mut room = MAX_MESSAGE;
    encode_within(error, &mut room, writer);
}

/// Writes one of several errors, with as much of its text as there is `room` for in bytes, which is taken from that.
pub(crate) fn encode_within(error: &Error, room: &mut usize, writer: &mut Writer) {
    let number = KINDS.iter().position(|kind| *kind == error.kind()).unwrap_or(0);
    let before = writer.u8(u8::try_from(number).unwrap_or(0)).len();
    let after = writer.text(&error.to_string(), MAX_MESSAGE.min(*room)).len();
    *room = room.saturating_sub(after.saturating_sub(before));
}

/// Reads an error that a worker sent, whose text may be anything.
pub(crate) fn decode(reader: &mut Reader<'_>) -> Option<Error> {
    let mut room = MAX_MESSAGE;
    decode_within(reader, &mut room)
}

/// Reads one of several errors, whose text has at most as many bytes as there is `room` for, and takes them from that.
pub(crate) fn decode_within(reader: &mut Reader<'_>, room: &mut usize) -> Option<Error> {
    let kind = KINDS.get(usize::from(reader.u8()?)).copied()?;
    let text = reader.text(MAX_MESSAGE.min(*room))?;
    *room = room.saturating_sub(text.len());
    let text = if text.is_empty() { "the worker does not say why" } else { text };
    Some(Error::new(kind, Printable::at_most(text, MAX_MESSAGE).to_string()))
}
