//! The wire format of protobuf, as far as ONNX needs it.

/// How a field's value is laid out, in the low three bits of its tag.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;
const FIXED32: u64 = 5;

/// An encoded message, to which fields are appended.
///
/// Fields may come in any order and more than once: of a single field the last value counts, of a message the
/// parts are merged.
#[derive(Clone, Debug, Default)]
pub struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// A message without fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An integer, an enum or a boolean.
    #[must_use]
    pub fn varint(mut self, field: u32, value: u64) -> Self {
        self.tag(field, VARINT);
        self.put_varint(value);
        self
    }

    /// An `int64`, which is written in two's complement.
    #[must_use]
    pub fn int(self, field: u32, value: i64) -> Self {
        self.varint(field, value.cast_unsigned())
    }

    /// An integer whose tag and value have more bytes than they need, which decoders accept.
    #[must_use]
    pub fn stretched_varint(mut self, field: u32, value: u64) -> Self {
        self.put_stretched(tag(field, VARINT), 5);
        self.put_stretched(value, 10);
        self
    }

    /// A `float`.
    #[must_use]
    pub fn float(mut self, field: u32, value: f32) -> Self {
        self.tag(field, FIXED32);
        self.bytes.extend(value.to_le_bytes());
        self
    }

    /// A `fixed64`.
    #[must_use]
    pub fn fixed64(mut self, field: u32, value: u64) -> Self {
        self.tag(field, FIXED64);
        self.bytes.extend(value.to_le_bytes());
        self
    }

    /// A string, or bytes.
    #[must_use]
    pub fn bytes(mut self, field: u32, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        self.tag(field, BYTES);
        self.put_varint(len(value));
        self.bytes.extend_from_slice(value);
        self
    }

    /// A message inside this one.
    #[must_use]
    pub fn message(self, field: u32, value: impl Into<Message>) -> Self {
        self.bytes(field, value.into().bytes)
    }

    /// Several `int64` in one field.
    #[must_use]
    pub fn packed(self, field: u32, values: &[i64]) -> Self {
        let mut all = Message::new();
        for value in values {
            all.put_varint(value.cast_unsigned());
        }
        self.message(field, all)
    }

    /// All fields of another message, after those of this one.
    #[must_use]
    pub fn append(mut self, other: impl Into<Message>) -> Self {
        self.bytes.extend(other.into().bytes);
        self
    }

    /// The encoded bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn tag(&mut self, field: u32, wire: u64) {
        self.put_varint(tag(field, wire));
    }

    fn put_varint(&mut self, value: u64) {
        let bits = 64 - (value | 1).leading_zeros();
        self.put_stretched(value, bits.div_ceil(7));
    }

    /// Seven bits a byte, lowest first; the eighth says that more bytes follow.
    fn put_stretched(&mut self, mut value: u64, count: u32) {
        for left in (0..count).rev() {
            let [low, ..] = value.to_le_bytes();
            self.bytes.push(if left == 0 { low & 0x7f } else { low | 0x80 });
            value >>= 7;
        }
    }
}

fn tag(field: u32, wire: u64) -> u64 {
    u64::from(field) << 3 | wire
}

fn len(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::Message;

    /// Of the examples in protobuf's description of its encoding.
    #[test]
    fn fields_are_encoded_as_described() {
        assert_eq!(Message::new().varint(1, 150).into_bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(Message::new().bytes(2, "testing").into_bytes(), *b"\x12\x07testing");
        let inner = Message::new().varint(1, 150);
        assert_eq!(Message::new().message(3, inner).into_bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        let packed = Message::new().packed(6, &[3, 270, 86942]);
        assert_eq!(packed.into_bytes(), [0x32, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05]);
        let minus_two = Message::new().int(1, -2).into_bytes();
        assert_eq!(minus_two, [0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    }

    #[test]
    fn fixed_values_are_little_endian() {
        assert_eq!(Message::new().float(2, 1.0).into_bytes(), [0x15, 0, 0, 0x80, 0x3f]);
        assert_eq!(Message::new().fixed64(1, 1).into_bytes(), [0x09, 1, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn small_and_great_values_have_as_many_bytes_as_they_need() {
        for (value, count) in [(0, 1), (1, 1), (127, 1), (128, 2), (1 << 14, 3), (u64::MAX, 10)] {
            assert_eq!(Message::new().varint(1, value).into_bytes().len(), 1 + count, "{value}");
        }
    }

    #[test]
    fn a_stretched_value_ends_in_nothing() {
        let bytes = Message::new().stretched_varint(14, 1).into_bytes();
        assert_eq!(bytes[..5], [0xf0, 0x80, 0x80, 0x80, 0x00]);
        assert_eq!(bytes[5..], [0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]);
    }

    #[test]
    fn parts_are_merged_by_appending() {
        let both = Message::new().varint(1, 1).append(Message::new().varint(1, 2));
        assert_eq!(both.into_bytes(), [0x08, 1, 0x08, 2]);
    }
}
