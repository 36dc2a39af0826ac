//! Names of hostile modules: long ones, and mangled ones that grow when they are demangled.

use crate::number::{self, count, many};
use arbitrary::{Arbitrary, Result, Unstructured};
use serde::{Deserialize, Serialize};

/// A name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Name {
    /// As it is.
    Plain(String),
    /// A letter, so many times.
    Long(u32),
    /// What acts on a terminal, so many times.
    Control(u32),
    /// A name of C++ whose template arguments refer to the ones before, each so often.
    Cpp {
        /// How many levels there are.
        depth: u32,
        /// How often each refers to the one before.
        fan: u32,
    },
    /// A name of C++ with types inside each other.
    CppNested(u32),
    /// A name of Rust with back references to itself and before.
    Rust {
        /// How many levels there are.
        depth: u32,
        /// How often each refers to the one before.
        fan: u32,
    },
}

impl<'a> Arbitrary<'a> for Name {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=6)? {
            0 => Name::Plain("f".to_owned()),
            1 => Name::Plain(u.arbitrary()?),
            2 => Name::Long(many(u)?),
            3 => Name::Control(number::few(u)?),
            4 => Name::Cpp { depth: number::few(u)?, fan: number::few(u)? },
            5 => Name::CppNested(many(u)?),
            _ => Name::Rust { depth: number::few(u)?, fan: number::few(u)? },
        })
    }
}

/// The most bytes of one name, and of all names that one list has.
const MAX_LEN: usize = 200_000;

impl Name {
    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = match self {
            Name::Plain(text) => text.clone(),
            Name::Long(len) => "n".repeat(count(*len)),
            Name::Control(times) => {
                "\u{1b}]0;owned\u{7}\u{1b}[31mred\nwasi: forged \u{202e}".repeat(count(*times))
            }
            Name::Cpp { depth, fan } => {
                let level = |level| format!("S_I{}E", substitution(level + 1).repeat(few(*fan)));
                format!("_Z1f1aIiiE{}", (0..few(*depth) as u32).map(level).collect::<String>())
            }
            Name::CppNested(depth) => {
                let depth = count(*depth);
                format!("_Z1f{}i{}", "1aI".repeat(depth), "E".repeat(depth))
            }
            Name::Rust { depth, fan } => rust(few(*depth), few(*fan)),
        };
        let end = (0..=MAX_LEN.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text
    }
}

/// A number whose product with another is still small.
fn few(number: u32) -> usize {
    number.min(500) as usize
}

/// A reference to what was there before, by its number (Itanium C++ ABI, 5.1.10).
fn substitution(index: u32) -> String {
    let Some(mut index) = index.checked_sub(1) else { return "S_".to_owned() };
    let mut digits = Vec::new();
    loop {
        digits.extend(char::from_digit(index % 36, 36).map(|digit| digit.to_ascii_uppercase()));
        index /= 36;
        if index == 0 {
            break;
        }
    }
    format!("S{}_", digits.iter().rev().collect::<String>())
}

/// A generic function of tuples, each of which has the tuple before `fan` times (Rust RFC 2603).
fn rust(depth: usize, fan: usize) -> String {
    let mut text = "_RINvC1a1f".to_owned();
    // Back references count bytes after `_R`.
    let mut last = None;
    for _ in 0..depth {
        let here = text.len() - 2;
        let inner = last.map_or_else(|| "l".to_owned(), |last| format!("B{}", base_62(last)));
        text.push('T');
        text.push_str(&inner.repeat(fan));
        text.push('E');
        last = Some(here);
    }
    text + "E"
}

fn base_62(number: usize) -> String {
    const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let Some(mut rest) = number.checked_sub(1) else { return "_".to_owned() };
    let mut text = Vec::new();
    loop {
        text.push(char::from(DIGITS[rest % 62]));
        rest /= 62;
        if rest == 0 {
            break;
        }
    }
    text.iter().rev().chain(&['_']).collect()
}
