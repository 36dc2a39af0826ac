//! The traits that tests see engines through, and guests in them.

use std::time::Duration;
use wasi_policy::{BindError, LinkError, Linker, MemoryFault, Permit, Proposal, Trap};

/// An engine with its adapter.
pub trait Engine: 'static {
    /// Its name.
    const NAME: &'static str;

    /// Do calls find a memory that is not bound yet?
    const EARLY_MEMORIES: bool = true;

    /// A store with a guest, or several, whose host functions work on a `C`.
    type Guest<C: Send + 'static>: Guest<C>;

    /// Does the engine compile this module?
    fn takes(module: &[u8]) -> bool;

    /// A guest of a module in either format, which has been started.
    ///
    /// # Errors
    ///
    /// The engine's reason not to take the module or an import.
    ///
    /// # Panics
    ///
    /// If anything else goes wrong, as all of this does.
    fn start<C: Send + 'static>(
        module: &[u8],
        imports: impl Imports<C>,
        context: C,
        binding: Binding,
    ) -> Result<Started<Self::Guest<C>>, String>;

    /// Guests in threads of their own, one for each context. The module imports its memory, which all of them share, as
    /// `env.memory`. Each calls the export `name` with the number beside its context.
    fn sharing<C: Send + 'static, I: Imports<C>>(
        _module: &[u8],
        _imports: impl Fn() -> I + Sync,
        _contexts: Vec<(u64, C)>,
        _name: &str,
    ) -> Vec<Result<Option<u64>, End>> {
        panic!("{} has no shared memories", Self::NAME)
    }

    /// Runs of the module's export `run`, which calls the import `bench.touch` as often as its argument says. The host
    /// function is the engine's own and finds its memory in the store's data: it adds its second argument to a count and
    /// writes that, eight bytes, to where its first argument says.
    fn bare(module: &[u8]) -> Running;
}

/// Makes that many calls, and says how long they took.
pub type Running = Box<dyn FnMut(u64) -> Duration>;

/// How calls find the memory of the guest; of the two functions of an adapter the one that is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Binding {
    /// By `one_instance`, in a slot.
    Slot,
    /// By `many_instances`, at each call; in a slot all the same on an engine whose adapter has no such function.
    Lookup,
}

/// A guest, and what became of binding its memory, if that was asked for.
pub struct Started<G> {
    /// The guest.
    pub guest: G,
    /// The result of `bind`. A guest without a memory can run until it makes a call that needs one.
    pub bound: Result<(), BindError>,
}

/// A store with instances of one module, of which one makes the calls.
pub trait Guest<C> {
    /// Calls an export with arguments in 64-bit slots, and gives its result in one.
    fn call(&mut self, name: &str, args: &[u64]) -> Result<Option<u64>, End>;

    /// Calls an export until the engine's own means end it: an epoch, fuel, or points of metering.
    fn call_for_a_while(&mut self, name: &str) -> Result<Option<u64>, End>;

    /// What host functions work on.
    fn context(&mut self) -> &mut C;

    /// A copy of the instance's memory.
    fn memory(&mut self) -> Vec<u8>;

    /// Writes to the instance's memory.
    fn write(&mut self, at: usize, bytes: &[u8]);

    /// The exported global `name`, of 32 bits.
    fn global(&mut self, name: &str) -> u32;

    /// One more instance of the module in the same store, which makes the calls from now on. Imports and a context of its
    /// own are for engines whose host functions do not learn which instance calls them.
    fn add_instance(&mut self, imports: impl Imports<C>, context: C);

    /// Lets the instance with this number make the calls.
    fn select(&mut self, number: usize);

    /// Binds the memory once more.
    fn bind_again(&mut self) -> Result<(), BindError>;

    /// Defines the imports once more.
    fn define_again(&mut self, imports: impl Imports<C>) -> Result<(), LinkError>;
}

/// Host functions that work on a `C`.
pub trait Imports<C> {
    /// Defines them in `linker`, whose data has the context where `context` finds it.
    fn define<T: 'static, L: Linker<T>>(
        self,
        linker: &mut L,
        context: impl Fn(&mut T) -> &mut C + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError>;
}

impl<P: Proposal> Imports<P::Context> for Permit<P> {
    fn define<T: 'static, L: Linker<T>>(
        self,
        linker: &mut L,
        context: impl Fn(&mut T) -> &mut P::Context + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        P::register(self, linker, context)
    }
}

/// Why a call did not return.
#[derive(Debug, PartialEq)]
pub enum End {
    /// The guest exited.
    Exited(u32),
    /// It passed a pointer that it must not use.
    Memory(MemoryFault),
    /// Its host interrupted a call that waited.
    Interrupted,
    /// A trap of the guest's own, or anything else, in the engine's words.
    Other(String),
}

impl End {
    /// That of an engine's error, in which the adapter found this trap.
    pub fn of(trap: Option<&Trap>, error: impl ToString) -> Self {
        match trap {
            Some(Trap::Exit(code)) => End::Exited(*code),
            Some(Trap::Memory(fault)) => End::Memory(*fault),
            Some(Trap::Interrupted) => End::Interrupted,
            _ => End::Other(error.to_string()),
        }
    }
}

/// What a store has: what calls work on, and a place for the memory.
pub(crate) struct Data<C, M> {
    pub(crate) context: C,
    pub(crate) memory: M,
}

impl<C, M> Data<C, M> {
    pub(crate) fn context(&mut self) -> &mut C {
        &mut self.context
    }

    pub(crate) fn memory(&mut self) -> &mut M {
        &mut self.memory
    }
}
