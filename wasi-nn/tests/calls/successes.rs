//! Tests of calls that succeed.

use crate::common::errno::{
    BUSY, INVALID_ARGUMENT, RUNTIME_ERROR, SUCCESS, TOO_LARGE, UNSUPPORTED_OPERATION,
};
use crate::common::fixture::{Fixture, GRAPH, READY, SUM, X, X_PLUS_Y, registry};
use crate::common::guest::{BUFFER, Guest, NAME, OUT, number};
use crate::common::toy::Toy;
use test_support::{MASK, SIZE, View};
use wasi_nn::{ElementType, Limits, NnCtx, ProcessLimits};

/// Everything from loading to freeing, and every byte that it writes.
fn whole_life(f: &mut Guest) {
    assert_eq!(f.load(SUM), Ok(0));
    assert_eq!(f.init(0), Ok(0));
    assert_eq!(f.set_floats(0, 0, &[1.0, 2.0, 3.0]), SUCCESS);
    assert_eq!(f.set_floats(0, 1, &[0.5, -2.0, 1e9]), SUCCESS);
    f.mask();
    assert_eq!(f.compute(0), SUCCESS);
    assert!(f.memory.iter().all(|byte| *byte == MASK));
    assert_eq!(f.call("get_output", &[0, 0, BUFFER, 100, OUT]), SUCCESS);
    let mut expected = vec![MASK; SIZE as usize];
    for (at, bytes) in [(OUT, 12_u32.to_le_bytes()), (BUFFER, 1.5_f32.to_le_bytes())] {
        expected[at as usize..][..4].copy_from_slice(&bytes);
    }
    expected[BUFFER as usize + 4..][..4].copy_from_slice(&0.0_f32.to_le_bytes());
    expected[BUFFER as usize + 8..][..4].copy_from_slice(&(3.0_f32 + 1e9).to_le_bytes());
    assert!(*f.memory == expected);
    assert_eq!(f.floats(0, 1), Ok(vec![1.0, 2.0, 3.0]));
    assert_eq!(f.call("finalize_execution_context", &[0]), SUCCESS);
    assert_eq!(f.call("unload", &[0]), SUCCESS);
}

#[test]
fn from_loading_to_freeing() {
    for view in [View::Plain, View::Shared] {
        let mut f = Fixture::new();
        f.view = view;
        whole_life(&mut f);
        assert_eq!((f.toy.executions(), f.toy.loads()), (0, 1));
    }
}

#[test]
fn graphs_by_name_with_and_without_a_configuration() {
    for view in [View::Plain, View::Shared] {
        let mut f = Fixture::new();
        f.view = view;
        assert_eq!(f.load_by_name("sum"), Ok(0));
        assert_eq!(f.load_by_name("ä"), Ok(1));
        let (name, len) = f.put(NAME, "sum");
        // Whatever is in the configuration, nobody looks at it.
        let (config, config_len) = f.put(NAME + 64, b"{\"n-gpu-layers\": \xff\0");
        let args = [name, len, config, config_len, OUT];
        assert_eq!(f.call_for_word("load_by_name_with_config", &args), Ok(2));
        assert_eq!(f.call_for_word("load_by_name_with_config", &[name, len, 0, 0, OUT]), Ok(3));
        for graph in 0..4 {
            let context = f.init(graph).unwrap();
            assert_eq!(f.set_floats(context, 0, &X), SUCCESS);
            assert_eq!(f.set_floats(context, 1, &X), SUCCESS);
            assert_eq!(f.compute(context), SUCCESS);
            assert_eq!(f.floats(context, 0), Ok(vec![2.0, 4.0]));
        }
    }
}

/// Types of one byte that the witx does not name go in as `u8`, and every truth value is 0 or 1.
#[test]
fn truth_values_and_small_numbers_as_bytes() {
    for (element, expected) in [("bool", [0, 1, 1, 1]), ("i8", [0, 1, 0x7f, 0xff])] {
        let mut f = Fixture::new();
        f.load(&format!("in x {element} [4]\nout y {element} [4] = copy x")).unwrap();
        let context = f.init(0).unwrap();
        assert_eq!(f.set(context, 0, (ElementType::U8, &[4]), &[0, 1, 0x7f, 0xff]), SUCCESS);
        assert_eq!(f.compute(context), SUCCESS);
        assert_eq!(f.output(context, 0), Ok(expected.to_vec()));
        assert_eq!(f.set(context, 0, (ElementType::I32, &[4]), &[0; 16]), INVALID_ARGUMENT);
    }
}

