//! The view of a constant: its type, its sizes, and its elements if they are asked for.

use super::each;
use crate::Error;
use crate::onnx_scan::wire::{arrays, signed};

/// Numbers of types in `TensorProto.DataType`.
const FLOAT: u64 = 1;
const INT32: u64 = 6;
const INT64: u64 = 7;
const BOOL: u64 = 9;
const DOUBLE: u64 = 11;
const UINT32: u64 = 12;
const UINT64: u64 = 13;

/// A constant.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Tensor<'a> {
    /// Its name, if it is one of a graph's constants.
    pub name: &'a str,
    /// The type of an element, by ONNX's number.
    pub element: u64,
    /// The sizes, outermost first.
    pub dimensions: Vec<i64>,
    /// The whole message.
    message: &'a [u8],
}

impl<'a> Tensor<'a> {
    pub(super) fn new(message: &'a [u8]) -> Result<Self, Error> {
        let mut tensor = Tensor { message, ..Tensor::default() };
        each(message, |field, value| {
            match field {
                1 => value.varints(|size| tensor.dimensions.push(signed(size)))?,
                2 => tensor.element = value.varint()?,
                8 => tensor.name = value.text()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(tensor)
    }

    /// The elements, if they are integers of 32 or 64 bits and lie in the model itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) for a tensor that is none.
    pub fn integers(&self) -> Result<Option<Vec<i64>>, Error> {
        if !matches!(self.element, INT32 | INT64) {
            return Ok(None);
        }
        let (mut numbers, mut is_outside) = (Vec::new(), false);
        each(self.message, |field, value| {
            match (field, self.element) {
                (5, INT32) | (7, INT64) => value.varints(|number| numbers.push(signed(number)))?,
                (9, INT32) => {
                    numbers.extend(arrays(value.bytes()?).map(|bytes| i64::from(i32::from_le_bytes(bytes))));
                }
                (9, _) => {
                    numbers.extend(arrays(value.bytes()?).map(i64::from_le_bytes));
                }
                (13, _) => is_outside = true,
                _ => {}
            }
            Ok(())
        })?;
        Ok((!is_outside).then_some(numbers))
    }

    /// The elements, if they are integers of 32 or 64 bits without a sign and lie in the model itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) for a tensor that is none.
    pub fn unsigned(&self) -> Result<Option<Vec<u64>>, Error> {
        if !matches!(self.element, UINT32 | UINT64) {
            return Ok(None);
        }
        let (mut numbers, mut is_outside) = (Vec::new(), false);
        each(self.message, |field, value| {
            match (field, self.element) {
                (11, _) => value.varints(|number| numbers.push(number))?,
                (9, UINT32) => {
                    numbers.extend(arrays(value.bytes()?).map(|bytes| u64::from(u32::from_le_bytes(bytes))));
                }
                (9, _) => numbers.extend(arrays(value.bytes()?).map(u64::from_le_bytes)),
                (13, _) => is_outside = true,
                _ => {}
            }
            Ok(())
        })?;
        Ok((!is_outside).then_some(numbers))
    }

    /// The elements, if they are truth values and lie in the model itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) for a tensor that is none.
    pub fn bools(&self) -> Result<Option<Vec<bool>>, Error> {
        if self.element != BOOL {
            return Ok(None);
        }
        let (mut values, mut is_outside) = (Vec::new(), false);
        each(self.message, |field, value| {
            match field {
                5 => value.varints(|number| values.push(number != 0))?,
                9 => values.extend(value.bytes()?.iter().map(|byte| *byte != 0)),
                13 => is_outside = true,
                _ => {}
            }
            Ok(())
        })?;
        Ok((!is_outside).then_some(values))
    }

    /// The elements, if they are floats of 64 bits and lie in the model itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) for a tensor that is none.
    pub fn doubles(&self) -> Result<Option<Vec<f64>>, Error> {
        if self.element != DOUBLE {
            return Ok(None);
        }
        let (mut numbers, mut is_outside) = (Vec::new(), false);
        each(self.message, |field, value| {
            match field {
                9 | 10 => value.doubles(|number| numbers.push(number))?,
                13 => is_outside = true,
                _ => {}
            }
            Ok(())
        })?;
        Ok((!is_outside).then_some(numbers))
    }

    /// The elements, if they are floats of 32 bits and lie in the model itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) for a tensor that is none.
    pub fn floats(&self) -> Result<Option<Vec<f32>>, Error> {
        if self.element != FLOAT {
            return Ok(None);
        }
        let (mut numbers, mut is_outside) = (Vec::new(), false);
        each(self.message, |field, value| {
            match field {
                4 | 9 => value.floats(|number| numbers.push(number))?,
                13 => is_outside = true,
                _ => {}
            }
            Ok(())
        })?;
        Ok((!is_outside).then_some(numbers))
    }
}
