//! Tests of arguments and environment: sizes, contents, pointers, and nothing beside them.

use crate::common::errno::{BADF, SUCCESS};
use crate::common::guest::{DATA, Guest, OUT, call, writes};
use test_support::{MASK, SIZE};
use wasi_policy::Trap;
use wasi_snapshot::WasiCtx;

fn guest() -> Guest {
    Guest::new(WasiCtx::builder().args(["cat", "", "ä.txt"]).env("A", "1").env("B", ""))
}

/// What each list holds, as POSIX lays it out: every string with a NUL at its end.
const ARGS: &[u8] = b"cat\0\0\xc3\xa4.txt\0";
const ENVIRON: &[u8] = b"A=1\0B=\0";

#[test]
fn sizes_are_two_words() {
    for unstable in [false, true] {
        let mut guest = guest();
        if unstable {
            guest.use_unstable();
        }
        writes!(guest, args_sizes_get(OUT, OUT + 8) => OUT, 3_u32.to_le_bytes(); OUT + 8, 12_u32.to_le_bytes());
        writes!(guest, environ_sizes_get(1, SIZE - 4) => 1, 2_u32.to_le_bytes(); SIZE - 4, 7_u32.to_le_bytes());
    }
    assert_eq!((ARGS.len(), ENVIRON.len()), (12, 7));
}

#[test]
fn contents_and_pointers() {
    let mut guest = guest();
    let pointers = [DATA, DATA + 4, DATA + 5].map(u32::to_le_bytes).concat();
    writes!(guest, args_get(OUT, DATA) => DATA, ARGS; OUT, pointers);
    let pointers = [DATA, DATA + 4].map(u32::to_le_bytes).concat();
    writes!(guest, environ_get(OUT, DATA) => DATA, ENVIRON; OUT, pointers);
}

/// A buffer that ends where the memory ends is inside it, at any alignment.
#[test]
fn the_last_bytes_of_memory_will_do() {
    let mut guest = guest();
    let (buffer, array) = (SIZE - 12, SIZE - 12 - 12 - 1);
    let pointers = [buffer, buffer + 4, buffer + 5].map(u32::to_le_bytes).concat();
    writes!(guest, args_get(array, buffer) => buffer, ARGS; array, pointers);
}

#[test]
fn one_byte_beyond_is_a_trap_that_writes_nothing() {
    for (array, buffer) in [(OUT, SIZE - 11), (SIZE - 11, OUT), (SIZE, OUT), (OUT, u32::MAX)] {
        let mut guest = guest();
        let trap = guest.outcome("args_get", &[array.into(), buffer.into()]).unwrap_err();
        assert!(matches!(trap, Trap::Memory(_)), "{trap}");
        let trap = guest.outcome("environ_get", &[(u32::MAX - 3).into(), buffer.into()]).unwrap_err();
        assert!(matches!(trap, Trap::Memory(_)), "{trap}");
    }
}

/// A new context has nothing of the host's.
#[test]
fn nothing_is_inherited_unasked() {
    let mut guest = Guest::new(WasiCtx::builder());
    for call in ["args_sizes_get", "environ_sizes_get"] {
        guest.mask();
        guest.call_writes(call, &[OUT.into(), (OUT + 4).into()], &[(OUT, &[0; 8])]);
    }
    writes!(guest, args_get(OUT, DATA) => 0, [MASK; 1]);
    writes!(guest, environ_get(SIZE, SIZE) => 0, [MASK; 1]);
    for fd in 3..100 {
        assert_eq!(call!(guest, fd_prestat_get, fd, OUT), BADF);
        assert_eq!(call!(guest, fd_close, fd), BADF);
    }
    assert_eq!(guest.read(0, 16), Ok(Vec::new()));
}

#[test]
fn the_last_value_of_a_variable_counts() {
    let mut guest = Guest::new(WasiCtx::builder().env("A", "1").env("B", "2").env("A", "3=4"));
    assert_eq!(call!(guest, environ_get, OUT, DATA), SUCCESS);
    assert_eq!(guest.bytes(DATA, 10), b"B=2\0A=3=4\0");
}

#[test]
fn inherited_strings_are_those_of_the_process() {
    let mut guest = Guest::new(WasiCtx::builder().inherit_args().inherit_env());
    guest.memory.resize(1 << 22, MASK);
    for (call, own) in [
        ("args", std::env::args().collect::<Vec<_>>()),
        ("environ", std::env::vars().map(|(name, value)| format!("{name}={value}")).collect()),
    ] {
        assert_eq!(guest.call(&format!("{call}_sizes_get"), &[OUT.into(), (OUT + 4).into()]), SUCCESS);
        assert_eq!(guest.u32(OUT) as usize, own.len());
        let size = guest.u32(OUT + 4);
        assert_eq!(guest.call(&format!("{call}_get"), &[0, 1 << 21]), SUCCESS);
        let text = own.iter().map(|string| format!("{string}\0")).collect::<String>();
        assert_eq!(guest.bytes(1 << 21, size), text.as_bytes());
    }
}
