//! Tensors as JSON, for servers without binary ones: flat lists of numbers or truth values, outermost dimension first.

use crate::datatype::Datatype;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use std::fmt;
use std::io::Write;
use wasi_nn::Error;

/// Writes the elements that lie in `bytes`.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`](wasi_nn::ErrorKind::InvalidArgument) for numbers that JSON lacks.
pub(crate) fn write(datatype: Datatype, bytes: &[u8], name: &str, into: &mut Vec<u8>) -> Result<(), Error> {
    /// Writes numbers of one type.
    macro_rules! numbers {
        ($type:ty, $finite:expr) => {{
            let numbers = bytes.as_chunks().0.iter().map(|bytes| <$type>::from_le_bytes(*bytes));
            for (at, number) in numbers.enumerate() {
                if !$finite(number) {
                    return Err(Error::invalid_argument(format!(
                        "input `{name}` has {number}, and the server takes JSON only, which lacks that"
                    )));
                }
                comma(at, into);
                // Writing to memory does not fail.
                let _ = write!(into, "{number}");
            }
        }};
    }
    fn any<T>(_: T) -> bool {
        true
    }
    into.push(b'[');
    match datatype {
        Datatype::Bool => {
            for (at, byte) in bytes.iter().enumerate() {
                comma(at, into);
                into.extend_from_slice(if *byte == 0 { b"false" } else { b"true" });
            }
        }
        Datatype::U8 => numbers!(u8, any),
        Datatype::U16 => numbers!(u16, any),
        Datatype::U32 => numbers!(u32, any),
        Datatype::U64 => numbers!(u64, any),
        Datatype::I8 => numbers!(i8, any),
        Datatype::I16 => numbers!(i16, any),
        Datatype::I32 => numbers!(i32, any),
        Datatype::I64 => numbers!(i64, any),
        Datatype::F32 => numbers!(f32, f32::is_finite),
        Datatype::F64 => numbers!(f64, f64::is_finite),
        Datatype::F16 | Datatype::Bf16 => {
            return Err(Error::unsupported(format!(
                "input `{name}` has numbers of 16 bits, and the server takes JSON only, which lacks them"
            )));
        }
    }
    into.push(b']');
    Ok(())
}

fn comma(at: usize, into: &mut Vec<u8>) {
    if at > 0 {
        into.push(b',');
    }
}

/// Reads elements, in lists or in lists of lists, into bytes; there have to be as many as fit.
pub(crate) fn read(datatype: Datatype, text: &str, into: &mut [u8]) -> Result<(), String> {
    let mut elements = Elements { datatype, left: into };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    (&mut elements).deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    if elements.left.is_empty() {
        Ok(())
    } else {
        Err("there are fewer elements than its shape says".to_owned())
    }
}

/// What reads elements.
struct Elements<'a> {
    datatype: Datatype,
    left: &'a mut [u8],
}

impl Elements<'_> {
    fn put<E: serde::de::Error, const N: usize>(&mut self, bytes: [u8; N]) -> Result<(), E> {
        let left = std::mem::take(&mut self.left);
        let Some((place, left)) = left.split_first_chunk_mut::<N>() else {
            return Err(E::custom("there are more elements than its shape says"));
        };
        *place = bytes;
        self.left = left;
        Ok(())
    }

    fn integer<E: serde::de::Error>(&mut self, number: i128) -> Result<(), E> {
        /// Puts a number of one type.
        macro_rules! put {
            ($type:ty) => {
                match <$type>::try_from(number) {
                    Ok(number) => self.put(number.to_le_bytes()),
                    Err(_) => Err(E::custom(format_args!("{number} is no {}", self.datatype.name()))),
                }
            };
        }
        match self.datatype {
            Datatype::U8 => put!(u8),
            Datatype::U16 => put!(u16),
            Datatype::U32 => put!(u32),
            Datatype::U64 => put!(u64),
            Datatype::I8 => put!(i8),
            Datatype::I16 => put!(i16),
            Datatype::I32 => put!(i32),
            Datatype::I64 => put!(i64),
            // Some servers write truth values as numbers.
            Datatype::Bool if number == 0 || number == 1 => self.put([u8::from(number == 1)]),
            Datatype::F32 | Datatype::F64 => self.float(nearest(number)),
            Datatype::Bool | Datatype::F16 | Datatype::Bf16 => {
                Err(E::custom(format_args!("{number} is no {}", self.datatype.name())))
            }
        }
    }

    fn float<E: serde::de::Error>(&mut self, number: f64) -> Result<(), E> {
        match self.datatype {
            Datatype::F32 => self.put(narrow(number).to_le_bytes()),
            Datatype::F64 => self.put(number.to_le_bytes()),
            _ => Err(E::custom(format_args!("{number} is no {}", self.datatype.name()))),
        }
    }
}

