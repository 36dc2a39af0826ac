//! What the targets share: a linker without an engine, whose functions take numbers.
#![forbid(unsafe_code)]

use std::panic;
use wasi_policy::{LinkError, Linker, Memory, Params, Returns, Trap, ValType};

/// The bytes of a guest's memory.
pub const MEMORY: usize = 1 << 16;

type Body<T> = Box<dyn Fn(&mut T, Memory<'_>, &[u64]) -> Result<Option<u64>, Trap> + Send + Sync>;

/// A function that guests may import.
pub struct Function<T> {
    /// How it is called.
    pub name: &'static str,
    params: &'static [ValType],
    body: Body<T>,
}

/// Functions in the order of their registration, so that inputs mean the same in the next run.
pub struct Functions<T>(pub Vec<Function<T>>);

impl<T> Default for Functions<T> {
    fn default() -> Self {
        Functions(Vec::new())
    }
}

impl<T: 'static> Linker<T> for Functions<T> {
    fn func<P: Params, R: Returns>(
        &mut self,
        _module: &'static str,
        name: &'static str,
        f: impl Fn(&mut T, Memory<'_>, P) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        let body: Body<T> = Box::new(move |state, memory, slots| {
            let params = P::from_slots(slots).expect("there are as many numbers as parameters");
            f(state, memory, params).map(R::into_slot)
        });
        self.0.push(Function { name, params: P::TYPES, body });
        Ok(())
    }
}

impl<T> Function<T> {
    /// Calls it with as many of the numbers as it takes, cut to their types.
    ///
    /// # Errors
    ///
    /// The trap that ends the guest.
    pub fn call(&self, state: &mut T, memory: &mut [u8], numbers: &[u64; 9]) -> Result<Option<u64>, Trap> {
        let cut = |(ty, number): (&ValType, &u64)| match ty {
            ValType::I32 => number & u64::from(u32::MAX),
            _ => *number,
        };
        let slots: Vec<u64> = self.params.iter().zip(numbers).map(cut).collect();
        (self.body)(state, Memory::plain(memory), &slots)
    }
}

/// Lets panics be contained where the crates contain those of others; all that get out of a target still end it.
pub fn contain_panics() {
    panic::set_hook(Box::new(|_| {}));
}
