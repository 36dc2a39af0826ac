//! The seam between proposals and engines.
//!
//! A proposal hands a [`Linker`] closures over tuples of plain values. Engines want functions of separate
//! arguments instead, so that they can call them without boxing or a dynamic argument vector; [`Params`]
//! knows how to spread a tuple, and calls back the method of [`Spread`] with the right number of
//! arguments. Everything is generic: after inlining, a call costs what the engine's own typed host
//! function costs.

use crate::engine::native;
use crate::{Memory, Trap, ValType};

/// Something that host functions can be defined in: an engine's linker, or a list.
///
/// To support another engine, implement this trait: either by spreading `P` with an implementation of
/// [`Spread`], or, for engines with untyped calls, through [`Params::from_slots`].
pub trait Linker<T> {
    /// Defines the import `module.name`.
    ///
    /// The engine calls `f` with the store's data, the memory of the calling guest, and the arguments.
    ///
    /// # Errors
    ///
    /// [`LinkError`] if the engine refuses the definition, as it does when the name is taken.
    fn func<P: Params, R: Returns>(
        &mut self,
        module: &'static str,
        name: &'static str,
        f: impl Fn(&mut T, Memory<'_>, P) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Result<(), LinkError>;
}

/// An import that an engine would not define.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot define the import `{module}.{name}`: {reason}")]
pub struct LinkError {
    module: &'static str,
    name: &'static str,
    reason: String,
}

impl LinkError {
    /// The engine's `reason` for refusing `module.name`.
    #[must_use]
    pub fn new(module: &'static str, name: &'static str, reason: impl ToString) -> Self {
        LinkError { module, name, reason: reason.to_string() }
    }
}

/// A value that WebAssembly can pass: `i32`, `u32`, `i64`, `u64`, `f32` or `f64`. Sealed.
pub trait Val: native::Val + Copy + Send + Sync + 'static {
    /// Its WebAssembly type.
    const TYPE: ValType;

    /// Takes the value from the low bits of a 64-bit slot.
    fn from_slot(slot: u64) -> Self;

    /// Puts the value into the low bits of a 64-bit slot; the others are zero.
    fn into_slot(self) -> u64;
}

/// What a host function returns to the guest: one [`Val`], or nothing. Sealed.
pub trait Returns: native::Returns + Send + Sync + 'static {
    /// The type of the value, if there is one.
    const TYPE: Option<ValType>;

    /// The value in a 64-bit slot, if there is one.
    fn into_slot(self) -> Option<u64>;
}

