//! Macros that give an adapter definitions of functions in its engine's own types.

/// Makes, in the module that calls it, what an adapter needs to define typed functions: `Definition` and `NoParameters`.
///
/// It is for engines whose crate, which it is told, has the names `Caller`, `Error`, `Linker` with `func_wrap`, `WasmRet`
/// and `WasmTy`. An adapter's [`Linker::func`](crate::Linker::func) puts a closure over untyped slots into a
/// `Definition`, and ends with
///
/// ```text
/// <P::After<_, R::Signature<_, NoParameters>>>::define(definition)
/// ```
///
/// so that the engine gets a closure of separate, typed arguments, as if somebody had written that by hand: values go
/// through a slot and back, which the compiler sees through.
#[macro_export]
macro_rules! typed_definitions {
    ($engine:ident) => {
        /// A host function on its way into a linker.
        ///
        /// `call` has its arguments in 64-bit slots and gives its result in one; that of a function without a result is
        /// not looked at.
        pub(crate) struct Definition<'l, T: 'static, F> {
            pub(crate) linker: &'l mut $engine::Linker<T>,
            pub(crate) module: &'static str,
            pub(crate) name: &'static str,
            pub(crate) call: F,
        }

        /// The type of a function from the tuple `A` to `R`.
        pub(crate) struct Typed<A, R>(std::marker::PhantomData<(A, R)>);

        /// The function types without parameters.
        pub(crate) struct NoParameters;

        /// A type that the engine takes from a function, made of a slot.
        pub(crate) trait Answer: 'static {
            fn from_slot(slot: u64) -> Self;
        }

        $crate::implement_answers!(u32 u64 f32 f64);

        impl Answer for () {
            #[inline]
            fn from_slot(_: u64) {}
        }

        impl<T, F> $crate::Signatures<Definition<'_, T, F>> for NoParameters
        where
            F: Fn($engine::Caller<'_, T>, &[u64]) -> Result<u64, $engine::Error> + Send + Sync + 'static,
        {
            type Nothing = Typed<(), ()>;
            type I32 = Typed<(), u32>;
            type I64 = Typed<(), u64>;
            type F32 = Typed<(), f32>;
            type F64 = Typed<(), f64>;
        }

        $crate::for_each_arity!(($crate::implement_signatures) $engine;);
    };
}

/// A part of [`typed_definitions!`](crate::typed_definitions), which macros cannot have inside them.
#[doc(hidden)]
#[macro_export]
macro_rules! implement_answers {
    ($($ty:ty)*) => {$(
        impl Answer for $ty {
            #[inline]
            fn from_slot(slot: u64) -> Self {
                $crate::Val::from_slot(slot)
            }
        }
    )*};
}

/// The other part: each list of parameters, and the lists that are longer by one.
#[doc(hidden)]
#[macro_export]
macro_rules! implement_signatures {
    // There are no more than ten parameters, so the longest list does not grow.
    ($engine:ident; [$($arg:ident)*];) => {
        $crate::implement_signatures!(@ $engine [$($arg)*] Self, Self, Self, Self);
    };
    ($engine:ident; [$($arg:ident)*]; $($longer:tt)+) => {
        $crate::implement_signatures!(@ $engine [$($arg)*]
            Typed<($($arg,)* u32,), R>, Typed<($($arg,)* u64,), R>,
            Typed<($($arg,)* f32,), R>, Typed<($($arg,)* f64,), R>);
        $crate::implement_signatures!($engine; $($longer)+);
    };
    (@ $engine:ident [$($arg:ident)*] $i32:ty, $i64:ty, $f32:ty, $f64:ty) => {
        impl<T, Call, R: Answer, $($arg: $crate::Val + $engine::WasmTy),*> $crate::Signature<Definition<'_, T, Call>>
            for Typed<($($arg,)*), R>
        where
            Call: Fn($engine::Caller<'_, T>, &[u64]) -> Result<u64, $engine::Error> + Send + Sync + 'static,
            Result<R, $engine::Error>: $engine::WasmRet,
        {
            type I32 = $i32;
            type I64 = $i64;
            type F32 = $f32;
            type F64 = $f64;

            #[allow(non_snake_case, reason = "the type parameters name the values too")]
            fn define(definition: Definition<'_, T, Call>) -> Result<(), $crate::LinkError> {
                let Definition { linker, module, name, call } = definition;
                linker
                    .func_wrap(module, name, move |caller: $engine::Caller<'_, T> $(, $arg: $arg)*| {
                        call(caller, &[$($crate::Val::into_slot($arg)),*]).map(R::from_slot)
                    })
                    .map(drop)
                    .map_err(|error| $crate::LinkError::new(module, name, error))
            }
        }
    };
}
