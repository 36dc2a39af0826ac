//! The witx's numbers and records, read from what a guest passes.

use crate::backend::Port;
use crate::error::ErrorKind;
use crate::failure::Result;
use crate::tensor::element_count;
use crate::{ElementType, Error, ExecutionTarget, GraphEncoding, MAX_RANK, TensorType};
use wasi_policy::Memory;

/// `graph_encoding`.
///
/// # Errors
///
/// `invalid_encoding` for a number that stands for none.
pub(crate) fn encoding(number: u32) -> Result<GraphEncoding, Error> {
    let known = usize::try_from(number).ok().and_then(|number| GraphEncoding::ALL.get(number));
    known
        .copied()
        .ok_or_else(|| Error::new(ErrorKind::InvalidEncoding, format!("there is no graph encoding {number}")))
}

/// `execution_target`, with the number that bindings have added to it.
///
/// # Errors
///
/// `invalid_argument` for a number that stands for none.
pub(crate) fn target(number: u32) -> Result<ExecutionTarget, Error> {
    match number {
        0 => Ok(ExecutionTarget::Cpu),
        1 => Ok(ExecutionTarget::Gpu),
        2 => Ok(ExecutionTarget::Tpu),
        3 => Ok(ExecutionTarget::Auto),
        _ => Err(Error::invalid_argument(format!("there is no execution target {number}"))),
    }
}

/// A `tensor` as the guest passed it, with its dimensions read.
///
/// ```text
/// tensor: dimensions u32, number of dimensions u32, type u8, 3 bytes of padding, data u32, length of data u32
/// ```
///
/// Some bindings store the type as 32 bits and some leave rubbish in the padding, so only the byte counts.
#[derive(Debug)]
pub(crate) struct TensorRecord {
    dimensions: [u32; MAX_RANK],
    rank: usize,
    type_number: u8,
    pub(crate) data: u32,
    data_len: u32,
}

impl TensorRecord {
    /// Reads the record at `ptr` and its dimensions, and checks that its data lies in the memory.
    ///
    /// # Errors
    ///
    /// `invalid_argument` if part of it lies outside, or if there are more than [`MAX_RANK`] dimensions.
    pub(crate) fn read(memory: &Memory<'_>, ptr: u32) -> Result<Self> {
        let [list, count, kind, data, data_len] = words(&memory.read::<20>(ptr)?);
        memory.check(list, u64::from(count).saturating_mul(4))?;
        memory.check(data, data_len.into())?;
        let rank = usize::try_from(count).ok().filter(|rank| *rank <= MAX_RANK);
        let rank = rank.ok_or_else(|| {
            Error::invalid_argument(format!("the tensor has {count} dimensions, and {MAX_RANK} are the most"))
        })?;
        let mut dimensions = [0; MAX_RANK];
        let mut at = list;
        for dimension in dimensions.iter_mut().take(rank) {
            *dimension = memory.read_u32(at)?;
            at = at.saturating_add(4);
        }
        let [type_number, ..] = kind.to_le_bytes();
        Ok(TensorRecord { dimensions, rank, type_number, data, data_len })
    }

    /// The tensor that is meant, given the port it is for: a type and a shape whose bytes are the data's.
    ///
    /// # Errors
    ///
    /// `invalid_argument` if the type is unknown, the shape too large, or the data not of that size.
    pub(crate) fn tensor(&self, port: &Port, legacy_types: bool) -> Result<TensorType<'_>, Error> {
        let dimensions = self.dimensions.get(..self.rank).unwrap_or_default();
        let elements = element_count(dimensions)?;
        let element = self.element(elements, port, legacy_types)?;
        let tensor = TensorType::new(element, dimensions)?;
        if tensor.byte_len() == self.data_len {
            return Ok(tensor);
        }
        Err(Error::invalid_argument(format!(
            "{} bytes of data for a tensor of {element} {dimensions:?}, which has {}",
            self.data_len,
            tensor.byte_len()
        )))
    }

    /// The element type, of which two numberings are in use.
    ///
    /// The witx and the bindings from 0.6 on count `f16, f32, f64, u8, i32, i64`; the bindings up to 0.5 count
    /// `f16, f32, u8, i32`. So 2 is `f64` or `u8`, and 3 is `u8` or `i32`, which differ in width: the size of the
    /// data tells which. Without elements there is no width; then it is the port's type if that is one of the two,
    /// and otherwise the witx's.
    fn element(&self, elements: u32, port: &Port, legacy_types: bool) -> Result<ElementType, Error> {
        let number = usize::from(self.type_number);
        let Some(named) = ElementType::ALL.get(number).copied() else {
            return Err(Error::invalid_argument(format!("there is no tensor type {number}")));
        };
        let legacy = match named {
            ElementType::F64 => ElementType::U8,
            ElementType::U8 => ElementType::I32,
            _ => return Ok(named),
        };
        let is_legacy = if elements == 0 {
            port.element.as_set() == Some(legacy)
        } else {
            u32::try_from(legacy.width()).ok().and_then(|width| elements.checked_mul(width))
                == Some(self.data_len)
        };
        Ok(if legacy_types && is_legacy { legacy } else { named })
    }
}

/// A `graph_builder`: where a part of a model is, and how long it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GraphBuilder {
    pub(crate) ptr: u32,
    pub(crate) len: u32,
}

impl GraphBuilder {
    /// The size of one in memory.
    const SIZE: u32 = 8;

    /// Reads the one at `index` of the list at `list`, and checks that its bytes lie in the memory.
    ///
    /// # Errors
    ///
    /// `invalid_argument` if part of it lies outside.
    pub(crate) fn read(memory: &Memory<'_>, list: u32, index: u32) -> Result<Self> {
        let at = list.saturating_add(index.saturating_mul(Self::SIZE));
        let [ptr, len] = words(&memory.read::<8>(at)?);
        memory.check(ptr, len.into())?;
        Ok(GraphBuilder { ptr, len })
    }
}

/// The little-endian words of a record.
fn words<const BYTES: usize, const WORDS: usize>(record: &[u8; BYTES]) -> [u32; WORDS] {
    const { assert!(BYTES == 4 * WORDS, "a record is read whole") };
    let mut chunks = record.chunks_exact(4).filter_map(<[u8]>::first_chunk);
    std::array::from_fn(|_| chunks.next().map_or(0, |chunk| u32::from_le_bytes(*chunk)))
}
