//! Numbers, bytes and text in messages: little-endian, with lengths before what has one, read within bounds.

/// Writes a message.
#[derive(Clone, Debug, Default)]
pub struct Writer(Vec<u8>);

/// Reads a message that somebody else wrote. Each read is `None` at the end of the bytes, and for a value that the reader's
/// bound excludes.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl Writer {
    /// An empty message.
    #[must_use]
    pub fn new() -> Self {
        Writer::default()
    }

    /// Adds a byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    /// Adds a number of 32 bits.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Adds a number of 64 bits.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Adds bytes, with their number before them. What is longer than 2^32 - 1 is cut there, which no message can hold.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.u32(len);
        self.0.extend(bytes.iter().take(usize::try_from(len).unwrap_or(usize::MAX)));
        self
    }

    /// Adds text, cut to at most `max` bytes at the end of a character.
    pub fn text(&mut self, text: &str, max: usize) -> &mut Self {
        let fits = (0..=max.min(text.len())).rev().find_map(|end| text.get(..end));
        self.bytes(fits.unwrap_or_default().as_bytes())
    }

    /// How long the message is.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The message.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

impl<'a> Reader<'a> {
    /// Reads from the beginning.
    #[must_use]
    pub const fn new(message: &'a [u8]) -> Self {
        Reader(message)
    }

    /// The next byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(u8::from_le_bytes)
    }

    /// The next number of 32 bits.
    pub fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    /// The next number of 64 bits.
    pub fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    /// The next number of things, if there are at most `max`.
    pub fn count(&mut self, max: usize) -> Option<usize> {
        self.u32().and_then(|count| usize::try_from(count).ok()).filter(|count| *count <= max)
    }

    /// The next bytes, if they are at most `max`.
    pub fn bytes(&mut self, max: usize) -> Option<&'a [u8]> {
        let len = self.count(max)?;
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    /// The next text, if it is of UTF-8 and at most `max` bytes.
    pub fn text(&mut self, max: usize) -> Option<&'a str> {
        self.bytes(max).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// Nothing, if nothing is left.
    pub fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, Writer};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            byte in any::<u8>(), small in any::<u32>(), large in any::<u64>(),
            bytes in prop::collection::vec(any::<u8>(), 0..100), text in ".{0,40}",
        ) {
            let mut writer = Writer::new();
            writer.u8(byte).u32(small).u64(large).bytes(&bytes).text(&text, 1000);
            let message = writer.finish();
            let mut reader = Reader::new(&message);
            prop_assert_eq!(reader.u8(), Some(byte));
            prop_assert_eq!(reader.u32(), Some(small));
            prop_assert_eq!(reader.u64(), Some(large));
            prop_assert_eq!(reader.bytes(100), Some(bytes.as_slice()));
            prop_assert_eq!(reader.text(1000), Some(text.as_str()));
            prop_assert_eq!(reader.end(), Some(()));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..40), calls in prop::collection::vec(0..6_u8, 0..20),
        ) {
            let mut reader = Reader::new(&bytes);
            for call in calls {
                match call {
                    0 => drop(reader.u8()),
                    1 => drop(reader.u32()),
                    2 => drop(reader.u64()),
                    3 => drop(reader.count(10)),
                    4 => prop_assert!(reader.bytes(8).is_none_or(|bytes| bytes.len() <= 8)),
                    _ => prop_assert!(reader.text(8).is_none_or(|text| text.len() <= 8)),
                }
            }
        }
    }

    #[test]
    fn what_is_too_long_is_cut_or_refused() {
        let mut writer = Writer::new();
        writer.text("aüb", 2).bytes(b"123");
        let message = writer.finish();
        let mut reader = Reader::new(&message);
        assert_eq!((reader.text(2), reader.end()), (Some("a"), None));
        assert_eq!(reader.bytes(2), None);
    }
}
