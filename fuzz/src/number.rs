//! Numbers as hostile input has them: mostly small, sometimes at an edge, sometimes of any size.

use arbitrary::{Arbitrary, Result, Unstructured};

/// How many of something that takes room in the input itself.
pub(crate) fn few(u: &mut Unstructured<'_>) -> Result<u32> {
    Ok(if u.ratio(9, 10)? { u.int_in_range(0..=4)? } else { u.int_in_range(0..=40)? })
}

/// How many of something that is cheap to ask for: often a few, and sometimes up to 2^17.
pub(crate) fn many(u: &mut Unstructured<'_>) -> Result<u32> {
    if u.ratio(6, 10)? {
        return few(u);
    }
    let bits = u.int_in_range(0..=17)?;
    u.int_in_range(0..=1 << bits)
}

/// The size of a dimension, a length or an offset.
pub(crate) fn size(u: &mut Unstructured<'_>) -> Result<i64> {
    match u.int_in_range(0..=19)? {
        0..=12 => u.int_in_range(1..=8),
        13..=14 => u.int_in_range(0..=300),
        15 => Ok(0),
        16 => Ok(-1),
        17 => {
            let bits = u.int_in_range(0..=40)?;
            Ok((1 << bits) + u.int_in_range(-1..=1)?)
        }
        18 => Ok(*u.choose(&[
            i64::MAX,
            i64::MIN,
            i64::MAX - 1,
            i64::MAX / 2,
            1 << 31,
            (1 << 31) - 1,
            1 << 32,
        ])?),
        _ => Arbitrary::arbitrary(u),
    }
}

/// A number of things to build. Changes of a recipe make numbers of any size, and the process that builds is not what
/// is to be tried.
pub(crate) fn count(number: u32) -> usize {
    number.min(1 << 17) as usize
}

/// Between `least` and `most` of what `one` makes.
pub(crate) fn list<'a, T>(
    u: &mut Unstructured<'a>,
    least: usize,
    most: usize,
    mut one: impl FnMut(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    let count = u.int_in_range(least..=most)?;
    (0..count).map(|_| one(u)).collect()
}

/// Makes one of an enum's variants that have no fields, each as often as any other.
macro_rules! any_of {
    ($type:ident: $($variant:ident),*) => {
        impl<'a> arbitrary::Arbitrary<'a> for $type {
            fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
                Ok(*u.choose(&[$($type::$variant),*])?)
            }
        }
    };
}
pub(crate) use any_of;
