//! Tests of bad pointers: every call with every pointer at and beyond the edges of memory.
//!
//! A pointer outside gives `invalid_argument`, before anything has happened: no byte is written, no model loaded, no
//! context made, no input set, no output lost.

use crate::common::errno::{Errno, INVALID_ARGUMENT, SUCCESS};
use crate::common::fixture::{FRESH, Fixture, GRAPH, READY, SUM, X_PLUS_Y};
use crate::common::guest::{BUFFER, DATA, DIMENSIONS, MODEL, OUT, TENSOR};

/// One argument of a call that would succeed.
#[derive(Clone, Copy)]
enum Arg {
    Value(u32),
    /// A pointer to this many bytes, to be written.
    Out(u32),
    /// A pointer to these words.
    In(&'static [u32]),
    /// A pointer to this text.
    Text(&'static str),
}
use Arg::{In, Out, Text, Value};
use test_support::{SIZE, View};

const CALLS: &[(&str, &[Arg])] = &[
    ("load", &[In(&[MODEL, SUM.len() as u32]), Value(1), Value(3), Value(0), Out(4)]),
    ("load_by_name", &[Text("sum"), Value(3), Out(4)]),
    ("load_by_name_with_config", &[Text("sum"), Value(3), Text("{}"), Value(2), Out(4)]),
    ("init_execution_context", &[Value(GRAPH), Out(4)]),
    ("set_input", &[Value(FRESH), Value(0), In(&[DIMENSIONS, 1, 1, DATA, 8])]),
    ("get_output", &[Value(READY), Value(0), Out(8), Value(8), Out(4)]),
];

/// Where the pointer number `index` goes when it is good.
fn good(index: usize) -> u32 {
    [0x3001, 0x3402, 0x3803, 0x3c00, 0x4001][index]
}

impl Arg {
    /// The bytes that the call needs there.
    fn len(self) -> u64 {
        match self {
            Value(_) => 0,
            Out(len) => len.into(),
            In(words) => 4 * words.len() as u64,
            Text(text) => text.len() as u64,
        }
    }
}

fn fixture(view: View) -> Fixture {
    let mut f = Fixture::ready();
    f.put(MODEL, SUM);
    f.put_words(DIMENSIONS, &[2]);
    f.view = view;
    f
}

/// Whatever the call was, the fixture is as it was.
fn unchanged(f: &mut Fixture, what: &str) {
    f.view = View::Plain;
    assert_eq!((f.toy.loads(), f.toy.executions()), (1, 2), "{what}");
    assert_eq!(f.call("compute", &[FRESH]), INVALID_ARGUMENT, "{what}");
    assert_eq!(f.reason(), "compute: input 0, `x`, is not set", "{what}");
    assert_eq!(f.floats(READY, 0), Ok(X_PLUS_Y.to_vec()), "{what}");
    assert_eq!(f.init(GRAPH), Ok(2), "{what}");
}

#[test]
fn every_pointer_of_every_call() {
    for view in [View::Plain, View::Shared] {
        for (name, args) in CALLS {
            let places: Vec<_> = (0..args.len()).filter(|at| args[*at].len() > 0).collect();
            let choices = |at: usize| [good(at), 0, 1, SIZE - 1, SIZE, 1 << 31, u32::MAX - 3, u32::MAX];
            for combination in 0..8_usize.pow(places.len() as u32) {
                let mut f = fixture(view);
                let mut slots: Vec<u32> =
                    args.iter().map(|arg| if let Value(value) = arg { *value } else { 0 }).collect();
                let (mut is_outside, mut is_odd) = (false, false);
                for (nth, at) in places.iter().enumerate() {
                    let pointer = choices(*at)[combination >> (3 * nth) & 7];
                    slots[*at] = pointer;
                    is_outside |= u64::from(pointer) + args[*at].len() > SIZE.into();
                    let is_good = pointer == good(*at);
                    match args[*at] {
                        In(words) if is_good => drop(f.put_words(pointer, words)),
                        Text(text) if is_good => drop(f.put(pointer, text)),
                        // What a call reads elsewhere may be anything, and it may say so.
                        In(_) | Text(_) => is_odd = true,
                        _ => {}
                    }
                }
                let what = format!("{name}{slots:x?} {view:?}");
                let errno = f.call(name, &slots);
                if is_outside {
                    assert_eq!(errno, INVALID_ARGUMENT, "{what}");
                    let why = f.reason();
                    assert!(why.contains("are not all in the guest's memory of "), "{what}: {why}");
                    unchanged(&mut f, &what);
                } else if !is_odd {
                    assert_eq!(errno, SUCCESS, "{what}");
                }
            }
        }
    }
}

/// Counts whose bytes overflow 32 bits: `2^29` parts of 8 bytes are 0 bytes to whoever multiplies badly, and so are
/// `2^30` dimensions of 4.
#[test]
fn huge_counts() {
    for count in [1 << 13, 1 << 29, (1 << 29) + 1, 1 << 30, (1 << 30) + 1, 1 << 31, u32::MAX] {
        let mut f = fixture(View::Plain);
        f.put_words(0, &[MODEL, SUM.len() as u32]);
        for encoding in 0..6 {
            assert_eq!(f.call("load", &[0, count, encoding, 0, OUT]), INVALID_ARGUMENT, "{count:#x}");
        }
        f.put_words(TENSOR, &[0, count, 1, DATA, 8]);
        assert_eq!(f.call("set_input", &[FRESH, 0, TENSOR]), INVALID_ARGUMENT, "{count:#x}");
        if count > SIZE {
            for (name, args) in [
                ("load_by_name", vec![0, count, OUT]),
                ("load_by_name_with_config", vec![0, count, 0, 0, OUT]),
                ("load_by_name_with_config", vec![MODEL, 3, 0, count, OUT]),
                ("get_output", vec![READY, 0, 0, count, OUT]),
            ] {
                assert_eq!(f.call(name, &args), INVALID_ARGUMENT, "{name} {count:#x}");
            }
            f.put_words(TENSOR, &[DIMENSIONS, 1, 1, 0, count]);
            assert_eq!(f.call("set_input", &[FRESH, 0, TENSOR]), INVALID_ARGUMENT, "{count:#x}");
        }
        unchanged(&mut f, &format!("{count:#x}"));
    }
}

/// Everything ends at the last byte of the memory, one after the other, and one byte later everything is outside.
#[test]
fn at_the_end_of_memory() {
    for (shift, expected) in [(0, SUCCESS), (1, INVALID_ARGUMENT)] {
        let mut f = fixture(View::Plain);
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
        let at_end = |f: &mut Fixture, bytes: &[u8]| {
            let len = u32::try_from(bytes.len()).unwrap();
            f.put(SIZE - len, bytes);
            SIZE - len + shift
        };
        let name = at_end(&mut f, b"sum");
        assert_eq!(f.call("load_by_name", &[name, 3, OUT]), expected);
        let builder = at_end(&mut f, &words(&[MODEL, SUM.len() as u32]));
        assert_eq!(f.call("load", &[builder, 1, 3, 0, OUT]), expected);
        let model = at_end(&mut f, SUM.as_bytes());
        f.put_words(0x100, &[model, SUM.len() as u32]);
        assert_eq!(f.call("load", &[0x100, 1, 3, 0, OUT]), expected);
        let dimensions = at_end(&mut f, &words(&[2]));
        f.put_words(TENSOR, &[dimensions, 1, 1, DATA, 8]);
        assert_eq!(f.call("set_input", &[READY, 0, TENSOR]), expected);
        f.put_words(TENSOR, &[DIMENSIONS, 1, 1, SIZE - 8 + shift, 8]);
        assert_eq!(f.call("set_input", &[READY, 0, TENSOR]), expected);
        let record = at_end(&mut f, &words(&[DIMENSIONS, 1, 1, DATA, 8]));
        assert_eq!(f.call("set_input", &[READY, 0, record]), expected);
        assert_eq!(f.call("get_output", &[READY, 0, SIZE - 8 + shift, 8, OUT]), expected);
        assert_eq!(f.call("get_output", &[READY, 0, BUFFER, 8, SIZE - 4 + shift]), expected);
        assert_eq!(f.call("init_execution_context", &[GRAPH, SIZE - 4 + shift]), expected);
    }
}

/// What is empty may lie at the end, but not beyond it.
#[test]
fn empty_spans() {
    let mut f = fixture(View::Plain);
    let context = f.context("in x f32 [?]");
    let mut set = |dimensions: u32, rank: u32, data: u32| -> Errno {
        f.put_words(DIMENSIONS, &[0]);
        f.put_words(TENSOR, &[dimensions, rank, 1, data, 0]);
        f.call("set_input", &[context, 0, TENSOR])
    };
    assert_eq!(set(DIMENSIONS, 1, 0), SUCCESS);
    assert_eq!(set(DIMENSIONS, 1, SIZE), SUCCESS);
    assert_eq!(set(DIMENSIONS, 1, SIZE + 1), INVALID_ARGUMENT);
    assert_eq!(set(DIMENSIONS, 1, u32::MAX), INVALID_ARGUMENT);
    let mut scalar = |dimensions: u32| -> Errno {
        let context = f.context("in x f32 []");
        f.put_words(TENSOR, &[dimensions, 0, 1, DATA, 4]);
        f.call("set_input", &[context, 0, TENSOR])
    };
    assert_eq!(scalar(SIZE), SUCCESS);
    assert_eq!(scalar(SIZE + 1), INVALID_ARGUMENT);
}
