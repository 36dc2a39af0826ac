//! Protobuf's wire format: keys, numbers, and runs of bytes.

use crate::Error;

/// What a field has, by its wire type.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Varint(u64),
    Fixed32([u8; 4]),
    Fixed64([u8; 8]),
    /// A text, a message, or several numbers.
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    pub(super) fn varint(&self) -> Result<u64, Error> {
        if let Value::Varint(number) = self { Ok(*number) } else { Err(other_type()) }
    }

    pub(super) fn float(&self) -> Result<f32, Error> {
        if let Value::Fixed32(bytes) = self { Ok(f32::from_le_bytes(*bytes)) } else { Err(other_type()) }
    }

    pub(super) fn bytes(&self) -> Result<&'a [u8], Error> {
        if let Value::Bytes(bytes) = self { Ok(bytes) } else { Err(other_type()) }
    }

    pub(super) fn text(&self) -> Result<&'a str, Error> {
        std::str::from_utf8(self.bytes()?).map_err(|_| malformed("a text in it is not UTF-8"))
    }

    /// Gives a float, or each of a run of them.
    pub(super) fn floats(&self, mut take: impl FnMut(f32)) -> Result<(), Error> {
        match self {
            Value::Bytes(run) => arrays(run).for_each(|bytes| take(f32::from_le_bytes(bytes))),
            value => take(value.float()?),
        }
        Ok(())
    }

    /// Gives a float of 64 bits, or each of a run of them.
    pub(super) fn doubles(&self, mut take: impl FnMut(f64)) -> Result<(), Error> {
        match self {
            Value::Bytes(run) => arrays(run).for_each(|bytes| take(f64::from_le_bytes(bytes))),
            Value::Fixed64(bytes) => take(f64::from_le_bytes(*bytes)),
            _ => return Err(other_type()),
        }
        Ok(())
    }

    /// Gives a number, or each of a run of them.
    pub(super) fn varints(&self, mut take: impl FnMut(u64)) -> Result<(), Error> {
        match self {
            Value::Bytes(run) => {
                let mut reader = Reader::new(run);
                while !reader.0.is_empty() {
                    take(reader.varint()?);
                }
            }
            value => take(value.varint()?),
        }
        Ok(())
    }
}

/// Reads the fields of one message.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    /// The next field's number and value; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u32, Value<'a>)>, Error> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = u32::try_from(self.varint()?).map_err(|_| malformed("a key is too long"))?;
        let field = key >> 3;
        if field == 0 {
            return Err(malformed("a field has the number 0"));
        }
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => match self.take(8)?.try_into() {
                Ok(bytes) => Value::Fixed64(bytes),
                Err(_) => return Err(malformed("it ends inside a field")),
            },
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(length)?)
            }
            5 => match self.take(4)? {
                &[a, b, c, d] => Value::Fixed32([a, b, c, d]),
                _ => return Err(malformed("it ends inside a field")),
            },
            // Groups were never used in ONNX, and decoders differ in how they skip them.
            3 | 4 => return Err(malformed("a field is a group")),
            _ => return Err(malformed("a field has no wire type")),
        };
        Ok(Some((field, value)))
    }

    fn varint(&mut self) -> Result<u64, Error> {
        let mut number = 0_u64;
        for place in 0_u32..10 {
            let (byte, rest) = self.0.split_first().ok_or_else(|| malformed("it ends inside a number"))?;
            self.0 = rest;
            // The tenth byte has room for the 64th bit only.
            if place == 9 && *byte > 1 {
                break;
            }
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(malformed("a number is longer than 64 bits"))
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Error> {
        let split = usize::try_from(length).ok().and_then(|length| self.0.split_at_checked(length));
        let (taken, rest) = split.ok_or_else(|| malformed("it ends inside a field"))?;
        self.0 = rest;
        Ok(taken)
    }
}

/// How many numbers lie in a run of them.
pub(super) fn count(bytes: &[u8]) -> Result<u64, Error> {
    let ends = |byte: &u8| byte & 0x80 == 0;
    if !bytes.last().is_none_or(ends) {
        return Err(malformed("it ends inside a number"));
    }
    let count = bytes.iter().filter(|byte| ends(byte)).count();
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}

/// An error for what no decoder should be given.
pub(super) fn malformed(why: &'static str) -> Error {
    Error::runtime(format!("this is no ONNX model: {why}"))
}

/// An error for a field that has not the wire type of its declaration.
pub(super) fn other_type() -> Error {
    malformed("a field has another wire type than declared")
}

/// The arrays of `N` bytes that a run is made of.
pub(super) fn arrays<const N: usize>(run: &[u8]) -> impl Iterator<Item = [u8; N]> {
    run.chunks_exact(N).filter_map(|bytes| bytes.try_into().ok())
}

/// A number in two's complement.
pub(super) fn signed(number: u64) -> i64 {
    i64::from_le_bytes(number.to_le_bytes())
}
