//! Tests of tensors as guests write them: types under two numberings, shapes, sizes, and the ports that take them.

use crate::common::direct;
use crate::common::errno::{Errno, INVALID_ARGUMENT, SUCCESS};
use crate::common::fixture::{Fixture, registry};
use crate::common::guest::{DATA, DIMENSIONS, Guest, OUT, TENSOR, number};
use crate::common::toy::Toy;
use proptest::prelude::*;
use test_support::same_cases;
use wasi_nn::{ElementType, NnCtx, ProcessLimits};
use wasi_policy::Memory;

/// What the record means, worked out apart from the crate and in 128 bits: the type, and whether the data fit it.
fn meaning(type_number: u8, dimensions: &[u32], data_len: u32, port: ElementType) -> Option<ElementType> {
    if dimensions.len() > 16 || dimensions.iter().any(|dimension| *dimension > 0x7fff_ffff) {
        return None;
    }
    // Sixteen factors of 31 bits do not fit 128, but whatever saturates does not fit any data either.
    let elements = if dimensions.contains(&0) {
        0
    } else {
        dimensions.iter().fold(1_u128, |n, d| n.saturating_mul((*d).into()))
    };
    let fits =
        |element: ElementType| elements.saturating_mul(element.width() as u128) == u128::from(data_len);
    let candidates: &[ElementType] = match type_number {
        0 => &[ElementType::F16],
        1 => &[ElementType::F32],
        2 => &[ElementType::F64, ElementType::U8],
        3 => &[ElementType::U8, ElementType::I32],
        4 => &[ElementType::I32],
        5 => &[ElementType::I64],
        _ => &[],
    };
    let fitting: Vec<_> = candidates.iter().copied().filter(|element| fits(*element)).collect();
    // More than one fits only if there is nothing to fit.
    match fitting.as_slice() {
        [] => None,
        [one] => Some(*one),
        several => several.iter().copied().find(|element| *element == port).or(Some(several[0])),
    }
}

/// A shape that is open, or some of whose dimensions are.
fn shape() -> impl Strategy<Value = Option<Vec<Option<u32>>>> {
    let dimension =
        prop_oneof![2 => Just(None), 3 => (0..4_u32).prop_map(Some), 1 => any::<u32>().prop_map(Some)];
    prop_oneof![1 => Just(None), 6 => prop::collection::vec(dimension, 0..4).prop_map(Some)]
}

fn fits(shape: Option<&[Option<u32>]>, dimensions: &[u32]) -> bool {
    let Some(shape) = shape else { return true };
    let is_scalar = shape.is_empty() && dimensions == [1];
    let mut pairs = shape.iter().zip(dimensions);
    is_scalar
        || shape.len() == dimensions.len() && pairs.all(|(open, given)| open.is_none_or(|one| one == *given))
}

fn text(shape: Option<&[Option<u32>]>) -> String {
    let Some(shape) = shape else { return "...".to_owned() };
    let dimensions: Vec<_> =
        shape.iter().map(|open| open.map_or("?".to_owned(), |dimension| dimension.to_string())).collect();
    dimensions.join(", ")
}

/// Dimensions that mostly fit the shape, and otherwise lie where arithmetic breaks.
fn dimensions(shape: Option<Vec<Option<u32>>>) -> BoxedStrategy<Vec<u32>> {
    let odd = prop_oneof![
        5 => 0..5_u32,
        1 => prop_oneof![Just(1 << 16), Just((1 << 16) + 1), Just(1 << 31), Just((1 << 31) - 1), Just(u32::MAX)],
        1 => any::<u32>(),
    ];
    let any = prop::collection::vec(odd, 0..19);
    let Some(shape) = shape else { return any.boxed() };
    let fitting: Vec<_> = shape
        .into_iter()
        .map(|open| open.map_or_else(|| (0..5_u32).boxed(), |dimension| Just(dimension).boxed()))
        .collect();
    prop_oneof![3 => fitting, 1 => any].boxed()
}

/// A port's type and shape, and a record's dimensions, number of the type, and length of the data.
type Case = (ElementType, Option<Vec<Option<u32>>>, Vec<u32>, u8, u32);

/// A record, whose data are mostly as long as some type would have it, and the port that it is for.
fn case() -> impl Strategy<Value = Case> {
    let with_shape = shape().prop_flat_map(|shape| (Just(shape.clone()), dimensions(shape)));
    let element = prop::sample::select(ElementType::ALL.as_slice());
    let widths = prop_oneof![Just(1_u32), Just(2), Just(4), Just(8), 0..12_u32];
    (element, with_shape, 0..7_u8, widths, -1..2_i32, 0..10_u8).prop_map(
        |(element, (shape, dimensions), type_number, width, off, exact)| {
            let product = dimensions.iter().fold(1_u32, |n, dimension| n.wrapping_mul(*dimension));
            let len = product.wrapping_mul(width);
            let len = if exact < 7 { len } else { len.wrapping_add_signed(off) };
            // Sometimes the number that the port's type has, in either numbering.
            let type_number = if type_number == 6 && exact > 0 { number(element) as u8 } else { type_number };
            (element, shape, dimensions, type_number, len)
        },
    )
}