/// The float nearest to an integer.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "JSON has one kind of numbers, and this is wanted"
)]
fn nearest(number: i128) -> f64 {
    number as f64
}

/// The nearest float of 32 bits.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "digits of `f32` need more of `f64`"
)]
fn narrow(number: f64) -> f32 {
    number as f32
}

impl<'de> DeserializeSeed<'de> for &mut Elements<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "elements of {}", self.datatype.name())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(&mut *self)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        match self.datatype {
            Datatype::Bool => self.put([u8::from(value)]),
            _ => Err(E::custom(format_args!("{value} is no {}", self.datatype.name()))),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.integer(number.into())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        self.integer(number.into())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        self.float(number)
    }
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use crate::datatype::Datatype;

    #[test]
    fn elements_go_there_and_back() {
        for (datatype, bytes, text) in [
            (Datatype::Bool, vec![0, 1, 7], "[false,true,true]"),
            (Datatype::U8, vec![0, 255], "[0,255]"),
            (Datatype::I8, vec![0, 255], "[0,-1]"),
            (Datatype::U16, vec![0xff, 0xff], "[65535]"),
            (Datatype::I16, vec![0xff, 0xff], "[-1]"),
            (Datatype::I32, i32::MIN.to_le_bytes().to_vec(), "[-2147483648]"),
            (Datatype::U32, u32::MAX.to_le_bytes().to_vec(), "[4294967295]"),
            (Datatype::I64, i64::MAX.to_le_bytes().to_vec(), "[9223372036854775807]"),
            (Datatype::U64, u64::MAX.to_le_bytes().to_vec(), "[18446744073709551615]"),
            (Datatype::F32, [0.1_f32, -2.0].map(f32::to_le_bytes).concat(), "[0.1,-2]"),
            (Datatype::F64, 1e-3_f64.to_le_bytes().to_vec(), "[0.001]"),
            (Datatype::F32, vec![], "[]"),
        ] {
            let mut written = Vec::new();
            write(datatype, &bytes, "x", &mut written).unwrap();
            assert_eq!(str::from_utf8(&written).unwrap(), text);
            let mut back = vec![9; bytes.len()];
            read(datatype, text, &mut back).unwrap();
            let expected = if datatype == Datatype::Bool { vec![0, 1, 1] } else { bytes };
            assert_eq!(back, expected, "{text}");
        }
        let mut numbers = [0; 8];
        read(Datatype::F32, "[[1], [[2.5]]]", &mut numbers).unwrap();
        assert_eq!(numbers, [1.0_f32, 2.5].map(f32::to_le_bytes).concat()[..]);
    }

    #[test]
    fn extremes_of_floats_go_there_and_back() {
        for number in [f32::MIN_POSITIVE, f32::MAX, -0.0, f32::from_bits(1), 16_777_217.0] {
            let mut written = Vec::new();
            write(Datatype::F32, &number.to_le_bytes(), "x", &mut written).unwrap();
            let mut back = [0; 4];
            read(Datatype::F32, str::from_utf8(&written).unwrap(), &mut back).unwrap();
            assert_eq!(back, number.to_le_bytes());
        }
    }

    #[test]
    fn what_json_lacks_is_refused() {
        for (datatype, bytes) in [
            (Datatype::F32, f32::NAN.to_le_bytes().to_vec()),
            (Datatype::F64, f64::INFINITY.to_le_bytes().to_vec()),
            (Datatype::F16, vec![0, 0]),
        ] {
            assert!(write(datatype, &bytes, "x", &mut Vec::new()).is_err(), "{datatype:?}");
        }
    }

    #[test]
    fn lies_are_found() {
        let mut two = [0; 2];
        for text in [
            "[1]",
            "[1,2,3]",
            "[1,256]",
            "[1,-1]",
            "[1,2.5]",
            "[1,true]",
            "[1,\"2\"]",
            "[1,{}]",
            "[1,",
            "1",
            "",
        ] {
            assert!(read(Datatype::U8, text, &mut two).is_err(), "{text}");
        }
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(Datatype::U8, &deep, &mut two).is_err());
        assert!(read(Datatype::Bool, "[2,0]", &mut two).is_err());
    }
}
