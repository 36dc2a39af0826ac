//! Frames: a tag, a length and a message, as they cross the channel, and the bound that both sides keep.

use crate::MAX_MESSAGE;
use std::io::{self, ErrorKind, Read, Write};

/// Bytes before a message: its tag, and its length.
const HEADER: usize = 5;

/// Bytes before what a service sees: the number of a request.
const SLACK: usize = 4;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// The worker's first: who it is.
    Hello,
    /// The host's first: what the worker serves, within which limits.
    Begin,
    /// The worker is confined, and serves.
    Ready,
    /// The worker cannot serve, and why.
    Refused,
    /// Something to do.
    Request,
    /// What came of it.
    Answer,
}

/// Why a frame was not read.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The other side has gone.
    End,
    /// The other side sent something else.
    Wrong(&'static str),
    /// The system failed.
    System(io::Error),
}

/// One side of a channel, with the bytes that came beyond the last frame.
#[derive(Debug)]
pub(crate) struct Frames<S> {
    stream: S,
    buffer: Vec<u8>,
    /// Where the bytes begin that belong to no frame yet.
    start: usize,
}

impl<S: Read + Write> Frames<S> {
    pub(crate) fn new(stream: S) -> Self {
        Frames { stream, buffer: Vec::new(), start: 0 }
    }

    pub(crate) fn stream(&self) -> &S {
        &self.stream
    }

    /// Whether bytes have come that belong to no frame yet.
    pub(crate) fn has_rest(&self) -> bool {
        self.start < self.buffer.len()
    }

    /// Sends a frame whose message is `parts` together.
    pub(crate) fn send(&mut self, tag: Tag, parts: &[&[u8]]) -> Result<(), Broken> {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        let header = u32::try_from(len).ok().filter(|_| len <= MAX_MESSAGE.saturating_add(SLACK));
        let header = header.ok_or(Broken::Wrong("a message of its own is too long"))?;
        // One write is one wake-up of the other side.
        let mut frame = Vec::with_capacity(len.saturating_add(HEADER));
        frame.push(tag.number());
        frame.extend(header.to_le_bytes());
        parts.iter().for_each(|part| frame.extend(*part));
        match self.stream.write_all(&frame) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Broken::End),
            sent => sent.map_err(Broken::System),
        }
    }

    /// The message of the next frame, which has one of `tags`.
    pub(crate) fn receive(&mut self, tags: &[Tag]) -> Result<(Tag, &[u8]), Broken> {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.fill(HEADER)?;
        let Some(([number, len @ ..], _)) = self.buffer.split_first_chunk::<HEADER>() else {
            return Err(Broken::End);
        };
        let tag = tags.iter().find(|tag| tag.number() == *number).copied();
        let tag = tag.ok_or(Broken::Wrong("it sent a message of the wrong kind"))?;
        let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
        if len > MAX_MESSAGE.saturating_add(SLACK) {
            return Err(Broken::Wrong("it sent a message that is too long"));
        }
        let end = len.saturating_add(HEADER);
        self.fill(end)?;
        self.start = end;
        Ok((tag, self.buffer.get(HEADER..end).unwrap_or_default()))
    }

    /// Reads until the buffer has at least `wanted` bytes.
    fn fill(&mut self, wanted: usize) -> Result<(), Broken> {
        let mut chunk = [0; 8 << 10];
        while self.buffer.len() < wanted {
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(Broken::End),
                Ok(read) => self.buffer.extend(chunk.iter().take(read)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Err(Broken::End),
                Err(error) => return Err(Broken::System(error)),
            }
        }
        Ok(())
    }
}

impl Tag {
    fn number(self) -> u8 {
        match self {
            Tag::Hello => 1,
            Tag::Begin => 2,
            Tag::Ready => 3,
            Tag::Refused => 4,
            Tag::Request => 5,
            Tag::Answer => 6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Broken, Frames, MAX_MESSAGE, Tag};
    use proptest::prelude::*;
    use std::io::{self, Read, Write};

    /// What the other side sends, a few bytes at a time, and what it gets.
    struct Other {
        sends: Vec<u8>,
        step: usize,
        gets: Vec<u8>,
    }

    impl Read for Other {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.step.min(self.sends.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.sends[..count]);
            self.sends.drain(..count);
            Ok(count)
        }
    }

    impl Write for Other {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.gets.extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn frames(sends: &[u8], step: usize) -> Frames<Other> {
        Frames::new(Other { sends: sends.to_vec(), step, gets: Vec::new() })
    }

    proptest! {
        #[test]
        fn frames_come_as_they_were_sent(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..6), step in 1..700_usize,
        ) {
            let mut sender = frames(&[], 1);
            for message in &messages {
                let (one, two) = message.split_at(message.len() / 2);
                sender.send(Tag::Answer, &[one, two]).unwrap();
            }
            let mut receiver = frames(&sender.stream.gets, step);
            for message in &messages {
                let (tag, received) = receiver.receive(&[Tag::Refused, Tag::Answer]).unwrap();
                prop_assert_eq!((tag, received), (Tag::Answer, message.as_slice()));
            }
            prop_assert!(!receiver.has_rest());
            prop_assert!(matches!(receiver.receive(&[Tag::Answer]), Err(Broken::End)));
        }

        #[test]
        fn any_bytes_are_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..60), step in 1..20_usize) {
            let mut receiver = frames(&bytes, step);
            while let Ok((_, message)) = receiver.receive(&[Tag::Hello, Tag::Answer]) {
                prop_assert!(message.len() <= bytes.len());
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        let told = |bytes: &[u8]| match frames(bytes, 99).receive(&[Tag::Answer]) {
            Err(Broken::Wrong(text)) => text,
            Err(Broken::End) => "the end",
            other => panic!("{other:?}"),
        };
        assert_eq!(told(&[6, 255, 255, 255, 255]), "it sent a message that is too long");
        assert_eq!(told(&[5, 0, 0, 0, 0]), "it sent a message of the wrong kind");
        assert_eq!(told(&[6, 2, 0, 0, 0, 1]), "the end");
        assert!(frames(&[], 1).send(Tag::Request, &[&vec![0; MAX_MESSAGE + 5]]).is_err());
    }

    #[test]
    fn what_nobody_asked_for_is_seen() {
        let mut receiver = frames(&[6, 0, 0, 0, 0, 6], 99);
        assert!(receiver.receive(&[Tag::Answer]).is_ok());
        assert!(receiver.has_rest());
    }
}