proptest! {
    #![proptest_config(same_cases(4000))]

    #[test]
    fn what_fits_is_what_wide_arithmetic_says(
        (port, shape, dimensions, type_number, len) in case(),
        padding in any::<[u8; 3]>(),
    ) {
        let mut f = Fixture::limited(|limits| {
            limits.max_tensor_bytes = u32::MAX;
            limits.max_live_tensor_bytes = u64::MAX;
        });
        let graph = f.load(&format!("in x {} [{}]", port.name(), text(shape.as_deref()))).unwrap();
        let Ok(context) = f.init(graph) else {
            let fixed: Vec<u128> = shape.iter().flatten().map(|dimension| dimension.unwrap().into()).collect();
            let bytes = fixed.iter().fold(port.width() as u128, |n, dimension| n.saturating_mul(*dimension));
            prop_assert!(bytes > u32::MAX.into(), "{}", f.reason());
            return Ok(());
        };
        f.put_words(DIMENSIONS, &dimensions);
        let [a, b, c] = padding;
        let kind = u32::from_le_bytes([type_number, a, b, c]);
        f.put_words(TENSOR, &[DIMENSIONS, dimensions.len() as u32, kind, DATA, len]);
        let is_inside = u64::from(DATA) + u64::from(len) <= f.memory.len() as u64;
        let expected = is_inside
            && meaning(type_number, &dimensions, len, port) == Some(port)
            && fits(shape.as_deref(), &dimensions);
        let errno = f.call("set_input", &[context, 0, TENSOR]);
        prop_assert_eq!(errno, if expected { SUCCESS } else { INVALID_ARGUMENT }, "{}", f.reason());
    }
}

/// A guest with an input of the type and any shape, whose context keeps `u8` at 2 and `i32` at 3 or does not.
fn guest(element: ElementType, legacy: bool) -> Guest {
    let registry = registry(&Toy::default(), ProcessLimits::default());
    let mut f = Guest::new(NnCtx::builder(registry).legacy_types(legacy).build());
    assert_eq!(f.context(&format!("in x {0} [...]\nout y {0} [...] = copy x", element.name())), 0);
    f
}

fn set(f: &mut Guest, type_number: u32, dimensions: &[u32], len: usize) -> Errno {
    f.put_tensor(type_number, dimensions, &vec![7; len]);
    f.call("set_input", &[0, 0, TENSOR])
}

/// Every type of a port with every number and every width of three elements.
#[test]
fn numbers_and_widths() {
    for legacy in [true, false] {
        for element in ElementType::ALL {
            for type_number in 0..8 {
                for width in 0..10 {
                    let mut f = guest(element, legacy);
                    let means = match (type_number, width) {
                        (0, 2) => Some(ElementType::F16),
                        (1, 4) => Some(ElementType::F32),
                        (2, 8) => Some(ElementType::F64),
                        (2, 1) if legacy => Some(ElementType::U8),
                        (3, 1) => Some(ElementType::U8),
                        (3, 4) if legacy => Some(ElementType::I32),
                        (4, 4) => Some(ElementType::I32),
                        (5, 8) => Some(ElementType::I64),
                        _ => None,
                    };
                    let expected = if means == Some(element) { SUCCESS } else { INVALID_ARGUMENT };
                    let errno = set(&mut f, type_number, &[3, 1], 3 * width);
                    assert_eq!(
                        errno,
                        expected,
                        "{element} as {type_number} in {width} bytes: {}",
                        f.reason()
                    );
                }
            }
        }
    }
}

/// Without elements the port's type decides between the numberings, and the new one where it is neither.
#[test]
fn tensors_without_elements() {
    for (element, numbers) in [
        (ElementType::F16, &[0][..]),
        (ElementType::F32, &[1]),
        (ElementType::F64, &[2]),
        (ElementType::U8, &[2, 3]),
        (ElementType::I32, &[3, 4]),
        (ElementType::I64, &[5]),
    ] {
        for type_number in 0..7 {
            for dimensions in [&[0][..], &[0, 5], &[5, 0], &[0x7fff_ffff, 0x7fff_ffff, 0]] {
                let mut f = guest(element, true);
                let expected = if numbers.contains(&type_number) { SUCCESS } else { INVALID_ARGUMENT };
                assert_eq!(set(&mut f, type_number, dimensions, 0), expected, "{element} as {type_number}");
                assert_eq!(set(&mut f, type_number, dimensions, 1), INVALID_ARGUMENT);
                if expected == SUCCESS {
                    assert_eq!(f.compute(0), SUCCESS);
                    assert_eq!(f.output(0, 0), Ok(vec![]));
                }
            }
        }
        let mut f = guest(element, false);
        let mine = number(element);
        for type_number in 0..7 {
            let expected = if type_number == mine { SUCCESS } else { INVALID_ARGUMENT };
            assert_eq!(set(&mut f, type_number, &[0], 0), expected, "{element} as {type_number}");
        }
    }
}

