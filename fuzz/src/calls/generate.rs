//! Random sequences of calls, whose arguments mostly mean something.

use super::memory::{BUFFERS, GRAPH, MODELS, NAMES, PATHS, ROOM, SUBSCRIPTIONS, TENSOR};
use super::{Call, Calls, nn, snapshot};
use crate::number::{list, many};
use arbitrary::{Arbitrary, Result, Unstructured};
use wasi_facade::policy::ValType;

impl<'a> Arbitrary<'a> for Calls {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        if u.arbitrary()? {
            let functions: Vec<_> = snapshot::functions().collect();
            Ok(Calls::Snapshot(list(u, 1, 30, |u| call(u, &functions))?))
        } else {
            let functions: Vec<_> = nn::functions().collect();
            Ok(Calls::Nn(list(u, 1, 30, |u| call(u, &functions))?))
        }
    }
}

fn call(u: &mut Unstructured<'_>, functions: &[(&'static str, &'static [ValType])]) -> Result<Call> {
    let (function, params) = u.choose(functions)?;
    let arguments = params.iter().map(|ty| argument(u, *ty)).collect::<Result<_>>()?;
    let times = if u.ratio(9, 10)? { 1 } else { many(u)?.min(200) };
    Ok(Call { function: (*function).to_owned(), arguments, times })
}

fn argument(u: &mut Unstructured<'_>, ty: ValType) -> Result<u64> {
    if ty != ValType::I32 {
        // Rights, offsets, cookies, times.
        return Ok(match u.int_in_range(0..=9)? {
            0..=2 => u.int_in_range(0..=100)?,
            3..=5 => *u.choose(&[2, 64, 66, (1 << 30) - 1])?,
            6 | 7 => {
                let bits = u.int_in_range(0..=40)?;
                1 << bits
            }
            _ => *u.choose(&[u64::MAX, 1 << 63, (1 << 63) - 1, u64::MAX - 1, 1 << 62])?,
        });
    }
    Ok(match u.int_in_range(0..=19)? {
        // Descriptors, handles, lengths, flags.
        0..=6 => u.int_in_range(0..=9)?,
        7..=9 => PATHS + 16 * u.int_in_range(0..=NAMES.len() as u64 - 1)?,
        10 => BUFFERS,
        11 => SUBSCRIPTIONS,
        12 => GRAPH,
        13 => TENSOR,
        14 => MODELS + 8 * u.int_in_range(0..=3)?,
        15 | 16 => ROOM + u.int_in_range(0..=100)?,
        17 => u.int_in_range(0..=0x8000)?,
        18 => *u.choose(&[0xffff, 0x1_0000, 1 << 29, 1 << 31, u64::from(u32::MAX)])?,
        _ => u64::from(u.arbitrary::<u32>()?),
    })
}