#[test]
fn every_target_and_the_encodings_that_are_routed() {
    let mut f = Fixture::new();
    for target in [0, 1, 3] {
        let (model, len) = f.put(0x1000, SUM);
        f.put_words(0x100, &[model, len]);
        assert_eq!(f.call("load", &[0x100, 1, 3, target, OUT]), SUCCESS);
    }
    let (xml, weights): (&[u8], &[u8]) = (b"<net name=\"toy\">\nin x u8 [?]", b"out y u8 [?] = copy x");
    for encoding in [0, 5] {
        let graph = f.load_parts(encoding, &[xml, weights]).unwrap();
        let context = f.init(graph).unwrap();
        assert_eq!(f.set(context, 0, (ElementType::U8, &[3]), b"abc"), SUCCESS);
        assert_eq!(f.compute(context), SUCCESS);
        assert_eq!(f.output(context, 0), Ok(b"abc".to_vec()));
    }
}

/// The number of bytes tells what to make room for, without a byte of the output.
#[test]
fn a_buffer_that_is_too_small_learns_the_size() {
    for max_size in [0, 1, 7] {
        let mut f = Fixture::ready();
        assert_eq!(f.call("get_output", &[READY, 0, BUFFER, max_size, OUT]), TOO_LARGE);
        assert_eq!(f.u32(OUT), 8);
        assert!(f.bytes(BUFFER, 8).iter().all(|byte| *byte == MASK));
        assert_eq!(f.reason(), format!("get_output: output 0 has 8 bytes, and the buffer {max_size}"));
    }
    let mut f = Fixture::ready();
    assert_eq!(f.call("get_output", &[READY, 0, BUFFER, 8, OUT]), SUCCESS);
}

/// Both written places overlap: the number is written last. What is read is read first.
#[test]
fn overlapping_places() {
    let mut f = Fixture::ready();
    assert_eq!(f.call("get_output", &[READY, 0, BUFFER, 8, BUFFER + 2]), SUCCESS);
    let [a, b, ..] = X_PLUS_Y[0].to_le_bytes();
    let [.., y, z] = X_PLUS_Y[1].to_le_bytes();
    assert_eq!(f.bytes(BUFFER, 8), [a, b, 8, 0, 0, 0, y, z]);
    // The record is its own data, dimensions and type: five words, of which the second is 1.
    f.put_words(0x300, &[0x300 + 16, 1, number(ElementType::F32), 0x300, 20]);
    f.put_words(0x300 + 16, &[20]);
    assert_eq!(f.call("set_input", &[READY, 0, 0x300]), INVALID_ARGUMENT, "20 floats are not 20 bytes");
    let mut f = Fixture::new();
    let context = f.context("in x u8 [?]\nout y u8 [?] = copy x");
    f.put_words(0x300, &[0x300 + 16, 1, number(ElementType::U8), 0x300, 20]);
    let record = f.bytes(0x300, 20).to_vec();
    assert_eq!(f.call("set_input", &[context, 0, 0x300]), SUCCESS);
    assert_eq!(f.compute(context), SUCCESS);
    assert_eq!(f.output(context, 0), Ok(record));
    // The graph's handle replaces the list that named the model.
    let (model, len) = f.put(0x1000, SUM);
    f.put_words(0x100, &[model, len]);
    assert_eq!(f.call("load", &[0x100, 1, 3, 0, 0x100]), SUCCESS);
    assert_eq!(f.u32(0x100), GRAPH + 1);
}