/// The parameters of a host function: a tuple of up to ten [`Val`]s. Sealed.
pub trait Params: sealed::Params + Sized + 'static {
    /// The types, in order.
    const TYPES: &'static [ValType];

    /// Takes the parameters from 64-bit slots; `None` if their number is wrong.
    fn from_slots(slots: &[u64]) -> Option<Self>;

    /// Gives `spread` a function of separate arguments that calls `f` with the tuple.
    fn spread<T, R: Returns, S: Spread<T, R>>(
        spread: S,
        f: impl Fn(&mut T, Memory<'_>, Self) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> S::Output;
}

mod sealed {
    pub trait Params {}
}

macro_rules! vals {
    ($($ty:ident $val_type:ident $from:expr, $into:expr;)*) => {$(
        impl Val for $ty {
            const TYPE: ValType = ValType::$val_type;

            #[inline]
            fn from_slot(slot: u64) -> Self {
                $from(slot)
            }

            #[inline]
            fn into_slot(self) -> u64 {
                $into(self)
            }
        }

        impl Returns for $ty {
            const TYPE: Option<ValType> = Some(ValType::$val_type);

            #[inline]
            fn into_slot(self) -> Option<u64> {
                Some(Val::into_slot(self))
            }
        }
    )*};
}

vals! {
    i32 I32 |slot| low(slot).cast_signed(), |value: i32| u64::from(value.cast_unsigned());
    u32 I32 low, u64::from;
    i64 I64 u64::cast_signed, i64::cast_unsigned;
    u64 I64 |slot| slot, |value| value;
    f32 F32 |slot| f32::from_bits(low(slot)), |value: f32| u64::from(value.to_bits());
    f64 F64 f64::from_bits, f64::to_bits;
}

/// The low half of a slot.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "cutting is the purpose")]
const fn low(slot: u64) -> u32 {
    slot as u32
}

impl Returns for () {
    const TYPE: Option<ValType> = None;

    fn into_slot(self) -> Option<u64> {
        None
    }
}

/// Calls `$use` with one line for each arity: a method name and its type parameters.
macro_rules! for_each_arity {
    ($use:ident) => {
        $use! {
            arity0;
            arity1 A;
            arity2 A B;
            arity3 A B C;
            arity4 A B C D;
            arity5 A B C D E;
            arity6 A B C D E F;
            arity7 A B C D E F G;
            arity8 A B C D E F G H;
            arity9 A B C D E F G H I;
            arity10 A B C D E F G H I J;
        }
    };
}
#[cfg(any(feature = "wasmtime", feature = "wasmi"))]
pub(crate) use for_each_arity;

macro_rules! define_spread {
    ($($arity:ident $($arg:ident)*;)*) => {
        /// What an engine does with a function of separate arguments: one method for each number of them.
        pub trait Spread<T, R: Returns>: Sized {
            /// What defining a function gives.
            type Output;

            $(
                /// Takes a function with as many arguments as the name says.
                fn $arity<$($arg: Val),*>(
                    self,
                    f: impl Fn(&mut T, Memory<'_> $(, $arg)*) -> Result<R, Trap> + Send + Sync + 'static,
                ) -> Self::Output;
            )*
        }
    };
}
for_each_arity!(define_spread);

macro_rules! define_params {
    ($($arity:ident $($arg:ident)*;)*) => {$(
        impl<$($arg: Val),*> sealed::Params for ($($arg,)*) {}

        impl<$($arg: Val),*> Params for ($($arg,)*) {
            const TYPES: &'static [ValType] = &[$($arg::TYPE),*];

            #[allow(non_snake_case, reason = "the type parameters name the values too")]
            fn from_slots(slots: &[u64]) -> Option<Self> {
                let [$($arg),*] = slots else { return None };
                Some(($($arg::from_slot(*$arg),)*))
            }

            #[allow(non_snake_case, reason = "the type parameters name the values too")]
            #[inline]
            fn spread<State, Ret: Returns, S: Spread<State, Ret>>(
                spread: S,
                f: impl Fn(&mut State, Memory<'_>, Self) -> Result<Ret, Trap> + Send + Sync + 'static,
            ) -> S::Output {
                spread.$arity::<$($arg),*>(move |state, memory $(, $arg)*| f(state, memory, ($($arg,)*)))
            }
        }
    )*};
}
for_each_arity!(define_params);

#[cfg(test)]
mod tests {
    use super::{Params, Returns, Val};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slots_keep_every_value(a: i32, b: u64, c: f32, d: i64, e: u32, f: f64) {
            fn slot(value: impl Val) -> u64 {
                Val::into_slot(value)
            }
            let slots = [slot(a), slot(b), slot(c), slot(d), slot(e), slot(f)];
            let back = <(i32, u64, f32, i64, u32, f64)>::from_slots(&slots).unwrap();
            prop_assert_eq!((back.0, back.1, back.3, back.4), (a, b, d, e));
            prop_assert_eq!((back.2.to_bits(), back.5.to_bits()), (c.to_bits(), f.to_bits()));
        }
    }

    #[test]
    fn a_wrong_number_of_slots_is_no_parameter_list() {
        assert_eq!(<(u32, u32)>::from_slots(&[1]), None);
        assert_eq!(<()>::from_slots(&[1]), None);
        assert_eq!(Returns::into_slot(()), None);
    }
}