/// A scalar has no dimensions, and may be written with one of one.
#[test]
fn scalars() {
    let mut f = Fixture::new();
    let context = f.context("in x f32 []\nout y f32 [] = sum x x");
    for dimensions in [&[][..], &[1]] {
        assert_eq!(f.set(context, 0, (ElementType::F32, dimensions), &1.5_f32.to_le_bytes()), SUCCESS);
        assert_eq!(f.compute(context), SUCCESS);
        assert_eq!(f.floats(context, 0), Ok(vec![3.0]));
    }
    for dimensions in [&[0][..], &[1, 1], &[2]] {
        let data = vec![0; 4 * dimensions.iter().product::<u32>() as usize];
        assert_eq!(f.set(context, 0, (ElementType::F32, dimensions), &data), INVALID_ARGUMENT);
    }
    // The other way round, a vector of one is not written as a scalar.
    let context = f.context("in x f32 [1]");
    assert_eq!(f.set(context, 0, (ElementType::F32, &[]), &[0; 4]), INVALID_ARGUMENT);
}

/// Sixteen dimensions are the most.
#[test]
fn ranks() {
    let mut f = guest(ElementType::U8, true);
    for rank in 0..20 {
        let expected = if rank <= 16 { SUCCESS } else { INVALID_ARGUMENT };
        assert_eq!(set(&mut f, 3, &vec![1; rank], 1), expected, "{rank}");
    }
}

/// The greatest tensor that fits an address space does not make a bigger one of a small one.
#[test]
fn products_that_wrap() {
    let mut f = guest(ElementType::F32, true);
    for dimensions in [
        &[0x4000_0000][..],
        &[0x4000_0001],
        &[0x7fff_ffff, 0x7fff_ffff],
        &[0x1_0000, 0x1_0000],
        &[0x1_0000, 0x4000],
        &[0x8000, 0x8000, 4],
        &[2, 0x2000_0001],
        &[0xffff_ffff],
        &[0xffff_ffff, 0xffff_ffff],
    ] {
        for len in [0, 1, 4, 8] {
            assert_eq!(set(&mut f, 1, dimensions, len), INVALID_ARGUMENT, "{dimensions:x?} in {len} bytes");
        }
    }
}

/// The record is read byte by byte, wherever it lies.
#[test]
fn records_need_no_alignment() {
    for shift in 0..8 {
        let mut f = guest(ElementType::F32, true);
        f.put_words(DIMENSIONS + shift, &[2]);
        f.put_words(TENSOR + shift, &[DIMENSIONS + shift, 1, 1, DATA + shift, 8]);
        f.put(DATA + shift, b"01234567");
        assert_eq!(f.call("set_input", &[0, 0, TENSOR + shift]), SUCCESS);
        assert_eq!(f.compute(0), SUCCESS);
        assert_eq!(f.call("get_output", &[0, 0, 0xc001 + shift, 8, OUT + shift]), SUCCESS);
        assert_eq!(f.bytes(0xc001 + shift, 8), b"01234567");
        assert_eq!(f.u32(OUT + shift), 8);
    }
}

/// The 20 bytes of the record, one by one, as the witx lays them out; all others may be anything.
#[test]
fn the_layout_of_a_record() {
    let mut f = guest(ElementType::U8, true);
    #[rustfmt::skip]
    let record = [
        0x80, 0x02, 0, 0, // the dimensions at 0x280
        1, 0, 0, 0,       // one of them
        3,                // `u8`
        0xaa, 0xbb, 0xcc, // rubbish
        0x00, 0x80, 0, 0, // the data at 0x8000
        4, 0, 0, 0,       // four bytes
    ];
    f.put(0x280, [4, 0, 0, 0]);
    f.put(0x8000, b"data");
    f.put(TENSOR, record);
    let Guest { ctx, memory, .. } = &mut f;
    // With no more memory than the record's own end, so that nothing beyond it is read.
    memory.truncate(0x8004);
    assert_eq!(direct::call("set_input", ctx, Memory::plain(memory), &[0, 0, TENSOR]).unwrap(), 0);
    assert_eq!(direct::call("compute", ctx, Memory::plain(memory), &[0]).unwrap(), 0);
    assert_eq!(direct::call("get_output", ctx, Memory::plain(memory), &[0, 0, 0x5000, 9, OUT]).unwrap(), 0);
    assert_eq!(memory[0x5000..][..5], *b"data?");
}