/// An output of a megabyte goes through in one piece.
#[test]
fn large_tensors() {
    let mut f = Fixture::new();
    f.memory.resize(4 << 20, MASK);
    let context = f.context("in x i64 [?, 256, 256]\nout y i64 [?, 256, 256] = sum x x");
    let values: Vec<i64> = (0..131_072).map(|n| n * 0x1234_5678_9abc).collect();
    let bytes = |values: &[i64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>();
    f.put(1 << 20, bytes(&values));
    f.put_words(0x300, &[2, 256, 256]);
    f.put_words(0x200, &[0x300, 3, 5, 1 << 20, 1 << 20]);
    assert_eq!(f.call("set_input", &[context, 0, 0x200]), SUCCESS);
    assert_eq!(f.compute(context), SUCCESS);
    assert_eq!(f.call("get_output", &[context, 0, 2 << 20, 1 << 20, OUT]), SUCCESS);
    assert_eq!(f.u32(OUT), 1 << 20);
    let doubled: Vec<i64> = values.iter().map(|value| value.wrapping_mul(2)).collect();
    assert!(f.bytes(2 << 20, 1 << 20) == bytes(&doubled));
    assert!(f.bytes(3 << 20, 1 << 20).iter().all(|byte| *byte == MASK));
}

/// Each type that the tests' backend can add up, and the one that it can only copy.
#[test]
fn every_element_type() {
    for element in ElementType::ALL {
        let (name, width) = (element.name(), element.width());
        let formula = if element == ElementType::F16 { "copy x" } else { "sum x x" };
        let mut f = Fixture::new();
        let context = f.context(&format!("in x {name} [2, ?]\nout y {name} [2, ?] = {formula}"));
        let ones: Vec<u8> = match element {
            ElementType::F16 => 0x3c00_u16.to_le_bytes().to_vec(),
            ElementType::F32 => 1_f32.to_le_bytes().to_vec(),
            ElementType::F64 => 1_f64.to_le_bytes().to_vec(),
            _ => [&[1][..], &vec![0; width - 1]].concat(),
        };
        let twos: Vec<u8> = match element {
            ElementType::F16 => ones.clone(),
            ElementType::F32 => 2_f32.to_le_bytes().to_vec(),
            ElementType::F64 => 2_f64.to_le_bytes().to_vec(),
            _ => [&[2][..], &vec![0; width - 1]].concat(),
        };
        assert_eq!(f.set(context, 0, (element, &[2, 3]), &ones.repeat(6)), SUCCESS, "{name}");
        assert_eq!(f.compute(context), SUCCESS);
        assert_eq!(f.output(context, 0), Ok(twos.repeat(6)), "{name}");
    }
}

/// The functions about streams of tokens are there, and refuse whatever they get.
#[test]
fn streaming_is_unsupported() {
    for handle in [READY, 99, u32::MAX] {
        let mut f = Fixture::ready();
        for (name, args) in [
            ("compute_single", vec![handle]),
            ("get_output_single", vec![handle, 0, u32::MAX, u32::MAX, u32::MAX]),
            ("fini_single", vec![handle]),
        ] {
            assert_eq!(f.call(name, &args), UNSUPPORTED_OPERATION, "{name}");
        }
        assert_eq!(f.floats(READY, 0), Ok(X_PLUS_Y.to_vec()));
    }
}

/// The host gets the words, of which there are never more than a kibibyte, and the guest gets a number.
#[test]
fn the_host_is_told_why() {
    let mut f = Fixture::new();
    assert_eq!(f.ctx.last_error(), None);
    assert_eq!(f.compute(3), INVALID_ARGUMENT);
    assert_eq!(f.ctx.last_error(), Some("compute: there is no execution context 3, or no longer"));
    // A success does not take the words away.
    f.context("in x f32 [2]");
    assert!(f.ctx.last_error().is_some());
    assert_eq!(f.load(&"ä".repeat(1000)), Err(RUNTIME_ERROR));
    let reason = f.reason();
    assert!(reason.starts_with("load: the guest's model ") && reason.ends_with("ää"), "{reason}");
    assert!((1000..=1024).contains(&reason.len()), "{}", reason.len());
    assert!(format!("{:?}", f.ctx).contains("contexts: 1"));
}

/// One builder makes contexts that know nothing of each other, for any thread.
#[test]
fn a_builder_builds_again() {
    let registry = registry(&Toy::default(), ProcessLimits::default());
    let mut limits = Limits::default();
    limits.max_graphs = 1;
    let builder = NnCtx::builder(registry).limits(limits);
    let mut first = Guest::new(builder.build());
    assert_eq!(first.load(SUM), Ok(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut second = Guest::new(builder.build());
            assert_eq!(second.load(SUM), Ok(0));
            assert_eq!(second.load(SUM), Err(BUSY));
        });
    });
    assert_eq!(first.compute(0), INVALID_ARGUMENT);
}

/// Contexts move between threads with their stores.
#[test]
fn a_guest_changes_threads() {
    let mut f = Fixture::ready();
    let f = std::thread::spawn(move || {
        assert_eq!(f.compute(READY), SUCCESS);
        f
    });
    assert_eq!(f.join().unwrap().floats(READY, 0), Ok(X_PLUS_Y.to_vec()));
}
