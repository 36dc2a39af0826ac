//! Lists of small crates, line by line.

use super::list;

fn api(files: &[(&str, &str)]) -> String {
    let texts = files.iter().map(|(path, text)| (format!("p-q/src/{path}"), (*text).to_owned())).collect();
    list(&texts, "p-q").unwrap()
}

#[test]
fn public_items_are_lines_and_private_ones_are_not() {
    let source = "
        pub struct A { pub a: u32, b: u8 }
        #[derive(Clone, Debug)] #[non_exhaustive] pub enum B { One, Two(u8), Three { a: u8 } = 3 }
        pub fn c(a: &str) -> u8 { 1 }
        pub(crate) fn d() {}
        struct E;
        impl A { pub const F: u8 = 1; pub fn g(&self) {} fn h(&self) {} }
        impl E { pub fn i(&self) {} }
        impl From<u8> for A { fn from(_: u8) -> Self { todo!() } }
        pub trait T: Send { const X: u8; type Y: Clone; fn must(&self); fn may(&self) {} }
        #[macro_export] macro_rules! m { () => {} }
        pub type L<X> = Vec<X>;
        #[cfg(test)] mod tests { pub fn z() {} }
    ";
    let api = api(&[("lib.rs", source)]);
    for line in [
        "p_q::A: struct { .. }",
        "p_q::A: impl From<u8> for A",
        "p_q::A::F: const u8",
        "p_q::A::a: field u32",
        "p_q::A::g: fn g(&self)",
        "p_q::B: #[non_exhaustive] enum",
        "p_q::B: impl Clone",
        "p_q::B::One: variant",
        "p_q::B::Two: variant (u8)",
        "p_q::B::Three: variant { a: u8 } = 3",
        "p_q::L: type<X> = Vec<X>",
        "p_q::T: trait: Send",
        "p_q::T::X: const u8",
        "p_q::T::Y: type: Clone",
        "p_q::T::must: fn must(&self)",
        "p_q::T::may: provided fn may(&self)",
        "p_q::c: fn c(a: &str) -> u8",
        "p_q: macro_rules! m",
    ] {
        assert!(api.lines().any(|other| other == line), "{line} is not in:\n{api}");
    }
    for absent in ["p_q::E", "fn h", "fn d", "fn z", "fn i", "A::b"] {
        assert!(!api.contains(absent), "{absent} is in:\n{api}");
    }
}

#[test]
fn what_is_exported_again_is_where_others_find_it() {
    let files = [
        (
            "lib.rs",
            "mod a; pub mod b; pub use a::{A, deep::D as E}; pub use other::Thing; #[cfg(feature = \"f\")] pub use c::*; mod c;",
        ),
        ("a.rs", "pub mod deep; pub struct A; pub struct Hidden; impl A { pub fn x() {} }"),
        (
            "a/deep.rs",
            "pub struct D; use super::A; impl A { pub fn y() {} } impl super::Hidden { pub fn z() {} }",
        ),
        ("b/mod.rs", "pub fn f() {}"),
        ("c.rs", "pub struct C;"),
    ];
    let api = api(&files);
    let lines: Vec<_> = api.lines().collect();
    let expected = [
        "p_q::A: struct",
        "p_q::A::x: fn x()",
        "p_q::A::y: fn y()",
        "p_q::C: #[cfg(feature = \"f\")] struct",
        "p_q::E: struct",
        "p_q::Thing: pub use other::Thing",
        "p_q::b: mod",
        "p_q::b::f: fn f()",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_circle_of_imports_ends() {
    let files = [("lib.rs", "pub mod a; pub use a::*;"), ("a.rs", "pub use super::*; pub use super::a::b;")];
    assert!(api(&files).contains("p_q::a: mod"));
}

#[test]
fn a_module_without_a_file_is_an_error() {
    let texts = [("p/src/lib.rs".to_owned(), "mod gone;".to_owned())].into();
    assert_eq!(list(&texts, "p").unwrap_err().to_string(), "no file for the module p/src/gone");
}
