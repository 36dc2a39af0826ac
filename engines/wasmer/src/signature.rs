//! Definitions of functions in the types of Wasmer.

use std::marker::PhantomData;
use wasi_policy::{LinkError, Signature, Signatures, Trap, Val, for_each_arity};
use wasmer::{FromToNativeWasmType, Function, FunctionEnv, FunctionEnvMut, Imports, StoreMut, WasmTypeList};

/// A host function on its way into imports.
///
/// `call` has its arguments in 64-bit slots and gives its result in one; that of a function without a result is not looked
/// at.
pub(crate) struct Definition<'d, T, F> {
    pub(crate) store: StoreMut<'d>,
    pub(crate) env: &'d FunctionEnv<T>,
    pub(crate) imports: &'d mut Imports,
    pub(crate) module: &'static str,
    pub(crate) name: &'static str,
    pub(crate) call: F,
}

/// The type of a function from the tuple `A` to `R`.
pub(crate) struct Typed<A, R>(PhantomData<(A, R)>);

/// The function types without parameters.
pub(crate) struct NoParameters;

/// A type that Wasmer takes from a function, made of a slot.
pub(crate) trait Answer: WasmTypeList + 'static {
    fn from_slot(slot: u64) -> Self;
}

macro_rules! implement_answers {
    ($($ty:ty)*) => {$(
        impl Answer for $ty {
            #[inline]
            fn from_slot(slot: u64) -> Self {
                Val::from_slot(slot)
            }
        }
    )*};
}
implement_answers!(u32 u64 f32 f64);

impl Answer for () {
    #[inline]
    fn from_slot(_: u64) {}
}

impl<T, F> Signatures<Definition<'_, T, F>> for NoParameters
where
    T: Send + 'static,
    F: Fn(FunctionEnvMut<'_, T>, &[u64]) -> Result<u64, Trap> + Send + Sync + 'static,
{
    type Nothing = Typed<(), ()>;
    type I32 = Typed<(), u32>;
    type I64 = Typed<(), u64>;
    type F32 = Typed<(), f32>;
    type F64 = Typed<(), f64>;
}

/// Each list of parameters, and the lists that are longer by one.
macro_rules! implement_signatures {
    // There are no more than ten parameters, so the longest list does not grow.
    ([$($arg:ident)*];) => {
        implement_signatures!(@ [$($arg)*] Self, Self, Self, Self);
    };
    ([$($arg:ident)*]; $($longer:tt)+) => {
        implement_signatures!(@ [$($arg)*]
            Typed<($($arg,)* u32,), R>, Typed<($($arg,)* u64,), R>,
            Typed<($($arg,)* f32,), R>, Typed<($($arg,)* f64,), R>);
        implement_signatures!($($longer)+);
    };
    (@ [$($arg:ident)*] $i32:ty, $i64:ty, $f32:ty, $f64:ty) => {
        impl<T, Call, R: Answer, $($arg: Val + FromToNativeWasmType),*> Signature<Definition<'_, T, Call>>
            for Typed<($($arg,)*), R>
        where
            T: Send + 'static,
            Call: Fn(FunctionEnvMut<'_, T>, &[u64]) -> Result<u64, Trap> + Send + Sync + 'static,
        {
            type I32 = $i32;
            type I64 = $i64;
            type F32 = $f32;
            type F64 = $f64;

            #[allow(non_snake_case, unused_parens, reason = "the type parameters name the values too")]
            fn define(definition: Definition<'_, T, Call>) -> Result<(), LinkError> {
                let Definition { mut store, env, imports, module, name, call } = definition;
                let typed = move |env: FunctionEnvMut<'_, T> $(, $arg: $arg)*| -> Result<R, Trap> {
                    call(env, &[$(Val::into_slot($arg)),*]).map(R::from_slot)
                };
                let function =
                    Function::new_typed_with_env::<T, _, ($($arg),*), R>(&mut store, env, typed);
                imports.define(module, name, function);
                Ok(())
            }
        }
    };
}
for_each_arity!(implement_signatures);
