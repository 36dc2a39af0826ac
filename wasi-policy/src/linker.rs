//! The traits between proposals and engines: the linker, and the types of its functions.
//!
//! A proposal hands a [`Linker`] closures over tuples of plain values. Engines differ in what they take: some want
//! functions of separate arguments, so that they can call them without boxing or a dynamic argument vector; others call
//! everything with a list of untyped slots. An adapter for the first kind puts a [`Signature`] together from
//! [`Params`] and [`Returns`]; an adapter for the second reads the slots with [`Params::from_slots`]. Everything is
//! generic: after inlining, a call costs what the engine's own typed host function costs.

use crate::{Memory, Trap, ValType};

/// Something that host functions can be defined in: an engine's linker, or a list.
///
/// To support another engine, implement this trait: through [`Params::from_slots`] where the engine calls with untyped
/// values, as the crate in `engines/example` does, or through [`Signature`] where it wants functions of its own types.
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
pub trait Val: sealed::Val + Copy + Send + Sync + 'static {
    /// Its WebAssembly type.
    const TYPE: ValType;

    /// The signature `S` with one more parameter, of this type.
    type After<D, S: Signature<D>>: Signature<D>;

    /// Takes the value from the low bits of a 64-bit slot.
    fn from_slot(slot: u64) -> Self;

    /// Puts the value into the low bits of a 64-bit slot; the others are zero.
    fn into_slot(self) -> u64;
}

/// What a host function returns to the guest: one [`Val`], or nothing. Sealed.
pub trait Returns: sealed::Returns + Send + Sync + 'static {
    /// The type of the value, if there is one.
    const TYPE: Option<ValType>;

    /// The one of the signatures `S` that has this result, and no parameter yet.
    type Signature<D, S: Signatures<D>>: Signature<D>;

    /// The value in a 64-bit slot, if there is one.
    fn into_slot(self) -> Option<u64>;
}

/// The most parameters that a host function has.
pub const MAX_PARAMS: usize = 10;

/// The parameters of a host function: a tuple of up to [`MAX_PARAMS`] [`Val`]s. Sealed.
pub trait Params: sealed::Params + Sized + 'static {
    /// The types, in order.
    const TYPES: &'static [ValType];

    /// The signature `S` with these parameters after those that it has.
    type After<D, S: Signature<D>>: Signature<D>;

    /// Takes the parameters from 64-bit slots; `None` if their number is wrong.
    fn from_slots(slots: &[u64]) -> Option<Self>;
}

/// A function type in an engine's own types, which grows by a parameter at a time.
///
/// `D` is the adapter's: a definition on its way into the engine's linker, with a closure over untyped slots. An adapter
/// implements this trait for its own lists of types, usually with [`typed_definitions!`](crate::typed_definitions), and then
/// `<P::After<_, R::Signature<_, Mine>>>::define(definition)` is the typed definition of a function from [`Params`] `P`
/// to [`Returns`] `R`, where `Mine` implements [`Signatures`].
pub trait Signature<D> {
    /// The same with an `i32` after the others.
    type I32: Signature<D>;
    /// The same with an `i64` after the others.
    type I64: Signature<D>;
    /// The same with an `f32` after the others.
    type F32: Signature<D>;
    /// The same with an `f64` after the others.
    type F64: Signature<D>;

    /// Defines a function of this type.
    ///
    /// # Errors
    ///
    /// [`LinkError`] if the engine refuses the definition.
    fn define(definition: D) -> Result<(), LinkError>;
}

/// The signatures without parameters, by what they return. See [`Signature`].
pub trait Signatures<D> {
    /// Nothing is returned.
    type Nothing: Signature<D>;
    /// An `i32` is returned.
    type I32: Signature<D>;
    /// An `i64` is returned.
    type I64: Signature<D>;
    /// An `f32` is returned.
    type F32: Signature<D>;
    /// An `f64` is returned.
    type F64: Signature<D>;
}

mod sealed {
    pub trait Val {}
    pub trait Returns {}
    pub trait Params {}
}

