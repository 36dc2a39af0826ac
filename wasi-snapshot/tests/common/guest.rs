//! A guest made of bytes: a context, a memory full of `?`, and calls by name.

use super::direct::{PREVIEW1, UNSTABLE, direct};
use super::errno::{Errno, SUCCESS};
use std::ops::{Deref, DerefMut};
use test_support::GuestMemory;
use wasi_policy::Trap;
use wasi_snapshot::{WasiCtx, WasiCtxBuilder};

/// Where results go unless a test says otherwise.
pub(crate) const OUT: u32 = 0x40;
/// Where iovecs are put.
pub(crate) const IOVS: u32 = 0x800;
/// Where the first path of a call is put, and where the second.
pub(crate) const PATH: u32 = 0x1000;
pub(crate) const PATH2: u32 = 0x4000;
/// Where data is put.
pub(crate) const DATA: u32 = 0x8000;

pub(crate) struct Guest {
    pub(crate) ctx: WasiCtx,
    pub(crate) memory: GuestMemory,
    module: &'static str,
    instance: Option<Box<dyn Instance>>,
}

/// A real instance on an engine: calls go through its code, and work on its memory.
pub(crate) trait Instance {
    /// Has it call an import of preview1, which it imports all of, for the context and on a copy of the memory.
    fn call(
        &mut self,
        ctx: &mut WasiCtx,
        memory: &mut [u8],
        name: &str,
        slots: &[u64],
    ) -> Result<Option<u64>, Trap>;
}

/// Something that fits the slot of an argument.
pub(crate) trait Slot {
    fn slot(self) -> u64;
}

macro_rules! slots {
    ($($ty:ty)*) => {$(
        impl Slot for $ty {
            fn slot(self) -> u64 {
                self as u64
            }
        }
    )*};
}
slots!(i32 u32 i64 u64 usize);

/// `call!(guest, fd_seek, 3, 0, 1, OUT)` calls a function by name and gives its errno.
macro_rules! call {
    ($guest:expr, $name:ident $(, $arg:expr)* $(,)?) => {
        $guest.call(stringify!($name), &[$($crate::common::guest::Slot::slot($arg)),*])
    };
}
pub(crate) use call;

impl Guest {
    /// A guest of preview1.
    pub(crate) fn new(builder: WasiCtxBuilder) -> Self {
        let ctx = builder.build().unwrap();
        Guest { ctx, memory: GuestMemory::new(), module: PREVIEW1, instance: None }
    }

    /// A guest of preview1 that makes its calls from an instance.
    pub(crate) fn on(instance: Box<dyn Instance>, builder: WasiCtxBuilder) -> Self {
        Guest { instance: Some(instance), ..Guest::new(builder) }
    }

    /// Has it go on with another context, as if it had just started.
    pub(crate) fn restart(&mut self, builder: WasiCtxBuilder) {
        self.ctx = builder.build().unwrap();
        self.mask();
    }

    /// Makes the guest import from the older module from now on.
    pub(crate) fn use_unstable(&mut self) {
        self.module = UNSTABLE;
    }

    pub(crate) fn is_unstable(&self) -> bool {
        self.module == UNSTABLE
    }

    /// Puts a list of iovecs at `IOVS` and gives its address and length.
    pub(crate) fn iovecs(&mut self, list: &[(u32, u32)]) -> (u32, u32) {
        let words: Vec<_> = list.iter().flat_map(|(ptr, len)| [*ptr, *len]).collect();
        let (at, _) = self.put_words(IOVS, &words);
        (at, u32::try_from(list.len()).unwrap())
    }

    /// Calls a function with the arguments in slots. A call that fails must leave the memory as it was, so
    /// every failing call of every test looks at that; but for one that ends the guest in the middle of a transfer.
    pub(crate) fn outcome(&mut self, name: &str, slots: &[u64]) -> Result<Errno, Trap> {
        let before = self.memory.to_vec();
        let outcome = self
            .dispatch(name, slots)
            .map(|errno| Errno::given(errno.unwrap_or_else(|| panic!("{name} returned without an errno"))));
        if !matches!(outcome, Ok(SUCCESS) | Err(Trap::Interrupted)) {
            self.memory.assert_is(&before, 0..0, format_args!("{name}{slots:x?} gave {outcome:?}"));
        }
        outcome
    }

    fn dispatch(&mut self, name: &str, slots: &[u64]) -> Result<Option<u64>, Trap> {
        let ctx = &mut self.ctx;
        match &mut self.instance {
            Some(instance) => instance.call(ctx, &mut self.memory, name, slots),
            None => self.memory.lend(|memory| direct().call(self.module, name, ctx, memory, slots)),
        }
    }

    /// Calls a function that must not end the guest.
    pub(crate) fn call(&mut self, name: &str, slots: &[u64]) -> Errno {
        self.outcome(name, slots).unwrap_or_else(|trap| panic!("{name}{slots:x?} trapped: {trap}"))
    }

    /// Calls a function that must succeed, write exactly `writes`, and leave all other memory alone.
    pub(crate) fn call_writes(&mut self, name: &str, slots: &[u64], writes: &[(u32, &[u8])]) {
        let mut expected = self.memory.to_vec();
        for (at, bytes) in writes {
            expected[*at as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        assert_eq!(self.call(name, slots), SUCCESS, "{name}{slots:x?}");
        self.memory.assert_is(&expected, 0..0, format_args!("{name}{slots:x?} succeeded"));
    }
}

impl Deref for Guest {
    type Target = GuestMemory;

    fn deref(&self) -> &GuestMemory {
        &self.memory
    }
}

impl DerefMut for Guest {
    fn deref_mut(&mut self) -> &mut GuestMemory {
        &mut self.memory
    }
}

/// Calls a function that writes exactly what follows `=>`.
#[allow(unused_macros, reason = "not every test binary looks at single bytes")]
macro_rules! writes {
    ($guest:expr, $name:ident($($arg:expr),* $(,)?) => $($at:expr, $bytes:expr);* $(;)?) => {
        $guest.call_writes(
            stringify!($name),
            &[$($crate::common::guest::Slot::slot($arg)),*],
            &[$(($at, &$bytes[..])),*],
        )
    };
}
#[allow(unused_imports, reason = "not every test binary looks at single bytes")]
pub(crate) use writes;
