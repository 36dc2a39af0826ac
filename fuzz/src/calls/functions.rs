//! A linker without an engine, whose functions take numbers.

use wasi_facade::policy::{LinkError, Linker, Memory, Params, Returns, Trap, ValType};

type Body<T> = Box<dyn Fn(&mut T, Memory<'_>, &[u64]) -> Result<Option<u64>, Trap> + Send + Sync>;

/// A function that guests may import.
pub(super) struct Function<T> {
    module: &'static str,
    pub(super) name: &'static str,
    pub(super) params: &'static [ValType],
    body: Body<T>,
}

/// Functions in the order of their registration.
pub(super) struct Functions<T>(Vec<Function<T>>);

impl<T> Default for Functions<T> {
    fn default() -> Self {
        Functions(Vec::new())
    }
}

impl<T: 'static> Linker<T> for Functions<T> {
    fn func<P: Params, R: Returns>(
        &mut self,
        module: &'static str,
        name: &'static str,
        f: impl Fn(&mut T, Memory<'_>, P) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        let body: Body<T> = Box::new(move |state, memory, slots| {
            let params = P::from_slots(slots).expect("there are as many numbers as parameters");
            f(state, memory, params).map(R::into_slot)
        });
        self.0.push(Function { module, name, params: P::TYPES, body });
        Ok(())
    }
}

impl<T> Functions<T> {
    /// Those of one module.
    pub(super) fn of(&self, module: &'static str) -> impl Iterator<Item = &Function<T>> {
        self.0.iter().filter(move |function| function.module == module)
    }

    /// The function of this name.
    pub(super) fn find(&self, module: &'static str, name: &str) -> Option<&Function<T>> {
        self.of(module).find(|function| function.name == name)
    }
}

impl<T> Function<T> {
    /// Calls it with the numbers, cut to its types; those that are missing are zero.
    pub(super) fn call(
        &self,
        state: &mut T,
        memory: &mut [u8],
        numbers: &[u64],
    ) -> Result<Option<u64>, Trap> {
        let all = numbers.iter().copied().chain(std::iter::repeat(0));
        let cut = |(ty, number): (&ValType, u64)| match ty {
            ValType::I32 => number & u64::from(u32::MAX),
            _ => number,
        };
        let slots: Vec<u64> = self.params.iter().zip(all).map(cut).collect();
        (self.body)(state, Memory::plain(memory), &slots)
    }
}