macro_rules! vals {
    ($($ty:ident $val_type:ident $from:expr, $into:expr;)*) => {$(
        impl sealed::Val for $ty {}
        impl sealed::Returns for $ty {}

        impl Val for $ty {
            const TYPE: ValType = ValType::$val_type;

            type After<D, S: Signature<D>> = S::$val_type;

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

            type Signature<D, S: Signatures<D>> = S::$val_type;

            #[inline]
            fn into_slot(self) -> Option<u64> {
                Some(Val::into_slot(self))
            }
        }
    )*};
}

vals! {
    i32 I32 |slot| i32::from_ne_bytes(low(slot).to_ne_bytes()), |value: i32| u32::from_ne_bytes(value.to_ne_bytes()).into();
    u32 I32 low, u64::from;
    i64 I64 |slot: u64| i64::from_ne_bytes(slot.to_ne_bytes()), |value: i64| u64::from_ne_bytes(value.to_ne_bytes());
    u64 I64 |slot| slot, |value| value;
    f32 F32 |slot| f32::from_bits(low(slot)), |value: f32| u64::from(value.to_bits());
    f64 F64 f64::from_bits, f64::to_bits;
}

/// The low half of a slot.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "cutting is the purpose")]
const fn low(slot: u64) -> u32 {
    slot as u32
}

impl sealed::Returns for () {}

impl Returns for () {
    const TYPE: Option<ValType> = None;

    type Signature<D, S: Signatures<D>> = S::Nothing;

    fn into_slot(self) -> Option<u64> {
        None
    }
}

/// Calls the macro that it is given with a list for each number of arguments, from none to ten: names for the types.
///
/// `for_each_arity!(name)` becomes `name! { []; [A]; [A B]; ... }`. What follows a path in parentheses comes first:
/// `for_each_arity!((some::name) first;)` becomes `some::name! { first; []; [A]; ... }`.
#[macro_export]
macro_rules! for_each_arity {
    ($name:ident) => {
        $crate::for_each_arity!(($name));
    };
    (($($name:tt)+) $($first:tt)*) => {
        $($name)+! {
            $($first)*
            [];
            [A];
            [A B];
            [A B C];
            [A B C D];
            [A B C D E];
            [A B C D E F];
            [A B C D E F G];
            [A B C D E F G H];
            [A B C D E F G H I];
            [A B C D E F G H I J];
        }
    };
}

/// The signature with a list of types after its own.
macro_rules! after {
    ($d:ident $signature:ty;) => { $signature };
    ($d:ident $signature:ty; $first:ident $($rest:ident)*) => {
        after!($d <$first as Val>::After<$d, $signature>; $($rest)*)
    };
}

macro_rules! define_params {
    ($([$($arg:ident)*];)*) => {$(
        impl<$($arg: Val),*> sealed::Params for ($($arg,)*) {}

        impl<$($arg: Val),*> Params for ($($arg,)*) {
            const TYPES: &'static [ValType] = &[$($arg::TYPE),*];

            type After<Definition, Before: Signature<Definition>> = after!(Definition Before; $($arg)*);

            #[allow(non_snake_case, reason = "the type parameters name the values too")]
            #[inline]
            fn from_slots(slots: &[u64]) -> Option<Self> {
                let [$($arg),*] = slots else { return None };
                Some(($($arg::from_slot(*$arg),)*))
            }
        }
    )*};
}
for_each_arity!(define_params);

#[cfg(test)]
mod tests {
    use super::{MAX_PARAMS, Params, Returns, Val};
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
    fn the_longest_list_has_the_most_parameters() {
        type Longest = (u32, u32, u32, u32, u32, u32, u32, u32, u32, u32);
        assert_eq!(Longest::TYPES.len(), MAX_PARAMS);
    }

    #[test]
    fn a_wrong_number_of_slots_is_no_parameter_list() {
        assert_eq!(<(u32, u32)>::from_slots(&[1]), None);
        assert_eq!(<()>::from_slots(&[1]), None);
        assert_eq!(Returns::into_slot(()), None);
    }
}
