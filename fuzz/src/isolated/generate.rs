//! Models at random, most of them in ONNX: the grammar of OpenVINO's format is small.

use super::{Change, Isolated};
use crate::number::{list, size};
use arbitrary::{Arbitrary, Result, Unstructured};

impl<'a> Arbitrary<'a> for Isolated {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        if u.ratio(4, 5)? {
            return u.arbitrary().map(Isolated::Onnx);
        }
        Ok(Isolated::Ir { case: u.int_in_range(0..=30)?, changes: list(u, 0, 5, Arbitrary::arbitrary)? })
    }
}

impl<'a> Arbitrary<'a> for Change {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let at = u.int_in_range(0..=400)?;
        Ok(match u.int_in_range(0..=9)? {
            0..=6 => Change::Number { at, value: size(u)? },
            7 => Change::Xml { at: u.arbitrary()?, value: u.arbitrary()? },
            _ => Change::Weight { at, value: u.arbitrary()? },
        })
    }
}
