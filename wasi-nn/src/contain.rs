//! The containment of panics: the caller gets an error, and what panicked is not used again.
//!
//! A backend contains its library's panics where it knows what they leave behind; the registry and the calls contain
//! a backend's, since it may be an embedder's. Both do it by what is here.

use crate::Error;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasi_policy::panic_message;

/// Runs `work`, and makes an error of a panic.
///
/// Whatever `work` changed is then in an unknown state, and must not be used again.
///
/// # Errors
///
/// Those of `work`; `runtime_error` if it panics.
pub fn contained<R, E: From<Error>>(work: impl FnOnce() -> Result<R, E>) -> Result<R, E> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(panicked(payload.as_ref()).into()))
}

/// Drops something of a backend's; should that panic, only the log hears of it.
pub fn discard<T>(thing: T) {
    let dropped: Result<(), Error> = contained(|| {
        drop(thing);
        Ok(())
    });
    if let Err(error) = dropped {
        tracing::warn!("while something was freed, {error}");
    }
}

#[cold]
fn panicked(payload: &(dyn Any + Send)) -> Error {
    Error::runtime(format!("the backend panicked: {}", panic_message(payload)))
}

#[cold]
fn panicked_before() -> Error {
    Error::runtime("the backend panicked before, and what it left is not used")
}

/// Something of a backend's that is used until it panics.
///
/// A panic may leave it in any state, so it is dropped then.
#[derive(Debug)]
pub struct Contained<T>(Option<T>);

impl<T> Contained<T> {
    /// Takes what is to be used until it panics.
    #[must_use]
    pub fn new(inner: T) -> Self {
        Contained(Some(inner))
    }

    /// Lends it for work that cannot panic.
    ///
    /// # Errors
    ///
    /// `runtime_error` if it panicked before.
    #[inline]
    pub fn get(&self) -> Result<&T, Error> {
        self.0.as_ref().ok_or_else(panicked_before)
    }

    /// Lends it for changes that cannot panic.
    ///
    /// # Errors
    ///
    /// `runtime_error` if it panicked before.
    #[inline]
    pub fn get_mut(&mut self) -> Result<&mut T, Error> {
        self.0.as_mut().ok_or_else(panicked_before)
    }

    /// Uses it.
    ///
    /// # Errors
    ///
    /// Those of `work`; `runtime_error` if it panics, and ever after.
    #[inline]
    pub fn with<R, E: From<Error>>(&mut self, work: impl FnOnce(&mut T) -> Result<R, E>) -> Result<R, E> {
        let inner = self.get_mut()?;
        match catch_unwind(AssertUnwindSafe(|| work(inner))) {
            Ok(result) => result,
            Err(payload) => {
                discard(self.0.take());
                Err(panicked(payload.as_ref()).into())
            }
        }
    }
}

impl<T> Drop for Contained<T> {
    fn drop(&mut self) {
        discard(self.0.take());
    }
}

#[cfg(test)]
mod tests {
    use super::{Contained, contained, discard};
    use crate::Error;
    use std::cell::Cell;

    /// Counts its drops, and panics in each.
    struct Bomb<'a>(&'a Cell<u32>);

    impl Drop for Bomb<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
            panic!("dropped");
        }
    }

    #[test]
    fn a_panic_becomes_an_error_with_its_words() {
        let text = |result: Result<(), Error>| result.unwrap_err().to_string();
        assert_eq!(text(contained(|| panic!("a constant"))), "the backend panicked: a constant");
        let number = 7;
        assert_eq!(text(contained(|| panic!("number {number}"))), "the backend panicked: number 7");
        let odd = contained(|| std::panic::panic_any(7));
        assert_eq!(text(odd), "the backend panicked: it gave no reason");
        assert_eq!(text(contained(|| Err(Error::runtime("an error")))), "an error");
    }

    #[test]
    fn what_panicked_is_dropped_once_and_not_used_again() {
        let drops = Cell::new(0);
        let mut bomb = Contained::new(Bomb(&drops));
        assert!(bomb.with(|_| Ok::<_, Error>(1)).is_ok());
        assert!(bomb.with(|_| -> Result<(), Error> { panic!("used") }).is_err());
        assert_eq!(drops.get(), 1);
        for error in [
            bomb.with(|_| -> Result<(), Error> { unreachable!() }).unwrap_err(),
            bomb.get().map(|_| ()).unwrap_err(),
            bomb.get_mut().map(|_| ()).unwrap_err(),
        ] {
            assert_eq!(error.to_string(), "the backend panicked before, and what it left is not used");
        }
        drop(bomb);
        assert_eq!(drops.get(), 1);
    }

    #[test]
    fn dropping_is_contained() {
        let drops = Cell::new(0);
        discard(Bomb(&drops));
        drop(Contained::new(Bomb(&drops)));
        assert_eq!(drops.get(), 2);
    }
}
