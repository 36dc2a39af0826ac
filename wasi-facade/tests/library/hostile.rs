//! Tests that debug information and names of a hostile module cost the host nothing, and reach no terminal as they are.

use wasi_facade::{Engine, Host, Outcome, WasiCtx};

/// A module whose function 0 traps, with custom sections.
fn traps(sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut module =
        wat::parse_str("(module (memory (export \"memory\") 1) (func (export \"_start\") unreachable))")
            .unwrap();
    for (name, content) in sections {
        let mut section = string(name.as_bytes());
        section.extend(content);
        module.push(0);
        module.extend(number(section.len()));
        module.extend(section);
    }
    module
}

fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn string(text: &[u8]) -> Vec<u8> {
    [number(text.len()), text.to_vec()].concat()
}

/// A name section that calls function 0 so.
fn named(name: &str) -> (&'static str, Vec<u8>) {
    let names = [vec![1, 0], string(name.as_bytes())].concat();
    ("name", [vec![1], number(names.len()), names].concat())
}

/// Debug information of a function into which others are inlined, `depth` deep.
fn nested(depth: usize) -> [(&'static str, Vec<u8>); 2] {
    // A unit and a function with a low and a high address, and a function that was inlined (DWARF 4, 7.5.3).
    let abbreviations =
        b"\x01\x11\x01\x11\x01\x12\x06\0\0\x02\x2e\x01\x11\x01\x12\x06\0\0\x03\x1d\x01\0\0\0".to_vec();
    let range = [1u32.to_le_bytes(), 0xffff_u32.to_le_bytes()].concat();
    let entries = [vec![1], range.clone(), vec![2], range, vec![3; depth], vec![0; depth + 2]].concat();
    let unit = [vec![4, 0, 0, 0, 0, 0, 4], entries].concat();
    let unit = [(unit.len() as u32).to_le_bytes().to_vec(), unit].concat();
    [(".debug_abbrev", abbreviations), (".debug_info", unit)]
}

/// What the trap of a module says: the reason, and the backtrace where there is one.
fn trap(module: &[u8]) -> Vec<String> {
    let run = |engine: &Engine| {
        let ctx = WasiCtx::builder().build().unwrap();
        match Host::new().engine(*engine).run(module, ctx).unwrap() {
            Outcome::Trapped(trap) => format!("{}\n{}", trap.reason, trap.backtrace.unwrap_or_default()),
            other => panic!("{other:?}"),
        }
    };
    Engine::ALL.iter().map(run).collect()
}

#[test]
fn debug_information_is_not_read_however_it_is_nested() {
    for depth in [1, 80_000, 300_000] {
        for text in trap(&traps(&nested(depth))) {
            assert!(text.contains("unreachable"), "{text}");
        }
    }
}

/// Who asks for it gets it.
#[cfg(feature = "wasmtime")]
#[test]
fn debug_information_is_read_where_the_embedder_trusts_it() {
    let ctx = WasiCtx::builder().build().unwrap();
    let outcome = Host::new().source_lines().run(&traps(&nested(1)), ctx).unwrap();
    assert!(matches!(outcome, Outcome::Trapped(_)), "{outcome:?}");
}

#[test]
fn names_that_grow_when_demangled_do_not() {
    let reference = |index: u32| match index {
        0 => "S_".to_owned(),
        index => format!("S{}_", char::from_digit(index - 1, 36).unwrap().to_ascii_uppercase()),
    };
    let level = |level: u32| format!("S_I{}E", reference(level + 1).repeat(32));
    let name = format!("_Z1f1aIiiE{}", (0..10u32).map(level).collect::<String>());
    for text in trap(&traps(&[named(&name)])) {
        assert!(text.len() < 2000, "{} bytes", text.len());
    }
}

#[test]
fn names_neither_act_on_a_terminal_nor_end_a_line() {
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[31mred\nwasi: forged \u{202e}";
    for text in trap(&traps(&[named(hostile)])) {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("wasi:")), "{text}");
    }
    let import = format!("(module (import {hostile:?} {hostile:?} (func)))");
    let export = format!("(module (func (export {hostile:?})))");
    for text in [import, export] {
        // The text format has another way to write these down than Rust.
        let text = text.replace("\\u{7}", "\\07");
        let module = wat::parse_str(text).unwrap();
        let called = Host::new().compile(&module).and_then(|program| {
            let ctx = WasiCtx::builder().build().unwrap();
            program.invoke("nothing", &[], ctx)
        });
        let text = called.unwrap_err().to_string();
        assert!(!text.contains(char::is_control) && !text.contains('\u{202e}'), "{text:?}");
        assert!(text.contains(r"\u{1b}"), "{text}");
    }
    let calls =
        format!("(module (import {hostile:?} {hostile:?} (func $f)) (func (export \"_start\") (call $f)))");
    let module = wat::parse_str(calls.replace("\\u{7}", "\\07")).unwrap();
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).trap_unknown_imports();
        match host.run(&module, WasiCtx::builder().build().unwrap()).unwrap() {
            Outcome::Trapped(trap) => {
                assert!(
                    trap.reason.contains(r"\u{1b}[31mred\nwasi: forged \u{202e}, which"),
                    "{}",
                    trap.reason
                );
                assert!(!trap.reason.contains(char::is_control), "{:?}", trap.reason);
            }
            other => panic!("{other:?}"),
        }
    }
    let error = Host::new().compile_named(hostile, b"nothing").err().unwrap();
    assert!(!error.to_string().contains(char::is_control), "{error}");
}

#[test]
fn a_sentence_about_a_module_has_an_end() {
    let many =
        (0..1000).map(|n| format!("(import \"{}\" \"{n}\" (func))", "x".repeat(5000))).collect::<String>();
    let module = wat::parse_str(format!("(module {many})")).unwrap();
    let error = Host::new().compile(&module).err().unwrap().to_string();
    assert!(error.len() < 5000 && error.contains("and 995 more"), "{}", error.len());
}
