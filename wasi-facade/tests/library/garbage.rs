//! Tests of damaged modules: every one is an error or a module, and none a panic.

use wasi_facade::{Host, Reason};

/// A module with a section of every kind that the host looks into.
const WHOLE: &str = r#"(module $name
    (type $f (func (param i32 i64 f32 f64) (result i32)))
    (type $s (struct (field i32)))
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (import "env" "global" (global i32))
    (memory (export "memory") 1)
    (table (export "table") 1 funcref)
    (tag (export "tag"))
    (func (export "_start") (drop (call $yield)))
    (func (export "f") (type $f) (i32.const 1))
    (func (export "v") (param v128))
    (data (i32.const 0) "data"))"#;

#[test]
fn a_module_cut_anywhere_is_truncated() {
    let whole = wat::parse_str(WHOLE).unwrap();
    let host = Host::new();
    let full = host.needs("m", &whole).unwrap();
    assert_eq!((full.proposals.len(), full.nobody.as_slice()), (1, &["env.global".to_owned()][..]));
    for size in 0..whole.len() {
        match host.needs("m", &whole[..size]) {
            // Between two sections there may be a whole module, or one that lacks its code.
            Ok(_) => {}
            Err(error) if error.to_string().contains("code section is absent") => {}
            Err(error) => assert!(matches!(error.reason(), Reason::Truncated { .. }), "{size}: {error}"),
        }
    }
}

#[test]
fn a_module_with_a_wrong_byte_is_read_or_refused() {
    let whole = wat::parse_str(WHOLE).unwrap();
    let host = Host::new();
    for at in 0..whole.len() {
        for value in [0, 1, 0x40, 0x7f, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = value;
            if let Err(error) = host.needs("m", &damaged) {
                assert!(error.to_string().starts_with("m "), "{error}");
            }
        }
    }
}
