//! The errnos that calls give to guests, by their names in the witx.

use std::fmt;
use std::marker::PhantomData;

/// The names of a proposal's errnos.
pub trait Names {
    /// All of them, in the order of their numbers. A test compares them with the published witx.
    const NAMES: &'static [&'static str];
}

/// What a call gave: a number that has a name among `N`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Errno<N> {
    number: u16,
    names: PhantomData<N>,
}

impl<N: Names> Errno<N> {
    /// The errno of this name; in a constant, a name that does not exist fails to compile.
    ///
    /// # Panics
    ///
    /// If there is no such name.
    #[must_use]
    pub const fn named(name: &str) -> Self {
        let mut number = 0;
        while !equal(N::NAMES[number as usize], name) {
            number += 1;
        }
        Errno { number, names: PhantomData }
    }

    /// What a guest was given.
    ///
    /// # Panics
    ///
    /// If no errno has this number.
    pub fn given(number: impl TryInto<u16> + fmt::Display + Copy) -> Self {
        let known = number.try_into().ok().filter(|number| usize::from(*number) < N::NAMES.len());
        let number = known.unwrap_or_else(|| panic!("a guest got the errno {number}"));
        Errno { number, names: PhantomData }
    }

    /// Its name in the witx.
    #[must_use]
    pub const fn name(self) -> &'static str {
        N::NAMES[self.number as usize]
    }

    /// Its number in the witx.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.number
    }
}

impl<N: Names> fmt::Debug for Errno<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(N::NAMES[usize::from(self.number)])
    }
}

const fn equal(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}
