//! Tests of `Memory` against a model: every access of every kind agrees with arithmetic in `i128`.

use proptest::prelude::*;
use std::sync::atomic::AtomicU8;
use wasi_policy::{LinearMemory, Memory, MemoryFault};

/// Pointers and lengths where mistakes happen.
fn edge() -> impl Strategy<Value = u32> {
    let size = 64u32;
    prop_oneof![
        0..size + 8,
        Just(size - 1),
        Just(size),
        Just(1 << 31),
        Just(u32::MAX - 3),
        Just(u32::MAX),
        any::<u32>(),
    ]
}

/// A memory of an engine that lends no slice.
struct Far([u8; 64]);

impl LinearMemory for Far {
    fn size(&self) -> u64 {
        64
    }

    fn read(&self, start: usize, out: &mut [u8]) -> bool {
        self.0.get(start..start + out.len()).map(|found| out.copy_from_slice(found)).is_some()
    }

    fn write(&mut self, start: usize, data: &[u8]) -> bool {
        self.0.get_mut(start..start + data.len()).map(|place| place.copy_from_slice(data)).is_some()
    }
}

fn inside(ptr: u32, len: u128, size: usize) -> bool {
    u128::from(ptr) + len <= u128::try_from(size).unwrap()
}

proptest! {
    #[test]
    fn spans_are_checked_without_wrapping(ptr in edge(), len in edge()) {
        let mut bytes = [0u8; 64];
        let shared: [AtomicU8; 64] = std::array::from_fn(|_| AtomicU8::new(0));
        let expected = inside(ptr, len.into(), 64);
        let mut far = Far([0; 64]);
        for memory in [Memory::plain(&mut bytes), Memory::shared(&shared), Memory::copied(&mut far)] {
            prop_assert_eq!(memory.check(ptr, len.into()).is_ok(), expected);
            prop_assert_eq!(memory.bytes(ptr, len).is_ok(), expected);
            prop_assert_eq!(memory.read::<8>(ptr).is_ok(), inside(ptr, 8, 64));
        }
    }

    #[test]
    fn plain_shared_and_copied_memories_behave_alike(
        start in proptest::collection::vec(any::<u8>(), 64),
        data in proptest::collection::vec(any::<u8>(), 0..70),
        ptr in edge(),
    ) {
        let mut plain = start.clone();
        let shared: Vec<AtomicU8> = start.iter().copied().map(AtomicU8::new).collect();
        let one = Memory::plain(&mut plain).write_slice(ptr, &data);
        let two = Memory::shared(&shared).write_slice(ptr, &data);
        let mut far = Far(start.clone().try_into().unwrap());
        let three = Memory::copied(&mut far).write_slice(ptr, &data);
        prop_assert_eq!((one, one), (two, three));

        let mut model = start;
        if inside(ptr, u128::try_from(data.len()).unwrap(), 64) {
            prop_assert_eq!(one, Ok(()));
            let at = usize::try_from(ptr).unwrap();
            model[at..at + data.len()].copy_from_slice(&data);
        } else {
            prop_assert!(one.is_err());
        }
        prop_assert_eq!(&plain, &model);
        for memory in [Memory::shared(&shared), Memory::copied(&mut far)] {
            prop_assert_eq!(&*memory.bytes(0, 64).unwrap(), &*model);
        }
    }

    #[test]
    fn integers_are_little_endian_anywhere(ptr in 0u32..56, value: u64) {
        let mut bytes = [0u8; 64];
        Memory::plain(&mut bytes).write_u64(ptr, value).unwrap();
        let at = usize::try_from(ptr).unwrap();
        prop_assert_eq!(&bytes[at..at + 8], &value.to_le_bytes());
        let memory = Memory::plain(&mut bytes);
        prop_assert_eq!(memory.read_u64(ptr).unwrap(), value);
        let [a, b, c, d, ..] = value.to_le_bytes();
        prop_assert_eq!(memory.read_u32(ptr).unwrap().to_le_bytes(), [a, b, c, d]);
        prop_assert_eq!(memory.read_u16(ptr).unwrap().to_le_bytes(), [a, b]);
        prop_assert_eq!(memory.read_u8(ptr).unwrap(), a);
    }
}

#[test]
fn an_unusable_memory_faults_everywhere() {
    let mut memory = Memory::unusable(MemoryFault::Missing);
    assert_eq!(memory.check(0, 0), Err(MemoryFault::Missing));
    assert_eq!(memory.read_u8(0), Err(MemoryFault::Missing));
    assert_eq!(memory.write_u32(0, 1), Err(MemoryFault::Missing));
    assert_eq!(memory.write_slice(0, &[]), Err(MemoryFault::Missing));
    assert_eq!(memory.bytes(0, 0).unwrap_err(), MemoryFault::Missing);
    assert!(memory.as_plain().is_none() && memory.as_plain_mut().is_none());
}

#[test]
fn a_span_may_end_where_the_memory_ends() {
    let mut bytes = [7u8; 16];
    let mut memory = Memory::plain(&mut bytes);
    assert_eq!(&*memory.bytes(8, 8).unwrap(), &[7; 8]);
    assert_eq!(&*memory.bytes(16, 0).unwrap(), &[0u8; 0]);
    memory.write_u64(8, 0).unwrap();
    assert_eq!(memory.write_u64(9, 0), Err(MemoryFault::OutOfBounds { ptr: 9, len: 8, size: 16 }));
}
